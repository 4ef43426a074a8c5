/*
 * Is a database fit to start an application on? A quicker look than integrity.h, at a file that
 * others may have open.
 */
#ifndef HF_SQLITE_SOUNDNESS_H
#define HF_SQLITE_SOUNDNESS_H

#include "sqlite/untrusted.h"

/*
 * Opens the file as SQLite would (a log or hot journal counts), and runs quick_check. HF_CORRUPT
 * with SQLite's first complaint: no database, empty, truncated, or a page that makes no sense.
 * HF_LOCKED, HF_IO, HF_NO_MEMORY when it cannot be found out; HF_UNSUPPORTED where the schema needs
 * what only the application has.
 */
int hf_soundness_check(const char *path, enum hf_file_users users, int busy_ms,
                       struct hf_error *err);

#endif

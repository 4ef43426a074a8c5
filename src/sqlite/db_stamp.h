/*
 * The part of a stamp (struct hf_db_stamp, page_source.h) that the file system tells.
 */
#ifndef HF_SQLITE_DB_STAMP_H
#define HF_SQLITE_DB_STAMP_H

#include "sqlite/page_source.h"

/* What was seen before the transaction began. */
struct hf_db_watch {
    const char *path, *log_path; /* borrowed */
    uint64_t started;            /* the clock, read first of all */
    struct hf_db_stamp before;
};

/* Looks at the files by stat(2), which opens nothing; an empty log counts as none.
 * HF_NOT_FOUND when there is no database file. */
int hf_db_watch_begin(struct hf_db_watch *watch, const char *path, const char *log_path,
                      struct hf_error *err);

/* Looks again, now that the transaction has begun, and fills the file system's part and `settled`
 * of `stamp`: nothing changed since, and the file times are old enough for the next write to get
 * another one. The rest becomes 0. */
int hf_db_watch_end(const struct hf_db_watch *watch, struct hf_db_stamp *stamp,
                    struct hf_error *err);

#endif

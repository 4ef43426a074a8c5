/*
 * A log that was removed, and with it what was committed only there: the database opens, is sound,
 * and is older than its newest restore point.
 */
#ifndef HF_ENGINE_LOST_LOG_H
#define HF_ENGINE_LOST_LOG_H

#include "history/database.h"

/*
 * `*seq` becomes the restore point that has everything that the database still has, and what the
 * removed log had; 0 when nothing is known to be lost. Said only when it is certain: the database
 * file was not written since that point was taken, frames were in the log then, none are now, and
 * the pages differ. Reads the database only when the rest is so. `state_path` as in a backup.
 */
int hf_lost_log_find(const struct hf_database *database, const char *path, const char *state_path,
                     uint64_t *seq, struct hf_error *err);

#endif

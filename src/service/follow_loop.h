/*
 * Keeps a read replica up to date until the process is asked to end.
 */
#ifndef HF_SERVICE_FOLLOW_LOOP_H
#define HF_SERVICE_FOLLOW_LOOP_H

#include "service/follow_log.h"

struct hf_follow_loop {
    const struct hf_database *database;
    struct hf_follow_options options; /* its events become the log's */
    int64_t interval;                 /* ms between two looks */
    struct hf_follow_log *log;
};

/*
 * Returns 0 when TERM, INT, HUP or QUIT asked for the end; steps are finished first. What may pass
 * is told once, and tried again, less and less often up to once a minute: a repository that does
 * not answer, a disk without room, readers that do not finish, damage that a later point may be
 * free of. Fails with what does not pass: HF_REFUSED, HF_WRONG_KEY, HF_UNSUPPORTED, HF_NO_MEMORY;
 * HF_LOCKED when another Holdfast follows into that replica.
 */
int hf_follow_loop_run(const struct hf_follow_loop *loop, struct hf_error *err);

#endif

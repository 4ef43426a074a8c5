/*
 * Is there room for a restore: for the trial of it in the console's own folder, and at its target?
 * In the worker's process, before anything is written.
 */
#ifndef HF_CONSOLE_RESTORE_ROOM_H
#define HF_CONSOLE_RESTORE_ROOM_H

#include <stdint.h>

#include "console/work.h"

struct hf_restore_room {
    uint64_t needed;   /* bytes, at either place */
    int64_t at_target; /* free ones, while there is no trial; -1: unknown */
    bool is_enough;    /* there, as far as it is known */
};

/* HF_NO_SPACE: there is no room for the trial at `scratch`; the text says where, how much is
 * missing, and whether the target has too little too. */
int hf_restore_room_look(struct hf_restore_room *out, const struct hf_work *work, uint64_t seq,
                         const char *scratch, struct hf_error *err);

#endif

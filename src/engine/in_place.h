/*
 * Restore over the protected database itself: what is there becomes a restore point first, so that
 * a restore can always be undone (engine/undo.h).
 */
#ifndef HF_ENGINE_IN_PLACE_H
#define HF_ENGINE_IN_PLACE_H

#include "engine/backup.h"
#include "engine/restore.h"
#include "engine/undo.h"

struct hf_in_place_result {
    struct hf_restore_result restore;
    enum hf_replaced replaced;
    uint64_t before;   /* the point that holds what was there; 0: there was nothing to keep */
    uint64_t recorded; /* the point that was taken right after and names both; 0: none could be */
};

/*
 * Takes a point of `before->path`, then restores `seq` over `restore->target`, which is the same
 * file, in the manner that `restore` says, and takes a point again: its reason says which point was
 * restored over which, or over nothing. When only that last one fails it is a notice.
 * Without a reason the first is called "before restore". A database that cannot be backed up,
 * because it is damaged or the repository takes nothing more, is kept beside as
 * "<target>.replaced-<ms>", and a notice says so; with HF_RESTORE_DELTA, which keeps nothing,
 * the call fails instead.
 * What is committed between the two is noticed once the file is locked: the point is taken again,
 * and after a few times the call fails with HF_LOCKED.
 */
int hf_restore_in_place(const struct hf_database *database, const struct hf_timeline *timeline,
                        uint64_t seq, const struct hf_backup_options *before,
                        const struct hf_restore_options *restore, struct hf_in_place_result *result,
                        struct hf_error *err);

#endif

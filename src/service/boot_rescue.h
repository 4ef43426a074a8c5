/*
 * Bringing a database back from the newest thing that is whole and sound: a restore point, or the
 * plain copy of the last start. Nothing is moved out of the way before what replaces it is proven.
 */
#ifndef HF_SERVICE_BOOT_RESCUE_H
#define HF_SERVICE_BOOT_RESCUE_H

#include <limits.h>

#include "history/timeline.h"
#include "service/boot_steps.h"

struct hf_candidate {
    int64_t time; /* of its state, ms */
    uint64_t seq; /* of the point; 0: the copy */
};

struct hf_rescue {
    struct hf_boot *boot;
    struct hf_boot_database *database;
    struct hf_timeline timeline;
    struct hf_candidate *candidates; /* the newest first */
    size_t count;
};

struct hf_rescued {
    int64_t time;
    uint64_t seq;
    char kept[PATH_MAX]; /* where what was there is now; "" when there was nothing */
};

/* What there is to go back to, looked up and not yet read. */
int hf_rescue_find(struct hf_rescue *rescue, struct hf_error *err);

/* Leaves no candidate but this point. */
void hf_rescue_only(struct hf_rescue *rescue, uint64_t seq);

/*
 * Restores into a file beside, tries the next older candidate when one is not whole or not sound,
 * then moves the database, with its -wal, -shm and -journal, to "<path>.corrupt-<time>..." and the
 * restored file into its place. After a crash in between the database is missing, which the next
 * boot heals. HF_CORRUPT when no candidate is left: then nothing was moved.
 */
int hf_rescue_restore(struct hf_rescue *rescue, struct hf_rescued *out, struct hf_error *err);

void hf_rescue_release(struct hf_rescue *rescue);
HF_AUTO_RELEASE(hf_rescue)

#endif

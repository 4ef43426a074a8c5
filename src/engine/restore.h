/*
 * Restore: store -> plan -> pages -> database file (docs/architecture.md, "The story").
 */
#ifndef HF_ENGINE_RESTORE_H
#define HF_ENGINE_RESTORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/events.h"
#include "engine/put_in_place.h"
#include "history/database.h"
#include "history/plan_walk.h"
#include "history/timeline.h"

enum hf_restore_manner {
    HF_RESTORE_NEW,     /* HF_REFUSED when there is a file at the target */
    HF_RESTORE_REPLACE, /* takes the place of what is there, once all of it is proven */
    HF_RESTORE_DELTA,   /* reads and rewrites only the pages that differ, as they are proven */
};

struct hf_restore_options {
    const char *target;
    enum hf_restore_manner manner;
    /* What is at the target must still be this state when nobody else can change it any more, else
     * HF_STALE and nothing is done. NULL: whatever it is. */
    const struct hf_state *expected;
    const struct hf_database *expected_of; /* whose state that is; NULL: the restored one's */
    bool keep_replaced; /* with REPLACE: what was there is kept as "<target>.replaced-<ms>" */
    int busy_ms;
    const struct hf_events *events; /* may be NULL */
};

struct hf_restore_result {
    uint64_t seq;
    uint64_t segments;       /* of the plan */
    uint64_t bytes_read;     /* of the repository: at most, by the plan */
    uint64_t size;           /* of the database file */
    uint64_t pages;          /* of the point */
    uint64_t pages_written;  /* with DELTA those that differed */
    int64_t duration;        /* ms */
    char kept[HF_KEPT_PATH]; /* where what was there is kept now, or "" */
};

/*
 * Brings restore point `seq` back as the file `target`, every page proven by its seal and
 * fingerprint and the whole by the state's fingerprint, durable when it returns 0. A database that
 * is there stays the same file (engine/overwrite.h). On an error, and after a crash at any moment,
 * the target is what it was before or the restored database, if need be by a rollback journal, with
 * which SQLite brings the old state back when it next opens the file. A segment that is missing
 * because history was pruned meanwhile is no failure: it lists and plans again. HF_LOCKED: somebody
 * has the target open. HF_NO_SPACE, HF_CORRUPT, HF_NOT_FOUND (no such point).
 */
int hf_restore(const struct hf_database *database, const struct hf_timeline *timeline, uint64_t seq,
               const struct hf_restore_options *options, struct hf_restore_result *result,
               struct hf_error *err);

/* What hf_restore would do, from names and trailers alone: fills seq, segments, bytes_read, size,
 * pages. */
int hf_restore_preview(const struct hf_database *database, const struct hf_timeline *timeline,
                       uint64_t seq, struct hf_restore_result *result, struct hf_error *err);

#endif

/*
 * Capture from the write-ahead log: frames become batches of changed pages, cut at whole
 * transactions (docs/architecture.md, "Capture").
 *
 *   capture = hf_log_capture_open(...)     the log is held from here on
 *   hf_log_capture_resume(...)             or: bring the history to this database's state by a scan
 *   hf_log_capture_base(...)
 *   repeat: hf_log_capture_look; hf_log_capture_rotate; hf_log_capture_cut
 *   hf_log_capture_free(...)
 *
 * A failure of rotate or cut is doubt about the chain: free it, and begin anew with a scan.
 * HF_LOCKED of a cut is none: cut again later. All but the cuts that were handed out belongs to one
 * thread at a time.
 */
#ifndef HF_ENGINE_LOG_CAPTURE_H
#define HF_ENGINE_LOG_CAPTURE_H

#include "engine/page_batch.h"
#include "sqlite/log_hold.h"
#include "sqlite/page_source.h"

struct hf_log_capture;

/* What changed between the cut before and this one, and the state that it leads to. */
struct hf_cut {
    struct hf_page_batch pages; /* may have pages above page_count, which are dead */
    uint32_t page_size;
    uint32_t page_count;      /* of the database at the cut */
    uint32_t page_min;        /* the lowest since the cut before */
    int64_t time;             /* ms: when it was the state (docs/format.md, "A point's time") */
    int64_t first_seen;       /* when its first commit was seen; 0: nothing was committed */
    struct hf_db_stamp stamp; /* of the files, not settled, with the position in the log */
};

static inline void hf_cut_release(struct hf_cut *cut)
{
    hf_page_batch_release(&cut->pages);
}
HF_AUTO_RELEASE(hf_cut)

/* Holds the log of `path` (borrowed). Errors as hf_log_hold_open. */
struct hf_log_capture *hf_log_capture_open(const char *path, const struct hf_env *env,
                                           struct hf_batch_budget *budget, int busy_ms,
                                           struct hf_error *err);

/* True when the log still goes on from that point, so that no scan is needed. */
bool hf_log_capture_resume(struct hf_log_capture *capture, const struct hf_db_stamp *stamp);

/* What the newest restore point is: the state that the next cut is an increment of. It may be newer
 * than what is in the log's frames that were not read yet, and older never. */
void hf_log_capture_base(struct hf_log_capture *capture, uint32_t page_size, uint32_t page_count);

int hf_log_capture_look(struct hf_log_capture *capture, struct hf_log_look *out,
                        struct hf_error *err);

/* As hf_log_hold_check. */
int hf_log_capture_check(struct hf_log_capture *capture, const struct hf_lock_table *table,
                         struct hf_error *err);

enum hf_rotation hf_log_capture_rotate(struct hf_log_capture *capture, uint32_t force_frames,
                                       struct hf_error *err);

/* True when something was read from the log and not yet cut. */
bool hf_log_capture_has_pages(const struct hf_log_capture *capture);
uint64_t hf_log_capture_bytes(const struct hf_log_capture *capture);

/* Checks the chain, reads what is published, and hands out all since the cut before. Caller
 * releases the cut. HF_LOCKED as hf_log_hold_look: nothing is lost, cut again later. */
int hf_log_capture_cut(struct hf_log_capture *capture, const struct hf_lock_table *table,
                       struct hf_cut *out, struct hf_error *err);

const struct hf_log_hold_counts *hf_log_capture_counts(const struct hf_log_capture *capture);

/* As hf_log_hold_fold_at_end. */
void hf_log_capture_fold_at_end(struct hf_log_capture *capture);

/* Lets go of the log, as hf_log_hold_release. NULL is fine. */
void hf_log_capture_free(struct hf_log_capture *capture, int wait_ms);

#endif

/*
 * Appends restore points to a timeline, one after another, from batches of changed pages: what a
 * backup does once, kept open. Each point costs what it stores: nothing is listed but what is new.
 *
 * While it is open the state file is locked, so that no other Holdfast on this host writes to this
 * history. Single-owner, of one thread at a time.
 */
#ifndef HF_ENGINE_POINT_WRITER_H
#define HF_ENGINE_POINT_WRITER_H

#include "engine/log_capture.h"
#include "engine/state_file.h"
#include "history/writer_claim.h"

struct hf_point_writer;

struct hf_point_writer_options {
    const char *path;       /* the database file */
    const char *state_path; /* NULL: "<path>-holdfast" */
    enum hf_claim_manner claim;
};

/*
 * Goes on from the newest point. HF_STALE: this host does not know that point's pages, so that a
 * scan has to come first. HF_LOCKED, HF_REFUSED as hf_backup. `database` is borrowed.
 */
struct hf_point_writer *hf_point_writer_open(const struct hf_database *database,
                                             const struct hf_point_writer_options *options,
                                             struct hf_error *err);

/* The newest point, confirmed, and what the host knows of it. */
const struct hf_known_state *hf_point_writer_known(const struct hf_point_writer *writer);

/* What a point says of itself besides its pages. */
struct hf_point_text {
    const char *reason;
    const char *label; /* NULL or "": none */
    bool pin;
    bool own; /* a point of its own, also when nothing changed, as a label and a pin make one */
};

struct hf_point_result {
    uint64_t seq; /* of the newest point: the new one, or, when nothing changed, the one before */
    int64_t time;
    bool is_new;
    uint64_t pages_stored, bytes_added;
};

/*
 * Makes a point of the state that the cut leads to. When it returns 0 the point is durable, and the
 * repository was asked that it is there, alone, and that nobody took over; or nothing differs from
 * the newest point, and the text does not ask for one of its own. The call may be repeated with the
 * same cut after a failure, also when the failed call's reply was lost. HF_LOCKED: taken over.
 * HF_STALE: the map on the host cannot be written: the point exists, and a scan has to come next.
 */
int hf_point_writer_append(struct hf_point_writer *writer, const struct hf_cut *cut,
                           const struct hf_point_text *text, struct hf_point_result *result,
                           struct hf_error *err);

void hf_point_writer_free(struct hf_point_writer *writer);
HF_AUTO_FREE(hf_point_writer)

#endif

/*
 * Backup: database file -> pages -> segment -> store (docs/architecture.md, "The story").
 */
#ifndef HF_ENGINE_BACKUP_H
#define HF_ENGINE_BACKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/events.h"
#include "history/database.h"
#include "history/segment_format.h"
#include "history/writer_claim.h"

struct hf_backup_options {
    const char *path;       /* the database file */
    const char *state_path; /* NULL: "<path>-holdfast" */
    const char *label;      /* NULL or "": none. At most 128 bytes */
    const char *reason;     /* NULL: "manual" */
    bool pin;
    bool own;  /* a point of its own, also when nothing changed, as a label and a pin make one */
    bool full; /* a point of its own that needs no older segment: when parts of the history are
                  known to be damaged */
    enum hf_claim_manner claim;
    /* Fail with HF_NO_SPACE rather than let writers of a database in a rollback-journal mode wait
     * while pages are stored, when there is no room to keep these aside. */
    bool spare_writers;
    int busy_ms; /* how long to wait for a writer that has the file exclusively */
    const struct hf_events *events; /* may be NULL */
};

/* What made the backup read the whole database or nothing of it. */
enum hf_backup_kind {
    HF_BACKUP_UNCHANGED,   /* no new point: the newest one is this state */
    HF_BACKUP_INCREMENTAL, /* what differs from the newest point */
    HF_BACKUP_FULL,        /* every page */
};

struct hf_backup_result {
    enum hf_backup_kind kind;
    uint64_t seq;            /* of the newest point: the new one, or the one that is this state */
    int64_t time;            /* of that point's state, ms */
    uint64_t database_bytes; /* page size times page count */
    uint64_t pages_read;     /* 0: headers only */
    uint64_t pages_stored;
    uint64_t bytes_added; /* to the repository */
    int64_t duration;     /* ms */
};

/*
 * Takes a restore point of a state that the database is in after it was called. When it returns 0
 * the point is durable and confirmed, or the newest one is that state already (only without label,
 * pin and `own`: those make a point of their own). Errors leave the repository's points and the
 * database as they were. HF_LOCKED: the database is locked for longer than busy_ms, another backup
 * of it runs, or somebody took over.
 */
int hf_backup(const struct hf_database *database, const struct hf_backup_options *options,
              struct hf_backup_result *result, struct hf_error *err);

#endif

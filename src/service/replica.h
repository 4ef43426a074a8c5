/*
 * One database under continuous protection: the work that is done for it, each piece a job that may
 * run on any thread, never two that touch the same things at once (replicator.c sees to that).
 *
 *   begin      hold the log, or find that it cannot be held; bring history up to date; go on from
 *              there                                                    needs both sides
 *   tail       rotate the log, cut                                      the log's side
 *   store      make a point of the cut                                  the store's side
 *   scan       look through a database whose log cannot be held         needs both sides
 *   let_go     the end: what was not stored is left to the next scan    needs both sides
 *   prune      thin the history by its rule                             beside everything
 */
#ifndef HF_SERVICE_REPLICA_H
#define HF_SERVICE_REPLICA_H

#include "config/config.h"
#include "engine/point_writer.h"
#include "history/prune.h"
#include "history/segment_format.h"
#include "os/pool.h"
#include "service/pace.h"
#include "store/kinds.h"

/* What all databases of a replicator share. */
struct hf_replica_world {
    const struct hf_repository *repository;
    const struct hf_env *env;
    struct hf_batch_budget budget;
    enum hf_capture_wanted wanted;
    bool gentle, take_over;
    int64_t interval;               /* ms */
    const struct hf_config *config; /* whose retention rule is read before each prune */
    enum hf_retention_zone zone;
    atomic_bool stopping; /* a prune ends between two objects */
    /* A line for people, from any thread. */
    void (*notice)(void *context, const char *database, const char *text);
    void *context;
};

enum hf_capture_mode { HF_CAPTURE_NONE, HF_CAPTURE_LOG, HF_CAPTURE_SCAN };

/* A point that somebody asked for. */
struct hf_snapshot {
    int64_t request; /* its id; 0: nobody asks */
    char label[HF_LABEL_TEXT];
    char reason[HF_REASON_TEXT];
    bool pin, own;
};

/* What a job left behind. */
struct hf_replica_outcome {
    struct hf_error err; /* its code HF_OK: it succeeded */
    int64_t took;        /* ms */
    struct hf_traffic traffic;
};

struct hf_replica_scan {
    int64_t time;  /* 0: none yet */
    char why[256]; /* what made it necessary */
    int64_t took;
    uint64_t pages_read, pages_stored;
};

struct hf_replica {
    struct hf_replica_world *world;
    const char *name, *path; /* borrowed */
    char *state_path;        /* or NULL */
    struct hf_database database;
    bool is_known; /* `database` is open */

    /* The log's side. */
    enum hf_capture_mode mode;
    char mode_why[256];
    bool made_wal; /* by us, earlier: an application that takes it back is not fought */
    struct hf_log_capture *capture; /* NULL: not held */
    enum hf_rotation rotation;      /* of the last tail that rotated */
    bool cut_later;                 /* the last tail could not cut yet: nothing is lost */

    /* What to do, set before a job. */
    bool rotate, cut_wanted;
    uint32_t force_frames;
    struct hf_snapshot snapshot;
    char scan_why[256];

    /* The store's side. */
    struct hf_point_writer *writer;
    struct hf_cut cut;
    bool has_cut;
    struct hf_point_result point; /* the newest, confirmed */
    struct hf_replica_scan last_scan;

    struct hf_replica_outcome log_outcome, store_outcome;

    struct hf_prune_result pruned; /* by the last prune */
    struct hf_replica_outcome prune_outcome;
};

void hf_replica_init(struct hf_replica *self, struct hf_replica_world *world, const char *name,
                     const char *path, char *state_path);

/* The jobs. */
void hf_replica_begin(struct hf_replica *self);
void hf_replica_tail(struct hf_replica *self);
void hf_replica_store(struct hf_replica *self);
void hf_replica_scan(struct hf_replica *self);
void hf_replica_let_go(struct hf_replica *self);
void hf_replica_prune(struct hf_replica *self);

/* Lets go at once. */
void hf_replica_release(struct hf_replica *self);

#endif

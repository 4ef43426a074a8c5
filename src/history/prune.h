/*
 * Prune: history thinned by its rule. Lists, plans, merges, deletes, in that order: what refers to
 * something is written after it and removed before it, so that a crash at any moment leaves every
 * kept point restorable. Safe beside a writer of the same timeline, beside readers and beside
 * another prune; see retention_plan.h for why. Memory is bounded by the number of objects.
 */
#ifndef HF_HISTORY_PRUNE_H
#define HF_HISTORY_PRUNE_H

#include "base/events.h"
#include "history/retention_marks.h"
#include "history/retention_plan.h"

struct hf_prune_options {
    const struct hf_retention_rule *rule;
    enum hf_retention_zone zone;
    int64_t grace; /* ms; negative: hf_prune_grace */
    bool dry_run;  /* writes and removes nothing */
    /* Names alone decide whether anything is due, and nothing is read when it is not: for a call
     * every few minutes. Counts of what waits may then lack what is pinned. */
    bool quick;
    int workers;                    /* threads that compress; 0: as many as there are processors */
    const struct hf_events *events; /* may be NULL */
    bool (*stop)(void *context);    /* asked between objects; may be NULL */
    void *context;
};

struct hf_prune_sum {
    uint64_t objects, bytes;
};

struct hf_prune_result {
    uint64_t points, kept;            /* restorable, and of those kept */
    uint64_t merges, merged_segments; /* done, or with dry_run to be done */
    uint64_t merges_failed;           /* of these, because of damage: it was told by a notice */
    uint64_t bytes_written;
    struct hf_prune_sum deleted; /* with dry_run: what would be */
    struct hf_prune_sum waits;   /* what no kept point needs, but not for as long as the grace */
    bool more;                   /* it was stopped, or took too long to be sure: call again */
};

/* What is to be done, and why; for those who show it. */
struct hf_prune {
    const struct hf_database *database;
    struct hf_prune_options options;
    int64_t listed; /* by the clock here */
    int64_t now;    /* by the store's */
    int64_t grace;
    struct hf_timeline timeline;
    struct hf_retention_marks marks;
    struct hf_retention_plan plan;
};

/* An hour in a directory, a day in a remote store. */
int64_t hf_prune_grace(const struct hf_database *database);

/* Lists and plans. `options` and what they point at are borrowed until release. */
int hf_prune_look(struct hf_prune *out, const struct hf_database *database,
                  const struct hf_prune_options *options, struct hf_error *err);

/* Does it. The result is filled also when it fails, with what was done until then. */
int hf_prune_act(struct hf_prune *prune, struct hf_prune_result *result, struct hf_error *err);

void hf_prune_release(struct hf_prune *prune);
HF_AUTO_RELEASE(hf_prune)

/* Both. */
int hf_prune(const struct hf_database *database, const struct hf_prune_options *options,
             struct hf_prune_result *result, struct hf_error *err);

/* Pins a point. HF_REFUSED when it had expired for more than half the grace: somebody may be about
 * to delete what it needs. */
int hf_prune_pin(const struct hf_database *database, const struct hf_prune_options *options,
                 uint64_t seq, struct hf_error *err);

#endif

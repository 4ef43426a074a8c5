/*
 * A restore as a person asks for it: over the database itself, by the process that runs its
 * application where there is one, or into another file. What `holdfast restore` and the console do.
 * Blocking; what a killed one leaves is the old file or the new one.
 */
#ifndef HF_SERVICE_RESTORING_H
#define HF_SERVICE_RESTORING_H

#include <jansson.h>
#include <stdbool.h>

#include "engine/in_place.h"
#include "service/control_client.h"

struct hf_restoring {
    const struct hf_database *database;
    const struct hf_timeline *timeline;
    const char *own_path;   /* of the database file; NULL: not known here */
    const char *state_path; /* wanted one; NULL: beside the database */
    const char *to;         /* into another file; NULL: the database's own place */
    uint64_t seq;
    bool overwrite; /* with `to`: replaces what is there */
    bool delta;     /* rewrites only the pages that differ */
    bool take_over; /* in place of a database whose history another host was writing */
    const struct hf_events *events;

    /* Of hf_restoring_decide. */
    const char *target;
    bool is_own;   /* the target is the database's own place */
    bool in_place; /* the same, and something is there */
    enum hf_restore_manner manner;
};

/* Says what would be done; touches nothing. HF_CONFIG: there is no target. */
int hf_restoring_decide(struct hf_restoring *restoring, struct hf_error *err);

/* Connects to the running Holdfast that has to do it: *there. */
int hf_restoring_find_runner(const struct hf_restoring *restoring, struct hf_control_client *client,
                             bool *there, struct hf_error *err);

struct hf_restored {
    struct hf_in_place_result in_place; /* of another file only `restore` is filled */
    int process;                        /* that did it, and runs the application; 0: this one */
};

/* Does it, after hf_restoring_decide. HF_LOCKED: somebody has the database open. HF_REFUSED:
 * another Holdfast follows it and does not run the application. Else as hf_restore_in_place,
 * hf_restore. */
int hf_restoring_act(const struct hf_restoring *restoring, struct hf_restored *result,
                     struct hf_error *err);

/* The members of docs/json.md, "restore", without `repository`; `time` of the point. */
json_t *hf_restored_json(const struct hf_restoring *restoring, const struct hf_restored *result,
                         int64_t time);

/* The same of what would be done. */
json_t *hf_restore_preview_json(const struct hf_restoring *restoring,
                                const struct hf_restore_result *preview, int64_t time, int process);

#endif

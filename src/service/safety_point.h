/*
 * A restore point of a database before something is written into it that a person may regret.
 */
#ifndef HF_SERVICE_SAFETY_POINT_H
#define HF_SERVICE_SAFETY_POINT_H

#include <stdbool.h>

#include "base/events.h"
#include "config/config.h"
#include "history/database.h"
#include "service/access.h"

struct hf_safety_point_options {
    const struct hf_config *config; /* says which repository, which is made when it is not there */
    const struct hf_env *env;
    const char *database;             /* its name in the repository */
    const char *path;                 /* of the file */
    const char *reason;               /* "import" */
    const struct hf_secrets *secrets; /* what opens it; NULL: read as the settings say */
    const struct hf_events *events;   /* may be NULL */
};

/* Whether there is anything to keep: no file, and one without a byte in it or in its log, is
 * nothing. */
bool hf_safety_point_is_needed(const struct hf_env *env, const char *path);

/* 0 in `seq`: there is nothing at the path yet. */
int hf_safety_point_take(const struct hf_safety_point_options *options, uint64_t *seq,
                         struct hf_error *err);

/* The history that such points are in, which is there; `session` is the caller's to release. */
int hf_safety_point_history(struct hf_session *session, struct hf_database *history,
                            const struct hf_safety_point_options *options, struct hf_error *err);

#endif

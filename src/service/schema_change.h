/*
 * What it takes to give a database a schema, and doing it after a restore point: what `holdfast
 * schema` and the console do. Blocking; may be killed at any moment, the database is then as before
 * or complete.
 */
#ifndef HF_SERVICE_SCHEMA_CHANGE_H
#define HF_SERVICE_SCHEMA_CHANGE_H

#include "base/bytes.h"
#include "codec/digest.h"
#include "config/config.h"
#include "schema/sync_plan.h"
#include "service/access.h"

enum { HF_SCHEMA_DIGEST_TEXT = 2 * HF_DIGEST_BYTES + 1 };

struct hf_schema_change_options {
    const struct hf_config *config;
    const struct hf_env *env;
    const char *database;             /* its name in the repository */
    const char *path;                 /* of the file, which need not be there */
    const struct hf_secrets *secrets; /* as of struct hf_safety_point_options */
    bool accepts_loss;                /* also to drop tables that the schema does not name */
    const char *seen; /* hf_schema_plan_digest of the plan that somebody has seen; NULL: any */
    const struct hf_events *events; /* may be NULL */
};

struct hf_schema_changed {
    struct hf_sync_plan plan; /* what was done */
    bool created;             /* there was nothing in the database */
    uint64_t point_before;    /* 0: none was needed */
    int64_t duration;         /* ms */
};

/* Only reads. A database that is not there is planned for as an empty one. */
int hf_schema_plan(struct hf_sync_plan *out, const struct hf_wanted *wanted,
                   const struct hf_schema_change_options *options, struct hf_error *err);

/* Whether doing it would be refused. */
bool hf_schema_plan_is_refused(const struct hf_sync_plan *plan, bool accepts_loss);

/* A text that differs when anything that a person would read of the plan does. */
int hf_schema_plan_digest(char out[HF_SCHEMA_DIGEST_TEXT], const struct hf_sync_plan *plan,
                          struct hf_error *err);

/* As hf_sync_apply, and HF_STALE: the plan, also as it is behind the lock, is not the one that was
 * seen. `out` has the plan also when it was refused. */
int hf_schema_change(struct hf_schema_changed *out, const struct hf_wanted *wanted,
                     const struct hf_schema_change_options *options, struct hf_error *err);
void hf_schema_changed_release(struct hf_schema_changed *changed);
HF_AUTO_RELEASE(hf_schema_changed)

/* The schema that the database at `path` has, in a language. */
int hf_schema_pull(struct hf_buf *out, const char *path, enum hf_schema_dialect dialect,
                   struct hf_error *err);

#endif

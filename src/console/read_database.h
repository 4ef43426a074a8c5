/*
 * What was read of a database: its points, and what keeps them. Single-owner.
 */
#ifndef HF_CONSOLE_READ_DATABASE_H
#define HF_CONSOLE_READ_DATABASE_H

#include <jansson.h>

#include "config/config.h"
#include "history/database.h"
#include "history/point.h"
#include "history/retention_points.h"

struct hf_read_database {
    const struct hf_config_database *configured;
    json_t *live;  /* what a running Holdfast said just before the rest was read, or NULL */
    bool is_known; /* the repository knows its name */
    struct hf_database database;
    struct hf_timeline timeline;
    struct hf_points points;
    struct hf_retention_points kept; /* of each point, in their order; empty: not judged yet */
};

/* Asks a running Holdfast, which may know more than the repository has, and also when that is away.
 */
void hf_read_database_ask(struct hf_read_database *read, const struct hf_config *config,
                          const struct hf_env *env);

/* Reads what is new. On failure it has what it had before. A database without a history yet has no
 * points, which is no error. */
int hf_read_database_again(struct hf_read_database *read, const struct hf_repository *repository,
                           struct hf_error *err);

/* Has the points judged by the rule in force, once for each reading. */
int hf_read_database_judge(struct hf_read_database *read, const struct hf_config *config,
                           const struct hf_env *env, struct hf_error *err);

void hf_read_database_release(struct hf_read_database *read);

#endif

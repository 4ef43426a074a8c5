/*
 * The overview as JSON: the state of each database as the weakest of five facts
 * (service/assessment.h), and what a page shows below.
 */
#ifndef HF_CONSOLE_OVERVIEW_JSON_H
#define HF_CONSOLE_OVERVIEW_JSON_H

#include <jansson.h>

#include "config/config.h"
#include "history/database.h"
#include "history/point.h"

/* A configured database and what the repository has of it. */
struct hf_read_database {
    const struct hf_config_database *configured;
    json_t *live;  /* what a running Holdfast said before it was read, or NULL */
    bool is_known; /* the repository knows its name */
    struct hf_database database;
    struct hf_timeline timeline;
    struct hf_points points;
};

struct hf_overview_facts {
    const struct hf_config *config;
    const struct hf_env *env;
    const struct hf_error *unreachable; /* why the repository cannot be read; NULL: it was */
    bool is_encrypted;
    int64_t kit_saved; /* ms, 0: never */
    const struct hf_read_database *databases;
    size_t count;
};

/* Ends the program when there is no memory. */
json_t *hf_overview_json(const struct hf_overview_facts *facts);

#endif

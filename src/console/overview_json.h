/*
 * The overview as JSON: the state of each database as the weakest of five facts
 * (service/assessment.h), and what a page shows below.
 */
#ifndef HF_CONSOLE_OVERVIEW_JSON_H
#define HF_CONSOLE_OVERVIEW_JSON_H

#include <jansson.h>

#include "console/read_database.h"

struct hf_overview_facts {
    const struct hf_config *config;
    const struct hf_env *env;
    const struct hf_error *unreachable; /* why the repository cannot be read; NULL: it was */
    bool is_unmade;                     /* as there is none yet */
    bool is_encrypted;
    int64_t kit_saved; /* ms, 0: never */
    const struct hf_read_database *databases;
    size_t count;
};

/* Ends the program when there is no memory. */
json_t *hf_overview_json(const struct hf_overview_facts *facts);

#endif

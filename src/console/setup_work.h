/*
 * What workers do for the setup: looking at a backup, testing connections, carrying the choice out.
 * Each question names the database; a source is "path" or "repository", with "passphrase",
 * "identity", "recovery_key", "user", "source_database", "point" where they are needed.
 */
#ifndef HF_CONSOLE_SETUP_WORK_H
#define HF_CONSOLE_SETUP_WORK_H

#include "console/worker.h"

/* The kind of the job that carries a choice out. */
#define HF_SETUP_RESTORE "setup_restore"

/* {"directory"}: {"candidates":[...]} of docs/json.md, "setup candidates". */
json_t *hf_find_candidates(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err);

/* docs/json.md, "setup source", with the connection tests of the profile besides, and "settings":
 * texts by names of fields, with secrets, which are not to be shown. A source that is
 * null is the database itself: what a new installation begins with. */
json_t *hf_look_at_source(void *context, const json_t *question, const struct hf_events *events,
                          struct hf_error *err);

/* {"profile", "test", "fields":{name: text}}, with all settings that there are. */
json_t *hf_test_connection(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err);

/* {"fields"}: docs/json.md, "setup restore". Tells of each user as a stage "user <name>". */
json_t *hf_carry_out_setup(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err);

#endif

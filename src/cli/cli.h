/*
 * What every verb is given, and what it says of itself.
 */
#ifndef HF_CLI_CLI_H
#define HF_CLI_CLI_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "config/config.h"
#include "os/env.h"

struct hf_cli {
    const struct hf_verb *verb;
    struct hf_arguments arguments;
    struct hf_config config;
    const struct hf_env *env;
    struct hf_progress_line progress;
    /* With --json: the object that is printed when the verb ends; else NULL, and the verb prints
     * its text to standard output itself. */
    json_t *json;
    int status;         /* exit code, where that is not what the outcome says */
    bool error_is_told; /* the verb itself has shown its error */
    bool log_is_json;   /* the verb has a log, and standard error is that: lines of JSON */
};

struct hf_verb {
    const char *name;     /* "backup", "key list" */
    const char *operands; /* "[DATABASE...]", or "" */
    const char *summary;  /* one line for the program's --help */
    const char *about;    /* more lines for the verb's own, or NULL */
    int most_operands;
    const struct hf_option *options; /* its own, besides the common ones; or NULL */
    const char
        *own_flag; /* without dashes: one of its own though a setting is called so; or NULL */
    /* It goes on until it is ended, and has no outcome that --json could tell: what to do instead,
     * for a hint; or NULL. */
    const char *instead_of_json;
    int (*run)(struct hf_cli *cli, struct hf_error *err);
};

/* In the order of --help; the last has no name. */
extern const struct hf_verb *const hf_verbs[];

extern const struct hf_verb hf_verb_export, hf_verb_import;
extern const struct hf_verb hf_verb_prune, hf_verb_pin, hf_verb_unpin;
extern const struct hf_verb hf_verb_schema_show, hf_verb_schema_plan, hf_verb_schema_apply,
    hf_verb_schema_pull;
extern const struct hf_verb hf_verb_init, hf_verb_backup, hf_verb_list, hf_verb_restore,
    hf_verb_check, hf_verb_test_restore, hf_verb_status, hf_verb_key_list, hf_verb_key_add,
    hf_verb_key_remove, hf_verb_key_rotate_slot, hf_verb_key_kit, hf_verb_config_check, hf_verb_run,
    hf_verb_replicate, hf_verb_follow, hf_verb_serve, hf_verb_console_reset_password;

#endif

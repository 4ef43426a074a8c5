/*
 * The settings in force, and where each came from.
 *
 * Flags win over the environment, the environment over the configuration file. Every setting is
 * --NAME, HOLDFAST_NAME and 'name:' (docs/run.md describes those of `run`). Every
 * variable NAME may instead be given as NAME_FILE, a file whose content (without the
 * newline at its end) is the value, as container secrets are; both at once is an error.
 * The file is the one named by --config or HOLDFAST_CONFIG, else ./holdfast.yml, else
 * /etc/holdfast/holdfast.yml, else none.
 *
 *   repository: /srv/backups
 *   passphrase-file: /run/secrets/pw     # or keyfile:, or recovery-key-file:
 *   state-directory: /var/lib/holdfast
 *   databases:
 *     - path: /data/dev.db               # a pattern (* ? [) stands for every match
 *       name: dev                        # default: the file's name without its extension
 *
 * `database: /data/dev.db` is short for a list of one. Relative paths in the file are
 * relative to the file; elsewhere to the current directory. Where a database is given and no
 * repository, that is the folder `backups` beside the first database.
 *
 * Variables of other tools count where the own one is not set, unless they are empty: DATA_DIR, and
 * PUID with PGID for the user.
 */
#ifndef HF_CONFIG_CONFIG_H
#define HF_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "os/env.h"

enum hf_setting {
    HF_SETTING_CONFIG,
    HF_SETTING_REPOSITORY,
    HF_SETTING_PASSPHRASE,
    HF_SETTING_KEYFILE,
    HF_SETTING_RECOVERY_KEY,
    HF_SETTING_STATE_DIR,
    HF_SETTING_DB,
    HF_SETTING_NAME,
    HF_SETTING_DATA_DIR,
    HF_SETTING_SCHEMA,
    HF_SETTING_ACCEPT_DATA_LOSS,
    HF_SETTING_ON_MISSING,
    HF_SETTING_ON_CORRUPT,
    HF_SETTING_ON_UNPROTECTED,
    HF_SETTING_KEEP_COPIES,
    HF_SETTING_PROFILE,
    HF_SETTING_PROFILES_DIR,
    HF_SETTING_RESTART,
    HF_SETTING_STOP_TIMEOUT,
    HF_SETTING_READY,
    HF_SETTING_READY_TIMEOUT,
    HF_SETTING_ON_FAILED_START,
    HF_SETTING_USER,
    HF_SETTING_CAPTURE,
    HF_SETTING_SYNC_INTERVAL,
    HF_SETTING_GENTLE,
    HF_SETTING_LOG,
    HF_SETTING_KEEP,
    HF_SETTING_KEEP_ZONE,
    HF_SETTING_CONSOLE,
    HF_SETTING_URL,
    HF_SETTING_TRUSTED_PROXIES,
    HF_SETTING_SETUP_CODE,
    HF_SETTING_COUNT
};

/* The choices of settings that have some, in the order of their words. */
enum hf_on_missing { HF_MISSING_RESTORE, HF_MISSING_FRESH, HF_MISSING_REFUSE };
enum hf_on_corrupt { HF_CORRUPT_RESTORE, HF_CORRUPT_REFUSE };
enum hf_on_unprotected { HF_UNPROTECTED_STOP, HF_UNPROTECTED_START };
enum hf_restart { HF_RESTART_NO, HF_RESTART_ON_FAILURE, HF_RESTART_ALWAYS };
enum hf_on_failed_start {
    HF_FAILED_RESTORE_AND_EXIT,
    HF_FAILED_RESTORE_AND_START,
    HF_FAILED_KEEP,
};
enum hf_capture_wanted { HF_CAPTURE_WANT_LOG, HF_CAPTURE_WANT_SCAN, HF_CAPTURE_WANT_NONE };
enum hf_log_format { HF_LOG_TEXT, HF_LOG_JSON };
enum hf_keep_zone { HF_KEEP_ZONE_UTC, HF_KEEP_ZONE_LOCAL };

/* `source` is "--repository", "HOLDFAST_DB_FILE", "holdfast.yml line 3", or "default": `text` is
 * then the default, or NULL where there is none. */
struct hf_value {
    char *text;
    char *source;
};

struct hf_config_database {
    char *name;
    char *path;
    char *source;
};

/* A path with * ? or [ in it, which stands for every file that it matches. */
struct hf_config_pattern {
    char *path;
    char *source;
};

/* A command of 'generate:'. A text is run by the shell: {"/bin/sh", "-c", text}. */
struct hf_config_command {
    char **words; /* ends with NULL */
    char *source;
};

struct hf_config {
    /* At most one of passphrase, keyfile and recovery key is set: the highest source's. */
    struct hf_value values[HF_SETTING_COUNT];
    struct hf_config_database *databases; /* in the file's order, names unique */
    size_t database_count;
    struct hf_config_pattern *patterns; /* those among the file's databases */
    size_t pattern_count;
    struct hf_config_command *generate; /* in the file's order */
    size_t generate_count;
    char **notices; /* what a person should look at though it is no error; one line each */
    size_t notice_count;
};

struct hf_config_input {
    /* As typed, or NULL. For passphrase and recovery key a flag names a file: arguments are
     * seen by everybody on the machine. */
    const char *flags[HF_SETTING_COUNT];
    const char *const *environment; /* "NAME=value"; ends with NULL */
    const char *local_file;         /* "holdfast.yml" */
    const char *system_file;        /* "/etc/holdfast/holdfast.yml" */
};

/* HF_CONFIG for anything that is wrong with a setting, naming its source. On failure `out` holds
 * nothing. A pattern that matches no file is a notice. */
int hf_config_load(struct hf_config *out, const struct hf_config_input *input,
                   const struct hf_env *env, struct hf_error *err);

/* Wipes secrets. */
void hf_config_release(struct hf_config *config);
HF_AUTO_RELEASE(hf_config)

/* As a person wrote it: the shell's text, or the words with spaces between, shortened to `size`. */
const char *hf_config_command_text(char *out, size_t size, const struct hf_config_command *command);

/* What a checked value means. For settings of that kind, with a default. */
int hf_config_choice(const struct hf_config *config, enum hf_setting setting); /* of its enum */
bool hf_config_switch(const struct hf_config *config, enum hf_setting setting);
int64_t hf_config_duration(const struct hf_config *config, enum hf_setting setting); /* ms */
int64_t hf_config_count(const struct hf_config *config, enum hf_setting setting);

/* Milliseconds of "1s", "500ms", "2m"; a bare number is seconds. -1: it is no duration. */
int64_t hf_duration_parse(const char *text);

/* "passphrase", for people; the flag, "--passphrase-file"; the variable, "HOLDFAST_PASSPHRASE". */
const char *hf_setting_title(enum hf_setting setting);
const char *hf_setting_flag(enum hf_setting setting);
const char *hf_setting_variable(enum hf_setting setting);

/* A passphrase or recovery key: its text must not be shown. */
bool hf_setting_is_secret(enum hf_setting setting);

/* 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or a digit. */
bool hf_database_name_ok(const char *name);

/* The configured database of this name; NULL: there is none. */
const struct hf_config_database *hf_config_database_find(const struct hf_config *config,
                                                         const char *name);

/* The file's name without its extension, or an error that proposes a name. Caller frees. */
char *hf_database_name_of(const char *path, struct hf_error *err);

#endif

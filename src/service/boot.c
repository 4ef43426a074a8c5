#include "service/boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/boot_steps.h"
#include "service/forget_secrets.h"

extern char **environ;

/* Holdfast's own secrets are none of the application's business. */
static int make_environment(struct hf_boot *boot, struct hf_error *err)
{
    size_t count = 0, kept = 0;
    while (environ[count])
        count++;
    boot->environment = calloc(count + 1, sizeof *boot->environment);
    if (!boot->environment)
        return hf_error_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (!hf_is_secret_variable(environ[i]))
            boot->environment[kept++] = environ[i];
    }
    return 0;
}

static int list_databases(struct hf_boot *boot, struct hf_error *err)
{
    const struct hf_config *config = boot->config;
    if (!config->database_count) {
        hf_error_set(err, HF_CONFIG, "no database is given");
        return hf_error_hint(err, "say which: HOLDFAST_DB, --db PATH, or 'databases:' in "
                                  "holdfast.yml");
    }
    boot->databases = calloc(config->database_count, sizeof *boot->databases);
    if (!boot->databases)
        return hf_error_memory(err);
    for (size_t i = 0; i < config->database_count; i++) {
        struct hf_boot_database *database = &boot->databases[boot->database_count++];
        database->lock_fd = -1;
        database->name = config->databases[i].name;
        database->path = config->databases[i].path;
        if (asprintf(&database->copy_path, "%s.backup_startup", database->path) < 0) {
            database->copy_path = NULL;
            return hf_error_memory(err);
        }
    }
    return 0;
}

typedef int (*step)(struct hf_boot *, struct hf_error *);

static int take_steps(struct hf_boot *boot, const step *steps, size_t count, struct hf_error *err)
{
    for (size_t i = 0; i < count; i++) {
        hf_boot_log_step(&boot->log, (enum hf_boot_step)(boot->log.step + 1));
        if (steps[i](boot, err))
            return -1;
    }
    return 0;
}

static int boot_all(struct hf_boot *boot, struct hf_error *err)
{
    static const step as_started[] = {hf_boot_data_directory};
    static const step as_user[] = {hf_boot_restore_points, hf_boot_schema, hf_boot_generate,
                                   hf_boot_portable, hf_boot_start};
    return list_databases(boot, err) || take_steps(boot, as_started, 1, err) ||
                   make_environment(boot, err) || take_steps(boot, as_user, 5, err)
               ? -1
               : 0;
}

static void release(struct hf_boot *boot)
{
    for (size_t i = 0; i < boot->database_count; i++) {
        hf_boot_unlock(&boot->databases[i]);
        free(boot->databases[i].state_path);
        free(boot->databases[i].copy_path);
    }
    free(boot->databases);
    free(boot->protected);
    free(boot->environment);
    free(boot->data_dir);
    hf_session_release(&boot->session);
}

int hf_boot(const struct hf_boot_options *options, int *status, struct hf_error *err)
{
    struct hf_boot boot = {
        .options = options, .config = options->config, .env = options->env, .status = -1};
    struct hf_error failure = {0};
    hf_boot_log_init(&boot.log, options->log,
                     (enum hf_log_format)hf_config_choice(options->config, HF_SETTING_LOG),
                     options->env);
    boot.log.quiet = options->quiet;
    hf_adopt_orphans();
    hf_signals_end_process();
    int failed = boot_all(&boot, &failure);
    if (failed)
        hf_boot_log_error(&boot.log, &failure);
    release(&boot);
    *status = boot.status;
    return failed ? hf_error_pass(err, &failure) : 0;
}

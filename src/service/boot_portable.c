#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"
#include "service/boot_steps.h"
#include "service/dated_copies.h"
#include "service/exporting.h"

static const char latest_name[] = "backup_latest.json";

/* The application's own copy where a profile knows it, else the generic one. */
struct copying {
    struct hf_boot *boot;
    const char *path; /* of the database */
    char *latest;     /* where it goes */
    char *about;      /* which kind it is, for the log */
};

static struct hf_export_options options_of(const struct copying *copying)
{
    struct hf_boot *boot = copying->boot;
    return (struct hf_export_options){.path = copying->path,
                                      .name = boot->databases[0].name,
                                      .program = boot->options->version,
                                      .output = {.to = copying->latest},
                                      .busy_ms = HF_BOOT_BUSY_MS,
                                      .events = &boot->log.events};
}

static int describe(char **about, const struct hf_exporting_result *result, struct hf_error *err)
{
    const struct hf_export_result *copy = &result->copy;
    int printed = result->profile
                      ? asprintf(about, "%s %s", result->profile, result->version)
                      : asprintf(about, "%llu rows of %llu table%s", (unsigned long long)copy->rows,
                                 (unsigned long long)copy->tables, copy->tables == 1 ? "" : "s");
    if (printed >= 0)
        return 0;
    *about = NULL;
    return hf_error_memory(err);
}

static int export_latest(struct copying *copying, struct hf_error *err)
{
    const struct hf_boot *boot = copying->boot;
    hf_auto(hf_exporting_result) struct hf_exporting_result result = {0};
    const struct hf_exporting_options options = {
        .config = boot->config, .env = boot->env, .copy = options_of(copying)};
    return hf_exporting(&options, &result, err) || describe(&copying->about, &result, err) ? -1 : 0;
}

static int write_copies(struct copying *copying, char name[HF_DATED_COPY_NAME],
                        struct hf_error *err)
{
    struct hf_boot *boot = copying->boot;
    copying->latest = hf_path_join(boot->data_dir, latest_name);
    if (!copying->latest)
        return hf_error_memory(err);
    if (export_latest(copying, err))
        return hf_error_wrap(err, "%s", copying->latest);
    struct stat folder;
    if (!stat(boot->data_dir, &folder) && hf_identity_give_like(&folder, copying->latest, err))
        return -1;
    size_t keep = (size_t)hf_config_count(boot->config, HF_SETTING_KEEP_COPIES);
    return hf_dated_copies_keep(boot->env, copying->latest, keep, name, err);
}

int hf_boot_portable(struct hf_boot *boot, struct hf_error *err)
{
    struct copying copying = {.boot = boot, .path = boot->databases[0].path};
    struct hf_error failure = {0};
    struct stat status;
    char name[HF_DATED_COPY_NAME] = "";
    (void)err; /* a copy more or less is no reason to keep an application from starting */
    if (boot->databases[0].is_missing ||
        boot->env->fs.stat(boot->env->fs.context, copying.path, &status) || !status.st_size) {
        hf_boot_log_skipped(&boot->log, "no database yet: no portable copy");
        return 0;
    }
    if (write_copies(&copying, name, &failure)) {
        hf_boot_log_notice(&boot->log, "no portable copy: %s", failure.text);
        hf_boot_log_skipped(&boot->log, "portable copy failed; the boot goes on");
    } else {
        hf_boot_log_done(
            &boot->log,
            json_pack("{s:s, s:s?}", "latest", copying.latest, "dated", name[0] ? name : NULL),
            "portable copy %s (%s)", name[0] ? name : latest_name, copying.about);
    }
    free(copying.latest);
    free(copying.about);
    return 0;
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"
#include "portable/export.h"
#include "portable/profile_export.h"
#include "service/boot_steps.h"
#include "service/dated_copies.h"
#include "service/profile_choice.h"

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

static int export_by_profile(struct copying *copying, const struct hf_profile *profile,
                             struct hf_error *err)
{
    const struct hf_profile_export_options options = {profile, options_of(copying)};
    struct hf_profile_export_result result;
    if (hf_profile_export(&options, copying->boot->env, &result, err))
        return -1;
    if (asprintf(&copying->about, "%s %s", profile->name, result.version) >= 0)
        return 0;
    copying->about = NULL;
    return hf_error_memory(err);
}

static int export_generic(struct copying *copying, struct hf_error *err)
{
    const struct hf_export_options options = options_of(copying);
    struct hf_export_result result;
    if (hf_export(&options, copying->boot->env, &result, err))
        return -1;
    if (asprintf(&copying->about, "%llu rows of %llu table%s", (unsigned long long)result.rows,
                 (unsigned long long)result.tables, result.tables == 1 ? "" : "s") >= 0)
        return 0;
    copying->about = NULL;
    return hf_error_memory(err);
}

static int export_latest(struct copying *copying, struct hf_error *err)
{
    const struct hf_boot *boot = copying->boot;
    hf_auto(hf_profile_choice) struct hf_profile_choice form = {0};
    if (hf_profile_choose(&form, boot->config, boot->env, copying->path, err))
        return -1;
    return form.profile ? export_by_profile(copying, form.profile, err)
                        : export_generic(copying, err);
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

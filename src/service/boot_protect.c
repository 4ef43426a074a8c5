#include <stdlib.h>
#include <string.h>

#include "engine/state_file.h"
#include "service/boot_steps.h"

static void tell_notice(void *context, const char *text)
{
    struct hf_boot *boot = context;
    hf_boot_log_notice(&boot->log, "%s", text);
}

/* Names and state files, as the protection wants them. */
static int list_protected(struct hf_boot *boot, struct hf_error *err)
{
    boot->protected = calloc(boot->database_count, sizeof *boot->protected);
    if (!boot->protected)
        return hf_error_memory(err);
    for (size_t i = 0; i < boot->database_count; i++) {
        struct hf_boot_database *database = &boot->databases[i];
        char *path = hf_state_file_path(database->path, database->state_path);
        if (!path)
            return hf_error_memory(err);
        free(database->state_path);
        database->state_path = path;
        boot->protected[i] = (struct hf_protected){database->name, path};
    }
    return 0;
}

int hf_boot_protect(struct hf_boot *boot, struct hf_error *err)
{
    if (!boot->session.repository)
        return 0;
    if (list_protected(boot, err))
        return -1;
    const struct hf_protection_options options = {.command = "run",
                                                  .databases = boot->protected,
                                                  .database_count = boot->database_count,
                                                  .replicate = boot->options->replicate,
                                                  .notice = tell_notice,
                                                  .restore = hf_boot_restore_asked,
                                                  .context = boot};
    return hf_protection_start(&boot->protection, &boot->signals, &options, err);
}

bool hf_boot_is_impatient(void *context, const struct hf_happening *happening)
{
    (void)context;
    return happening->kind == HF_SIGNALLED &&
           (happening->signal == SIGTERM || happening->signal == SIGINT);
}

bool hf_boot_pause_capture(struct hf_boot *boot, int64_t deadline)
{
    return hf_protection_stop_replicator(&boot->protection, &boot->signals, deadline,
                                         hf_boot_is_impatient, boot);
}

void hf_boot_resume_capture(struct hf_boot *boot)
{
    if (boot->protection.guard)
        hf_guard_start(boot->protection.guard, NULL); /* else later: that is told */
}

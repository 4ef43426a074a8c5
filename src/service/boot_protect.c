#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/state_file.h"
#include "os/file.h"
#include "service/boot_steps.h"
#include "service/replicator.h"
#include "sqlite/db_header.h"
#include "sqlite/log_hold.h"

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

static bool is_outside_wal(const struct hf_boot *boot, const char *path)
{
    uint8_t bytes[HF_DB_HEADER_BYTES];
    struct hf_db_header header;
    int fd = hf_file_open(boot->env, path, O_RDONLY, 0, NULL);
    if (fd < 0)
        return false;
    bool is_whole = hf_file_read(boot->env, fd, path, bytes, sizeof bytes, 0, NULL) == sizeof bytes;
    hf_file_close(boot->env, fd, path, NULL);
    return is_whole && hf_db_header_parse(&header, bytes) && !header.wal;
}

/* Changing the mode needs the database alone for a moment: before the application is there. Where
 * that fails the replicator tries again, and tells why not. */
static void put_in_wal_mode(struct hf_boot *boot)
{
    for (size_t i = 0; i < boot->database_count; i++) {
        const struct hf_boot_database *database = &boot->databases[i];
        if (is_outside_wal(boot, database->path) &&
            !hf_log_make_wal(database->path, HF_BOOT_BUSY_MS, NULL))
            hf_boot_log_notice(&boot->log, "%s: put in WAL mode", database->name);
    }
}

/* In a process of its own, which has a copy of all that this one has. */
static int replicate(void *context, int channel)
{
    struct hf_boot *boot = context;
    struct hf_error err = {0};
    const struct hf_replicator_options options = {
        .config = (struct hf_config *)(uintptr_t)boot->config,
        .env = boot->env,
        .repository = boot->session.repository,
    };
    if (!hf_replicator_run(&options, channel, &err))
        return 0;
    hf_boot_log_notice(&boot->log, "the replicator: %s", err.text);
    return 1;
}

static int (*choose_replicator(const struct hf_boot *boot))(void *, int)
{
    bool is_off = hf_config_choice(boot->config, HF_SETTING_CAPTURE) == HF_CAPTURE_WANT_NONE;
    return is_off ? NULL : boot->options->replicate ? boot->options->replicate : replicate;
}

static int serve(void *context, int channel)
{
    const struct hf_boot *boot = context;
    const struct hf_console_hook *console = boot->options->console;
    return console->serve(console->context, &boot->session, channel);
}

int hf_boot_protect(struct hf_boot *boot, struct hf_error *err)
{
    bool is_protected = boot->session.repository, has_console = boot->options->console;
    if (!is_protected && !has_console)
        return 0;
    if (list_protected(boot, err))
        return -1;
    if (is_protected && hf_config_choice(boot->config, HF_SETTING_CAPTURE) == HF_CAPTURE_WANT_LOG)
        put_in_wal_mode(boot);
    const struct hf_protection_options options = {.command = "run",
                                                  .databases = boot->protected,
                                                  .database_count = boot->database_count,
                                                  .replicate =
                                                      is_protected ? choose_replicator(boot) : NULL,
                                                  .serve = has_console ? serve : NULL,
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

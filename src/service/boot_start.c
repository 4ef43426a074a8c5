#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/in_place.h"
#include "os/file.h"
#include "service/boot_steps.h"
#include "service/json_channel.h"
#include "service/supervisor.h"

enum { PROBATION = 2000 };

static void tell_started(void *context, pid_t pid)
{
    struct hf_boot *boot = context;
    boot->was_started = true;
    hf_boot_log_done(&boot->log, json_pack("{s:i}", "pid", (int)pid), "started %s (process %d)",
                     boot->options->command[0], (int)pid);
}

static void tell_ready(void *context, int64_t milliseconds)
{
    struct hf_boot *boot = context;
    boot->schema_changed = false; /* it works: no reason to go back any more */
    hf_boot_restore_works(boot);
    if (boot->config->values[HF_SETTING_READY].text)
        hf_boot_log_done(&boot->log, json_pack("{s:I}", "after_ms", (json_int_t)milliseconds),
                         "the application is ready");
}

static void tell_notice(void *context, const char *text)
{
    struct hf_boot *boot = context;
    hf_boot_log_notice(&boot->log, "%s", text);
}

/*
 * A point of every database as the application left it. In a process of its own, which can be ended
 * when time is up: what a killed backup leaves behind is no point, and harms none.
 */
static int take_last_points(void *context)
{
    struct hf_boot *boot = context;
    int failures = 0;
    for (size_t i = 0; i < boot->database_count; i++) {
        struct hf_boot_database *database = &boot->databases[i];
        struct hf_backup_result result;
        struct hf_error err = {0};
        struct stat status;
        if (boot->env->fs.stat(boot->env->fs.context, database->path, &status) || !status.st_size)
            continue;
        if (!hf_boot_take_point(boot, database, "stop", NULL, &result, &err))
            continue;
        failures++;
        hf_boot_log_notice(&boot->log, "%s: no last restore point: %s", database->name, err.text);
    }
    return failures ? 1 : 0;
}

/* Never later than `deadline`, whatever the repository does. */
static void take_last_points_until(struct hf_boot *boot, int64_t deadline)
{
    struct hf_error err = {0};
    pid_t pid;
    if (!boot->session.repository)
        return;
    if (hf_child_fork(&pid, take_last_points, boot, &err)) {
        hf_boot_log_notice(&boot->log, "no last restore point: %s", err.text);
        return;
    }
    for (;;) {
        struct hf_happening happening;
        if (hf_protection_wait(&boot->protection, &boot->signals, deadline, &happening, &err))
            break;
        if (happening.kind == HF_CHILD_ENDED && happening.pid == pid)
            return;
        if (happening.kind == HF_DEADLINE || hf_boot_is_impatient(boot, &happening))
            break;
    }
    kill(pid, SIGKILL);
    hf_child_wait(pid, &(int){0}, NULL);
    hf_boot_log_notice(&boot->log, "no last restore point: there was no time for it. What was "
                                   "written last may not be in the repository");
}

static bool is_told(const json_t *told, const char *name)
{
    for (size_t i = 0; i < json_array_size(told); i++) {
        const json_t *entry = json_array_get(told, i);
        if (!strcmp(hf_member_text(entry, "name", ""), name))
            return json_is_object(json_object_get(entry, "point"));
    }
    return false;
}

/* Whether the replicator had all of the databases: one that the application made just now may have
 * escaped it. */
static bool had_all(const struct hf_boot *boot)
{
    json_t *told = hf_guard_databases(boot->protection.guard);
    bool all = true;
    for (size_t i = 0; i < boot->database_count; i++) {
        const struct hf_boot_database *database = &boot->databases[i];
        struct stat status;
        bool is_there = !boot->env->fs.stat(boot->env->fs.context, database->path, &status);
        all = all && (!is_there || is_told(told, database->name));
    }
    json_decref(told);
    return all;
}

/* What the application left. The replicator has it most of the time already. */
static void protect_at_last(struct hf_boot *boot, int64_t deadline)
{
    if (hf_boot_pause_capture(boot, deadline) && had_all(boot))
        hf_boot_log_done(&boot->log, NULL, "all that was committed is in the repository");
    else
        take_last_points_until(boot, deadline);
}

static int64_t companion_deadline(void *context)
{
    const struct hf_boot *boot = context;
    return hf_protection_deadline(&boot->protection);
}

static void companion_happened(void *context, const struct hf_happening *happening)
{
    struct hf_boot *boot = context;
    hf_protection_take(&boot->protection, happening);
}

static bool companion_needs_stop(void *context)
{
    const struct hf_boot *boot = context;
    return boot->restore.stage == HF_RESTORE_ASKED;
}

/* Whether there is a way back when the application does not become ready. */
static bool can_go_back(const struct hf_boot *boot)
{
    return boot->schema_changed && boot->databases[0].point &&
           hf_config_choice(boot->config, HF_SETTING_ON_FAILED_START) != HF_FAILED_KEEP;
}

static int supervise(struct hf_boot *boot, struct hf_supervised *out, struct hf_error *err)
{
    const struct hf_config *config = boot->config;
    bool tries = boot->restore.stage == HF_RESTORE_TRYING;
    const struct hf_companion companion = {.context = boot,
                                           .deadline = companion_deadline,
                                           .happened = companion_happened,
                                           .needs_stop = companion_needs_stop};
    const struct hf_supervision wanted = {
        .command = boot->options->command,
        .environment = boot->environment,
        .restart = (enum hf_restart)hf_config_choice(config, HF_SETTING_RESTART),
        .stop_timeout = hf_config_duration(config, HF_SETTING_STOP_TIMEOUT),
        .ready = config->values[HF_SETTING_READY].text,
        .ready_timeout = hf_config_duration(config, HF_SETTING_READY_TIMEOUT),
        .must_become_ready = tries || can_go_back(boot),
        .probation = tries ? PROBATION : 0,
        .companion = &companion,
        .context = boot,
        .started = tell_started,
        .became_ready = tell_ready,
        .notice = tell_notice,
    };
    if (!hf_supervise(&boot->signals, &wanted, out, err))
        return 0;
    /* What shells say of a command that is not there, or cannot be run. */
    boot->status = err->code == HF_NOT_FOUND ? 127 : 126;
    return -1;
}

/* The point that was taken before the schema was changed. What the application wrote since becomes
 * a point as well. */
static int go_back(struct hf_boot *boot, struct hf_error *err)
{
    struct hf_boot_database *database = &boot->databases[0];
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_backup_options before = {.path = database->path,
                                             .state_path = database->state_path,
                                             .reason = "failed start",
                                             .busy_ms = HF_BOOT_BUSY_MS,
                                             .events = &boot->log.events};
    const struct hf_restore_options options = {.target = database->path,
                                               .manner = HF_RESTORE_REPLACE,
                                               .busy_ms = HF_BOOT_BUSY_MS,
                                               .events = &boot->log.events};
    struct hf_in_place_result result;
    if (!hf_boot_lock_alone(database))
        return hf_boot_lock_refused(database, "should go back to before its schema was changed",
                                    err);
    hf_boot_pause_capture(boot, hf_monotonic() +
                                    hf_config_duration(boot->config, HF_SETTING_STOP_TIMEOUT));
    if (hf_timeline_load(&timeline, &database->history, err) ||
        hf_restore_in_place(&database->history, &timeline, database->point, &before, &options,
                            &result, err))
        return hf_error_wrap(err, "go back to restore point %" PRIu64, database->point);
    hf_boot_log_done(&boot->log,
                     json_pack("{s:s, s:I, s:I}", "database", database->name, "point",
                               (json_int_t)database->point, "before", (json_int_t)result.before),
                     "%s: back to restore point %" PRIu64
                     ", before the schema was changed (what was there is point %" PRIu64 ")",
                     database->name, database->point, result.before);
    boot->schema_changed = false;
    hf_boot_lock_share(boot);
    hf_boot_resume_capture(boot);
    return 0;
}

static int give_up(const struct hf_boot *boot, struct hf_error *err)
{
    hf_error_set(err, HF_FAILED,
                 "the application did not become ready after its schema was changed: the database "
                 "is again as it was at restore point %" PRIu64,
                 boot->databases[0].point);
    return hf_error_hint(err, "start the version before, or look at its messages above");
}

/* Until the application has ended for good. */
static int run(struct hf_boot *boot, struct hf_supervised *out, struct hf_error *err)
{
    for (;;) {
        if (supervise(boot, out, err))
            return -1;
        if (out->asked)
            return 0;
        if (out->set_aside) {
            if (hf_boot_restore_now(boot))
                return 0;
        } else if (out->never_ready && boot->restore.stage == HF_RESTORE_TRYING) {
            if (hf_boot_restore_undo(boot))
                return 0;
        } else if (out->never_ready) {
            if (go_back(boot, err))
                return -1;
            if (hf_config_choice(boot->config, HF_SETTING_ON_FAILED_START) ==
                HF_FAILED_RESTORE_AND_EXIT)
                return give_up(boot, err);
        } else {
            return 0;
        }
        out->stop_by = 0;
    }
}

int hf_boot_start(struct hf_boot *boot, struct hf_error *err)
{
    struct hf_supervised outcome = {0};
    fflush(NULL); /* a copy of this process must not write what is buffered here again */
    if (hf_signals_open(&boot->signals, err))
        return -1;
    hf_boot_lock_share(boot);
    int failed = hf_boot_protect(boot, err);
    failed = failed || run(boot, &outcome, err);
    hf_boot_restore_abandon(boot);
    /* Also when it could not be started a second time, or a restore was interrupted. */
    if (failed || !outcome.stop_by)
        outcome.stop_by =
            hf_monotonic() + hf_config_duration(boot->config, HF_SETTING_STOP_TIMEOUT);
    if (boot->was_started)
        protect_at_last(boot, outcome.stop_by);
    hf_protection_release(&boot->protection);
    hf_signals_release(&boot->signals);
    if (!failed)
        boot->status = outcome.status;
    return failed ? -1 : 0;
}

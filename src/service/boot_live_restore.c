#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/in_place.h"
#include "engine/undo.h"
#include "service/boot_steps.h"
#include "service/json_channel.h"

enum { LONGEST_LINE = 16 << 10, MOST_WAITING = 1 << 20, PROGRESS_PAUSE = 200 };

/* One restore in a process of its own, which can be ended: what a killed one leaves is the old
 * database or the new one. */
struct job {
    struct hf_boot *boot;
    uint64_t point;
    const char *reason; /* of the point that is taken first; NULL: as usual */
    int fds[2];         /* this process's end of its channel, the child's */
    struct hf_json_channel channel;
    int64_t told; /* in the child: when progress was told last */
    json_t *end;  /* what it said at last: done or failed */
};

/* For the log and for who asked. */
static void tell(struct hf_boot *boot, const char *stage, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void tell(struct hf_boot *boot, const char *stage, const char *format, ...)
{
    char text[600];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    hf_boot_log_begin(&boot->log, "%s: %s", boot->restore.database->name, text);
    hf_control_tell(boot->protection.control, boot->restore.request,
                    json_pack("{s:s, s:s, s:o}", "event", "progress", "stage", stage, "text",
                              hf_text_value(text)));
}

static struct hf_boot_database *find(struct hf_boot *boot, const char *name)
{
    for (size_t i = 0; i < boot->database_count; i++) {
        if (!strcmp(boot->databases[i].name, name))
            return &boot->databases[i];
    }
    return NULL;
}

static int accept_restore(struct hf_boot *boot, const json_t *what, struct hf_error *err)
{
    struct hf_boot_database *database = find(boot, hf_member_text(what, "database", ""));
    int64_t point = hf_member_integer(what, "point", 0);
    if (boot->restore.stage != HF_RESTORE_IDLE)
        return hf_error_set(err, HF_LOCKED, "a restore of '%s' is going on already",
                            boot->restore.database->name);
    if (!database || point < 1)
        return hf_error_set(err, HF_USAGE, "a restore is of a database, to a point of it");
    /* Its first point may be younger than this process. */
    if (!database->is_known && hf_database_open(&database->history, boot->session.repository,
                                                database->name, HF_DATABASE_EXISTING, err))
        return -1;
    database->is_known = true;
    if (!hf_boot_lock_alone(database)) {
        hf_boot_lock_share(boot);
        return hf_boot_lock_refused(database, "is to be restored", err);
    }
    boot->restore = (struct hf_boot_restore){.stage = HF_RESTORE_ASKED,
                                             .database = database,
                                             .point = (uint64_t)point,
                                             .delta = hf_member_true(what, "delta")};
    return 0;
}

void hf_boot_restore_asked(void *context, hf_control_request request, const json_t *what)
{
    struct hf_boot *boot = context;
    struct hf_error err = {0};
    if (accept_restore(boot, what, &err)) {
        hf_control_fail(boot->protection.control, request, &err);
        return;
    }
    boot->restore.request = request;
    tell(boot, "stop", "restore point %" PRIu64 " is asked for: the application is stopped",
         boot->restore.point);
}

/* In the child. */
static void tell_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct job *job = context;
    int64_t now = hf_monotonic();
    if (now - job->told < PROGRESS_PAUSE)
        return;
    job->told = now;
    hf_json_channel_send(&job->channel,
                         json_pack("{s:s, s:s, s:I, s:I}", "event", "progress", "stage", stage,
                                   "done", (json_int_t)done, "total", (json_int_t)total));
}

/* In the child. */
static void tell_notice(void *context, const char *text)
{
    struct job *job = context;
    hf_json_channel_send(&job->channel,
                         json_pack("{s:s, s:o}", "event", "notice", "text", hf_text_value(text)));
}

static int restore(struct job *job, struct hf_in_place_result *result, struct hf_error *err)
{
    struct hf_boot *boot = job->boot;
    const struct hf_boot_database *database = boot->restore.database;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_events events = {
        .context = job, .notice = tell_notice, .progress = tell_progress};
    const struct hf_backup_options before = {.path = database->path,
                                             .state_path = database->state_path,
                                             .reason = job->reason,
                                             .busy_ms = HF_BOOT_BUSY_MS,
                                             .events = &events};
    const struct hf_restore_options options = {.target = database->path,
                                               .manner = boot->restore.delta ? HF_RESTORE_DELTA
                                                                             : HF_RESTORE_REPLACE,
                                               .busy_ms = HF_BOOT_BUSY_MS,
                                               .events = &events};
    return hf_timeline_load(&timeline, &database->history, err) ||
                   hf_restore_in_place(&database->history, &timeline, job->point, &before, &options,
                                       result, err)
               ? -1
               : 0;
}

static json_t *describe(const struct hf_boot_restore *restore,
                        const struct hf_in_place_result *result)
{
    const struct hf_restore_result *restored = &result->restore;
    return json_pack(
        "{s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o}", "event", "done",
        "database", restore->database->name, "target", hf_text_value(restore->database->path),
        "point", (json_int_t)restored->seq, "segments", (json_int_t)restored->segments,
        "bytes_read", (json_int_t)restored->bytes_read, "bytes_restored",
        (json_int_t)restored->size, "pages", (json_int_t)restored->pages, "pages_written",
        (json_int_t)restored->pages_written, "duration_ms", (json_int_t)restored->duration,
        "point_before", (json_int_t)result->before, "point_recorded", (json_int_t)result->recorded,
        "kept", hf_text_value(restored->kept));
}

static int run_child(void *context)
{
    struct job *job = context;
    struct hf_boot *boot = job->boot;
    struct hf_in_place_result result = {0};
    struct hf_error err = {0};
    close(job->fds[0]);
    hf_protection_at_fork(&boot->protection);
    hf_signals_release(&boot->signals);
    hf_json_channel_init(&job->channel, job->fds[1], LONGEST_LINE, MOST_WAITING);
    int failed = restore(job, &result, &err);
    hf_json_channel_send(&job->channel,
                         failed ? hf_json_failed(&err) : describe(&boot->restore, &result));
    return failed ? 1 : 0;
}

/* In the parent: what the child says goes to the log and to who asked. */
static void take_events(struct job *job)
{
    struct hf_boot *boot = job->boot;
    json_t *event;
    while ((event = hf_json_channel_next(&job->channel, NULL))) {
        const char *kind = hf_member_text(event, "event", "");
        if (!strcmp(kind, "done") || !strcmp(kind, "failed")) {
            json_decref(job->end);
            job->end = event;
            continue;
        }
        if (!strcmp(kind, "notice"))
            hf_boot_log_notice(&boot->log, "%s", hf_member_text(event, "text", ""));
        hf_control_tell(boot->protection.control, boot->restore.request, event);
    }
}

/* Until the child has ended; true when somebody asked for the end meanwhile. */
static bool attend(struct job *job, pid_t pid)
{
    struct hf_boot *boot = job->boot;
    bool asked = false;
    for (;;) {
        struct hf_happening happening;
        if (hf_protection_wait(&boot->protection, &boot->signals, 0, &happening, NULL))
            break;
        if (happening.kind == HF_READABLE && happening.fd == job->channel.fd) {
            hf_json_channel_receive(&job->channel);
            take_events(job);
            if (job->channel.ended || job->channel.broken)
                hf_signals_forget(&boot->signals, job->channel.fd);
        } else if (happening.kind == HF_CHILD_ENDED && happening.pid == pid) {
            break;
        } else if (hf_boot_is_impatient(boot, &happening)) {
            asked = true;
            kill(pid, SIGKILL);
        }
    }
    while (hf_json_channel_receive(&job->channel))
        take_events(job);
    return asked;
}

/* Runs it; `*asked` as of attend. Then job->end says what came of it, unless it was ended. */
static int run_job(struct job *job, bool *asked, struct hf_error *err)
{
    struct hf_boot *boot = job->boot;
    pid_t pid;
    *asked = false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, job->fds))
        return hf_error_sys(err, errno, "socketpair", "restore");
    int failed = hf_child_fork(&pid, run_child, job, err);
    close(job->fds[1]);
    hf_json_channel_init(&job->channel, job->fds[0], LONGEST_LINE, MOST_WAITING);
    if (!failed) {
        hf_signals_watch(&boot->signals, job->channel.fd, HF_TO_READ, NULL);
        *asked = attend(job, pid);
        hf_signals_forget(&boot->signals, job->channel.fd);
    }
    hf_json_channel_release(&job->channel);
    if (failed)
        return -1;
    if (!job->end)
        return hf_error_set(err, HF_FAILED, "the restore was ended before it was done");
    return strcmp(hf_member_text(job->end, "event", ""), "done") != 0
               ? hf_json_failure(job->end, err)
               : 0;
}

/* The request is answered, and another one may come. */
static void finish(struct hf_boot *boot, json_t *answer)
{
    hf_control_close(boot->protection.control, boot->restore.request, answer);
    json_decref(boot->restore.done);
    boot->restore = (struct hf_boot_restore){0};
    hf_boot_lock_share(boot);
}

static void fail(struct hf_boot *boot, const struct hf_error *err)
{
    hf_boot_log_notice(&boot->log, "%s: no restore: %s", boot->restore.database->name, err->text);
    finish(boot, hf_json_failed(err));
}

static int64_t stop_deadline(const struct hf_boot *boot)
{
    return hf_monotonic() + hf_config_duration(boot->config, HF_SETTING_STOP_TIMEOUT);
}

bool hf_boot_restore_now(struct hf_boot *boot)
{
    struct hf_boot_restore *restore = &boot->restore;
    struct job job = {.boot = boot, .point = restore->point, .channel.fd = -1};
    struct hf_error err = {0};
    bool asked;
    if (boot->protection.guard) {
        tell(boot, "capture", "the application has stopped: what it wrote is stored");
        hf_boot_pause_capture(boot, stop_deadline(boot));
    }
    tell(boot, "restore",
         "what is there becomes a restore point, then point %" PRIu64 " comes back",
         restore->point);
    if (run_job(&job, &asked, &err)) {
        hf_error_wrap(&err, "restore point %" PRIu64, restore->point);
        if (!asked)
            hf_error_hint(&err, "the database is as it was; the application is started again");
        fail(boot, &err);
    } else {
        restore->before = (uint64_t)hf_member_integer(job.end, "point_before", 0);
        restore->done = json_incref(job.end);
        restore->stage = HF_RESTORE_TRYING;
        boot->restore.database->point =
            (uint64_t)hf_member_integer(job.end, "point_recorded", (int64_t)restore->point);
        tell(boot, "start",
             "restore point %" PRIu64 " is back (what was there is point %" PRIu64
             "): the application is started",
             restore->point, restore->before);
    }
    json_decref(job.end);
    if (!asked)
        hf_boot_resume_capture(boot);
    return asked;
}

void hf_boot_restore_works(struct hf_boot *boot)
{
    struct hf_boot_restore *restore = &boot->restore;
    if (restore->stage != HF_RESTORE_TRYING)
        return;
    hf_boot_log_done(&boot->log,
                     json_pack("{s:s, s:I, s:I}", "database", restore->database->name, "point",
                               (json_int_t)restore->point, "before", (json_int_t)restore->before),
                     "%s: restored point %" PRIu64 ", and the application runs",
                     restore->database->name, restore->point);
    finish(boot, json_incref(restore->done));
}

static void tell_undone(struct hf_boot *boot, int failed, struct hf_error *cause)
{
    struct hf_boot_restore *restore = &boot->restore;
    struct hf_error err = {0};
    if (failed) {
        hf_error_pass(&err, cause);
        hf_error_wrap(&err,
                      "the application did not come up with restore point %" PRIu64
                      ", and what was there before (point %" PRIu64 ") could not be brought back",
                      restore->point, restore->before);
        hf_error_hint_typed(&err, "holdfast restore --point", "restore point %" PRIu64 " again",
                            restore->before);
    } else {
        hf_error_set(&err, HF_FAILED,
                     "the application did not come up with restore point %" PRIu64
                     ": what was there before (point %" PRIu64 ") is back, and it is started with "
                     "that",
                     restore->point, restore->before);
        hf_error_hint(&err, "its own messages, in the log, say why");
    }
    fail(boot, &err);
}

bool hf_boot_restore_undo(struct hf_boot *boot)
{
    struct hf_boot_restore *restore = &boot->restore;
    struct job job = {
        .boot = boot, .point = restore->before, .reason = "failed restore", .channel.fd = -1};
    struct hf_error err = {0};
    bool asked = false;
    int failed;
    tell(boot, "undo", "the application did not come up: what was there before comes back");
    hf_boot_pause_capture(boot, stop_deadline(boot));
    if (restore->before)
        failed = run_job(&job, &asked, &err);
    else
        failed = hf_error_set(&err, HF_NOT_FOUND, "there was nothing that could be kept");
    if (!failed)
        restore->database->point =
            (uint64_t)hf_member_integer(job.end, "point_recorded", (int64_t)restore->before);
    tell_undone(boot, failed, &err);
    json_decref(job.end);
    if (!asked)
        hf_boot_resume_capture(boot);
    return asked;
}

void hf_boot_restore_abandon(struct hf_boot *boot)
{
    struct hf_error err = {0};
    if (boot->restore.stage == HF_RESTORE_IDLE)
        return;
    if (boot->restore.stage != HF_RESTORE_TRYING) {
        hf_error_set(&err, HF_FAILED, "the application ended for good: nothing was restored");
        fail(boot, &err);
        return;
    }
    hf_error_set(&err, HF_FAILED,
                 "restore point %" PRIu64
                 " is back, but the application ended before it was known whether it works",
                 boot->restore.point);
    hf_boot_log_notice(&boot->log, "%s: %s", boot->restore.database->name, err.text);
    finish(boot, hf_json_failed(&err));
}

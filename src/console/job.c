#include "console/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/job_kept.h"
#include "console/job_orphans.h"
#include "console/overview.h"
#include "console/route.h"
#include "console/scratch.h"
#include "console/worker.h"
#include "os/file.h"
#include "os/process.h"
#include "service/json_channel.h"
#include "service/json_members.h"

enum { ORPHAN_LOOK = 300 /* ms */, MOST_RUNNING = 6 };

/* For ever, as far as people are concerned: a job is ended by whoever asked for it. */
static const int64_t PATIENCE = 7LL * 24 * 3600 * 1000;

static void hear(void *context, const json_t *event)
{
    struct hf_job *job = context;
    const char *kind = hf_member_text(event, "event", "");
    const char *stage = hf_member_text(event, "stage", NULL);
    if (!strcmp(kind, "progress") && stage) {
        if (strcmp(hf_member_text(job->kept, "stage", ""), stage) != 0) {
            hf_job_record_enter(job->kept, stage);
            job->stage_at = hf_monotonic();
        }
        hf_job_record_progress(job->kept, hf_member_integer(event, "done", 0),
                               hf_member_integer(event, "total", 0),
                               hf_monotonic() - job->stage_at);
        hf_job_watchers_tell(&job->watchers, job->kept);
    }
}

/* A worker's notices are about its job: they are shown there, not in the log. */
static void hear_notice(void *context, const char *text)
{
    struct hf_job *job = context;
    if (job->state == HF_JOB_RUNNING) {
        hf_json_text(job->kept, "text", text);
        hf_job_watchers_tell(&job->watchers, job->kept);
    }
}

static void take_end(void *context, const json_t *answer)
{
    struct hf_job *job = context;
    struct hf_error err = {0};
    json_t *result = hf_worker_result(answer, &err);
    bool is_done = result;
    if (job->ended)
        job->ended(job->jobs->console, job->id, result, job->ended_context);
    if (job->is_cancelled) {
        err = (struct hf_error){0};
        hf_error_set(&err, HF_FAILED, "it was stopped, as somebody asked");
    }
    if (!is_done && job->changes_database && err.code == HF_UNREACHABLE)
        hf_job_end_unanswered(job);
    else
        hf_job_end(job, is_done ? HF_JOB_DONE : HF_JOB_FAILED, result, &err);
    if (!is_done || job->changes_database)
        hf_scratch_clear_of(job->jobs->console, job->id);
    if (job->changes_database)
        hf_job_drop_outcome(job);
    hf_job_tell_of_end(job);
    hf_guard_stop(job->guard, hf_monotonic() + 2000);
}

/* In the job's process. */
static json_t *answer(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err)
{
    const struct hf_job *job = context;
    struct hf_console *console = job->jobs->console;
    console->job = job->id;
    json_t *said = job->work(console, question, events, err);
    if (job->changes_database)
        hf_job_keep_outcome(job, said ? json_incref(said) : hf_json_failed(err));
    return said;
}

static int work(void *context, int channel)
{
    const struct hf_job *job = context;
    if (job->changes_database)
        hf_outlive_parent();
    return hf_worker_serve(channel, answer, context);
}

struct hf_jobs *hf_jobs_new(struct hf_console *console, struct hf_error *err)
{
    struct hf_jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs) {
        hf_error_memory(err);
        return NULL;
    }
    jobs->console = console;
    jobs->folder = hf_path_join(console->folder, "jobs");
    for (size_t i = 0; i < HF_MOST_JOBS; i++)
        jobs->jobs[i].jobs = jobs;
    if (!jobs->folder || hf_make_directories(console->env, jobs->folder, 0700, err)) {
        hf_jobs_free(jobs);
        return NULL;
    }
    hf_jobs_load(jobs);
    return jobs;
}

void hf_jobs_free(struct hf_jobs *jobs)
{
    if (!jobs)
        return;
    for (size_t i = 0; i < HF_MOST_JOBS; i++) {
        jobs->jobs[i].watchers.count = 0;
        jobs->jobs[i].ended = NULL;
        /* One that lasts goes on by itself; its place is given back by the end of this process. */
        if (!jobs->jobs[i].changes_database || jobs->jobs[i].state != HF_JOB_RUNNING)
            hf_guard_free(jobs->jobs[i].guard);
        json_decref(jobs->jobs[i].kept);
    }
    free(jobs->folder);
    free(jobs);
}

static struct hf_job *find(const struct hf_jobs *jobs, const char *id)
{
    for (size_t i = 0; i < HF_MOST_JOBS; i++)
        if (jobs->jobs[i].id[0] && !strcmp(jobs->jobs[i].id, id))
            return (struct hf_job *)(uintptr_t)&jobs->jobs[i];
    return NULL;
}

/* A free place, else that of the one that ended longest ago. */
static struct hf_job *make_room(struct hf_jobs *jobs)
{
    struct hf_job *oldest = NULL;
    for (size_t i = 0; i < HF_MOST_JOBS; i++) {
        struct hf_job *job = &jobs->jobs[i];
        if (!job->id[0])
            return job;
        if (job->guard || job->state == HF_JOB_RUNNING)
            continue;
        if (!oldest || hf_member_integer(job->kept, "ended_ms", 0) <
                           hf_member_integer(oldest->kept, "ended_ms", 0))
            oldest = job;
    }
    if (oldest)
        hf_job_forget(oldest);
    return oldest;
}

static int check_beside(const struct hf_job *job, const struct hf_job_wanted *wanted,
                        struct hf_error *err)
{
    const char *database = wanted->database ? wanted->database : "";
    if (strcmp(hf_member_text(job->kept, "database", ""), database) != 0)
        return 0;
    if (wanted->changes_database && job->changes_database) {
        hf_error_set(err, HF_LOCKED, "a change of this database is going on already");
        return hf_error_hint(err, "wait until it has ended");
    }
    return wanted->is_alone && !strcmp(hf_member_text(job->kept, "kind", ""), wanted->kind)
               ? hf_error_set(err, HF_LOCKED, "that is going on already")
               : 0;
}

static int check_alone(const struct hf_jobs *jobs, const struct hf_job_wanted *wanted,
                       struct hf_error *err)
{
    int running = 0;
    for (size_t i = 0; i < HF_MOST_JOBS; i++) {
        const struct hf_job *job = &jobs->jobs[i];
        if (!job->id[0] || job->state != HF_JOB_RUNNING)
            continue;
        running++;
        if (check_beside(job, wanted, err))
            return -1;
    }
    if (running < MOST_RUNNING)
        return 0;
    hf_error_set(err, HF_LOCKED, "%d jobs are running already", running);
    return hf_error_hint(err, "wait until one of them has ended");
}

static int start_process(struct hf_job *job, json_t *question, struct hf_error *err)
{
    const struct hf_guard_options options = {.name = "the job",
                                             .task = work,
                                             .notice = hear_notice,
                                             .heard = hear,
                                             .context = job,
                                             .once = true,
                                             .patience = PATIENCE};
    job->guard = hf_guard_new(&job->jobs->console->signals, &options, err);
    if (!job->guard || hf_guard_start(job->guard, err)) {
        hf_json_wipe(question);
        return -1;
    }
    return hf_guard_ask(job->guard, question, take_end, job, err);
}

/* So that a console that comes after this one knows whether it still goes on. */
static void note_process(const struct hf_job *job)
{
    json_t *guard = job->changes_database ? hf_guard_describe(job->guard) : NULL;
    pid_t pid = (pid_t)hf_member_integer(guard, "pid", 0);
    json_decref(guard);
    if (!pid)
        return;
    hf_json_integer(job->kept, "process", pid);
    hf_json_integer(job->kept, "process_birth", (int64_t)hf_process_birth(pid));
    hf_job_keep(job);
}

static int take_file(const struct hf_job *job, const struct hf_job_wanted *wanted,
                     struct hf_error *err)
{
    const char *path = wanted->file ? hf_member_text(wanted->question, wanted->file, NULL) : NULL;
    if (!path)
        return 0;
    hf_auto_free char *own = hf_scratch_share(job->jobs->console, job->id, path, err);
    if (!own)
        return -1;
    hf_json_text(wanted->question, wanted->file, own);
    return 0;
}

const char *hf_job_start(struct hf_jobs *jobs, const struct hf_job_wanted *wanted,
                         enum hf_access access, struct hf_error *err)
{
    if (!wanted->question) {
        hf_error_memory(err);
        return NULL;
    }
    struct hf_job *job = check_alone(jobs, wanted, err) ? NULL : make_room(jobs);
    if (!job || hf_secret_make(job->id, (HF_ID_TEXT - 1) / 2, jobs->console->env, err)) {
        hf_json_wipe(wanted->question);
        return NULL;
    }
    if (take_file(job, wanted, err)) {
        hf_json_wipe(wanted->question);
        hf_job_forget(job);
        return NULL;
    }
    job->work = wanted->work;
    job->ended = wanted->ended;
    job->ended_context = wanted->ended_context;
    job->changes_database = wanted->changes_database;
    job->is_whole = wanted->is_whole;
    job->state = HF_JOB_RUNNING;
    job->kept = hf_job_record_new(job->id, wanted, access, hf_now(jobs->console->env));
    hf_job_keep(job);
    if (!start_process(job, wanted->question, err)) {
        note_process(job);
        return job->id;
    }
    hf_guard_free(job->guard);
    hf_scratch_clear_of(jobs->console, job->id);
    hf_job_forget(job);
    return NULL;
}

const char *hf_job_start_for(struct hf_exchange *exchange, const struct hf_job_wanted *wanted)
{
    struct hf_error err = {0};
    struct hf_console *console = exchange->console;
    const char *id = hf_job_start(console->jobs, wanted, exchange->route->access, &err);
    if (id) {
        hf_exchange_reply(exchange, 202, json_pack("{s:s}", "job", id));
        hf_overview_tell(console->overview, "jobs", "{}");
    } else {
        hf_exchange_fail(exchange, &err);
    }
    return id;
}

json_t *hf_job_json(const struct hf_jobs *jobs, const char *id, enum hf_access access)
{
    const struct hf_job *job = find(jobs, id);
    return job ? hf_job_record_shown(job->kept, access) : NULL;
}

json_t *hf_jobs_json(const struct hf_jobs *jobs, enum hf_access access)
{
    json_t *root = hf_json_new(), *list = hf_json_list(root, "jobs");
    for (size_t i = 0; i < HF_MOST_JOBS; i++)
        if (jobs->jobs[i].id[0])
            json_array_append_new(list, hf_job_record_shown(jobs->jobs[i].kept, access));
    return root;
}

const char *hf_job_running(const struct hf_jobs *jobs, const char *kind)
{
    for (size_t i = 0; i < HF_MOST_JOBS; i++) {
        const struct hf_job *job = &jobs->jobs[i];
        if (job->id[0] && job->state == HF_JOB_RUNNING &&
            !strcmp(hf_member_text(job->kept, "kind", ""), kind))
            return job->id;
    }
    return NULL;
}

bool hf_job_goes_on(const struct hf_jobs *jobs, const char *id)
{
    const struct hf_job *job = find(jobs, id);
    return job && job->state == HF_JOB_RUNNING;
}

const json_t *hf_job_result(const struct hf_jobs *jobs, const char *id)
{
    const struct hf_job *job = find(jobs, id);
    return job && job->state == HF_JOB_DONE ? json_object_get(job->kept, "result") : NULL;
}

void hf_job_stream(struct hf_jobs *jobs, const char *id, struct hf_exchange *exchange)
{
    struct hf_job *job = find(jobs, id);
    if (!job)
        hf_exchange_refuse(exchange, 404, "not_found", "there is no such job");
    else
        hf_job_watch(&job->watchers, job->kept, exchange);
}

int hf_job_cancel(struct hf_jobs *jobs, const char *id, enum hf_access access, struct hf_error *err)
{
    struct hf_job *job = find(jobs, id);
    if (!job)
        return hf_error_set(err, HF_NOT_FOUND, "there is no such job");
    if (!hf_job_record_is_for(job->kept, access))
        return hf_error_set(err, HF_REFUSED, "it is not for this token to stop that");
    if (job->state != HF_JOB_RUNNING)
        return hf_error_set(err, HF_STALE, "it has ended already");
    if (job->changes_database || job->is_whole)
        return hf_error_set(err, HF_REFUSED, "this cannot be stopped in its middle");
    job->is_cancelled = true;
    hf_guard_stop(job->guard, 0);
    return 0;
}

int64_t hf_jobs_deadline(const struct hf_jobs *jobs)
{
    int64_t next = 0;
    for (size_t i = 0; i < HF_MOST_JOBS; i++) {
        int64_t own = jobs->jobs[i].guard    ? hf_guard_deadline(jobs->jobs[i].guard)
                      : jobs->jobs[i].orphan ? hf_monotonic() + ORPHAN_LOOK
                                             : 0;
        next = own && (!next || own < next) ? own : next;
    }
    return next;
}

bool hf_jobs_take(struct hf_jobs *jobs, const struct hf_happening *happening)
{
    bool taken = false;
    for (size_t i = 0; i < HF_MOST_JOBS; i++) {
        struct hf_job *job = &jobs->jobs[i];
        if (job->orphan)
            hf_job_look_after_orphan(job);
        if (!job->guard)
            continue;
        taken |= hf_guard_take(job->guard, happening);
        if (job->state != HF_JOB_RUNNING && hf_guard_state(job->guard) == HF_GUARD_STOPPED) {
            hf_guard_free(job->guard);
            job->guard = NULL;
        }
    }
    return taken;
}

#include "console/job_orphans.h"

#include <stdio.h>
#include <string.h>

#include "console/scratch.h"
#include "os/file.h"
#include "os/process.h"
#include "service/json_members.h"

/* Takes up what a job's process wrote when nobody was there to hear it. */
static bool adopt_outcome(struct hf_job *job)
{
    json_t *said = hf_job_outcome(job);
    struct hf_error err = {0};
    if (!said)
        return false;
    if (strcmp(hf_member_text(said, "event", ""), "failed") != 0) {
        hf_job_end(job, HF_JOB_DONE, said, NULL);
    } else {
        hf_json_failure(said, &err);
        json_decref(said);
        hf_job_end(job, HF_JOB_FAILED, NULL, &err);
    }
    hf_job_drop_outcome(job);
    return true;
}

/* Its process goes on, and says in its own file what it came to. */
static bool adopt_process(struct hf_job *job)
{
    job->orphan = (pid_t)hf_member_integer(job->kept, "process", 0);
    job->birth = (uint64_t)hf_member_integer(job->kept, "process_birth", 0);
    if (job->orphan && job->birth && hf_process_birth(job->orphan) == job->birth)
        return true;
    job->orphan = 0;
    return false;
}

static void set_interrupted(struct hf_job *job)
{
    struct hf_error err = {0};
    hf_error_set(&err, HF_FAILED, "what looked after this ended before it was done");
    hf_error_hint(&err, "look at the restore points: what was begun may have come to its end");
    hf_job_end(job, HF_JOB_INTERRUPTED, NULL, &err);
}

void hf_job_end_unanswered(struct hf_job *job)
{
    if (!adopt_outcome(job))
        set_interrupted(job);
}

void hf_job_look_after_orphan(struct hf_job *job)
{
    bool lives = hf_process_birth(job->orphan) == job->birth;
    if (!adopt_outcome(job)) {
        if (lives)
            return;
        set_interrupted(job);
    }
    job->orphan = 0;
    hf_scratch_clear_of(job->jobs->console, job->id);
    hf_job_tell_of_end(job);
}

/* Those that went on come first, as there may be more records than places. */
enum pass { RUNNING, ENDED, PASSES };

struct loading {
    struct hf_jobs *jobs;
    enum pass pass;
    size_t count;
};

/* Takes `kept` when true. */
static bool take_record(struct loading *loading, json_t *kept)
{
    const char *id = hf_member_text(kept, "id", "");
    enum hf_job_state state = hf_job_record_state(kept);
    struct hf_job *job = &loading->jobs->jobs[loading->count];
    if (!*id || strlen(id) >= sizeof job->id || loading->count == HF_MOST_JOBS ||
        (state == HF_JOB_RUNNING) != (loading->pass == RUNNING))
        return false;
    job->kept = kept;
    snprintf(job->id, sizeof job->id, "%s", id);
    job->state = state;
    job->changes_database = true;
    if (state == HF_JOB_RUNNING && !adopt_outcome(job) && !adopt_process(job))
        set_interrupted(job);
    loading->count++;
    return true;
}

static bool is_known(const struct hf_jobs *jobs, const char *id, size_t length)
{
    for (size_t i = 0; i < HF_MOST_JOBS; i++)
        if (strlen(jobs->jobs[i].id) == length && !memcmp(jobs->jobs[i].id, id, length))
            return true;
    return false;
}

static int load_one(void *context, const char *name)
{
    struct loading *loading = context;
    hf_auto_free char *path = hf_path_join(loading->jobs->folder, name);
    const char *ending = strrchr(name, '.');
    if (!path || !ending || name[0] == '.' ||
        is_known(loading->jobs, name, (size_t)(ending - name)))
        return 0;
    json_t *kept = strcmp(ending, ".json") ? NULL : hf_job_read(loading->jobs, path);
    if (kept && take_record(loading, kept))
        return 0;
    json_decref(kept);
    /* One too many, or an outcome of which nobody knows the job. */
    if (loading->pass == ENDED)
        hf_file_remove(loading->jobs->console->env, path, NULL);
    return 0;
}

void hf_jobs_load(struct hf_jobs *jobs)
{
    const struct hf_fs *fs = &jobs->console->env->fs;
    struct loading loading = {.jobs = jobs};
    for (; loading.pass < PASSES; loading.pass++)
        fs->list(fs->context, jobs->folder, load_one, &loading);
}

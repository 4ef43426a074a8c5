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
    hf_error_set(&err, HF_FAILED, "the console ended before this was done");
    hf_error_hint(&err, "look at the restore points: what was begun may have come to its end");
    hf_job_end(job, HF_JOB_INTERRUPTED, NULL, &err);
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

static bool take_record(struct hf_jobs *jobs, struct hf_job *job, const char *path)
{
    json_t *kept = hf_job_read(jobs, path);
    if (!kept)
        return false;
    const char *id = hf_member_text(kept, "id", "");
    if (!*id || strlen(id) >= sizeof job->id) {
        json_decref(kept);
        return false;
    }
    job->kept = kept;
    snprintf(job->id, sizeof job->id, "%s", id);
    job->state = hf_job_record_state(kept);
    job->changes_database = true;
    if (job->state == HF_JOB_RUNNING && !adopt_outcome(job) && !adopt_process(job))
        set_interrupted(job);
    return true;
}

struct loading {
    struct hf_jobs *jobs;
    size_t count;
};

static int load_one(void *context, const char *name)
{
    struct loading *loading = context;
    hf_auto_free char *path = hf_path_join(loading->jobs->folder, name);
    size_t length = strlen(name);
    if (!path || length < 6 || strcmp(name + length - 5, ".json") || name[0] == '.')
        return 0;
    if (loading->count >= HF_MOST_JOBS / 2) /* so that there is room for new ones */
        hf_file_remove(loading->jobs->console->env, path, NULL);
    else if (take_record(loading->jobs, &loading->jobs->jobs[loading->count], path))
        loading->count++;
    return 0;
}

void hf_jobs_load(struct hf_jobs *jobs)
{
    const struct hf_fs *fs = &jobs->console->env->fs;
    fs->list(fs->context, jobs->folder, load_one, &(struct loading){jobs, 0});
}

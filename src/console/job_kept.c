#include "console/job_kept.h"

#include <stdio.h>
#include <stdlib.h>

#include "console/overview.h"
#include "os/file.h"
#include "service/json_file.h"

enum { LONGEST_RECORD = 4 << 20 };

static const char RECORD[] = ".json", OUTCOME[] = ".outcome";

static char *path_of(const struct hf_job *job, const char *ending)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s%s", job->jobs->folder, job->id, ending) < 0 ? NULL : path;
}

/* Takes `what`. */
static int write_file(const struct hf_job *job, const char *ending, json_t *what,
                      struct hf_error *err)
{
    hf_auto_free char *path = path_of(job, ending);
    if (path)
        return hf_json_file_write(job->jobs->console->env, path, what, err);
    json_decref(what);
    return hf_error_memory(err);
}

json_t *hf_job_read(const struct hf_jobs *jobs, const char *path)
{
    return hf_json_file_read(jobs->console->env, path, LONGEST_RECORD, NULL);
}

static void remove_file(const struct hf_job *job, const char *ending)
{
    hf_auto_free char *path = path_of(job, ending);
    if (path)
        hf_file_remove(job->jobs->console->env, path, NULL);
}

void hf_job_keep(const struct hf_job *job)
{
    struct hf_error err = {0};
    if (write_file(job, RECORD, json_incref(job->kept), &err))
        hf_console_notice(job->jobs->console, "a record of a job: %s", err.text);
}

void hf_job_forget(struct hf_job *job)
{
    remove_file(job, RECORD);
    remove_file(job, OUTCOME);
    json_decref(job->kept);
    *job = (struct hf_job){.jobs = job->jobs};
}

void hf_job_keep_outcome(const struct hf_job *job, json_t *what)
{
    write_file(job, OUTCOME, what, NULL);
}

json_t *hf_job_outcome(const struct hf_job *job)
{
    hf_auto_free char *path = path_of(job, OUTCOME);
    return path ? hf_job_read(job->jobs, path) : NULL;
}

void hf_job_drop_outcome(const struct hf_job *job)
{
    remove_file(job, OUTCOME);
}

void hf_job_end(struct hf_job *job, enum hf_job_state state, json_t *result,
                const struct hf_error *err)
{
    job->state = state;
    hf_job_record_end(job->kept, state, result, err, hf_now(job->jobs->console->env));
    hf_job_keep(job);
}

void hf_job_tell_of_end(struct hf_job *job)
{
    hf_job_watchers_tell(&job->watchers, job->kept);
    hf_job_watchers_end(&job->watchers);
    hf_overview_touch(job->jobs->console->overview);
    hf_overview_tell(job->jobs->console->overview, "jobs", "{}");
}

#include "service/importing.h"

#include <stdlib.h>
#include <string.h>

#include "os/file.h"
#include "service/profile_choice.h"
#include "service/safety_point.h"
#include "service/setup_settings.h"
#include "service/title_lookup.h"
#include "sqlite/connection.h"

enum { BUSY_MS = 5000 };

struct importing {
    const struct hf_importing_options *options;
    struct hf_copy_input *input;
    const struct hf_profile *profile; /* NULL: none is known */
    struct hf_importing_result *result;
};

/* Once, also when an import begins in one form and ends in another. */
static int take_restore_point(void *context, struct hf_error *err)
{
    struct importing *job = context;
    const struct hf_importing_options *options = job->options;
    if (options->without_restore_point || job->result->point_before)
        return 0;
    const struct hf_safety_point_options wanted = {.config = options->config,
                                                   .env = options->env,
                                                   .database = options->database,
                                                   .path = options->path,
                                                   .reason = "import",
                                                   .secrets = options->secrets,
                                                   .events = options->events};
    if (!hf_safety_point_take(&wanted, &job->result->point_before, err))
        return 0;
    hf_error_wrap(err, "take a restore point before the import");
    return hf_error_hint_typed(err, "--no-restore-point imports without one",
                               "nothing was imported");
}

static void note_problem(void *context, const struct hf_profile_problem *problem)
{
    struct importing *job = context;
    hf_copy_problems_add(&job->result->problems, problem);
    if (job->options->problem)
        job->options->problem(job->options->context, problem);
}

static struct hf_import_options table_options(struct importing *job)
{
    const struct hf_importing_options *options = job->options;
    return (struct hf_import_options){.path = options->path,
                                      .busy_ms = BUSY_MS,
                                      .merge = options->merge,
                                      .accept_data_loss = options->accept_data_loss,
                                      .dry_run = options->dry_run,
                                      .trust = options->edited ? HF_COPY_EDITED : HF_COPY_PROVEN,
                                      .events = options->events,
                                      .before_writing =
                                          options->dry_run ? NULL : take_restore_point,
                                      .before_context = job};
}

/* The tables are as in the copy, which may have made those that tell the application; what a person
 * chose goes over it. */
static int write_settings(const struct importing *job, struct hf_error *err)
{
    const struct hf_importing_options *options = job->options;
    return options->settings && !options->dry_run
               ? hf_setup_settings_write(options->config, options->env, options->path,
                                         options->settings, err)
               : 0;
}

static int by_table(struct importing *job, struct hf_error *err)
{
    const struct hf_import_options import = table_options(job);
    if (hf_import(job->input, &import, job->options->env, &job->result->tables, err))
        return -1;
    return write_settings(job, err);
}

/* A copy that Holdfast wrote has every table beside the application's form: into tables without a
 * row it comes back as it was. 1 when it did, 0 when the copy has none of that, or is of another
 * version of the application. */
static int restore_exactly(struct importing *job, struct hf_error *err)
{
    struct hf_error failure = {0};
    struct hf_import_options exactly = table_options(job);
    exactly.merge = true; /* what other tables hold, such as migrations, stays */
    if (!hf_import(job->input, &exactly, job->options->env, &job->result->tables, &failure))
        return write_settings(job, err) ? -1 : 1;
    if (failure.code == HF_REFUSED && !exactly.accept_data_loss) {
        hf_notice(exactly.events, "%s", failure.text);
        hf_notice(exactly.events,
                  "so the copy is taken in the application's own form; "
                  "accepting data loss (--accept-data-loss) takes each table as far as "
                  "it has a place");
        return 0;
    }
    return failure.code == HF_UNSUPPORTED ? 0 : hf_error_pass(err, &failure);
}

/* Where import_unresolved_<time>.json goes. */
static char *directory_of(const struct hf_importing_options *options)
{
    const char *data = options->config->values[HF_SETTING_DATA_DIR].text;
    return data ? strdup(data) : hf_path_parent(options->path);
}

static int by_profile(struct importing *job, struct hf_error *err)
{
    const struct hf_importing_options *options = job->options;
    const struct hf_source *text = hf_copy_input_text(job->input, err);
    hf_auto_ptr(hf_http) struct hf_http *http = text ? hf_http_new(err) : NULL;
    hf_auto_free char *directory = directory_of(options);
    job->result->profile = strdup(job->profile->name);
    if (!http)
        return -1;
    if (!directory || !job->result->profile)
        return hf_error_memory(err);
    if (options->is_guarded)
        hf_http_guard(http);
    const struct hf_profile_import_options import = {
        .env = options->env,
        .events = options->events,
        .user = options->user,
        .directory = directory,
        .dry_run = options->dry_run,
        .trust = options->edited ? HF_COPY_EDITED : HF_COPY_PROVEN,
        .before_writing = take_restore_point,
        .before_context = job,
        .ask = hf_title_lookup_ask,
        .ask_context = http,
        .settings = options->settings,
        .problem = note_problem,
        .problem_context = job,
        .progress_context = options->context,
        .user_progress = options->user_progress,
        .ask_progress = options->ask_progress,
    };
    sqlite3 *db = hf_connection_open(options->path, NULL, BUSY_MS, err);
    int failed =
        db ? hf_profile_import(db, job->profile, text, &import, &job->result->titles, err) : -1;
    sqlite3_close(db);
    return failed;
}

static int is_fresh(const struct importing *job, bool *fresh, struct hf_error *err)
{
    sqlite3 *db = hf_connection_open(job->options->path, NULL, BUSY_MS, err);
    int failed = db ? hf_profile_is_empty(db, job->profile, fresh, err) : -1;
    sqlite3_close(db);
    return failed;
}

static int import(struct importing *job, struct hf_error *err)
{
    bool generic, fresh;
    const struct hf_source *text = hf_copy_input_text(job->input, err);
    if (!text || hf_copy_is_generic(text, &generic, err))
        return -1;
    if (generic || !job->profile || job->options->generic)
        return by_table(job, err);
    if (is_fresh(job, &fresh, err))
        return -1;
    int done = fresh ? restore_exactly(job, err) : 0;
    return done ? (done < 0 ? -1 : 0) : by_profile(job, err);
}

int hf_importing(struct hf_copy_input *input, const struct hf_importing_options *options,
                 struct hf_importing_result *result, struct hf_error *err)
{
    hf_auto(hf_profile_choice) struct hf_profile_choice form = {0};
    struct hf_importing_result done = {.dry_run = options->dry_run};
    int64_t started = hf_now(options->env);
    if (!options->generic && hf_profile_choose(&form, options->config, options->env, options->path,
                                               HF_USED_BY_OTHERS, err))
        return -1;
    struct importing job = {
        .options = options, .input = input, .profile = form.profile, .result = &done};
    if (import(&job, err)) {
        hf_importing_result_release(&done);
        return -1;
    }
    done.duration = hf_now(options->env) - started;
    *result = done;
    return 0;
}

void hf_importing_result_release(struct hf_importing_result *result)
{
    hf_import_result_release(&result->tables);
    hf_profile_import_result_release(&result->titles);
    hf_copy_problems_release(&result->problems);
    free(result->profile);
    *result = (struct hf_importing_result){0};
}

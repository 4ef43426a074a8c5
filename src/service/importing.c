#include "service/importing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backup.h"
#include "os/file.h"
#include "portable/profile_database.h"
#include "portable/profile_settings.h"
#include "service/access.h"
#include "service/profile_choice.h"
#include "service/title_lookup.h"
#include "sqlite/connection.h"

enum { BUSY_MS = 5000 };

struct importing {
    const struct hf_importing_options *options;
    struct hf_copy_input *input;
    const struct hf_profile *profile; /* NULL: none is known */
    struct hf_importing_result *result;
    bool no_memory; /* for a problem */
};

/* What cannot be looked at may well be one. */
static bool has_content(const struct hf_env *env, const char *path)
{
    struct stat status;
    return env->fs.stat(env->fs.context, path, &status) ? errno != ENOENT : status.st_size > 0;
}

static int back_up(struct importing *job, struct hf_session *session, struct hf_error *err)
{
    const struct hf_importing_options *options = job->options;
    hf_auto_free char *state = NULL;
    struct hf_database database;
    struct hf_backup_result point;
    if (hf_database_open(&database, session->repository, options->database, HF_DATABASE_CREATE,
                         err) ||
        hf_access_state_path(&state, options->config, options->env, options->database, err))
        return -1;
    const struct hf_backup_options wanted = {.path = options->path,
                                             .state_path = state,
                                             .reason = "import",
                                             .claim = HF_CLAIM_POLITE,
                                             .busy_ms = BUSY_MS,
                                             .events = options->events};
    if (hf_backup(&database, &wanted, &point, err))
        return hf_error_wrap(err, "take a restore point before the import");
    job->result->point_before = point.seq;
    return 0;
}

/* Once, also when an import begins in one form and ends in another. */
static int take_restore_point(void *context, struct hf_error *err)
{
    struct importing *job = context;
    const struct hf_importing_options *options = job->options;
    if (options->without_restore_point || job->result->point_before ||
        !has_content(options->env, options->path))
        return 0;
    hf_auto(hf_session) struct hf_session session = {0};
    if (hf_access_open(&session, options->config, options->env, HF_SESSION_OR_CREATE, err)) {
        hf_error_wrap(err, "take a restore point before the import");
        return hf_error_hint(err, "--no-restore-point imports without one");
    }
    return back_up(job, &session, err);
}

static int add_problem(struct hf_importing_result *result, const struct hf_profile_problem *problem)
{
    if (result->problem_total++ >= HF_IMPORTING_MOST_PROBLEMS)
        return 0;
    if (!result->problems)
        result->problems = calloc(HF_IMPORTING_MOST_PROBLEMS, sizeof *result->problems);
    if (!result->problems)
        return -1;
    struct hf_importing_problem *kept = &result->problems[result->problem_count++];
    *kept = (struct hf_importing_problem){.outcome = problem->outcome,
                                          .user = problem->user ? strdup(problem->user) : NULL,
                                          .path = strdup(problem->path),
                                          .why = strdup(problem->why),
                                          .line = problem->line};
    return kept->path && kept->why && (kept->user || !problem->user) ? 0 : -1;
}

static void note_problem(void *context, const struct hf_profile_problem *problem)
{
    struct importing *job = context;
    if (add_problem(job->result, problem))
        job->no_memory = true;
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

/* The tables are as in the copy; what a person chose goes over it. */
static int write_settings(const struct importing *job, struct hf_error *err)
{
    const struct hf_importing_options *options = job->options;
    if (!options->settings || options->dry_run)
        return 0;
    if (!job->profile)
        return hf_error_set(err, HF_USAGE, "there are settings, and no profile says whose");
    sqlite3 *db = hf_connection_open(options->path, NULL, BUSY_MS, err);
    int failed = !db || hf_profile_execute(db, "BEGIN IMMEDIATE", err) ||
                 hf_profile_settings_write(db, job->profile, options->settings, err) ||
                 hf_profile_execute(db, "COMMIT", err);
    sqlite3_close(db);
    return failed ? -1 : 0;
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
        hf_notice(exactly.events, "so the copy is taken in the application's own form; "
                                  "--accept-data-loss takes each table as far as it has a place");
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
    if (!failed && job->no_memory)
        hf_notice(options->events, "not all that was not imported could be listed: no memory");
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
    int64_t started = hf_now(options->env);
    *result = (struct hf_importing_result){.dry_run = options->dry_run};
    if ((!options->generic || options->settings) &&
        hf_profile_choose(&form, options->config, options->env, options->path, err))
        return -1;
    struct importing job = {
        .options = options, .input = input, .profile = form.profile, .result = result};
    if (import(&job, err)) {
        hf_importing_result_release(result);
        return -1;
    }
    result->duration = hf_now(options->env) - started;
    return 0;
}

void hf_importing_result_release(struct hf_importing_result *result)
{
    hf_import_result_release(&result->tables);
    hf_profile_import_result_release(&result->titles);
    for (size_t i = 0; i < result->problem_count; i++) {
        free(result->problems[i].user);
        free(result->problems[i].path);
        free(result->problems[i].why);
    }
    free(result->problems);
    free(result->profile);
    *result = (struct hf_importing_result){0};
}

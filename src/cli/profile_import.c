#include "cli/profile_import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/output.h"
#include "cli/table.h"
#include "os/file.h"
#include "portable/profile_import.h"
#include "service/title_lookup.h"
#include "sqlite/connection.h"

enum { MOST_TOLD = 20, MOST_LISTED = 1000 };

/* Entries that were not imported: all of them with --json, else the first ones. */
struct problems {
    struct hf_cli *cli;
    json_t *list;
    uint64_t count;
};

static const char *outcome_name(enum hf_profile_outcome outcome)
{
    return outcome == HF_PROFILE_UNRESOLVED ? "unresolved" : "error";
}

static void note_problem(void *context, const struct hf_profile_problem *problem)
{
    struct problems *problems = context;
    problems->count++;
    if (problems->list && problems->count <= MOST_LISTED) {
        json_t *item = hf_json_item(problems->list);
        hf_json_text(item, "outcome", outcome_name(problem->outcome));
        hf_json_text(item, "user", problem->user);
        hf_json_text(item, "place", problem->path);
        hf_json_integer(item, "line", (int64_t)problem->line);
        hf_json_text(item, "reason", problem->why);
    } else if (!problems->list && problems->count <= MOST_TOLD) {
        hf_notice(&problems->cli->progress.events, "line %" PRIu64 ", %s: %s", problem->line,
                  problem->path, problem->why);
    }
}

static void put_counts(json_t *object, const struct hf_profile_counts *counts)
{
    hf_json_integer(object, "total", (int64_t)counts->total);
    hf_json_integer(object, "imported", (int64_t)counts->imported);
    hf_json_integer(object, "skipped", (int64_t)counts->skipped);
    hf_json_integer(object, "unresolved", (int64_t)counts->unresolved);
    hf_json_integer(object, "errors", (int64_t)counts->errors);
}

static void to_json(json_t *root, const struct hf_profile_import_job *job,
                    const struct hf_profile_import_result *result)
{
    hf_json_text(root, "database", job->choice->name);
    hf_json_text(root, "path", job->options->path);
    hf_json_text(root, "profile", job->profile->name);
    hf_json_boolean(root, "dry_run", job->options->dry_run);
    hf_json_sequence(root, "point_before", *job->point_before);
    put_counts(root, &result->counts);
    hf_json_integer(root, "looked_up", (int64_t)result->answered);
    hf_json_text(root, "unresolved_file", result->unresolved_path);
    json_t *users = hf_json_list(root, "users");
    for (size_t i = 0; i < result->user_count; i++) {
        json_t *user = hf_json_item(users);
        hf_json_text(user, "user", result->users[i].name);
        put_counts(user, &result->users[i].counts);
    }
}

static int print_users(const struct hf_profile_import_result *result, struct hf_error *err)
{
    static const struct hf_column columns[] = {{"user", HF_LEFT},
                                               {"total", HF_RIGHT},
                                               {"imported", HF_RIGHT},
                                               {"skipped", HF_RIGHT},
                                               {"unresolved", HF_RIGHT},
                                               {"errors", HF_RIGHT},
                                               {0}};
    hf_auto(hf_table) struct hf_table table;
    hf_table_init(&table, columns);
    for (size_t i = 0; i < result->user_count; i++) {
        const struct hf_profile_counts *counts = &result->users[i].counts;
        const uint64_t numbers[] = {counts->total, counts->imported, counts->skipped,
                                    counts->unresolved, counts->errors};
        char texts[5][24];
        const char *cells[6] = {result->users[i].name ? result->users[i].name : "(none)"};
        for (size_t j = 0; j < 5; j++) {
            snprintf(texts[j], sizeof texts[j], "%" PRIu64, numbers[j]);
            cells[j + 1] = texts[j];
        }
        if (hf_table_add(&table, cells, err))
            return -1;
    }
    hf_table_print(&table, stdout);
    return 0;
}

static int to_text(const struct hf_profile_import_job *job,
                   const struct hf_profile_import_result *result, int64_t duration,
                   struct hf_error *err)
{
    const struct hf_profile_counts *counts = &result->counts;
    char total[32], time[32];
    if (print_users(result, err))
        return -1;
    printf("%s: %s%s: %" PRIu64 " imported, %" PRIu64 " skipped, %" PRIu64 " unresolved, %" PRIu64
           " errors, in %s\n",
           job->choice->name, job->options->dry_run ? "would be: " : "",
           hf_format_count(total, sizeof total, counts->total, "title"), counts->imported,
           counts->skipped, counts->unresolved, counts->errors,
           hf_format_duration(time, sizeof time, duration));
    if (result->unresolved_path)
        printf("what is unresolved was kept in '%s'\n", result->unresolved_path);
    if (*job->point_before)
        printf("before it: point %" PRIu64 "\n", *job->point_before);
    return 0;
}

int hf_profile_import_is_fresh(bool *fresh, const struct hf_profile_import_job *job,
                               struct hf_error *err)
{
    sqlite3 *db = hf_connection_open(job->options->path, NULL, job->options->busy_ms, err);
    int failed = db ? hf_profile_is_empty(db, job->profile, fresh, err) : -1;
    sqlite3_close(db);
    return failed;
}

static char *directory_of(const struct hf_cli *cli, const char *path)
{
    const char *data = cli->config.values[HF_SETTING_DATA_DIR].text;
    return data ? strdup(data) : hf_path_parent(path);
}

static int run(struct hf_cli *cli, struct hf_copy_input *input,
               const struct hf_profile_import_job *job, struct problems *problems,
               struct hf_profile_import_result *result, struct hf_error *err)
{
    const struct hf_import_options *options = job->options;
    const struct hf_source *text = hf_copy_input_text(input, err);
    hf_auto_ptr(hf_http) struct hf_http *http = text ? hf_http_new(err) : NULL;
    hf_auto_free char *directory = directory_of(cli, options->path);
    if (!http)
        return -1;
    if (!directory)
        return hf_error_memory(err);
    const struct hf_profile_import_options import = {
        .env = cli->env,
        .events = options->events,
        .user = job->user,
        .directory = directory,
        .dry_run = options->dry_run,
        .trust = options->trust,
        .before_writing = options->before_writing,
        .before_context = options->before_context,
        .ask = hf_title_lookup_ask,
        .ask_context = http,
        .problem = note_problem,
        .problem_context = problems,
    };
    sqlite3 *db = hf_connection_open(options->path, NULL, options->busy_ms, err);
    int failed = db ? hf_profile_import(db, job->profile, text, &import, result, err) : -1;
    sqlite3_close(db);
    return failed;
}

int hf_profile_import_run(struct hf_cli *cli, struct hf_copy_input *input,
                          const struct hf_profile_import_job *job, struct hf_error *err)
{
    hf_auto(hf_profile_import_result) struct hf_profile_import_result result = {0};
    struct problems problems = {.cli = cli};
    int64_t started = hf_now(cli->env);
    if (cli->json)
        problems.list = hf_json_list(cli->json, "problems");
    if (run(cli, input, job, &problems, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    if (!cli->json && problems.count > MOST_TOLD)
        hf_notice(&cli->progress.events, "and %" PRIu64 " more", problems.count - MOST_TOLD);
    if (!cli->json)
        return to_text(job, &result, hf_now(cli->env) - started, err);
    to_json(cli->json, job, &result);
    hf_json_integer(cli->json, "duration_ms", hf_now(cli->env) - started);
    return 0;
}

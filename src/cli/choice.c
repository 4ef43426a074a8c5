#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/output.h"
#include "cli/session.h"
#include "history/point.h"
#include "os/file.h"
#include "sqlite/page_source.h"

enum { BUSY_MS = 5000 };

/* A configured database by name or path, else a name that only the repository may know. */
static int choose(struct hf_choice *out, const struct hf_config *config, const char *typed,
                  struct hf_error *err)
{
    for (size_t i = 0; i < config->database_count; i++) {
        const struct hf_config_database *database = &config->databases[i];
        if (strcmp(database->name, typed) && strcmp(database->path, typed))
            continue;
        *out = (struct hf_choice){database->name, database->path};
        return 0;
    }
    if (!hf_database_name_ok(typed)) {
        hf_error_set(err, HF_USAGE, "'%s' is no database's name", typed);
        return hf_error_hint(err, "a file is given with --db");
    }
    *out = (struct hf_choice){.name = typed};
    return 0;
}

int hf_choose_one(struct hf_choice *out, const struct hf_cli *cli, struct hf_error *err)
{
    const struct hf_config *config = &cli->config;
    if (cli->arguments.operand_count)
        return choose(out, config, cli->arguments.operands[0], err);
    if (config->database_count > 1) {
        hf_error_set(err, HF_USAGE, "there are %zu databases: which one?", config->database_count);
        return hf_error_hint(err, "name it: holdfast %s %s", cli->verb->name,
                             config->databases[0].name);
    }
    *out = (struct hf_choice){0};
    if (config->database_count)
        *out = (struct hf_choice){config->databases[0].name, config->databases[0].path};
    return 0;
}

/* The names of the databases of a repository. */
struct names {
    char (*list)[HF_DATABASE_NAME_TEXT];
    size_t count;
};

static int collect(void *arg, const struct hf_database *database, const struct hf_error *damaged,
                   struct hf_error *err)
{
    struct names *names = arg;
    if (!database->name[0]) {
        if (err && damaged)
            *err = *damaged;
        hf_error_wrap(err, "database %s", database->id_text);
        return hf_error_hint(err, "'holdfast check' says what is damaged");
    }
    char(*grown)[HF_DATABASE_NAME_TEXT] = realloc(names->list, (names->count + 1) * sizeof *grown);
    if (!grown)
        return hf_error_memory(err);
    names->list = grown;
    memcpy(grown[names->count++], database->name, HF_DATABASE_NAME_TEXT);
    return 0;
}

int hf_session_database(struct hf_database *out, const struct hf_session *session,
                        const struct hf_choice *choice, struct hf_error *err)
{
    if (choice->name)
        return hf_database_open(out, session->repository, choice->name, HF_DATABASE_EXISTING, err);
    struct names names = {0};
    int failed = hf_repository_databases(session->repository, collect, &names, err);
    if (!failed && names.count == 0)
        failed = hf_error_set(err, HF_NOT_FOUND, "the repository has no database yet");
    if (!failed && names.count > 1) {
        failed = hf_error_set(err, HF_USAGE, "the repository has %zu databases: which one?",
                              names.count);
        hf_error_hint(err, "name it, for example '%s'", names.list[0]);
    }
    if (!failed)
        failed =
            hf_database_open(out, session->repository, names.list[0], HF_DATABASE_EXISTING, err);
    free(names.list);
    return failed;
}

/* The choices of hf_session_each, and where their names are kept. */
struct choices {
    struct hf_choice *list;
    size_t count;
    struct names names;
};

static void choices_release(struct choices *choices)
{
    free(choices->list);
    free(choices->names.list);
}

static int choose_all(struct choices *out, const struct hf_cli *cli,
                      const struct hf_session *session, enum hf_database_open how,
                      struct hf_error *err)
{
    const struct hf_config *config = &cli->config;
    size_t typed = (size_t)cli->arguments.operand_count;
    if (!typed && !config->database_count && how == HF_DATABASE_EXISTING &&
        hf_repository_databases(session->repository, collect, &out->names, err))
        return -1;
    out->count = typed ? typed : config->database_count + out->names.count;
    out->list = calloc(out->count + 1, sizeof *out->list);
    if (!out->list)
        return hf_error_memory(err);
    for (size_t i = 0; i < out->count; i++) {
        if (typed && choose(&out->list[i], config, cli->arguments.operands[i], err))
            return -1;
        if (!typed && config->database_count)
            out->list[i] = (struct hf_choice){config->databases[i].name, config->databases[i].path};
        else if (!typed)
            out->list[i].name = out->names.list[i];
    }
    return 0;
}

/* Verification failures outrank what may pass by itself. */
static bool is_graver(enum hf_code a, enum hf_code than)
{
    return than == HF_OK || (a == HF_CORRUPT && than != HF_CORRUPT);
}

int hf_not_configured(const char *typed, struct hf_error *err)
{
    hf_error_set(err, HF_CONFIG, "'%s' is not a configured database", typed);
    return hf_error_hint(err, "a file is given with --db; 'holdfast config check' shows the "
                              "configured ones");
}

int hf_choice_look(const struct hf_choice *choice, struct hf_error *err)
{
    if (!choice->path)
        return hf_not_configured(choice->name, err);
    struct hf_page_source *source = hf_page_source_open(choice->path, BUSY_MS, err);
    if (!source)
        return -1;
    hf_page_source_free(source);
    return 0;
}

static int open_one(struct hf_database *out, const struct hf_session *session,
                    const struct hf_choice *choice, enum hf_database_open how, struct hf_error *err)
{
    struct hf_error found = {0};
    if (!hf_database_open(out, session->repository, choice->name, HF_DATABASE_EXISTING, &found))
        return 0;
    if (how == HF_DATABASE_EXISTING || found.code != HF_NOT_FOUND)
        return hf_error_pass(err, &found);
    if (hf_choice_look(choice, err))
        return -1;
    return hf_database_open(out, session->repository, choice->name, how, err);
}

static int run_each(struct hf_cli *cli, const struct hf_session *session,
                    const struct choices *choices, enum hf_database_open how, hf_each_database one,
                    struct hf_error *err)
{
    json_t *list = cli->json ? hf_json_list(cli->json, "databases") : NULL;
    struct hf_error gravest = {0};
    size_t failures = 0;
    for (size_t i = 0; i < choices->count; i++) {
        const struct hf_choice *choice = &choices->list[i];
        struct hf_error failure = {0};
        struct hf_database database;
        json_t *item = list ? hf_json_item(list) : NULL;
        if (item) {
            hf_json_text(item, "name", choice->name);
            hf_json_text(item, "path", choice->path);
        }
        if (!open_one(&database, session, choice, how, &failure) &&
            !one(cli, &database, choice, item, &failure))
            continue;
        failures++;
        hf_progress_line_clear(&cli->progress);
        if (choices->count > 1) {
            hf_error_wrap(&failure, "%s", choice->name);
            hf_print_error(stderr, &failure);
        }
        if (item)
            hf_json_error(item, &failure);
        if (is_graver(failure.code, gravest.code))
            gravest = failure;
    }
    if (!failures)
        return 0;
    if (choices->count == 1) {
        *err = gravest;
        return -1;
    }
    return hf_error_set(err, gravest.code, "%zu of %zu databases failed", failures, choices->count);
}

int hf_session_each(struct hf_cli *cli, const struct hf_session *session, enum hf_database_open how,
                    hf_each_database one, struct hf_error *err)
{
    struct choices choices = {0};
    int failed = choose_all(&choices, cli, session, how, err);
    if (!failed)
        failed = run_each(cli, session, &choices, how, one, err);
    choices_release(&choices);
    return failed;
}

int hf_state_path(char **out, const struct hf_cli *cli, const struct hf_choice *choice,
                  struct hf_error *err)
{
    return hf_access_state_path(out, &cli->config, cli->env, choice->name, err);
}

static int no_point_at(const struct hf_points *points, int64_t time, struct hf_error *err)
{
    char wanted[48], oldest[48];
    hf_time_local(wanted, sizeof wanted, time);
    hf_error_set(err, HF_NOT_FOUND, "no restore point is as old as %s", wanted);
    if (!points->count)
        return -1;
    return hf_error_hint(err, "the oldest is of %s",
                         hf_time_local(oldest, sizeof oldest, points->list[0].time));
}

int hf_choose_time(int64_t *time, const struct hf_cli *cli, const char *typed, struct hf_error *err)
{
    return hf_time_typed(typed, hf_now(cli->env), time, err);
}

static int find_point(uint64_t *seq, const struct hf_cli *cli, const struct hf_points *points,
                      struct hf_error *err)
{
    const char *at = hf_option(&cli->arguments, "at"), *id = hf_option(&cli->arguments, "point");
    const struct hf_point *point;
    if (id) {
        point = hf_points_find(points, id);
        if (!point) {
            hf_error_set(err, HF_NOT_FOUND, "there is no restore point '%s'", id);
            return hf_error_hint(err, "'holdfast list' shows the points and their labels");
        }
    } else {
        int64_t time;
        if (hf_choose_time(&time, cli, at, err))
            return -1;
        point = hf_points_at(points, time);
        if (!point)
            return no_point_at(points, time, err);
    }
    *seq = point->seq;
    return 0;
}

int hf_choose_point(uint64_t *seq, const struct hf_cli *cli, const struct hf_database *database,
                    const struct hf_timeline *timeline, struct hf_error *err)
{
    bool at = hf_option_given(&cli->arguments, "at");
    bool id = hf_option_given(&cli->arguments, "point");
    if (at && id)
        return hf_error_set(err, HF_USAGE, "--at and --point both say which restore point");
    if (at || id) {
        hf_auto(hf_points) struct hf_points points = {0};
        if (hf_points_load(&points, database, timeline, err))
            return -1;
        return find_point(seq, cli, &points, err);
    }
    const struct hf_timeline_entry *newest = hf_timeline_newest(timeline);
    if (!newest) {
        hf_error_set(err, HF_NOT_FOUND, "'%s' has no restore point", database->name);
        return hf_error_hint(err, "'holdfast backup' takes one; 'holdfast check' looks for damage");
    }
    *seq = newest->name.to;
    return 0;
}

int hf_choose_form(bool *generic, const struct hf_cli *cli, struct hf_error *err)
{
    *generic = hf_option_given(&cli->arguments, "generic");
    if (*generic && hf_option_given(&cli->arguments, "profile"))
        return hf_error_set(err, HF_USAGE, "--generic or --profile: not both");
    return 0;
}

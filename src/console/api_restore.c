/*
 * A restore in the console: a preview first, then, by its single-use plan, the database's name and
 * the password, the restore itself.
 */
#include <string.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/restore_plans.h"
#include "console/restore_work.h"
#include "console/sign_in.h"
#include "os/file.h"
#include "service/json_members.h"

enum { LONGEST_TIME = 64, LONGEST_FILE_NAME = 128 };

static const char *const preview_stages[] = {"find", "restore", "verify", "compare", NULL};
static const char *const compare_stages[] = {"restore", "compare", NULL};

/* Who asked for a preview, until it is there. */
struct asking {
    char login[HF_ID_TEXT];
    char database[HF_DATABASE_NAME_TEXT];
};

/* The preview is shown with a plan in the place of the state that it is bound to. */
static void keep_plan(struct hf_console *console, const char *id, json_t *result, void *context)
{
    struct asking *asking = context;
    struct hf_restore_plan plan = {0};
    const json_t *point = json_object_get(result, "point");
    (void)id;
    if (result) {
        snprintf(plan.login, sizeof plan.login, "%s", asking->login);
        snprintf(plan.database, sizeof plan.database, "%s", asking->database);
        snprintf(plan.state, sizeof plan.state, "%s", hf_member_text(result, "state", ""));
        plan.point = (uint64_t)hf_member_integer(point, "point", 0);
        json_object_del(result, "state");
        const struct hf_restore_plan *kept =
            hf_restore_plan_add(&console->restore_plans, &plan, console->env, NULL);
        hf_json_text(result, "plan", kept ? kept->id : NULL);
        hf_json_time(result, "expires", kept ? kept->expires : 0);
    }
    free(asking);
}

/* Exactly one of point, at and undo. */
static json_t *read_wish(const struct hf_exchange *exchange, struct hf_error *err)
{
    const json_t *body = exchange->body, *point = json_object_get(body, "point");
    bool undo = hf_member_true(body, "undo"), has_at = json_object_get(body, "at");
    const char *at = NULL, *database = exchange->parameters[0];
    if ((point != NULL) + has_at + undo != 1 || (point && !json_is_integer(point))) {
        hf_error_set(err, HF_USAGE, "say which: 'point' (a number), 'at' (a time) or 'undo'");
        return NULL;
    }
    if (has_at && hf_exchange_text(exchange, "at", LONGEST_TIME, &at, err))
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:s*, s:b}", "do", "preview", "database", database, "point",
                     point ? json_integer_value(point) : 0, "at", at, "undo", (int)undo);
}

static void post_plan(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    if (!hf_console_database(exchange, exchange->parameters[0]))
        return;
    json_t *question = read_wish(exchange, &err);
    struct asking *asking = question ? calloc(1, sizeof *asking) : NULL;
    if (!asking) {
        json_decref(question);
        hf_exchange_fail(exchange, &err);
        return;
    }
    snprintf(asking->login, sizeof asking->login, "%s", exchange->visitor.login->id);
    snprintf(asking->database, sizeof asking->database, "%.64s", exchange->parameters[0]);
    const struct hf_job_wanted wanted = {.kind = "preview",
                                         .database = exchange->parameters[0],
                                         .stages = preview_stages,
                                         .work = hf_preview_restore,
                                         .question = question,
                                         .ended = keep_plan,
                                         .ended_context = asking};
    if (!hf_job_start_for(exchange, &wanted))
        free(asking);
}

/* A database, or what SQLite and Holdfast keep beside one under its name with something after it.
 */
static bool is_of_database(const struct hf_config *config, const char *name)
{
    for (size_t i = 0; i < config->database_count; i++) {
        const char *path = config->databases[i].path, *slash = strrchr(path, '/');
        const char *base = slash ? slash + 1 : path;
        size_t length = strlen(base);
        if (!strncmp(name, base, length) &&
            (!name[length] || name[length] == '-' || name[length] == '.'))
            return true;
    }
    return false;
}

/* A name for a new file beside the database: never a path. */
static bool is_file_name(const struct hf_config *config, const char *name)
{
    return name[0] && name[0] != '.' && !strpbrk(name, "/\\") && strlen(name) < LONGEST_FILE_NAME &&
           !is_of_database(config, name);
}

/* Where a restore into another file goes; NULL: err. */
static char *other_file(const struct hf_exchange *exchange,
                        const struct hf_config_database *database, struct hf_error *err)
{
    const char *name;
    if (hf_exchange_text(exchange, "file", LONGEST_FILE_NAME, &name, err))
        return NULL;
    hf_auto_free char *folder = hf_path_parent(database->path);
    char *path =
        is_file_name(exchange->console->config, name) && folder ? hf_path_join(folder, name) : NULL;
    if (!path)
        hf_error_set(err, HF_USAGE, "'file' is the name of a new file beside the database");
    return path;
}

/* Everything but the password. NULL: it has been answered. */
static struct hf_restore_plan *check_wish(struct hf_exchange *exchange, bool *is_in_place)
{
    struct hf_error err = {0};
    const char *id, *scope, *name, *database = exchange->parameters[0];
    struct hf_restore_plan *plan = NULL;
    if (hf_exchange_text(exchange, "plan", HF_SECRET_TEXT, &id, &err) ||
        hf_exchange_text(exchange, "scope", 16, &scope, &err) ||
        hf_exchange_text(exchange, "name", HF_DATABASE_NAME_TEXT, &name, &err)) {
        hf_exchange_fail(exchange, &err);
        return NULL;
    }
    *is_in_place = !strcmp(scope, "in_place");
    if (!*is_in_place && strcmp(scope, "file") != 0)
        hf_error_set(&err, HF_USAGE, "'scope' is in_place or file");
    else if (strcmp(name, database) != 0)
        hf_error_set(&err, HF_REFUSED, "the name that was typed is not the database's");
    else
        plan =
            hf_restore_plan_find(&exchange->console->restore_plans, id, exchange->visitor.login->id,
                                 database, exchange->console->env, &err);
    if (!plan)
        hf_exchange_fail(exchange, &err);
    return plan;
}

static void start(struct hf_exchange *exchange, struct hf_restore_plan *plan, const char *to)
{
    bool any_state = hf_member_true(exchange->body, "accept_changes") || to;
    const struct hf_job_wanted wanted = {
        .kind = "restore",
        .database = plan->database,
        .work = hf_carry_out_restore,
        .question = json_pack("{s:s, s:s, s:I, s:s*, s:s*}", "do", "restore", "database",
                              plan->database, "point", (json_int_t)plan->point, "to", to, "state",
                              any_state ? NULL : plan->state),
        .is_alone = true,
        .is_lasting = true};
    if (hf_job_start_for(exchange, &wanted))
        *plan = (struct hf_restore_plan){0};
}

/* The plan is looked for again: it may have been used while the password was proven. */
static void password_proven(struct hf_exchange *exchange, bool fits)
{
    struct hf_error err = {0};
    hf_auto_free char *to = NULL;
    bool is_in_place;
    if (!fits) {
        hf_exchange_refuse(exchange, 403, "wrong_key", "this is not the password");
        return;
    }
    struct hf_restore_plan *plan = check_wish(exchange, &is_in_place);
    if (!plan)
        return;
    if (!is_in_place &&
        !(to = other_file(exchange, hf_console_database(exchange, plan->database), &err)))
        hf_exchange_fail(exchange, &err);
    else
        start(exchange, plan, to);
}

static void post_restore(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const char *password;
    bool is_in_place;
    if (!hf_console_database(exchange, exchange->parameters[0]) ||
        !check_wish(exchange, &is_in_place))
        return;
    if (hf_exchange_text(exchange, "password", HF_LONGEST_PASSWORD, &password, &err))
        hf_exchange_fail(exchange, &err);
    else
        hf_password_prove(exchange, password, password_proven);
}

/* A point's number, or 0 for "now". -1: it is neither. */
static int64_t state_of(const json_t *value)
{
    if (json_is_string(value) && !strcmp(json_string_value(value), "now"))
        return 0;
    return json_is_integer(value) && json_integer_value(value) > 0 ? json_integer_value(value) : -1;
}

static void post_comparison(struct hf_exchange *exchange)
{
    const json_t *body = exchange->body;
    const char *database = exchange->parameters[0];
    int64_t from = state_of(json_object_get(body, "from")),
            to = state_of(json_object_get(body, "to"));
    if (!hf_console_database(exchange, database))
        return;
    if (from < 0 || to < 0 || from == to) {
        hf_exchange_refuse(exchange, 400, "usage",
                           "'from' and 'to' are two points' numbers, or \"now\"");
        return;
    }
    const struct hf_job_wanted wanted = {
        .kind = "comparison",
        .database = database,
        .stages = compare_stages,
        .work = hf_compare_points,
        .question = json_pack("{s:s, s:s, s:I, s:I}", "do", "compare", "database", database, "from",
                              (json_int_t)from, "to", (json_int_t)to)};
    hf_job_start_for(exchange, &wanted);
}

const struct hf_route hf_restore_routes[] = {
    {"POST", "/api/v1/databases/{database}/restore-plans", HF_ACCESS_OWNER, HF_BODY_JSON,
     post_plan},
    {"POST", "/api/v1/databases/{database}/restores", HF_ACCESS_OWNER, HF_BODY_JSON, post_restore},
    {"POST", "/api/v1/databases/{database}/comparisons", HF_ACCESS_OPERATOR, HF_BODY_JSON,
     post_comparison},
    {0}};

/*
 * The Setup Wizard's beginning: a backup is brought, and looked at. Open to who has the setup code
 * while there is no password, and to who is signed in.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "console/api.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/question.h"
#include "console/setup_sources.h"
#include "console/setup_work.h"
#include "console/upload.h"
#include "os/file.h"
#include "service/json_members.h"
#include "service/setup_candidates.h"

enum { LONGEST_KEY = 8192, LONGEST_NAME = 256, LONGEST_PLACE = 4096, LONGEST_TIME = 64 };

static const char *login_of(const struct hf_exchange *exchange)
{
    return exchange->visitor.login->id;
}

/* The database that is set up: the named one, else the first. NULL: it has been answered. */
static const struct hf_config_database *database_of(struct hf_exchange *exchange)
{
    const struct hf_config *config = exchange->console->config;
    const char *name = hf_member_text(exchange->body, "database", NULL);
    if (name)
        return hf_console_database(exchange, name);
    if (config->database_count)
        return &config->databases[0];
    hf_exchange_refuse(
        exchange, 409, "config",
        "no database is configured: HOLDFAST_DB, or 'databases:' in holdfast.yml, names one");
    return NULL;
}

/* Where the application keeps its data. Caller frees. */
static char *data_directory(const struct hf_console *console)
{
    const char *wanted = console->config->values[HF_SETTING_DATA_DIR].text;
    if (wanted)
        return strdup(wanted);
    return console->config->database_count ? hf_path_parent(console->config->databases[0].path)
                                           : strdup(".");
}

/* Where this browser, or another tab of it, was on the way. */
static void put_choice(json_t *out, struct hf_exchange *exchange)
{
    struct hf_console *console = exchange->console;
    const struct hf_setup_chosen *chosen =
        exchange->visitor.login
            ? hf_setup_chosen_last(&console->setup_sources, login_of(exchange), console->env)
            : NULL;
    json_object_set_new(out, "choice", chosen ? hf_setup_chosen_json(chosen) : json_null());
}

static int64_t most_upload(const struct hf_exchange *exchange)
{
    uint64_t room = hf_console_room(exchange->console);
    uint64_t largest = exchange->options->largest_upload;
    return (int64_t)(room < largest ? room : largest);
}

static void get_setup(struct hf_exchange *exchange)
{
    const struct hf_console *console = exchange->console;
    hf_auto_free char *directory = data_directory(console);
    json_t *out = hf_json_new(), *names = hf_json_list(out, "databases");
    for (size_t i = 0; i < console->config->database_count; i++)
        hf_json_text_item(names, console->config->databases[i].name);
    hf_json_text(out, "data_directory", directory);
    hf_json_boolean(out, "has_password", console->credentials.password[0] != '\0');
    hf_json_text(out, "restore", hf_job_running(console->jobs, HF_SETUP_RESTORE));
    hf_json_integer(out, "most_upload", most_upload(exchange));
    put_choice(out, exchange);
    hf_exchange_reply(exchange, 200, out);
}

static void post_candidates(struct hf_exchange *exchange)
{
    hf_auto_free char *directory = data_directory(exchange->console);
    const struct hf_job_wanted wanted = {
        .kind = "candidates",
        .work = hf_find_candidates,
        .question = json_pack("{s:s, s:s}", "do", "candidates", "directory", directory)};
    hf_job_start_for(exchange, &wanted);
}

static void post_upload(struct hf_exchange *exchange)
{
    struct hf_console *console = exchange->console;
    struct hf_error err = {0};
    char *path = exchange->upload;
    if (!path) {
        hf_exchange_refuse(exchange, 400, "usage", "the file is empty");
        return;
    }
    exchange->upload = NULL;
    const struct hf_setup_file *upload = hf_setup_file_add(
        &console->setup_sources, login_of(exchange), path, exchange->received, console->env, &err);
    if (upload)
        hf_exchange_reply(
            exchange, 201,
            json_pack("{s:s, s:I}", "upload", upload->id, "bytes", (json_int_t)upload->bytes));
    else
        hf_exchange_fail(exchange, &err);
}

/* Copies text members that are there into the question. */
static int take_texts(const struct hf_exchange *exchange, json_t *question, struct hf_error *err)
{
    static const struct {
        const char *key;
        size_t longest;
    } texts[] = {{"passphrase", LONGEST_KEY},       {"identity", LONGEST_KEY},
                 {"recovery_key", LONGEST_KEY},     {"user", LONGEST_NAME},
                 {"source_database", LONGEST_NAME}, {"at", LONGEST_TIME}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (hf_exchange_copy_text(exchange, texts[i].key, texts[i].longest, question, err))
            return -1;
    return 0;
}

/* Which file or repository: by ids of the server's own, never by a path, but for a repository,
 * which a person types. */
static int take_source(const struct hf_exchange *exchange, json_t **question, struct hf_error *err)
{
    const json_t *body = exchange->body;
    const char *id, *place;
    if (json_object_get(body, "upload"))
        return hf_upload_put(exchange, question, err);
    if (json_object_get(body, "candidate")) {
        hf_auto_free char *directory = data_directory(exchange->console);
        if (hf_exchange_text(exchange, "candidate", HF_CANDIDATE_ID, &id, err))
            return -1;
        if (!*id)
            return hf_error_set(err, HF_USAGE, "'candidate' is empty");
        hf_question_text(question, "candidate", id);
        hf_question_put(question, "directory", directory ? json_string(directory) : NULL);
        return 0;
    }
    if (!json_object_get(body, "repository"))
        return 0;
    if (hf_exchange_name(exchange, "repository", LONGEST_PLACE, &place, err))
        return -1;
    hf_question_text(question, "repository", place);
    return 0;
}

/* What was looked at is what will be restored, though newer points come. */
static void keep_point(struct hf_setup_chosen *chosen, const json_t *result)
{
    json_t *database = json_object_get(result, "database");
    if (!database)
        return;
    json_object_set(chosen->place, "source_database", database);
    json_object_set(chosen->place, "point", json_object_get(result, "point"));
}

/* A source becomes one that can be referred to once it was looked at well. One that was not stays,
 * so that who comes back is asked for its key. */
static void keep_source(struct hf_console *console, const char *id, json_t *result, void *context)
{
    hf_auto_free char *source = context;
    struct hf_setup_chosen *chosen = hf_setup_chosen_of(&console->setup_sources, source);
    (void)id;
    if (!result)
        return;
    json_t *settings = json_incref(json_object_get(result, "settings")); /* for the tests alone */
    json_object_del(result, "settings");
    hf_json_text(result, "source", chosen ? chosen->id : NULL);
    if (!chosen) {
        hf_json_wipe(settings);
        return;
    }
    chosen->since = hf_now(console->env); /* later than one that it was chosen from */
    chosen->settings = settings;
    chosen->looked = json_deep_copy(result);
    keep_point(chosen, result);
}

/* Where it is, in the words of who asked, and without keys. */
static json_t *asked_of(const struct hf_exchange *exchange)
{
    static const char *const places[] = {"upload", "candidate", "repository"};
    json_t *asked = hf_json_new();
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        json_t *place = json_object_get(exchange->body, places[i]);
        if (place)
            json_object_set(asked, places[i], place);
    }
    return asked;
}

/* Takes `asked` and `question`. */
static void start_look(struct hf_exchange *exchange, json_t *asked, json_t *question)
{
    struct hf_error err = {0};
    struct hf_console *console = exchange->console;
    struct hf_setup_chosen *chosen =
        hf_setup_choose(&console->setup_sources, login_of(exchange), json_deep_copy(question),
                        asked, console->env, &err);
    char *source = chosen ? strdup(chosen->id) : NULL;
    if (!source) {
        hf_json_wipe(question);
        if (!err.code)
            hf_error_memory(&err);
        hf_exchange_fail(exchange, &err);
        return;
    }
    const struct hf_job_wanted wanted = {.kind = "setup_look",
                                         .database = hf_member_text(question, "database", NULL),
                                         .work = hf_look_at_source,
                                         .question = question,
                                         .ended = keep_source,
                                         .ended_context = source};
    const char *job = hf_job_start_for(exchange, &wanted);
    if (job)
        snprintf(chosen->look, sizeof chosen->look, "%s", job);
    else
        free(source);
}

/* Another database or moment of a repository that was looked at, whose keys are here. */
static void look_again(struct hf_exchange *exchange)
{
    static const char *const chosen_before[] = {"source_database", "point", "at"};
    struct hf_error err = {0};
    struct hf_console *console = exchange->console;
    const struct hf_setup_chosen *chosen = NULL;
    const char *id;
    if (!hf_exchange_text(exchange, "source", HF_SECRET_TEXT, &id, &err))
        chosen = hf_setup_chosen_find(&console->setup_sources, login_of(exchange), id, console->env,
                                      &err);
    if (chosen && !json_object_get(chosen->place, "repository"))
        chosen = hf_error_set(&err, HF_USAGE, "'source' is no repository") ? NULL : chosen;
    json_t *question = chosen ? json_deep_copy(chosen->place) : NULL;
    for (size_t i = 0; i < sizeof chosen_before / sizeof *chosen_before; i++)
        json_object_del(question, chosen_before[i]);
    if (question) {
        hf_question_put(&question, "point",
                        json_integer(hf_member_integer(exchange->body, "point", 0)));
        if (question && !take_texts(exchange, question, &err)) {
            start_look(exchange, json_deep_copy(chosen->asked), question);
            return;
        }
    }
    if (!err.code)
        hf_error_memory(&err);
    hf_json_wipe(question);
    hf_exchange_fail(exchange, &err);
}

static void post_source(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    if (json_object_get(exchange->body, "source")) {
        look_again(exchange);
        return;
    }
    const struct hf_config_database *database = database_of(exchange);
    if (!database)
        return;
    json_t *question = json_pack("{s:s, s:s, s:I}", "do", "look", "database", database->name,
                                 "point", hf_member_integer(exchange->body, "point", 0));
    if (!take_source(exchange, &question, &err) && !take_texts(exchange, question, &err)) {
        start_look(exchange, asked_of(exchange), question);
        return;
    }
    hf_json_wipe(question);
    hf_exchange_fail(exchange, &err);
}

static const char source_members[] =
    "database:text upload:text candidate:text repository:text passphrase:text identity:text "
    "recovery_key:text user:text source:text source_database:text point:number at:text";

const struct hf_route hf_setup_routes[] = {
    {"GET", "/api/v1/setup", HF_ACCESS_SETUP, HF_BODY_NONE, get_setup},
    {"POST", "/api/v1/setup/candidates", HF_ACCESS_SETUP, "", post_candidates},
    {"POST", "/api/v1/setup/uploads", HF_ACCESS_SETUP, HF_BODY_FILE, post_upload},
    {"POST", "/api/v1/setup/sources", HF_ACCESS_SETUP, source_members, post_source},
    {0}};

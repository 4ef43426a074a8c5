#include "service/floor.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/restore.h"
#include "history/timeline.h"
#include "os/signals.h"
#include "service/replicator.h"
#include "store/kinds.h"

enum { LONGEST = 60000, LINE = 1 << 20 };

const char *floor_path(const struct floor *floor, const char *name)
{
    static char names[8][400];
    static int next;
    char *out = names[next++ % 8];
    snprintf(out, sizeof names[0], "%s/%s", floor->scratch.path, name);
    return out;
}

static struct hf_repository *open_repository(const struct floor *floor, const struct hf_env *env)
{
    const struct hf_unlock none = {0};
    struct hf_error err = {0};
    struct hf_store *store = hf_store_directory_new(env, floor->place, &err);
    store = store ? hf_store_counting_new(store, &err) : NULL;
    struct hf_repository *repository = store ? hf_repository_open(store, env, &none, &err) : NULL;
    if (!repository)
        fail_msg("%s", err.text);
    return repository;
}

static void make_repository(const struct floor *floor)
{
    const struct hf_unlock none = {0};
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .secret = &none};
    struct hf_store *store = hf_store_directory_new(hf_env_system(), floor->place, NULL);
    struct hf_repository *repository = hf_repository_create(store, hf_env_system(), &slot, NULL);
    assert_non_null(repository);
    hf_repository_free(repository);
}

int floor_setup(void **state)
{
    struct floor *floor = calloc(1, sizeof *floor);
    assert_non_null(floor);
    assert_int_equal(hf_codec_init(NULL), 0);
    hf_scratch_init(&floor->scratch);
    floor->place = hf_scratch_path(&floor->scratch, "repository");
    floor->env = hf_env_system();
    snprintf(floor->settings, sizeof floor->settings, "sync-interval: 50ms\n");
    snprintf(floor->databases, sizeof floor->databases, "  - path: app.db\n");
    floor->status = json_object();
    floor->heard = json_array();
    floor->channel.fd = -1;
    make_repository(floor);
    floor_make(floor, "app");
    *state = floor;
    return 0;
}

int floor_teardown(void **state)
{
    struct floor *floor = *state;
    if (floor->pid)
        floor_kill(floor);
    json_decref(floor->status);
    json_decref(floor->heard);
    hf_scratch_release(&floor->scratch);
    free(floor->place);
    free(floor);
    return 0;
}

/* In the child. */
static int replicate(const struct floor *floor, int channel)
{
    static const char *const none[] = {NULL};
    hf_auto(hf_config) struct hf_config config = {0};
    const struct hf_config_input input = {.environment = none,
                                          .local_file = floor_path(floor, "holdfast.yml"),
                                          .system_file = "/nowhere"};
    struct hf_error err = {0};
    if (hf_config_load(&config, &input, floor->env, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 99;
    }
    struct hf_repository *repository = open_repository(floor, floor->env);
    const struct hf_replicator_options options = {.config = &config,
                                                  .env = floor->env,
                                                  .repository = repository,
                                                  .take_over = floor->take_over};
    int failed = hf_replicator_run(&options, channel, &err);
    hf_repository_free(repository);
    return failed ? (int)err.code : 0;
}

void floor_start(struct floor *floor)
{
    char text[1400];
    int ends[2],
        length = snprintf(text, sizeof text, "%sdatabases:\n%s", floor->settings, floor->databases);
    hf_scratch_write(floor_path(floor, "holdfast.yml"), text, (size_t)length);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fflush(NULL);
    floor->pid = fork();
    assert_true(floor->pid >= 0);
    if (!floor->pid) {
        close(ends[0]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(replicate(floor, ends[1]));
    }
    close(ends[1]);
    json_object_clear(floor->status);
    json_array_clear(floor->heard);
    hf_json_channel_init(&floor->channel, ends[0], LINE, LINE);
}

static void note(struct floor *floor, json_t *message)
{
    size_t i;
    json_t *entry;
    if (strcmp(hf_member_text(message, "event", ""), "status") != 0)
        json_array_append(floor->heard, message);
    json_array_foreach(json_object_get(message, "databases"), i, entry)
        json_object_set(floor->status, hf_member_text(entry, "name", "?"), entry);
    json_decref(message);
}

static void tell_all(struct floor *floor)
{
    char *status = json_dumps(floor->status, JSON_COMPACT), *heard = json_dumps(floor->heard, 0);
    fprintf(stderr, "status %s\nheard %s\n", status, heard);
    free(status);
    free(heard);
}

/* What came; waits for it. False when the other side has gone, or `deadline` is over. */
static bool receive(struct floor *floor, int64_t deadline)
{
    struct pollfd ready = {.fd = floor->channel.fd, .events = POLLIN};
    int64_t left = deadline - hf_monotonic();
    json_t *message;
    if (floor->channel.ended || left <= 0 || poll(&ready, 1, (int)left) <= 0)
        return false;
    hf_json_channel_receive(&floor->channel);
    while ((message = hf_json_channel_next(&floor->channel, NULL)))
        note(floor, message);
    return true;
}

int floor_end(struct floor *floor)
{
    int status, rounds = 0;
    int64_t deadline = hf_monotonic() + LONGEST;
    while (receive(floor, deadline))
        rounds++;
    if (!floor->channel.ended) {
        tell_all(floor);
        fail_msg("it does not end");
    }
    assert_int_equal(waitpid(floor->pid, &status, 0), floor->pid);
    floor->pid = 0;
    hf_json_channel_release(&floor->channel);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int floor_stop(struct floor *floor)
{
    hf_json_channel_send(&floor->channel, json_pack("{s:s, s:i}", "do", "stop", "id", 9999));
    return floor_end(floor);
}

void floor_kill(struct floor *floor)
{
    kill(floor->pid, SIGKILL);
    waitpid(floor->pid, NULL, 0);
    floor->pid = 0;
    hf_json_channel_release(&floor->channel);
}

void floor_sql(sqlite3 *db, const char *format, ...)
{
    va_list args;
    char *message = NULL;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    if (sqlite3_exec(db, sql, NULL, NULL, &message))
        fail_msg("%s: %s", sql, message);
    sqlite3_free(sql);
}

sqlite3 *floor_open(const struct floor *floor, const char *name)
{
    char path[400];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/%s.db", floor->scratch.path, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 20000);
    return db;
}

void floor_make(const struct floor *floor, const char *name)
{
    sqlite3 *db = floor_open(floor, name);
    floor_sql(db, "PRAGMA journal_mode = WAL; CREATE TABLE note(id INTEGER PRIMARY KEY, body);"
                  "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO "
                  "note(body) SELECT 'note ' || i || hex(randomblob(60)) FROM n");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static bool is_wanted(const json_t *message, const char *event, const char *database,
                      const char *text)
{
    return !strcmp(hf_member_text(message, "event", ""), event) &&
           (!database || !strcmp(hf_member_text(message, "database", ""), database)) &&
           (!text || strstr(hf_member_text(message, "text", ""), text));
}

const json_t *floor_hear(struct floor *floor, const char *event, const char *database,
                         const char *text)
{
    int64_t deadline = hf_monotonic() + LONGEST;
    size_t at = 0;
    do {
        for (; at < json_array_size(floor->heard); at++) {
            json_t *message = json_array_get(floor->heard, at);
            if (json_object_get(message, "was heard") || !is_wanted(message, event, database, text))
                continue;
            json_object_set_new(message, "was heard", json_true());
            return message;
        }
    } while (receive(floor, deadline));
    tell_all(floor);
    fail_msg("never heard %s of %s: %s", event, database ? database : "any", text ? text : "any");
    return NULL;
}

bool floor_has_heard(const struct floor *floor, const char *event, const char *text)
{
    size_t i;
    json_t *message;
    json_array_foreach(floor->heard, i,
                       message) if (is_wanted(message, event, NULL, text)) return true;
    return false;
}

const json_t *floor_until(struct floor *floor, const char *database,
                          bool (*is_so)(const json_t *entry))
{
    int64_t deadline = hf_monotonic() + LONGEST;
    do {
        const json_t *entry = json_object_get(floor->status, database);
        if (entry && is_so(entry))
            return entry;
    } while (receive(floor, deadline));
    tell_all(floor);
    fail_msg("the status of %s never became so", database);
    return NULL;
}

const json_t *floor_snapshot(struct floor *floor, const char *database, const char *label)
{
    int64_t id = ++floor->orders, deadline = hf_monotonic() + LONGEST;
    hf_json_channel_send(&floor->channel,
                         json_pack("{s:s, s:I, s:s, s:s, s:s, s:b}", "do", "snapshot", "id",
                                   (json_int_t)id, "database", database, "label", label, "reason",
                                   "manual", "pin", 0));
    do {
        size_t i;
        json_t *message;
        json_array_foreach(floor->heard, i,
                           message) if (hf_member_integer(message, "id", 0) == id) return message;
    } while (receive(floor, deadline));
    tell_all(floor);
    fail_msg("no answer");
    return NULL;
}

static int restore_newest(struct floor *floor, const char *name, const char *path)
{
    struct hf_repository *repository = open_repository(floor, hf_env_system());
    struct hf_database database;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {.target = path};
    struct hf_restore_result result;
    struct hf_error err = {0};
    uint64_t newest = 0;
    hf_scratch_remove(path);
    int failed = hf_database_open(&database, repository, name, HF_DATABASE_EXISTING, &err) ||
                 hf_timeline_load(&timeline, &database, &err);
    for (size_t i = 0; !failed && i < timeline.count; i++)
        newest = timeline.entries[i].name.to > newest ? timeline.entries[i].name.to : newest;
    failed = failed || !newest || hf_restore(&database, &timeline, newest, &options, &result, &err);
    hf_repository_free(repository);
    return failed ? -1 : 0;
}

static char *all_rows(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 20000);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT group_concat(id || ':' || body, '|') FROM "
                                        "(SELECT * FROM note ORDER BY id)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    char *rows = strdup(text ? text : "");
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return rows;
}

void floor_until_stored(struct floor *floor, const char *name)
{
    int64_t deadline = hf_monotonic() + LONGEST;
    char path[400];
    snprintf(path, sizeof path, "%s/%s.db", floor->scratch.path, name);
    hf_auto_free char *wanted = all_rows(path);
    hf_auto_free char *out = hf_scratch_path(&floor->scratch, "restored.db");
    do {
        hf_auto_free char *is = restore_newest(floor, name, out) ? NULL : all_rows(out);
        if (is && !strcmp(is, wanted))
            return;
    } while (receive(floor, deadline));
    tell_all(floor);
    fail_msg("what %s holds is never in the repository", name);
}

int64_t floor_restored_value(struct floor *floor, const char *name, const char *sql)
{
    hf_auto_free char *out = hf_scratch_path(&floor->scratch, "restored.db");
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(restore_newest(floor, name, out), 0);
    assert_int_equal(sqlite3_open(out, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return value;
}

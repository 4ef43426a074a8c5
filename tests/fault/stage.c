#include "fault/stage.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "engine/backup.h"
#include "engine/restore.h"
#include "os/file.h"
#include "store/kinds.h"

static const char database_name[] = "app";

static int sync_nothing(void *context, int fd)
{
    (void)context, (void)fd;
    return 0;
}

static int sync_no_directory(void *context, const char *path)
{
    (void)context, (void)path;
    return 0;
}

const struct hf_env *stage_env(void)
{
    static struct hf_env env;
    if (!env.now) {
        env = *hf_env_system();
        env.fs.sync = sync_nothing;
        env.fs.sync_dir = sync_no_directory;
        env.fs.flush_begin = NULL;
    }
    return &env;
}

int stage_play_all(const char *filter, const char *group, void (*test)(void **state))
{
    struct CMUnitTest tests[64];
    size_t count = 0;
    for (size_t i = 0; i < stage_act_count; i++)
        if (strstr(stage_acts[i].name, filter))
            tests[count++] = (struct CMUnitTest){stage_acts[i].name, test, NULL, NULL,
                                                 (void *)(uintptr_t)&stage_acts[i]};
    return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}

bool stage_exhaustive(void)
{
    const char *wanted = getenv("HOLDFAST_FAULT_EXHAUSTIVE");
    return wanted && *wanted && *wanted != '0';
}

unsigned stage_stride(const struct stage *stage, unsigned wanted)
{
    return stage_exhaustive() ? 1 : wanted * stage->act->stride;
}

void stage_must(const struct stage *stage, bool holds, const char *format, ...)
{
    char text[1600];
    va_list args;
    if (holds)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fail_msg("%s, %s: %s", stage->act->name, stage->where, text);
}

bool stage_same(const char *path, const char *other)
{
    return hf_scratch_exists(path) && hf_scratch_exists(other) && hf_scratch_same(path, other);
}

void stage_sql(const char *path, const char *format, ...)
{
    sqlite3 *db;
    char *message = NULL;
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message))
        fail_msg("%s: %s", sql, message);
    sqlite3_free(sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void stage_fill(const char *path, int page_size, int pages)
{
    stage_sql(path,
              "PRAGMA page_size = %d;"
              "CREATE TABLE film(id INTEGER PRIMARY KEY, title TEXT, data BLOB);"
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)"
              "INSERT INTO film(title, data) SELECT 'film ' || i, randomblob(%d) FROM n",
              page_size, 3 * pages, page_size / 3 - 40);
}

const struct hf_unlock *stage_keyfile(void)
{
    static const char bytes[] = "thirty-two bytes at least, please";
    static const struct hf_unlock unlock = {.keyfile = bytes, .keyfile_length = sizeof bytes};
    return &unlock;
}

struct hf_store *stage_store(const struct stage *stage, const struct stage_tools *tools,
                             struct hf_error *err)
{
    struct hf_store *store = hf_store_directory_new(tools->env, stage->place, err);
    return store && tools->wrap ? tools->wrap(tools->context, store, err) : store;
}

int stage_session_open(struct stage_session *session, const struct stage *stage,
                       const struct stage_tools *tools, enum hf_database_open how,
                       struct hf_error *err)
{
    *session = (struct stage_session){0};
    struct hf_store *store = stage_store(stage, tools, err);
    if (!store)
        return -1;
    session->repository = hf_repository_open(store, tools->env, stage_keyfile(), err);
    if (!session->repository)
        return -1;
    if (hf_database_open(&session->database, session->repository, database_name, how, err))
        return -1;
    return hf_timeline_load(&session->timeline, &session->database, err);
}

void stage_session_release(struct stage_session *session)
{
    hf_timeline_release(&session->timeline);
    hf_repository_free(session->repository);
    *session = (struct stage_session){0};
}

struct stage_tools stage_no_faults(void)
{
    return (struct stage_tools){.env = stage_env()};
}

int stage_run_backup(struct stage *stage, const struct stage_tools *tools, const char *label,
                     struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    const struct hf_backup_options options = {.path = stage->db, .label = label};
    struct hf_backup_result result;
    if (stage_session_open(&session, stage, tools, HF_DATABASE_CREATE, err) ||
        hf_backup(&session.database, &options, &result, err))
        return -1;
    stage->made = result.seq;
    return 0;
}

void stage_acknowledge(struct stage *stage, uint64_t seq, const char *copy)
{
    for (size_t i = 0; i < stage->count; i++)
        if (stage->points[i].seq == seq)
            return;
    assert_in_range(stage->count, 0, STAGE_POINTS - 1);
    struct stage_point *point = &stage->points[stage->count++];
    point->seq = seq;
    snprintf(point->copy, sizeof point->copy, "%s", copy);
}

void stage_backup(struct stage *stage)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    char copy[320];
    if (stage_run_backup(stage, &tools, "prepared", &err))
        fail_msg("%s", err.text);
    snprintf(copy, sizeof copy, "%s/point-%" PRIu64 ".db", stage->scratch.path, stage->made);
    hf_scratch_copy(stage->db, copy);
    stage_acknowledge(stage, stage->made, copy);
    stage->made = 0;
}

void stage_make_repository(struct stage *stage)
{
    static const struct hf_unlock nothing;
    const struct stage_tools tools = stage_no_faults();
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .name = "first", .secret = &nothing};
    struct hf_error err = {0};
    struct hf_repository *repository =
        hf_repository_create(stage_store(stage, &tools, &err), tools.env, &slot, &err);
    if (!repository)
        fail_msg("%s", err.text);
    hf_repository_free(repository);
    stage->has_repository = true;
}

void stage_copy_folded(const struct stage *stage, const char *path, const char *copy)
{
    hf_auto_free char *log = NULL, *log_copy = NULL;
    if (!hf_scratch_exists(path))
        return;
    assert_true(asprintf(&log, "%s-wal", path) > 0 && asprintf(&log_copy, "%s-wal", copy) > 0);
    hf_scratch_remove(copy);
    hf_scratch_remove(log_copy);
    hf_scratch_copy(path, copy);
    if (!hf_scratch_exists(log))
        return;
    hf_scratch_copy(log, log_copy);
    stage_sql(copy, "PRAGMA wal_checkpoint(TRUNCATE)");
    stage_must(stage, !hf_scratch_exists(log_copy), "the log was not folded");
}

void stage_open(struct stage *stage, const struct act *act)
{
    struct hf_error err = {0};
    *stage = (struct stage){.act = act, .where = "prepared"};
    assert_int_equal(hf_codec_init(&err), 0);
    hf_scratch_init(&stage->scratch);
    stage->world = hf_scratch_path(&stage->scratch, "world");
    stage->data = hf_scratch_path(&stage->scratch, "world/data");
    stage->db = hf_scratch_path(&stage->scratch, "world/data/app.db");
    stage->target = hf_scratch_path(&stage->scratch, "world/data/other.db");
    stage->place = hf_scratch_path(&stage->scratch, "world/repository");
    stage->desk = hf_scratch_path(&stage->scratch, "world/desk");
    stage->before = hf_scratch_path(&stage->scratch, "before");
    stage->old_db = hf_scratch_path(&stage->scratch, "old.db");
    stage->old_target = hf_scratch_path(&stage->scratch, "old-target.db");
    stage->proof = hf_scratch_path(&stage->scratch, "proof.db");
    if (hf_make_directories(stage_env(), stage->data, 0700, &err) ||
        hf_make_directories(stage_env(), stage->desk, 0700, &err))
        fail_msg("%s", err.text);
    /* What the program keeps in nameless files is proven to leave nothing, as all on the desk. */
    const char *directory = getenv("TMPDIR");
    stage->spools_before = directory ? strdup(directory) : NULL;
    assert_int_equal(setenv("TMPDIR", stage->desk, 1), 0);
    act->prepare(stage);
    stage->prepared = stage->count;
    stage_copy_folded(stage, stage->db, stage->old_db);
    stage_copy_folded(stage, stage->target, stage->old_target);
    hf_scratch_copy(stage->world, stage->before);
}

void stage_close(struct stage *stage)
{
    char **const names[] = {&stage->world, &stage->data,      &stage->db,     &stage->target,
                            &stage->place, &stage->desk,      &stage->before, &stage->old_db,
                            &stage->proof, &stage->old_target};
    hf_scratch_release(&stage->scratch);
    if (stage->spools_before)
        setenv("TMPDIR", stage->spools_before, 1);
    else
        unsetenv("TMPDIR");
    free(stage->spools_before);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        free(*names[i]);
        *names[i] = NULL;
    }
}

void stage_reset(struct stage *stage)
{
    hf_scratch_remove(stage->world);
    hf_scratch_copy(stage->before, stage->world);
    stage->count = stage->prepared;
    stage->made = 0;
}

int stage_play(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    int open_before = hf_scratch_count("/proc/self/fd");
    int failed = stage->act->run(stage, tools, err);
    stage_must(stage, hf_scratch_count("/proc/self/fd") == open_before, "left a descriptor open");
    stage_must(stage, !failed || (err->code != HF_OK && err->text[0]),
               "failed and does not say why");
    stage_must(stage, failed || err->code == HF_OK, "succeeded and says: %s", err->text);
    return failed;
}

bool stage_restores_to(struct stage *stage, struct stage_session *session, uint64_t seq,
                       const char *copy, struct hf_error *err)
{
    const struct hf_restore_options options = {.target = stage->proof};
    struct hf_restore_result result;
    hf_scratch_remove(stage->proof);
    if (hf_restore(&session->database, &session->timeline, seq, &options, &result, err))
        return false;
    bool same = stage_same(stage->proof, copy);
    if (!same)
        hf_error_set(err, HF_CORRUPT, "other bytes than at that point");
    hf_scratch_remove(stage->proof);
    return same;
}

#include "engine/follow_rig.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct hf_follower *rig_follower(struct workshop *shop, bool overwrite)
{
    const struct hf_follow_options options = {
        .path = shop->target, .overwrite = overwrite, .events = &shop->events};
    struct hf_error err = {0};
    struct hf_follower *follower = hf_follower_new(&shop->database, &options, &err);
    if (!follower)
        fail_msg("%s", err.text);
    shop->notice[0] = 0;
    return follower;
}

struct hf_follow_step rig_follow(struct hf_follower *follower, enum hf_follow_kind kind)
{
    struct hf_follow_step step;
    struct hf_error err = {0};
    if (hf_follow(follower, &step, &err))
        fail_msg("%s", err.text);
    assert_int_equal(step.kind, kind);
    return step;
}

struct hf_error rig_follow_fails(struct hf_follower *follower, enum hf_code code)
{
    struct hf_follow_step step;
    struct hf_error err = {0};
    assert_int_equal(hf_follow(follower, &step, &err), -1);
    if (err.code != code)
        fail_msg("%s", err.text);
    return err;
}

static void forget_marks(struct hf_buf *file)
{
    static const struct {
        size_t at, length;
    } own[] = {{18, 2}, {24, 4}, {40, 4}, {92, 4}};
    assert_true(file->length >= 512);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        memset(file->data + own[i].at, 0, own[i].length);
}

void rig_assert_at(struct workshop *shop, uint64_t seq)
{
    static const char *const companions[] = {"-wal", "-shm", "-journal"};
    hf_auto(hf_buf) struct hf_buf replica = {0};
    hf_auto(hf_buf) struct hf_buf point = {0};
    char *copy = workshop_copy(shop, seq), name[600];
    /* What a crash left is rolled back by the first look. */
    assert_int_equal(rig_ask(shop, "PRAGMA integrity_check"), 0);
    hf_scratch_read(shop->target, &replica);
    hf_scratch_read(copy, &point);
    assert_int_equal(replica.data[18], 1);
    assert_int_equal(replica.data[19], 1);
    forget_marks(&replica);
    forget_marks(&point);
    assert_int_equal(replica.length, point.length);
    assert_memory_equal(replica.data, point.data, point.length);
    for (size_t i = 0; i < sizeof companions / sizeof *companions; i++) {
        snprintf(name, sizeof name, "%s%s", shop->target, companions[i]);
        assert_false(hf_scratch_exists(name));
    }
    free(copy);
}

/* "ok" is 0. */
int64_t rig_ask(struct workshop *shop, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(shop->target, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(statement, 0);
    if (strstr(sql, "integrity_check"))
        assert_string_equal(text, "ok");
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

static void each_segment(struct workshop *shop, const char *pattern, void (*act)(const char *path))
{
    char all[700];
    glob_t found = {0};
    snprintf(all, sizeof all, "%s/databases/*/segments/*/%s", shop->place, pattern);
    assert_int_equal(glob(all, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        act(found.gl_pathv[i]);
    globfree(&found);
}

static void damage(const char *path)
{
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(truncate(path, (off_t)hf_scratch_size(path) / 2), 0);
}

void rig_remove_segments(struct workshop *shop, const char *pattern)
{
    each_segment(shop, pattern, hf_scratch_remove);
}

void rig_damage_segments(struct workshop *shop, const char *pattern)
{
    each_segment(shop, pattern, damage);
}

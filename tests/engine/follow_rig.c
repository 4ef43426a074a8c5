#include "engine/follow_rig.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/segment_writer.h"
#include "sqlite/db_header.h"

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

/* Whatever is there has no meaning: VACUUM leaves what another page size had there. */
static void forget_lock_byte_page(struct hf_buf *file)
{
    struct hf_db_header header;
    assert_true(hf_db_header_parse(&header, file->data));
    uint64_t at = (uint64_t)(hf_lock_byte_page(header.page_size) - 1) * header.page_size;
    if (at < file->length)
        memset(file->data + at, 0, header.page_size);
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
    forget_lock_byte_page(&replica);
    forget_lock_byte_page(&point);
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

static uint64_t read_point(struct workshop *shop, uint64_t seq, struct hf_buf *out)
{
    if (!seq)
        return 0;
    char *copy = workshop_copy(shop, seq);
    hf_scratch_read(copy, out);
    free(copy);
    return out->length;
}

static bool differs(const struct hf_buf *before, const struct hf_buf *after, size_t size,
                    uint64_t page)
{
    size_t at = (page - 1) * size;
    return at + size > before->length || memcmp(before->data + at, after->data + at, size) != 0;
}

static void write_changed(struct hf_segment_writer *writer, const struct hf_buf *before,
                          const struct hf_buf *after, size_t size, uint32_t but)
{
    struct hf_error err = {0};
    for (uint32_t page = 1; page <= after->length / size; page++) {
        uint32_t room;
        if (page == but || !differs(before, after, size, page))
            continue;
        uint8_t *space = hf_segment_writer_space(writer, &room, &err);
        assert_non_null(space);
        memcpy(space, after->data + (page - 1) * size, size);
        assert_int_equal(hf_segment_writer_filled(writer, page, 1, &err), 0);
    }
}

void rig_merge(struct workshop *shop, uint64_t from, uint64_t to)
{
    hf_auto(hf_buf) struct hf_buf before = {0};
    hf_auto(hf_buf) struct hf_buf after = {0};
    struct hf_db_header header;
    struct hf_error err = {0};
    const struct hf_fingerprint_key *key = &shop->database.fingerprints;
    uint64_t pages = 0, bytes;
    read_point(shop, from - 1, &before);
    read_point(shop, to, &after);
    assert_true(hf_db_header_parse(&header, after.data));
    uint32_t size = header.page_size, count = (uint32_t)(after.length / size);
    uint32_t but = hf_lock_byte_page(size);
    struct hf_trailer trailer = {.page_size = size,
                                 .page_count = count,
                                 .page_min = count,
                                 .lock_byte_page = but,
                                 .first_commit = 1,
                                 .last_commit = 1,
                                 .flags = from == 1 ? HF_SEGMENT_FULL : 0,
                                 .reason = "merged"};
    trailer.state_after = hf_state_terms(key, 1, count, after.data, size, but);
    if (before.length)
        trailer.state_before =
            hf_state_terms(key, 1, (uint32_t)(before.length / size), before.data, size, but);
    for (uint64_t seq = from; seq <= to; seq++) {
        hf_auto(hf_buf) struct hf_buf point = {0};
        uint32_t there = (uint32_t)(read_point(shop, seq, &point) / size);
        trailer.page_min = there < trailer.page_min ? there : trailer.page_min;
    }
    if (from == 1) {
        trailer.fingerprints = key;
        trailer.database_name = shop->database.name;
    }
    for (uint32_t page = 1; page <= count; page++)
        pages += page != but && differs(&before, &after, size, page);
    const struct hf_segment_spec spec = {
        .name = {.level = 1, .epoch = 1, .from = from, .to = to, .time = 1700000000000},
        .page_size = size,
        .pages = pages};
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(1, 4, &err);
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        hf_segment_writer_new(&shop->database, pool, &spec, &err);
    assert_non_null(writer);
    write_changed(writer, &before, &after, size, but);
    if (hf_segment_writer_finish(writer, &trailer, &bytes, &err))
        fail_msg("%s", err.text);
}

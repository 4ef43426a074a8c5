/*
 * Allocations of an export and of an import fail in turn: every one of the first thousand, which
 * are of all kinds, then one in eleven. HF_TEST_EVERY=1 tries all.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fault/failing_memory.h"
#include "portable/copy_room.h"

static int export_one(const struct copy_room *room, struct hf_error *err)
{
    struct hf_export_result result;
    const struct hf_export_options options = {.path = room->database,
                                              .name = "a",
                                              .program = "test",
                                              .output = {.to = room->copy, .packing = HF_COPY_GZIP},
                                              .busy_ms = 1000};
    return hf_export(&options, hf_env_system(), &result, err);
}

static int import_one(const struct copy_room *room, struct hf_error *err)
{
    const struct hf_import_options options = {.path = room->other, .busy_ms = 1000, .merge = true};
    const struct hf_copy_input_options from = {.path = room->copy};
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input =
        hf_copy_input_new(&from, hf_env_system(), err);
    return input ? hf_import(input, &options, hf_env_system(), &result, err) : -1;
}

static void fill(const struct copy_room *room)
{
    room_run(room->database,
             "CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'x'),(2, zeroblob(9000));"
             "CREATE TABLE k(i INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO k VALUES(7);"
             "CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES('words');"
             "CREATE INDEX ti ON t(a); CREATE VIEW v AS SELECT a FROM t;");
}

typedef int (*act)(const struct copy_room *room, struct hf_error *err);

/* Until none fails any more. What fails must say that it was for memory. */
static uint64_t run_out(const struct copy_room *room, act one, bool lasting)
{
    unsigned stride = getenv("HF_TEST_EVERY") ? 1 : 11;
    for (uint64_t n = 1;; n += n < 1000 ? 1 : stride) {
        struct hf_error err = {0};
        failing_memory_begin(n, lasting);
        int failed = one(room, &err);
        bool came = failing_memory_end() > 0;
        if (failed && (!came || err.code != HF_NO_MEMORY))
            fail_msg("allocation %d: %s", (int)n, err.text);
        if (!came)
            return n;
        assert_true(hf_scratch_count(room->scratch.path) <= 3);
        /* SQLite does without some of its caches. */
        if (!failed && hf_scratch_exists(room->other))
            room_assert_same(room->database, room->other);
        hf_scratch_remove(room->other);
    }
}

static void an_export_tells_that_memory_is_short(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    fill(&room);
    for (int lasting = 0; lasting < 2; lasting++)
        assert_true(run_out(&room, export_one, lasting) > 100);
}

static void an_import_tells_that_memory_is_short(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    fill(&room);
    room_export(&room);
    for (int lasting = 0; lasting < 2; lasting++)
        assert_true(run_out(&room, import_one, lasting) > 100);
}

static void an_import_into_a_database_changes_nothing_then(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    fill(&room);
    room_export(&room);
    for (uint64_t n = 1; n < 2000; n += 37) {
        struct hf_error err = {0};
        hf_scratch_remove(room.other);
        room_run(room.other, "CREATE TABLE t(a, b); INSERT INTO t VALUES('mine', 0);"
                             "CREATE TABLE k(i INTEGER PRIMARY KEY AUTOINCREMENT);"
                             "CREATE VIRTUAL TABLE f USING fts5(body)");
        failing_memory_begin(n, false);
        int failed = import_one(&room, &err);
        failing_memory_end();
        char *rows = room_ask(room.other, "SELECT count(*) FROM t");
        assert_string_equal(rows, failed ? "1" : "3");
        free(rows);
    }
}

int main(void)
{
    failing_memory_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_export_tells_that_memory_is_short),
        cmocka_unit_test(an_import_tells_that_memory_is_short),
        cmocka_unit_test(an_import_into_a_database_changes_nothing_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

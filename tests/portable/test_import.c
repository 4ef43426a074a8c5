#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "portable/copy_room.h"
#include "support/seeded.h"

static struct copy_room room;

static int start(void **state)
{
    (void)state;
    copy_room_init(&room);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    copy_room_release(&room);
    return 0;
}

static struct hf_error refused(const struct hf_import_options *options)
{
    struct hf_error err = {0};
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    assert_int_equal(room_import(&room, options, &result, &err), -1);
    return err;
}

static void imported(const struct hf_import_options *options, struct hf_import_result *result)
{
    struct hf_error err = {0};
    if (room_import(&room, options, result, &err))
        fail_msg("import: %s", err.text);
}

static void answers(const char *sql, const char *expected)
{
    hf_auto_free char *answer = room_ask(room.other, sql);
    assert_string_equal(answer, expected);
}

static const struct hf_import_options merging = {.merge = true};

/* --- proof --- */

static void a_flipped_bit_anywhere_is_refused_with_its_line(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a INTEGER PRIMARY KEY, b, c); CREATE INDEX i ON t(b);"
                            "INSERT INTO t VALUES(1, 'text', 1.5),(2, x'0102', NULL),(3, '', -7);"
                            "CREATE VIEW v AS SELECT a FROM t;");
    room_export(&room);
    uint64_t size = hf_scratch_size(room.copy);
    for (uint64_t byte = 0; byte < size; byte++) {
        hf_scratch_flip(room.copy, byte, (int)(byte * 5 % 8));
        struct hf_error err = refused(NULL);
        if (byte < 40)
            assert_true(err.code == HF_CORRUPT || err.code == HF_UNSUPPORTED);
        else
            assert_int_equal(err.code, HF_CORRUPT);
        if (err.code == HF_CORRUPT && !strstr(err.text, "line"))
            fail_msg("byte %d: %s", (int)byte, err.text);
        assert_false(hf_scratch_exists(room.other));
        hf_scratch_flip(room.copy, byte, (int)(byte * 5 % 8));
    }
    room_import_whole(&room);
}

static void a_cut_anywhere_is_refused(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a); INSERT INTO t VALUES('x'),('y')");
    room_export(&room);
    hf_auto(hf_buf) struct hf_buf text = {0};
    hf_scratch_read(room.copy, &text);
    while (text.length--) {
        hf_scratch_write(room.copy, text.data, text.length);
        struct hf_error err = refused(NULL);
        assert_true(err.code == HF_CORRUPT || err.code == HF_UNSUPPORTED);
        assert_false(hf_scratch_exists(room.other));
    }
}

static void edit(const char *what, const char *with)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    hf_scratch_read(room.copy, &text);
    hf_buf_append(&text, NULL, 1, NULL);
    char *at = strstr((char *)text.data, what);
    assert_non_null(at);
    assert_int_equal(strlen(what), strlen(with));
    memcpy(at, with, strlen(with));
    hf_scratch_write(room.copy, text.data, text.length - 1);
}

static void what_was_edited_is_taken_when_that_is_said(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a); INSERT INTO t VALUES('before')");
    room_export(&room);
    edit("\"before\"", "\"edited\"");
    assert_non_null(strstr(refused(NULL).text, "table 't' is not as it was written"));
    const struct hf_import_options trusting = {.trust = HF_COPY_EDITED};
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&trusting, &result);
    answers("SELECT a FROM t", "edited");
}

static void a_newer_version_is_refused_as_such(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a)");
    room_export(&room);
    edit("\"version\": 1", "\"version\": 2");
    assert_int_equal(refused(NULL).code, HF_UNSUPPORTED);
}

static void json_that_is_no_copy_is_refused_as_such(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "[]", "{\"username\": \"a\"}", "{\"format\": \"x\"}",
                                        "\"a\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hf_scratch_write(room.copy, texts[i], strlen(texts[i]));
        assert_int_equal(refused(NULL).code, HF_UNSUPPORTED);
    }
}

static void statements_that_are_not_one_creation_are_refused(void **state)
{
    (void)state;
    const struct hf_import_options trusting = {.trust = HF_COPY_EDITED};
    room_run(room.database, "CREATE TABLE t(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)");
    room_export(&room);
    edit("CREATE TABLE t(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)",
         "CREATE TABLE t(a); CREATE TABLE u(b);               ");
    assert_int_equal(refused(&trusting).code, HF_CORRUPT);
    edit("CREATE TABLE t(a)", "SELECT 1;        ");
    assert_int_equal(refused(&trusting).code, HF_CORRUPT);
    assert_false(hf_scratch_exists(room.other));
}

/* Bytes changed, removed, doubled, as often as not into something that is still JSON. */
static void mutate(struct hf_buf *text, uint64_t *seed)
{
    static const char spice[] = "\"\\[]{},:0123456789-.eEtfn u\n";
    for (uint64_t left = 1 + hf_seeded_next(seed) % 3; left; left--) {
        size_t at = hf_seeded_next(seed) % text->length, length = hf_seeded_next(seed) % 40;
        length = length < text->length - at ? length : text->length - at;
        switch (hf_seeded_next(seed) % 3) {
        case 0:
            text->data[at] = (uint8_t)spice[hf_seeded_next(seed) % (sizeof spice - 1)];
            break;
        case 1:
            memmove(text->data + at, text->data + at + length, text->length - at - length);
            text->length -= length;
            break;
        default:
            assert_int_equal(hf_buf_append(text, NULL, length, NULL), 0);
            memmove(text->data + at + length, text->data + at, text->length - at - length);
        }
    }
}

static void nothing_made_of_a_copy_breaks_the_program(void **state)
{
    (void)state;
    const char *given = getenv("HF_TEST_ROUNDS");
    uint64_t seed = 5, taken = 0;
    const struct hf_import_options trusting = {
        .trust = HF_COPY_EDITED, .merge = true, .accept_data_loss = true, .dry_run = true};
    const char *schema = "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b, c);"
                         "CREATE TABLE bare(x, y); CREATE VIRTUAL TABLE f USING fts5(body);"
                         "CREATE VIRTUAL TABLE n USING fts5(body, content='');";
    room_run(room.database, schema);
    room_run(room.database, "INSERT INTO t VALUES(1, 'text', 1.5),(2, x'0102', NULL);"
                            "INSERT INTO bare VALUES(9e999, -0.0); INSERT INTO f VALUES('a b');"
                            "INSERT INTO n(rowid, body) VALUES(4, 'c d');");
    room_export(&room);
    hf_auto(hf_buf) struct hf_buf whole = {0}, text = {0};
    hf_scratch_read(room.copy, &whole);
    for (int left = given ? atoi(given) : 400; left; left--) {
        struct hf_error err = {0};
        hf_auto(hf_import_result) struct hf_import_result result = {0};
        if (left % 2)
            hf_scratch_remove(room.other);
        else if (!hf_scratch_exists(room.other))
            room_run(room.other, schema);
        text.length = 0;
        hf_buf_append(&text, whole.data, whole.length, NULL);
        mutate(&text, &seed);
        hf_scratch_write(room.copy, text.data, text.length);
        taken += !room_import(&room, &trusting, &result, &err);
    }
    assert_true(taken > 0);
}

/* It would empty a table, as one does with what a module has just made. */
static void a_copy_cannot_call_a_table_the_inside_of_another(void **state)
{
    (void)state;
    const struct hf_import_options trusting = {.trust = HF_COPY_EDITED, .merge = true};
    const char *schema = "CREATE TABLE none_yet(a); CREATE TABLE none_yet_config(k, v);";
    room_run(room.database, schema);
    room_run(room.other, schema);
    room_run(room.database, "INSERT INTO none_yet_config VALUES(1, 2)");
    room_run(room.other, "INSERT INTO none_yet_config VALUES('mine', 2)");
    room_export(&room);
    hf_auto(hf_buf) struct hf_buf text = {0}, changed = {0};
    hf_scratch_read(room.copy, &text);
    hf_buf_append(&text, NULL, 1, NULL);
    const char *name = "      \"name\": \"none_yet_config\",\n";
    char *at = strstr(strstr((char *)text.data, "\"tables\""), name);
    assert_non_null(at);
    hf_buf_print(&changed, NULL, "%.*s%s      \"shadow_of\": \"none_yet\",\n%s",
                 (int)(at - (char *)text.data), (char *)text.data, name, at + strlen(name));
    hf_scratch_write(room.copy, changed.data, changed.length);
    assert_int_equal(refused(&trusting).code, HF_REFUSED);
    answers("SELECT k FROM none_yet_config", "mine");
}

/* --- into what is there --- */

static void tables_with_rows_are_refused_without_merge(void **state)
{
    (void)state;
    const char *sql = "CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES(1, 'x')";
    room_run(room.database, sql);
    room_run(room.other, sql);
    room_export(&room);
    struct hf_error err = refused(NULL);
    assert_int_equal(err.code, HF_REFUSED);
    assert_non_null(strstr(err.typed, "--merge"));
}

static void merge_keeps_what_is_there_by_every_key(void **state)
{
    (void)state;
    const char *schema = "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, v);"
                         "CREATE TABLE k(a, b, PRIMARY KEY(a, b)) WITHOUT ROWID;"
                         "CREATE TABLE p(code TEXT PRIMARY KEY, v);";
    room_run(room.database, schema);
    room_run(room.other, schema);
    room_run(room.database, "INSERT INTO t VALUES(1,'one','new'),(2,'two','new'),(3,'old','new');"
                            "INSERT INTO k VALUES(1,1),(1,2); INSERT INTO p VALUES('a',1),('b',2)");
    room_run(room.other,
             "INSERT INTO t VALUES(1,'mine','old'),(9,'old','old');"
             "INSERT INTO k VALUES(1,2); INSERT INTO p(rowid, code, v) VALUES(2,'a','old')");
    room_export(&room);
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&merging, &result);
    answers("SELECT group_concat(id || name || v) FROM t", "1mineold,2twonew,9oldold");
    answers("SELECT group_concat(a || b) FROM k", "11,12");
    answers("SELECT group_concat(code || v) FROM (SELECT * FROM p ORDER BY code)", "aold,b2");
    assert_int_equal(result.table_count, 3);
    assert_int_equal(result.tables[0].read, 3);
    assert_int_equal(result.tables[0].inserted, 1);
    assert_int_equal(result.tables[0].kept, 2);
    assert_int_equal(result.inserted, 3);
    assert_int_equal(result.kept, 4);
}

static void merging_twice_changes_nothing(void **state)
{
    (void)state;
    const char *schema = "CREATE TABLE bare(a, b); CREATE VIRTUAL TABLE f USING fts5(t);"
                         "CREATE VIRTUAL TABLE r USING rtree(id, x1, x2);";
    room_run(room.database, schema);
    room_run(room.database, "INSERT INTO bare VALUES(1, NULL),(1, NULL),(2.5, x'00');"
                            "INSERT INTO f VALUES('some words'); INSERT INTO r VALUES(1, 2, 3)");
    room_export(&room);
    room_import_whole(&room);
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&merging, &result);
    assert_int_equal(result.inserted, 0);
    assert_int_equal(result.kept, 5);
    room_assert_same(room.database, room.other);
}

static void rows_without_a_key_are_all_kept(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE bare(a); INSERT INTO bare VALUES('copy 1'),('copy 2')");
    room_run(room.other, "CREATE TABLE bare(a); INSERT INTO bare VALUES('mine')");
    room_export(&room);
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&merging, &result);
    assert_int_equal(result.inserted, 2);
    answers("SELECT group_concat(a) FROM (SELECT a FROM bare ORDER BY a)", "copy 1,copy 2,mine");
}

static void triggers_do_not_fire(void **state)
{
    (void)state;
    const char *schema =
        "CREATE TABLE t(a); CREATE TABLE log(n);"
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES(1); END;";
    room_run(room.database, schema);
    room_run(room.other, schema);
    room_run(room.database, "INSERT INTO t VALUES(5); DELETE FROM log");
    room_export(&room);
    room_import_whole(&room);
    answers("SELECT count(*) FROM log", "0");
    answers("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'", "1");
}

static void counters_never_go_back(void **state)
{
    (void)state;
    const char *schema = "CREATE TABLE a(i INTEGER PRIMARY KEY AUTOINCREMENT);"
                         "CREATE TABLE b(i INTEGER PRIMARY KEY AUTOINCREMENT);"
                         "CREATE TABLE c(i INTEGER PRIMARY KEY AUTOINCREMENT);";
    room_run(room.database, schema);
    room_run(room.other, schema);
    room_run(room.database,
             "INSERT INTO a VALUES(10); INSERT INTO b VALUES(90);"
             "INSERT INTO c VALUES(70); DELETE FROM a; DELETE FROM b; DELETE FROM c");
    room_run(room.other, "INSERT INTO a VALUES(50); INSERT INTO b VALUES(1)");
    room_export(&room);
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&merging, &result);
    answers("SELECT group_concat(seq) FROM (SELECT seq FROM sqlite_sequence ORDER BY name)",
            "50,90,70");
}

static void foreign_keys_may_come_in_any_order(void **state)
{
    (void)state;
    const char *schema = "CREATE TABLE child(p REFERENCES parent(id)); "
                         "CREATE TABLE parent(id INTEGER PRIMARY KEY);";
    room_run(room.database, schema);
    room_run(room.other, schema);
    room_run(room.database, "INSERT INTO parent VALUES(1); INSERT INTO child VALUES(1)");
    room_export(&room);
    room_import_whole(&room);
    answers("SELECT p FROM child", "1");
}

static void rows_that_would_refer_to_nothing_are_refused(void **state)
{
    (void)state;
    const char *schema = "CREATE TABLE parent(id INTEGER PRIMARY KEY); "
                         "CREATE TABLE child(p REFERENCES parent(id));";
    room_run(room.database, schema);
    room_run(room.other, schema);
    room_run(room.database, "INSERT INTO child VALUES(1)");
    room_export(&room);
    struct hf_error err = refused(NULL);
    assert_int_equal(err.code, HF_REFUSED);
    answers("SELECT count(*) FROM child", "0");
    /* In a database of its own it is what it was. */
    hf_scratch_remove(room.other);
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(NULL, &result);
    assert_int_equal(result.orphans, 1);
}

/* --- older and newer schemas --- */

static void an_older_copy_goes_into_a_newer_schema(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE user(id INTEGER PRIMARY KEY, name TEXT);"
                            "INSERT INTO user VALUES(1, 'ann'); CREATE TABLE gone(a)");
    room_run(room.other,
             "CREATE TABLE User(name TEXT, id INTEGER PRIMARY KEY, "
             "admin INT NOT NULL DEFAULT 0, shout AS (upper(name))); CREATE TABLE more(b)");
    room_export(&room);
    room_import_whole(&room);
    answers("SELECT id || name || admin || shout FROM User", "1ann0ANN");
}

static void what_has_no_place_is_refused_or_left_out_when_that_is_said(void **state)
{
    (void)state;
    room_run(room.database,
             "CREATE TABLE t(a, b, c); INSERT INTO t VALUES(1, 2, NULL),(3, NULL, NULL);"
             "CREATE TABLE gone(x); INSERT INTO gone VALUES(1),(2),(3)");
    room_run(room.other, "CREATE TABLE t(a)");
    room_export(&room);
    struct hf_error err = refused(NULL);
    assert_int_equal(err.code, HF_REFUSED);
    assert_non_null(strstr(err.text, "no column 'b'"));
    answers("SELECT count(*) FROM t", "0");
    const struct hf_import_options accepting = {.accept_data_loss = true};
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&accepting, &result);
    assert_int_equal(result.not_placed, 4);
    assert_int_equal(result.tables[0].not_placed, 1);
    assert_int_equal(result.tables[1].not_placed, 3);
    answers("SELECT group_concat(a) FROM t", "1,3");
}

static void what_the_new_schema_computes_is_not_missed(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a, twice); INSERT INTO t VALUES(2, 4)");
    room_run(room.other, "CREATE TABLE t(a, twice AS (2 * a) STORED)");
    room_export(&room);
    room_import_whole(&room);
    answers("SELECT twice FROM t", "4");
}

static void a_row_that_the_schema_refuses_changes_nothing(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a); INSERT INTO t VALUES(1),(2),(NULL)");
    room_run(room.other, "CREATE TABLE t(a NOT NULL)");
    room_export(&room);
    struct hf_error err = refused(NULL);
    assert_non_null(strstr(err.text, "NOT NULL"));
    assert_non_null(strstr(err.text, "line "));
    answers("SELECT count(*) FROM t", "0");
}

static void a_dry_run_counts_and_changes_nothing(void **state)
{
    (void)state;
    const struct hf_import_options dry = {.dry_run = true};
    room_run(room.database, "CREATE TABLE t(a); INSERT INTO t VALUES(1),(2)");
    room_export(&room);
    {
        hf_auto(hf_import_result) struct hf_import_result result = {0};
        imported(&dry, &result);
        assert_int_equal(result.inserted, 2);
        assert_false(hf_scratch_exists(room.other));
    }
    room_run(room.other, "CREATE TABLE t(a)");
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&dry, &result);
    assert_int_equal(result.inserted, 2);
    answers("SELECT count(*) FROM t", "0");
}

static void an_index_over_another_table_is_brought_up_to_date(void **state)
{
    (void)state;
    const char *schema =
        "CREATE TABLE note(id INTEGER PRIMARY KEY, body);"
        "CREATE VIRTUAL TABLE found USING fts5(body, content=note, content_rowid=id);";
    room_run(room.database, schema);
    room_run(room.other, schema);
    room_run(room.database,
             "INSERT INTO note VALUES(7, 'gamma'); INSERT INTO found(found) VALUES('rebuild')");
    room_run(room.other,
             "INSERT INTO note VALUES(1, 'alpha'); INSERT INTO found(found) VALUES('rebuild')");
    room_export(&room);
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    imported(&merging, &result);
    answers("SELECT rowid FROM found WHERE found MATCH 'gamma'", "7");
    answers("SELECT rowid FROM found WHERE found MATCH 'alpha'", "1");
    assert_true(result.tables[1].rebuilt);
}

static void broken_text_does_not_go_into_another_encoding(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a); INSERT INTO t VALUES(CAST(x'ff' AS TEXT))");
    room_run(room.other, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a)");
    room_export(&room);
    assert_int_equal(refused(NULL).code, HF_REFUSED);
    answers("SELECT count(*) FROM t", "0");
}

static void a_locked_database_is_told_as_locked(void **state)
{
    (void)state;
    room_run(room.database, "CREATE TABLE t(a)");
    room_run(room.other, "CREATE TABLE t(a)");
    room_export(&room);
    sqlite3 *db;
    sqlite3_open(room.other, &db);
    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    assert_int_equal(refused(NULL).code, HF_LOCKED);
    sqlite3_close(db);
}

static int say_no(void *context, struct hf_error *err)
{
    *(int *)context += 1;
    return hf_error_set(err, HF_FAILED, "no");
}

static void what_comes_before_writing_can_stop_it(void **state)
{
    (void)state;
    int called = 0;
    const struct hf_import_options asking = {.before_writing = say_no, .before_context = &called};
    room_run(room.database, "CREATE TABLE t(a)");
    room_export(&room);
    assert_string_equal(refused(&asking).text, "no");
    assert_int_equal(called, 1);
    assert_false(hf_scratch_exists(room.other));
    hf_scratch_flip(room.copy, hf_scratch_size(room.copy) / 2, 0);
    refused(&asking);
    assert_int_equal(called, 1); /* nobody is asked about a copy that is damaged */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_flipped_bit_anywhere_is_refused_with_its_line),
        TEST(a_cut_anywhere_is_refused),
        TEST(what_was_edited_is_taken_when_that_is_said),
        TEST(a_newer_version_is_refused_as_such),
        TEST(json_that_is_no_copy_is_refused_as_such),
        TEST(statements_that_are_not_one_creation_are_refused),
        TEST(nothing_made_of_a_copy_breaks_the_program),
        TEST(a_copy_cannot_call_a_table_the_inside_of_another),
        TEST(tables_with_rows_are_refused_without_merge),
        TEST(merge_keeps_what_is_there_by_every_key),
        TEST(merging_twice_changes_nothing),
        TEST(rows_without_a_key_are_all_kept),
        TEST(triggers_do_not_fire),
        TEST(counters_never_go_back),
        TEST(foreign_keys_may_come_in_any_order),
        TEST(rows_that_would_refer_to_nothing_are_refused),
        TEST(an_older_copy_goes_into_a_newer_schema),
        TEST(what_has_no_place_is_refused_or_left_out_when_that_is_said),
        TEST(what_the_new_schema_computes_is_not_missed),
        TEST(a_row_that_the_schema_refuses_changes_nothing),
        TEST(a_dry_run_counts_and_changes_nothing),
        TEST(an_index_over_another_table_is_brought_up_to_date),
        TEST(broken_text_does_not_go_into_another_encoding),
        TEST(a_locked_database_is_told_as_locked),
        TEST(what_comes_before_writing_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

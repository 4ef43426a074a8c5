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

/* Exports, imports into a file that is not there, compares. */
static void comes_back(const char *sql)
{
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    room_run(room.database, sql);
    room_export(&room);
    room_import_whole(&room);
    room_assert_same(room.database, room.other);
}

static void every_storage_class_comes_back_to_the_bit(void **state)
{
    (void)state;
    comes_back("CREATE TABLE t(a, b ANY);"
               "INSERT INTO t VALUES(NULL, 0),(9223372036854775807, -9223372036854775808),"
               "(1.0, -0.0),(0.1, 1e308),(9e999, -9e999),(4.9e-324, 2.5e-310),"
               "('', x''),('text', x'00ff'),(char(0), 'a' || char(0) || 'b'),"
               "(CAST(x'ff' AS TEXT), CAST(x'c080' AS TEXT)),(CAST(x'61eda080' AS TEXT), 'é😀'),"
               "('1', '1.0'),(char(10, 13, 9, 34, 92, 47, 127, 8232), '{\"blob\":\"\"}'),"
               "(zeroblob(70000), hex(zeroblob(70000))),(1e21, 123456789012345680000.0),"
               "(9007199254740993, 9007199254740993.0);");
}

static void rowids_come_back_where_no_column_has_them(void **state)
{
    (void)state;
    comes_back("CREATE TABLE t(a); INSERT INTO t(rowid, a) VALUES(-5, 1),(7, 2),"
               "(9223372036854775807, 3); CREATE TABLE u(rowid, a); INSERT INTO u(oid, rowid) "
               "VALUES(12, 'x'); CREATE TABLE v(rowid, oid, _rowid_); INSERT INTO v VALUES(1,2,3);"
               "CREATE TABLE w(a INTEGER PRIMARY KEY DESC, b); INSERT INTO w(rowid, a, b) "
               "VALUES(4, 9, 9);");
}

static void tables_of_every_kind_come_back(void **state)
{
    (void)state;
    comes_back(
        "PRAGMA user_version = 42; PRAGMA application_id = -7;"
        "CREATE TABLE a(k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO a VALUES('z',1),('b',2);"
        "CREATE TABLE b(i INT, r REAL, t TEXT, x BLOB, n ANY) STRICT;"
        "INSERT INTO b VALUES(1, 2, '3', x'04', '5'),(NULL,NULL,NULL,NULL,6);"
        "CREATE TABLE c(i INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO c VALUES(5,1),(900,2);"
        "DELETE FROM c WHERE i = 900; CREATE TABLE empty_one(a, b);"
        "CREATE TABLE g(a, b AS (a * 2), c TEXT AS (a || 'x') STORED, d); INSERT INTO g(a,d) "
        "VALUES(4,'d');"
        "CREATE UNIQUE INDEX gi ON g(b) WHERE a > 1; CREATE INDEX ge ON g(lower(c));"
        "CREATE VIEW w AS SELECT * FROM v2; CREATE VIEW v2 AS SELECT a FROM g;"
        "CREATE TRIGGER tr AFTER INSERT ON a BEGIN INSERT INTO c(v) VALUES(new.v); END;"
        "ALTER TABLE a ADD COLUMN later DEFAULT 'q'; ANALYZE;");
}

static void names_of_any_characters_come_back(void **state)
{
    (void)state;
    comes_back(
        "CREATE TABLE \"a\"\"b; DROP\"(\"\" , \"select\", \"x\"\"y\", \"é\ncol\");"
        "INSERT INTO \"a\"\"b; DROP\" VALUES(1,2,3,4);"
        "CREATE TABLE [order]([group by] PRIMARY KEY, `tick``ed`); INSERT INTO [order] VALUES(1,2);"
        "CREATE INDEX \"i \"\" x\" ON [order](`tick``ed`);");
}

static void virtual_tables_come_back_with_what_they_hold(void **state)
{
    (void)state;
    comes_back(
        "CREATE VIRTUAL TABLE own USING fts5(a, b UNINDEXED); INSERT INTO own(rowid,a,b) VALUES"
        "(3,'one two','x'),(9,'two three',5); INSERT INTO own(own, rank) "
        "VALUES('rank','bm25(2.0)');"
        "CREATE TABLE doc_content(id INTEGER PRIMARY KEY, body); INSERT INTO doc_content "
        "VALUES(1,'alpha'),(2,'beta');"
        "CREATE VIRTUAL TABLE old USING fts4(x, y); INSERT INTO old(docid,x,y) VALUES(7,'q w','e');"
        "CREATE VIRTUAL TABLE box USING rtree(id, x1, x2, +label); INSERT INTO box VALUES(5, 0.1, "
        "0.2, 'l');"
        "CREATE VIRTUAL TABLE words USING fts5vocab(own, row);");
}

/* FTS5 over another table, where that has the very name that FTS5 gives to tables of its own. */
static void an_index_over_another_table_is_built_again(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    room_run(room.database,
             "CREATE VIRTUAL TABLE docs USING fts5(body, content='docs_content', content_rowid=id);"
             "CREATE TABLE docs_content(id INTEGER PRIMARY KEY, body);"
             "INSERT INTO docs_content VALUES(1, 'alpha beta'),(2, 'gamma');"
             "INSERT INTO docs(docs) VALUES('rebuild');");
    room_export(&room);
    room_import_whole(&room);
    room_assert_same(room.database, room.other);
    hf_auto_free char *found =
        room_ask(room.other, "SELECT rowid FROM docs WHERE docs MATCH 'gamma'");
    assert_string_equal(found, "2");
}

static void an_index_without_text_comes_back(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    room_run(room.database, "CREATE VIRTUAL TABLE docs USING fts5(body, content='');"
                            "INSERT INTO docs(rowid, body) VALUES(1, 'alpha beta'),(20, 'gamma');");
    room_export(&room);
    room_import_whole(&room);
    hf_auto_free char *found =
        room_ask(room.other, "SELECT rowid FROM docs WHERE docs MATCH 'gamma'");
    assert_string_equal(found, "20");
    room_run(room.other, "INSERT INTO docs(docs) VALUES('integrity-check')");
}

static void a_table_with_2000_columns_comes_back(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf sql = {0};
    hf_buf_print(&sql, NULL, "CREATE TABLE wide(c0");
    for (int i = 1; i < 2000; i++)
        hf_buf_print(&sql, NULL, ", c%d", i);
    hf_buf_print(&sql, NULL,
                 "); INSERT INTO wide(rowid, c0, c1999) VALUES(17, 1, 'last'),(4, 2, 3)");
    comes_back((char *)sql.data);
}

static void databases_in_utf_16_come_back(void **state)
{
    (void)state;
    static const char *const encodings[] = {"UTF-16le", "UTF-16be"};
    for (int i = 0; i < 2; i++) {
        hf_auto(copy_room) struct copy_room room;
        copy_room_init(&room);
        char sql[512];
        const char *lone = i ? "d83d0041" : "3dd84100", *marked = i ? "feffd83d" : "fffe3dd8";
        snprintf(sql, sizeof sql,
                 "PRAGMA encoding = '%s'; CREATE TABLE t(a); INSERT INTO t VALUES('é😀'),(''),"
                 "(char(65279) || 'x'),(CAST(x'%s' AS TEXT)),(CAST(x'%s' AS TEXT)),(x'ff')",
                 encodings[i], lone, marked);
        room_run(room.database, sql);
        room_export(&room);
        room_import_whole(&room);
        room_assert_same(room.database, room.other);
        hf_auto_free char *hex =
            room_ask(room.other, "SELECT group_concat(hex(CAST(a AS BLOB))) FROM t");
        hf_auto_free char *real =
            room_ask(room.database, "SELECT group_concat(hex(CAST(a AS BLOB))) FROM t");
        assert_string_equal(hex, real);
    }
}

static void the_same_content_gives_the_same_tables(void **state)
{
    (void)state;
    hf_auto(copy_room) struct copy_room room;
    copy_room_init(&room);
    room_run(room.database, "CREATE TABLE t(a, b); CREATE INDEX i ON t(b, a);"
                            "INSERT INTO t VALUES(1, 9),(2, 8),(3, 7);");
    room_export(&room);
    hf_auto(hf_buf) struct hf_buf text = {0};
    hf_scratch_read(room.copy, &text);
    hf_buf_append(&text, NULL, 1, NULL);
    assert_non_null(
        strstr((char *)text.data, "        [1,1,9],\n        [2,2,8],\n        [3,3,7]\n"));
}

/* --- random schemas and rows --- */

static const char *const types[] = {"", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", "DATETIME"};

static void append_random_value(struct hf_buf *sql, uint64_t *seed)
{
    uint64_t draw = hf_seeded_next(seed), bits = hf_seeded_next(seed);
    double real;
    uint8_t bytes[40];
    size_t length = bits % sizeof bytes;
    memcpy(&real, &bits, sizeof real);
    switch (draw % 8) {
    case 0:
        hf_buf_print(sql, NULL, "NULL");
        break;
    case 1:
        hf_buf_print(sql, NULL, "%lld", (long long)(int64_t)bits >> draw / 8 % 64);
        break;
    case 2:
        if (real == real && real - real == 0)
            hf_buf_print(sql, NULL, "%.17e", real);
        else
            hf_buf_print(sql, NULL, "-0.0");
        break;
    case 3:
        hf_buf_print(sql, NULL, "%.3f", (double)(bits % 100000) / 1000);
        break;
    default:
        hf_seeded_fill(seed, bytes, sizeof bytes);
        for (size_t i = 0; i < length && draw % 8 == 4; i++)
            bytes[i] = (uint8_t)(' ' + bytes[i] % 90);
        hf_buf_print(sql, NULL, draw % 8 == 5 ? "x'" : "CAST(x'");
        for (size_t i = 0; i < length; i++)
            hf_buf_print(sql, NULL, "%02x", bytes[i]);
        hf_buf_print(sql, NULL, draw % 8 == 5 ? "'" : "' AS TEXT)");
    }
}

static void append_random_table(struct hf_buf *sql, int number, uint64_t *seed)
{
    uint64_t draw = hf_seeded_next(seed);
    int columns = 1 + (int)(draw % 7);
    enum { PLAIN, ALIAS, COUNTED, NO_ROWID, KINDS } kind = draw / 8 % KINDS;
    static const char *const keys[] = {"", "k INTEGER PRIMARY KEY, ",
                                       "k INTEGER PRIMARY KEY AUTOINCREMENT, ", "k, "};
    hf_buf_print(sql, NULL, "CREATE TABLE t%d(%s", number, keys[kind]);
    for (int i = 0; i < columns; i++)
        hf_buf_print(sql, NULL, "%sc%d %s", i ? ", " : "", i,
                     types[hf_seeded_next(seed) % (sizeof types / sizeof *types)]);
    hf_buf_print(sql, NULL, kind == NO_ROWID ? ", PRIMARY KEY(k)) WITHOUT ROWID;" : ");");
    if (draw & 1 << 20)
        hf_buf_print(sql, NULL, "CREATE INDEX i%d ON t%d(c0);", number, number);
    int rows = (int)(hf_seeded_next(seed) % 30);
    for (int row = 0; row < rows; row++) {
        hf_buf_print(sql, NULL, "INSERT INTO t%d(%s", number, kind == PLAIN ? "rowid" : "k");
        for (int i = 0; i < columns; i++)
            hf_buf_print(sql, NULL, ", c%d", i);
        hf_buf_print(sql, NULL, ") VALUES(%lld", (long long)(hf_seeded_next(seed) >> 3) + row);
        for (int i = 0; i < columns; i++) {
            hf_buf_print(sql, NULL, ", ");
            append_random_value(sql, seed);
        }
        hf_buf_print(sql, NULL, ");");
    }
}

static void random_databases_come_back(void **state)
{
    (void)state;
    const char *given = getenv("HF_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 20261123;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < 60; i++) {
        hf_auto(hf_buf) struct hf_buf sql = {0};
        static const char *const before[] = {"", "PRAGMA page_size = 512;",
                                             "PRAGMA auto_vacuum = 1;", "PRAGMA journal_mode=WAL;"};
        hf_buf_print(&sql, NULL, "%s BEGIN;", before[hf_seeded_next(&seed) % 4]);
        int tables = (int)(hf_seeded_next(&seed) % 5);
        for (int table = 0; table < tables; table++)
            append_random_table(&sql, table, &seed);
        hf_buf_print(&sql, NULL, "COMMIT;");
        comes_back((char *)sql.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_storage_class_comes_back_to_the_bit),
        cmocka_unit_test(rowids_come_back_where_no_column_has_them),
        cmocka_unit_test(tables_of_every_kind_come_back),
        cmocka_unit_test(names_of_any_characters_come_back),
        cmocka_unit_test(virtual_tables_come_back_with_what_they_hold),
        cmocka_unit_test(an_index_over_another_table_is_built_again),
        cmocka_unit_test(an_index_without_text_comes_back),
        cmocka_unit_test(a_table_with_2000_columns_comes_back),
        cmocka_unit_test(databases_in_utf_16_come_back),
        cmocka_unit_test(the_same_content_gives_the_same_tables),
        cmocka_unit_test(random_databases_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Random databases, changed at random and compared; SQLite itself says, by joining each row with
 * every other, what must come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "service/json_channel.h"
#include "service/state_compare.h"
#include "sqlite/pair.h"
#include "support/seeded.h"

enum { ROUNDS = 60, TABLES = 4, MOST_COLUMNS = 4, ROWS = 40, EDITS = 12 };

static uint64_t seed;

static int below(int limit)
{
    return (int)(hf_seeded_next(&seed) % (uint64_t)limit);
}

static const char *one_of(const char *const *list, int count)
{
    return list[below(count)];
}

/* Few enough that rows meet, of every type, and of those that are nearly equal. */
static const char *value(void)
{
    static const char *const values[] = {"NULL",
                                         "1",
                                         "1.0",
                                         "'1'",
                                         "x'31'",
                                         "2",
                                         "-3",
                                         "2.5",
                                         "'a'",
                                         "'A'",
                                         "'a '",
                                         "''",
                                         "x''",
                                         "x'00'",
                                         "0",
                                         "-0.0",
                                         "'ab'",
                                         "x'0000'",
                                         "9007199254740993",
                                         "9007199254740992.0"};
    return one_of(values, sizeof values / sizeof *values);
}

struct table {
    int columns, keys;
    bool is_without_rowid, is_rowid;
};

static void make_table(sqlite3_str *sql, struct table *table, int number)
{
    static const char *const types[] = {"", "INT", "TEXT", "BLOB", "REAL", "NUMERIC"};
    static const char *const collations[] = {"", " COLLATE NOCASE", " COLLATE RTRIM"};
    table->columns = 1 + below(MOST_COLUMNS);
    table->keys = below(table->columns + 1);
    table->is_rowid = table->keys == 1 && below(2);
    table->is_without_rowid = table->keys && !table->is_rowid && below(2);
    sqlite3_str_appendf(sql, "CREATE TABLE t%d(", number);
    for (int i = 0; i < table->columns; i++)
        sqlite3_str_appendf(sql, "c%d %s%s, ", i,
                            table->is_rowid && !i ? "INTEGER PRIMARY KEY" : one_of(types, 6),
                            table->is_rowid && !i ? "" : one_of(collations, 3));
    sqlite3_str_appendall(sql, "made AS (c0)");
    for (int i = 0; i < table->keys && !table->is_rowid; i++)
        sqlite3_str_appendf(sql, "%sc%d", i ? ", " : ", PRIMARY KEY(", i);
    sqlite3_str_appendf(sql, "%s)%s;", table->keys && !table->is_rowid ? ")" : "",
                        table->is_without_rowid ? " WITHOUT ROWID" : "");
}

static void put_row(sqlite3_str *sql, const struct table *table, int number)
{
    sqlite3_str_appendf(sql, "INSERT OR IGNORE INTO t%d VALUES(", number);
    for (int i = 0; i < table->columns; i++) {
        if (table->is_rowid && !i)
            sqlite3_str_appendf(sql, "%d", below(3 * ROWS) - ROWS);
        else
            sqlite3_str_appendf(sql, "%s%s", i ? ", " : "", value());
    }
    sqlite3_str_appendall(sql, ");");
}

static void put_edit(sqlite3_str *sql, const struct table *table, int number)
{
    switch (below(4)) {
    case 0:
        put_row(sql, table, number);
        break;
    case 1:
        sqlite3_str_appendf(sql, "DELETE FROM t%d WHERE c%d IS %s;", number, below(table->columns),
                            value());
        break;
    case 2:
        sqlite3_str_appendf(sql, "UPDATE OR IGNORE t%d SET c%d = %s WHERE c%d IS %s;", number,
                            table->columns - 1,
                            table->is_rowid && table->columns == 1 ? "c0 + 1" : value(),
                            below(table->columns), value());
        break;
    default:
        sqlite3_str_appendf(sql, "UPDATE OR IGNORE t%d SET c%d = c%d WHERE c0 IS %s;", number,
                            table->columns - 1, below(table->columns), value());
        break;
    }
}

static void run(const char *path, sqlite3_str *text)
{
    char *sql = sqlite3_str_finish(text);
    assert_non_null(sql);
    pair_run(path, sql);
    sqlite3_free(sql);
}

static void put_same_key(sqlite3_str *sql, const struct table *table)
{
    for (int i = 0; i < table->keys; i++)
        sqlite3_str_appendf(sql, " AND x.c%d IS y.c%d COLLATE BINARY", i, i);
}

static void put_columns(sqlite3_str *sql, const struct table *table, const char *after)
{
    for (int i = 0; i < table->columns; i++)
        sqlite3_str_appendf(sql, "%sc%d%s", i ? ", " : "", i, after);
}

static int ask(sqlite3 *db, sqlite3_str *text)
{
    sqlite3_stmt *row;
    char *sql = sqlite3_str_finish(text);
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) || sqlite3_step(row) != SQLITE_ROW)
        fail_msg("%s in: %s", sqlite3_errmsg(db), sql);
    int answer = sqlite3_column_int(row, 0);
    sqlite3_finalize(row);
    sqlite3_free(sql);
    return answer;
}

static int lone_rows(sqlite3 *db, const struct table *table, int number, const char *of,
                     const char *other)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql,
                        "SELECT count(*) FROM %s.t%d AS x WHERE NOT EXISTS"
                        " (SELECT 1 FROM %s.t%d AS y WHERE 1",
                        of, number, other, number);
    put_same_key(sql, table);
    sqlite3_str_appendall(sql, ")");
    return ask(db, sql);
}

static int changed_rows(sqlite3 *db, const struct table *table, int number)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT count(*) FROM main.t%d AS x, after.t%d AS y WHERE (0", number,
                        number);
    for (int i = 0; i < table->columns; i++)
        sqlite3_str_appendf(
            sql, " OR x.c%d IS NOT y.c%d COLLATE BINARY OR typeof(x.c%d) <> typeof(y.c%d)", i, i, i,
            i);
    sqlite3_str_appendall(sql, ")");
    put_same_key(sql, table);
    return ask(db, sql);
}

/* How many more there are of what is the same, summed over all. */
static int surplus(sqlite3 *db, const struct table *table, int number, int sign)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT total(max(n, 0)) FROM (SELECT %d * sum(s) AS n FROM (", sign);
    sqlite3_str_appendall(sql, "SELECT 1 AS s, ");
    put_columns(sql, table, "");
    sqlite3_str_appendf(sql, " FROM after.t%d UNION ALL SELECT -1, ", number);
    put_columns(sql, table, "");
    sqlite3_str_appendf(sql, " FROM main.t%d) GROUP BY ", number);
    put_columns(sql, table, " COLLATE BINARY");
    sqlite3_str_appendall(sql, ")");
    return ask(db, sql);
}

static bool has_null_keys(sqlite3 *db, const struct table *table, int number, const char *of)
{
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "SELECT EXISTS (SELECT 1 FROM %s.t%d WHERE 0", of, number);
    for (int i = 0; i < table->keys; i++)
        sqlite3_str_appendf(sql, " OR c%d IS NULL", i);
    sqlite3_str_appendall(sql, ")");
    return ask(db, sql);
}

static void check_table(sqlite3 *db, const struct table *table, int number, const json_t *found)
{
    bool by_key = table->keys && !has_null_keys(db, table, number, "main") &&
                  !has_null_keys(db, table, number, "after");
    int removed =
        by_key ? lone_rows(db, table, number, "main", "after") : surplus(db, table, number, -1);
    int added =
        by_key ? lone_rows(db, table, number, "after", "main") : surplus(db, table, number, 1);
    int changed = by_key ? changed_rows(db, table, number) : 0;
    assert_string_equal(hf_member_text(found, "how", ""), by_key ? "rows" : "content");
    if (hf_member_integer(found, "removed", -1) != removed ||
        hf_member_integer(found, "added", -1) != added ||
        hf_member_integer(found, "changed", -1) != changed) {
        char *text = json_dumps(found, JSON_COMPACT);
        fail_msg("t%d: +%d -%d ~%d is wanted, and found was %s", number, added, removed, changed,
                 text);
    }
}

static void one_round(void)
{
    struct pair *pair;
    struct table tables[TABLES];
    pair_setup((void **)&pair);
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "BEGIN;");
    for (int i = 0; i < TABLES; i++) {
        make_table(sql, &tables[i], i);
        for (int rows = below(ROWS); rows > 0; rows--)
            put_row(sql, &tables[i], i);
    }
    sqlite3_str_appendall(sql, "COMMIT");
    run(pair->from, sql);
    hf_scratch_copy(pair->from, pair->to);
    sql = sqlite3_str_new(NULL);
    sqlite3_str_appendall(sql, "BEGIN;");
    for (int edits = below(EDITS * TABLES); edits > 0; edits--) {
        int number = below(TABLES);
        put_edit(sql, &tables[number], number);
    }
    sqlite3_str_appendall(sql, below(2) ? "COMMIT; VACUUM" : "COMMIT");
    run(pair->to, sql);

    struct hf_error err = {0};
    const struct hf_untrusted_file from = {pair->from, HF_USED_BY_OTHERS},
                                   to = {pair->to, HF_USED_BY_OTHERS};
    json_t *found = hf_state_compare(&from, &to, NULL, &err);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(pair->from, &db), SQLITE_OK);
    sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "ATTACH %Q AS after", pair->to);
    char *attach = sqlite3_str_finish(sql);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_free(attach);
    if (!found)
        fail_msg("%s", err.text);
    for (int i = 0; i < TABLES; i++)
        check_table(db, &tables[i], i, json_array_get(json_object_get(found, "tables"), (size_t)i));
    assert_int_equal(json_array_size(json_object_get(found, "schema")), 0);
    sqlite3_close(db);
    json_decref(found);
    pair_teardown((void **)&pair);
}

static void random_states_differ_as_sqlite_says(void **state)
{
    const char *wanted = getenv("HF_TEST_SEED");
    seed = wanted ? strtoull(wanted, NULL, 10) : (uint64_t)time(NULL);
    (void)state;
    printf("seed %llu\n", (unsigned long long)seed);
    for (int i = 0; i < ROUNDS; i++)
        one_round();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_states_differ_as_sqlite_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Two states of a database as people are told of them. */
#include "service/state_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "service/json_channel.h"
#include "sqlite/pair.h"

static json_t *compare(const struct pair *pair, const struct hf_events *events)
{
    struct hf_error err = {0};
    const struct hf_untrusted_file from = {pair->from, HF_USED_BY_OTHERS},
                                   to = {pair->to, HF_USED_BY_OTHERS};
    json_t *found = hf_state_compare(&from, &to, events, &err);
    if (!found)
        fail_msg("%s", err.text);
    return found;
}

static void note_count(struct pair *pair, const char *before, const json_t *count)
{
    pair_note(pair, "%s", before);
    if (json_is_null(count))
        pair_note(pair, "?");
    else
        pair_note(pair, "%d", (int)json_integer_value(count));
}

static const char *told(struct pair *pair)
{
    json_t *found = compare(pair, NULL), *item;
    size_t i;
    pair->found[0] = '\0';
    json_array_foreach(json_object_get(found, "tables"), i, item)
    {
        pair_note(pair, "%s", hf_member_text(item, "name", "?"));
        note_count(pair, " ", json_object_get(item, "rows_from"));
        note_count(pair, ">", json_object_get(item, "rows_to"));
        note_count(pair, " +", json_object_get(item, "added"));
        note_count(pair, " -", json_object_get(item, "removed"));
        note_count(pair, " ~", json_object_get(item, "changed"));
        pair_note(pair, " %s/%s%s\n", hf_member_text(item, "how", "?"),
                  hf_member_text(item, "reason", "-"),
                  hf_member_true(item, "virtual") ? " virtual" : "");
    }
    json_array_foreach(json_object_get(found, "schema"), i, item)
        pair_note(pair, "%s %s %s\n", hf_member_text(item, "change", "?"),
                  hf_member_text(item, "what", "?"), hf_member_text(item, "name", "?"));
    json_decref(found);
    return pair->found;
}

static void states_that_are_the_same_have_no_difference(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(id integer primary key, x); insert into t values(1, 'a')");
    assert_string_equal(told(pair), "t 1>1 +0 -0 ~0 rows/-\n");
}

static void rows_and_schema_are_told_of_together(void **state)
{
    struct pair *pair = *state;
    pair_both(pair,
              "create table t(id integer primary key, x int); create index i on t(x);"
              "create table old(a); insert into old values(1), (2); create view v as select 1;"
              "insert into t values(1, 1), (2, 2), (3, 3)");
    pair_run(pair->to, "alter table t add column y; update t set x = 9 where id = 1;"
                       "delete from t where id = 2; insert into t values(7, 7, 7); drop index i;"
                       "drop table old; create table new(b); insert into new values(1);"
                       "drop view v; create view v as select 2;"
                       "create trigger g after insert on t begin select 1; end");
    assert_string_equal(told(pair), "new 0>1 +1 -0 ~0 rows/-\n"
                                    "old 2>0 +0 -2 ~0 rows/-\n"
                                    "t 3>3 +1 -1 ~1 rows/-\n"
                                    "added column t.y\n"
                                    "removed index i\n"
                                    "added table new\n"
                                    "removed table old\n"
                                    "changed table t\n"
                                    "added trigger g\n"
                                    "changed view v\n");
}

static void a_type_that_changes_is_a_changed_column(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->from, "create table t(id integer primary key, x int default 1)");
    pair_run(pair->to, "create table t(id integer primary key, x text default 1)");
    assert_string_equal(told(pair), "t 0>0 +0 -0 ~0 rows/-\nchanged column t.x\nchanged table t\n");
}

static void a_state_may_be_empty(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->from, "vacuum");
    pair_run(pair->to, "create table t(x); insert into t values(1), (2)");
    assert_string_equal(told(pair), "t 0>2 +2 -0 ~0 rows/-\nadded table t\n");
    char *swapped = pair->from;
    pair->from = pair->to;
    pair->to = swapped;
    assert_string_equal(told(pair), "t 2>0 +0 -2 ~0 rows/-\nremoved table t\n");
    hf_scratch_remove(pair->from);
    pair_run(pair->from, "vacuum");
    assert_string_equal(told(pair), "");
}

static void the_order_in_which_rows_lie_does_not_count(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table keyed(id text primary key, x);"
                    "create table plain(a, b);"
                    "create table packed(a, b, x, primary key(b, a)) without rowid");
    pair_run(pair->from, "insert into keyed values('a', 1), ('b', 2), ('c', 3);"
                         "insert into plain values(1, 2), (1, 2), (null, x'00'), ('1', 1.5);"
                         "insert into packed values(1, 'z', 1), (2, 'y', 2)");
    pair_run(pair->to, "insert into keyed values('c', 3), ('a', 1), ('b', 2);"
                       "insert into plain values('1', 1.5), (1, 2), (null, x'00'), (1, 2);"
                       "insert into packed values(2, 'y', 2), (1, 'z', 1)");
    assert_string_equal(told(pair), "keyed 3>3 +0 -0 ~0 rows/-\n"
                                    "packed 2>2 +0 -0 ~0 rows/-\n"
                                    "plain 4>4 +0 -0 ~0 content/no_key\n");
}

static void one_and_one_and_one_are_three_values(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(id integer primary key, x)");
    pair_run(pair->from, "insert into t values(1, 1), (2, 1), (3, null), (4, 'a'), (5, x'61')");
    pair_run(pair->to, "insert into t values(1, 1.0), (2, '1'), (3, ''), (4, 'A'), (5, x'61')");
    assert_string_equal(told(pair), "t 5>5 +0 -0 ~4 rows/-\n");
}

static void large_values_are_compared_to_their_last_byte(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(id integer primary key, x);"
                    "insert into t values(1, zeroblob(3000000)), (2, zeroblob(3000000))");
    pair_run(pair->to, "update t set x = cast(zeroblob(2999999) || x'01' as blob) where id = 2");
    assert_string_equal(told(pair), "t 2>2 +0 -0 ~1 rows/-\n");
}

static void what_is_not_known_is_null(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->from, "create table t(a); insert into t values(1);"
                         "create virtual table f using fts5(x, content='')");
    pair_run(pair->to, "create table t(b); insert into t values(1), (2);"
                       "create virtual table f using fts5(x, content='')");
    assert_string_equal(told(pair), "f ?>? +? -? ~? skipped/index_only virtual\n"
                                    "t 1>2 +? -? ~? counted/no_common_column\n"
                                    "removed column t.a\n"
                                    "added column t.b\n"
                                    "changed table t\n");
}

static void who_writes_meanwhile_is_not_stopped_and_not_seen(void **state)
{
    struct pair *pair = *state;
    sqlite3 *db;
    pair_both(pair, "pragma journal_mode = wal; create table t(id integer primary key)");
    assert_int_equal(sqlite3_open(pair->to, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "begin immediate; insert into t values(1)", 0, 0, 0),
                     SQLITE_OK);
    assert_string_equal(told(pair), "t 0>0 +0 -0 ~0 rows/-\n");
    assert_int_equal(sqlite3_exec(db, "commit", 0, 0, 0), SQLITE_OK);
    assert_string_equal(told(pair), "t 0>1 +1 -0 ~0 rows/-\n");
    sqlite3_close(db);
}

/* What progress said. */
struct heard {
    uint64_t done, total, times;
    bool went_back, went_beyond;
};

static void hear(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct heard *heard = context;
    assert_string_equal(stage, "compare");
    if (!total)
        return;
    heard->went_back |= done < heard->done;
    heard->went_beyond |= done > total;
    *heard = (struct heard){done, total, heard->times + 1, heard->went_back, heard->went_beyond};
}

static const char many[] =
    "with recursive n(i) as (values(1) union all select i + 1 from n where i < 50000)"
    " insert into t select i, i from n";

static struct heard listen(struct pair *pair, const char *table, bool from, bool to)
{
    struct heard heard = {0};
    const struct hf_events events = {.context = &heard, .progress = hear};
    pair_both(pair, "drop table if exists t");
    pair_both(pair, table);
    if (from)
        pair_run(pair->from, many);
    if (to)
        pair_run(pair->to, many);
    json_decref(compare(pair, &events));
    assert_false(heard.went_back);
    assert_false(heard.went_beyond);
    assert_int_equal(heard.done, heard.total);
    return heard;
}

static void progress_is_told_within_a_table(void **state)
{
    struct pair *pair = *state;
    static const char *const tables[] = {
        "create table t(id integer primary key, x)", "create table t(id text primary key, x)",
        "create table t(id primary key, x) without rowid", "create table t(a, b)",
        "create virtual table t using fts5(a, b)"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct heard heard = listen(pair, tables[i], true, true);
        assert_int_equal(heard.total, 100000);
        assert_true(heard.times > 20);
    }
}

static void progress_is_told_whichever_state_has_the_rows(void **state)
{
    struct pair *pair = *state;
    assert_true(listen(pair, "create table t(a, b)", true, false).times > 10);
    assert_true(listen(pair, "create table t(a, b)", false, true).times > 10);
}

/* Entries of the folder, of which SQLite's own are none when it has closed. */
static void nothing_is_left_beside_the_files(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(a, b)");
    pair_run(pair->from, many);
    pair_run(pair->to, many);
    int before = hf_scratch_count(pair->scratch.path);
    assert_int_equal(setenv("SQLITE_TMPDIR", pair->scratch.path, 1), 0);
    told(pair);
    unsetenv("SQLITE_TMPDIR");
    assert_int_equal(hf_scratch_count(pair->scratch.path), before);
}

/* 60 MB in each table of each state; in `shifted` no row lies where it lay. */
static void memory_does_not_grow_with_the_tables(void **state)
{
    struct pair *pair = *state;
    pair_both(pair,
              "create table k(id integer primary key, b);"
              "create table shifted(a, b);"
              "with recursive n(i) as (values(1) union all select i + 1 from n where i < 60000)"
              " insert into k select i, hex(zeroblob(500)) from n;"
              "insert into shifted select id, b from k");
    pair_run(pair->to, "delete from k where id = 7; update shifted set b = 'x' where a = 7;"
                       "delete from shifted where rowid = 1; vacuum");
    sqlite3_int64 before = sqlite3_memory_used();
    sqlite3_memory_highwater(1);
    assert_string_equal(told(pair), "k 60000>59999 +0 -1 ~0 rows/-\n"
                                    "shifted 60000>59999 +1 -2 ~0 content/no_key\n");
    assert_in_range(sqlite3_memory_highwater(0) - before, 1, 40 << 20);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(states_that_are_the_same_have_no_difference),
        TEST(rows_and_schema_are_told_of_together),
        TEST(a_type_that_changes_is_a_changed_column),
        TEST(a_state_may_be_empty),
        TEST(the_order_in_which_rows_lie_does_not_count),
        TEST(one_and_one_and_one_are_three_values),
        TEST(large_values_are_compared_to_their_last_byte),
        TEST(what_is_not_known_is_null),
        TEST(who_writes_meanwhile_is_not_stopped_and_not_seen),
        TEST(progress_is_told_within_a_table),
        TEST(progress_is_told_whichever_state_has_the_rows),
        TEST(nothing_is_left_beside_the_files),
        TEST(memory_does_not_grow_with_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Two states of a database, row by row: made by SQL, compared, and the differences counted by hand.
 */
#include "sqlite/table_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite/schema_compare.h"
#include "support/scratch.h"

struct pair {
    struct hf_scratch scratch;
    char *from, *to;
    char found[2000]; /* a line a difference */
};

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    hf_scratch_init(&pair->scratch);
    pair->from = hf_scratch_path(&pair->scratch, "from.db");
    pair->to = hf_scratch_path(&pair->scratch, "to.db");
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;
    hf_scratch_release(&pair->scratch);
    free(pair->from);
    free(pair->to);
    free(pair);
    return 0;
}

static void run(const char *path, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why))
        fail_msg("%s", why);
    sqlite3_close(db);
}

static void both(const struct pair *pair, const char *sql)
{
    run(pair->from, sql);
    run(pair->to, sql);
}

static void note(struct pair *pair, const char *line)
{
    size_t used = strlen(pair->found);
    snprintf(pair->found + used, sizeof pair->found - used, "%s\n", line);
}

static int take_table(void *context, const struct hf_table_difference *difference,
                      struct hf_error *err)
{
    char line[200];
    (void)err;
    snprintf(line, sizeof line, "%s %d>%d +%d -%d ~%d%s", difference->name,
             (int)difference->rows_from, (int)difference->rows_to, (int)difference->added,
             (int)difference->removed, (int)difference->changed, difference->reason ? " !" : "");
    note(context, line);
    return 0;
}

static int take_schema(void *context, const struct hf_schema_difference *difference,
                       struct hf_error *err)
{
    char line[200];
    (void)err;
    snprintf(line, sizeof line, "%s %s %s", difference->change, difference->what, difference->name);
    note(context, line);
    return 0;
}

static const char *compare(struct pair *pair, bool schema)
{
    hf_auto(hf_compared) struct hf_compared from = {0}, to = {0};
    struct hf_error err = {0};
    pair->found[0] = '\0';
    if (hf_compared_open(&from, pair->from, &err) || hf_compared_open(&to, pair->to, &err) ||
        (schema ? hf_schemas_compare(&from, &to, take_schema, pair, &err)
                : hf_tables_compare(&from, &to, NULL, take_table, pair, &err)))
        fail_msg("%s", err.text);
    return pair->found;
}

static void rows_are_the_same_by_their_primary_key(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table t(id integer primary key, body); insert into t values(1,'a'),(2,'b'),"
               "(3,'c'),(5,'e')");
    run(pair->to, "delete from t where id = 1; update t set body = 'B' where id = 2;"
                  "insert into t values(4,'d'),(6,'f')");
    assert_string_equal(compare(pair, false), "t 4>5 +2 -1 ~1\n");
}

static void keys_of_several_columns_and_of_any_type_are_told_apart(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table w(a text collate nocase, b blob, c, v, primary key(a desc, b, c))"
               " without rowid; insert into w values('x', x'00', 1, 1), ('x', x'0000', 1, 1),"
               " ('y', x'', 1.5, 1), ('y', x'', 'text', 1), ('z', x'ff', -1, null)");
    run(pair->to, "update w set v = 2 where c = 1.5; delete from w where b = x'0000';"
                  "insert into w values('a', x'01', 9223372036854775807, 1)");
    assert_string_equal(compare(pair, false), "w 5>5 +1 -1 ~1\n");
}

static void text_keys_are_keys_though_rowids_moved(void **state)
{
    struct pair *pair = *state;
    both(pair,
         "create table p(id text primary key, v); insert into p values('b',1),('a',2),('c',3)");
    run(pair->to, "delete from p where id = 'b'; vacuum; insert into p values('b',1)");
    assert_string_equal(compare(pair, false), "p 3>3 +0 -0 ~0\n");
}

static void without_a_key_rows_are_compared_by_all_they_hold(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table n(a, b); insert into n values(1,'x'),(1,'x'),(null,'y'),(2,x'00')");
    run(pair->to, "delete from n where rowid = 1; update n set b = 'z' where a is null");
    assert_string_equal(compare(pair, false), "n 4>3 +1 -2 ~0 !\n");
}

static void values_differ_by_type_and_by_every_byte(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table v(id integer primary key, x); insert into v values(1, 1), (2, 'a'),"
               " (3, x'00'), (4, null), (5, 'a' || char(0) || 'b'), (6, 0.0)");
    run(pair->to, "update v set x = 1.0 where id = 1; update v set x = x'61' where id = 2;"
                  "update v set x = x'0000' where id = 3; update v set x = '' where id = 4;"
                  "update v set x = 'a' || char(0) || 'c' where id = 5");
    assert_string_equal(compare(pair, false), "v 6>6 +0 -0 ~5\n");
}

static void tables_that_one_state_lacks_and_other_columns_are_counted(void **state)
{
    struct pair *pair = *state;
    both(pair,
         "create table c(id integer primary key, kept, gone); insert into c values(1,1,1),(2,2,2)");
    run(pair->from, "create table old(x); insert into old values(1),(2)");
    run(pair->to, "alter table c drop column gone; alter table c add column fresh default 7;"
                  "create table new(x); insert into new values(1);"
                  "update c set kept = 9 where id = 2");
    assert_string_equal(compare(pair, false),
                        "c 2>2 +0 -0 ~1\nnew 0>1 +1 -0 ~0\nold 2>0 +0 -2 ~0\n");
}

static void virtual_tables_and_generated_columns_do_not_disturb(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table g(id integer primary key, a, b as (a * 2) stored);"
               "insert into g(id, a) values(1, 2); create virtual table f using fts5(x);"
               "insert into f values('words')");
    run(pair->to, "update g set a = 3");
    assert_string_equal(compare(pair, false), "g 1>1 +0 -0 ~1\n");
}

static void names_may_be_anything(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table \"a \"\"b' %s\"(\"id \"\"x\" integer primary key, \"select\");"
               "insert into \"a \"\"b' %s\" values(1, 1)");
    run(pair->to, "update \"a \"\"b' %s\" set \"select\" = 2");
    assert_string_equal(compare(pair, false), "a \"b' %s 1>1 +0 -0 ~1\n");
}

static void the_schemas_differences_are_told(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table t(id integer primary key, a text, b); create index i on t(a);"
               "create view w as select 1; create table gone(x)");
    run(pair->to, "drop index i; create index j on t(a); drop view w; create view w as select 2;"
                  "create trigger r after insert on t begin select 1; end;"
                  "alter table t add column c; alter table t drop column b; drop table gone;"
                  "create table fresh(y)");
    assert_string_equal(compare(pair, true),
                        "removed column t.b\nadded column t.c\nremoved index i\n"
                        "added index j\nadded table fresh\nremoved table gone\nchanged table t\n"
                        "added trigger r\nchanged view w\n");
}

static void keys_that_are_null_are_no_keys(void **state)
{
    struct pair *pair = *state;
    both(pair,
         "create table k(a, b, primary key(a)); insert into k values(null,'x'),(null,'y'),(1,1)");
    run(pair->to, "delete from k where b = 'x'");
    assert_string_equal(compare(pair, false), "k 3>2 +0 -1 ~0 !\n");
}

static void numbers_that_are_equal_sort_as_sqlite_sorts_them(void **state)
{
    struct pair *pair = *state;
    both(
        pair,
        "create table n(x); insert into n values(1),(1.0),(9007199254740993),(9007199254740992.0)");
    run(pair->to, "delete from n where rowid = 1");
    assert_string_equal(compare(pair, false), "n 4>3 +0 -1 ~0 !\n");
}

static void states_that_encode_text_differently_are_only_counted(void **state)
{
    struct pair *pair = *state;
    run(pair->to, "pragma encoding = 'UTF-16'");
    both(pair, "create table t(id text primary key); insert into t values('a'),('b')");
    run(pair->to, "vacuum");
    const char *found = compare(pair, false);
    assert_true(!strcmp(found, "t 2>2 +0 -0 ~0 !\n") || !strcmp(found, "t 2>2 +0 -0 ~0\n"));
}

static void a_schema_that_was_written_by_hand_is_read_without_harm(void **state)
{
    struct pair *pair = *state;
    both(pair, "create table t(id integer primary key)");
    run(pair->to,
        "pragma writable_schema = on; update sqlite_schema set type = 'ta' || char(0) || 'ble';"
        "insert into sqlite_schema(type, name, tbl_name, rootpage, sql)"
        " values(null, 'x' || char(0), null, 0, x'00ff')");
    hf_auto(hf_compared) struct hf_compared from = {0}, to = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_compared_open(&from, pair->from, &err), 0);
    if (!hf_compared_open(&to, pair->to, &err)) /* or it is told that it is damaged */
        hf_schemas_compare(&from, &to, take_schema, pair, &err);
}

static void a_damaged_file_is_told(void **state)
{
    struct pair *pair = *state;
    hf_auto(hf_compared) struct hf_compared from = {0};
    struct hf_error err = {0};
    hf_scratch_write(pair->from, "this is no database, and long enough to be looked at", 52);
    assert_int_equal(hf_compared_open(&from, pair->from, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(rows_are_the_same_by_their_primary_key),
        TEST(keys_of_several_columns_and_of_any_type_are_told_apart),
        TEST(text_keys_are_keys_though_rowids_moved),
        TEST(without_a_key_rows_are_compared_by_all_they_hold),
        TEST(values_differ_by_type_and_by_every_byte),
        TEST(tables_that_one_state_lacks_and_other_columns_are_counted),
        TEST(virtual_tables_and_generated_columns_do_not_disturb),
        TEST(names_may_be_anything),
        TEST(the_schemas_differences_are_told),
        TEST(keys_that_are_null_are_no_keys),
        TEST(numbers_that_are_equal_sort_as_sqlite_sorts_them),
        TEST(states_that_encode_text_differently_are_only_counted),
        TEST(a_schema_that_was_written_by_hand_is_read_without_harm),
        TEST(a_damaged_file_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Two states of a database, row by row: made by SQL, compared, and the differences counted by hand.
 */
#include "sqlite/schema_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite/pair.h"

static void rows_are_the_same_by_their_primary_key(void **state)
{
    struct pair *pair = *state;
    pair_both(pair,
              "create table t(id integer primary key, body); insert into t values(1,'a'),(2,'b'),"
              "(3,'c'),(5,'e')");
    pair_run(pair->to, "delete from t where id = 1; update t set body = 'B' where id = 2;"
                       "insert into t values(4,'d'),(6,'f')");
    assert_string_equal(pair_tables(pair), "t 4>5 +2 -1 ~1\n");
}

static void keys_of_several_columns_and_of_any_type_are_told_apart(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table w(a text collate nocase, b blob, c, v, primary key(a desc, b, c))"
                    " without rowid; insert into w values('x', x'00', 1, 1), ('x', x'0000', 1, 1),"
                    " ('y', x'', 1.5, 1), ('y', x'', 'text', 1), ('z', x'ff', -1, null)");
    pair_run(pair->to, "update w set v = 2 where c = 1.5; delete from w where b = x'0000';"
                       "insert into w values('a', x'01', 9223372036854775807, 1)");
    assert_string_equal(pair_tables(pair), "w 5>5 +1 -1 ~1\n");
}

static void text_keys_are_keys_though_rowids_moved(void **state)
{
    struct pair *pair = *state;
    pair_both(
        pair,
        "create table p(id text primary key, v); insert into p values('b',1),('a',2),('c',3)");
    pair_run(pair->to, "delete from p where id = 'b'; vacuum; insert into p values('b',1)");
    assert_string_equal(pair_tables(pair), "p 3>3 +0 -0 ~0\n");
}

static void without_a_key_rows_are_compared_by_all_they_hold(void **state)
{
    struct pair *pair = *state;
    pair_both(pair,
              "create table n(a, b); insert into n values(1,'x'),(1,'x'),(null,'y'),(2,x'00')");
    pair_run(pair->to, "delete from n where rowid = 1; update n set b = 'z' where a is null");
    assert_string_equal(pair_tables(pair), "n 4>3 +1 -2 ~0 by content\n");
}

static void values_differ_by_type_and_by_every_byte(void **state)
{
    struct pair *pair = *state;
    pair_both(pair,
              "create table v(id integer primary key, x); insert into v values(1, 1), (2, 'a'),"
              " (3, x'00'), (4, null), (5, 'a' || char(0) || 'b'), (6, 0.0)");
    pair_run(pair->to, "update v set x = 1.0 where id = 1; update v set x = x'61' where id = 2;"
                       "update v set x = x'0000' where id = 3; update v set x = '' where id = 4;"
                       "update v set x = 'a' || char(0) || 'c' where id = 5");
    assert_string_equal(pair_tables(pair), "v 6>6 +0 -0 ~5\n");
}

static void tables_that_one_state_lacks_and_other_columns_are_counted(void **state)
{
    struct pair *pair = *state;
    pair_both(
        pair,
        "create table c(id integer primary key, kept, gone); insert into c values(1,1,1),(2,2,2)");
    pair_run(pair->from, "create table old(x); insert into old values(1),(2)");
    pair_run(pair->to, "alter table c drop column gone; alter table c add column fresh default 7;"
                       "create table new(x); insert into new values(1);"
                       "update c set kept = 9 where id = 2");
    assert_string_equal(pair_tables(pair), "c 2>2 +0 -0 ~1\nnew 0>1 +1 -0 ~0\nold 2>0 +0 -2 ~0\n");
}

static void generated_columns_do_not_disturb(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table g(id integer primary key, a, b as (a * 2) stored);"
                    "insert into g(id, a) values(1, 2)");
    pair_run(pair->to, "update g set a = 3");
    assert_string_equal(pair_tables(pair), "g 1>1 +0 -0 ~1\n");
}

static void names_may_be_anything(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table \"a \"\"b' %s\"(\"id \"\"x\" integer primary key, \"select\");"
                    "insert into \"a \"\"b' %s\" values(1, 1)");
    pair_run(pair->to, "update \"a \"\"b' %s\" set \"select\" = 2");
    assert_string_equal(pair_tables(pair), "a \"b' %s 1>1 +0 -0 ~1\n");
}

static void the_schemas_differences_are_told(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(id integer primary key, a text, b); create index i on t(a);"
                    "create view w as select 1; create table gone(x)");
    pair_run(pair->to,
             "drop index i; create index j on t(a); drop view w; create view w as select 2;"
             "create trigger r after insert on t begin select 1; end;"
             "alter table t add column c; alter table t drop column b; drop table gone;"
             "create table fresh(y)");
    assert_string_equal(pair_schemas(pair),
                        "removed column t.b\nadded column t.c\nremoved index i\n"
                        "added index j\nadded table fresh\nremoved table gone\nchanged table t\n"
                        "added trigger r\nchanged view w\n");
}

static void keys_that_change_their_type_are_changed(void **state)
{
    struct pair *pair = *state;
    pair_both(pair,
              "create table k(a, b, primary key(a)); insert into k values(1, 'x'), ('1', 'y'),"
              " (x'31', 'z')");
    pair_run(pair->to, "update k set a = 1.0 where b = 'x'");
    assert_string_equal(pair_tables(pair), "k 3>3 +0 -0 ~1\n");
}

static void keys_that_differ_by_case_are_different(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table k(a text primary key collate nocase, b)");
    pair_run(pair->from, "insert into k values('B', 1), ('a', 1), ('c', 1)");
    pair_run(pair->to, "insert into k values('b', 1), ('A', 1), ('c', 2)");
    assert_string_equal(pair_tables(pair), "k 3>3 +2 -2 ~1\n");
}

static void keys_that_are_null_are_no_keys(void **state)
{
    struct pair *pair = *state;
    pair_both(
        pair,
        "create table k(a, b, primary key(a)); insert into k values(null,'x'),(null,'y'),(1,1)");
    pair_run(pair->to, "delete from k where b = 'x'");
    assert_string_equal(pair_tables(pair), "k 3>2 +0 -1 ~0 by content\n");
}

static void numbers_that_are_equal_sort_as_sqlite_sorts_them(void **state)
{
    struct pair *pair = *state;
    pair_both(
        pair,
        "create table n(x); insert into n values(1),(1.0),(9007199254740993),(9007199254740992.0)");
    pair_run(pair->to, "delete from n where rowid = 1");
    assert_string_equal(pair_tables(pair), "n 4>3 +0 -1 ~0 by content\n");
}

static void states_that_encode_text_differently_are_only_counted(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->to, "pragma encoding = 'UTF-16'");
    pair_both(pair, "create table t(id text primary key); insert into t values('a'),('b')");
    pair_run(pair->to, "vacuum");
    const char *found = pair_tables(pair);
    assert_true(!strcmp(found, "t 2>2 +0 -0 ~0 counted\n") || !strcmp(found, "t 2>2 +0 -0 ~0\n"));
}

static void texts_in_utf_16_are_compared_as_they_are(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->from, "pragma encoding = 'UTF-16le'; create table t(a text primary key, b);"
                         "create table n(a); insert into t values('ä', 'x'), (char(0x1f600), 'y'),"
                         " (cast(x'00d8' as text), 'z'); insert into n select a from t");
    hf_scratch_copy(pair->from, pair->to);
    pair_run(pair->to, "update t set b = 'Y' where b = 'y'; delete from n where rowid = 1;"
                       "update t set a = cast(x'01d8' as text) where b = 'z'");
    assert_string_equal(pair_tables(pair), "n 3>2 +0 -1 ~0 by content\nt 3>3 +1 -1 ~1\n");
}

static void rows_that_lie_elsewhere_are_the_same_rows(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(id text primary key, v); create table n(rowid, v);"
                    "insert into t values('a', 1), ('b', 2), ('c', 3);"
                    "insert into n values(1, 'a'), (1, 'a'), (2, 'b')");
    pair_run(pair->to, "update t set _rowid_ = _rowid_ + 1000; update n set _rowid_ = 90 - _rowid_;"
                       "update t set v = 4 where id = 'b'; update n set v = 'c' where rowid = 2");
    assert_string_equal(pair_tables(pair), "n 3>3 +1 -1 ~0 by content\nt 3>3 +0 -0 ~1\n");
}

static int ignore(void *context, const struct hf_schema_difference *difference,
                  struct hf_error *err)
{
    (void)context;
    (void)difference;
    (void)err;
    return 0;
}

static void a_schema_that_was_written_by_hand_is_read_without_harm(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(id integer primary key)");
    pair_run(
        pair->to,
        "pragma writable_schema = on; update sqlite_schema set type = 'ta' || char(0) || 'ble';"
        "insert into sqlite_schema(type, name, tbl_name, rootpage, sql)"
        " values(null, 'x' || char(0), null, 0, x'00ff')");
    hf_auto(hf_compared) struct hf_compared from = {0}, to = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_compared_open(&from, pair->from, HF_USED_BY_OTHERS, &err), 0);
    if (!hf_compared_open(&to, pair->to, HF_USED_BY_OTHERS,
                          &err)) /* or it is told that it is damaged */
        hf_schemas_compare(&from, &to, ignore, pair, &err);
}

static void a_damaged_file_is_told(void **state)
{
    struct pair *pair = *state;
    hf_auto(hf_compared) struct hf_compared from = {0};
    struct hf_error err = {0};
    hf_scratch_write(pair->from, "this is no database, and long enough to be looked at", 52);
    assert_int_equal(hf_compared_open(&from, pair->from, HF_USED_BY_OTHERS, &err), -1);
    assert_int_equal(err.code, HF_CORRUPT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(rows_are_the_same_by_their_primary_key),
        TEST(keys_of_several_columns_and_of_any_type_are_told_apart),
        TEST(text_keys_are_keys_though_rowids_moved),
        TEST(without_a_key_rows_are_compared_by_all_they_hold),
        TEST(values_differ_by_type_and_by_every_byte),
        TEST(tables_that_one_state_lacks_and_other_columns_are_counted),
        TEST(generated_columns_do_not_disturb),
        TEST(names_may_be_anything),
        TEST(the_schemas_differences_are_told),
        TEST(keys_that_change_their_type_are_changed),
        TEST(keys_that_differ_by_case_are_different),
        TEST(keys_that_are_null_are_no_keys),
        TEST(numbers_that_are_equal_sort_as_sqlite_sorts_them),
        TEST(states_that_encode_text_differently_are_only_counted),
        TEST(texts_in_utf_16_are_compared_as_they_are),
        TEST(rows_that_lie_elsewhere_are_the_same_rows),
        TEST(a_schema_that_was_written_by_hand_is_read_without_harm),
        TEST(a_damaged_file_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

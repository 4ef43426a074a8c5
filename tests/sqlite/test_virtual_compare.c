/* Virtual tables in two states of a database: those whose rows are their own are compared, and of
 * the others it is said why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sqlite/pair.h"

static void rows_of_full_text_tables_are_the_same_by_their_rowid(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create virtual table f5 using fts5(title, body);"
                    "create virtual table f4 using fts4(title, body);"
                    "insert into f5(rowid, title, body) values(1,'a','x'),(7,'b','y'),(9,'c','z');"
                    "insert into f4(rowid, title, body) select rowid, title, body from f5");
    pair_run(pair->to, "update f5 set body = 'Y' where rowid = 7; delete from f5 where rowid = 1;"
                       "delete from f4 where rowid = 9;"
                       "insert into f4(rowid, title) values(2,'d'),(3,'e')");
    assert_string_equal(pair_tables(pair), "virtual f4 3>4 +2 -1 ~0\nvirtual f5 3>2 +0 -1 ~1\n");
}

static void rows_of_r_trees_are_the_same_by_their_id(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create virtual table r using rtree(id, x0, x1, +name);"
                    "with recursive n(i) as (values(1) union all select i + 1 from n where i < 500)"
                    " insert into r select (i * 7919) % 1000, i, i + 1, 'n' || i from n");
    pair_run(pair->to, "delete from r where name = 'n3'; update r set x1 = 1000 where name = 'n4';"
                       "update r set name = 'other' where name = 'n5'");
    assert_string_equal(pair_tables(pair), "virtual r 500>499 +0 -1 ~2\n");
}

static void a_column_may_be_called_rowid(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create virtual table f using fts4(rowid, body);"
                    "insert into f(docid, rowid, body) values(1,'same','x'),(2,'same','y')");
    pair_run(pair->to, "update f set body = 'z' where docid = 2");
    assert_string_equal(pair_tables(pair), "virtual f 2>2 +0 -0 ~1\n");
}

static void one_that_a_state_lacks_is_counted(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->from, "create table other(x)");
    pair_run(pair->to, "create table other(x); create virtual table f using fts5(x);"
                       "insert into f values('a'),('b')");
    assert_string_equal(pair_tables(pair),
                        "virtual f 0>2 +2 -0 ~0\nother 0>0 +0 -0 ~0 by content\n");
    assert_string_equal(pair_schemas(pair), "added table f\n");
}

static void one_that_takes_a_tables_place_is_compared_by_content(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->from, "create table f(x); insert into f values('a'),('b')");
    pair_run(pair->to, "create virtual table f using fts5(x); insert into f values('b'),('c')");
    assert_string_equal(pair_tables(pair), "virtual f 2>2 +1 -1 ~0 by content\n");
}

static void those_without_rows_of_their_own_are_skipped_and_it_is_said_why(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create table t(id integer primary key, x); insert into t values(1, 'a');"
                    "create virtual table shows using fts5(x, content='t', content_rowid='id');"
                    "create virtual table bare using fts5(x, content='');"
                    "create virtual table words using fts5vocab('shows', 'row');"
                    "create virtual table sizes using dbstat");
    assert_string_equal(pair_tables(pair), "virtual bare skipped: index only\n"
                                           "virtual shows skipped: other content\n"
                                           "virtual sizes skipped: no content\n"
                                           "t 1>1 +0 -0 ~0\n"
                                           "virtual words skipped: no content\n");
}

/* As it is found where the application brought the module. */
static const char foreign[] =
    "create table t(id integer primary key); pragma writable_schema = on;"
    "insert into sqlite_schema(type, name, tbl_name, rootpage, sql)"
    " values('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING spellfix1(word)'),"
    " ('table', 'w', 'w', 0, 'CREATE VIRTUAL TABLE w USING csv(filename=''/etc/passwd'')')";

static void a_module_that_is_not_known_is_let_do_nothing(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, foreign);
    pair_run(pair->to, "insert into t values(1)");
    assert_string_equal(pair_tables(pair), "t 0>1 +1 -0 ~0\nvirtual v skipped: unknown module\n"
                                           "virtual w skipped: unknown module\n");
    assert_string_equal(pair_schemas(pair), "");
}

static void one_that_its_module_cannot_read_costs_no_other_table(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create virtual table f using fts5(x); insert into f values('a');"
                    "create table t(id integer primary key)");
    pair_run(pair->to, "insert into t values(1); pragma writable_schema = on; update sqlite_schema"
                       " set sql = 'CREATE VIRTUAL TABLE f USING fts5(x, tokenize=''mine'')'"
                       " where name = 'f'");
    assert_string_equal(pair_tables(pair),
                        "virtual f skipped: unreadable: no such tokenizer: mine\nt 0>1 +1 -0 ~0\n");
    assert_string_equal(pair_schemas(pair), "changed table f\n");
}

/* FTS4 hands each value that it keeps to a function that its CREATE names. */
static void what_a_table_wants_run_on_its_values_is_not_there(void **state)
{
    struct pair *pair = *state;
    pair_both(pair,
              "create virtual table f using fts4(x); insert into f values('a');"
              "pragma writable_schema = on; update sqlite_schema set sql ="
              " 'CREATE VIRTUAL TABLE f USING fts4(x, compress=zip, uncompress=load_extension)'"
              " where name = 'f'");
    assert_string_equal(pair_tables(pair), "virtual f skipped: unreadable: SQL logic error\n");
}

static void a_damaged_index_costs_no_other_table(void **state)
{
    struct pair *pair = *state;
    pair_both(pair, "create virtual table r using rtree(id, x0, x1); insert into r values(1, 2, 3);"
                    "create table t(id integer primary key)");
    pair_run(pair->to, "update r_node set data = cast(x'0000ffff' || substr(data, 5) as blob)");
    assert_string_equal(pair_tables(pair),
                        "virtual r skipped: unreadable: database disk image is malformed\n"
                        "t 0>0 +0 -0 ~0\n");
}

static void the_tables_behind_are_not_told_of(void **state)
{
    struct pair *pair = *state;
    pair_run(pair->from, "create table t(id integer primary key)");
    pair_run(pair->to,
             "create table t(id integer primary key); create virtual table f using fts5(x);"
             "create virtual table r using rtree(id, x0, x1)");
    assert_string_equal(pair_schemas(pair), "added table f\nadded table r\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)
    const struct CMUnitTest tests[] = {
        TEST(rows_of_full_text_tables_are_the_same_by_their_rowid),
        TEST(rows_of_r_trees_are_the_same_by_their_id),
        TEST(a_column_may_be_called_rowid),
        TEST(one_that_a_state_lacks_is_counted),
        TEST(one_that_takes_a_tables_place_is_compared_by_content),
        TEST(those_without_rows_of_their_own_are_skipped_and_it_is_said_why),
        TEST(a_module_that_is_not_known_is_let_do_nothing),
        TEST(one_that_its_module_cannot_read_costs_no_other_table),
        TEST(what_a_table_wants_run_on_its_values_is_not_there),
        TEST(a_damaged_index_costs_no_other_table),
        TEST(the_tables_behind_are_not_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Rows by key, page by page, from either end. */
#include "sqlite/look_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

struct seen {
    char text[20000]; /* first column of each row, "a b c " */
    struct hf_look_place last;
    int64_t rows;
};

static int see(void *context, sqlite3_stmt *row, int first, const struct hf_look_place *place,
               struct hf_error *err)
{
    struct seen *seen = context;
    const char *text = (const char *)sqlite3_column_text(row, first);
    size_t used = strlen(seen->text);
    seen->rows++;
    snprintf(seen->text + used, sizeof seen->text - used, "%s ", text ? text : "NULL");
    hf_auto_free char *as_text = hf_look_place_text(place, err);
    if (!as_text)
        return -1;
    seen->last.offset = place->offset;
    return place->count ? hf_look_place_take(&seen->last, place->values, place->count, err) : 0;
}

static struct hf_look *look_at(const struct scene *scene)
{
    const struct hf_look_options options = {.name = "app"};
    struct hf_error err = {0};
    struct hf_look *look = hf_look_open(scene->db, &options, &err);
    if (!look || hf_look_begin(look, 60000, &err))
        fail_msg("%s", err.text);
    return look;
}

static struct hf_look_table table_of(struct hf_look *look, const char *name)
{
    struct hf_look_table table;
    struct hf_error err = {0};
    if (hf_look_table(&table, look, name, &err))
        fail_msg("%s", err.text);
    return table;
}

static struct hf_look_end page_of(struct hf_look *look, const struct hf_look_page *page,
                                  struct seen *seen)
{
    struct hf_look_end end = {0};
    struct hf_error err = {0};
    seen->text[0] = '\0';
    if (hf_look_rows(&end, look, page, see, seen, &err))
        fail_msg("%s", err.text);
    return end;
}

static void append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    assert_true(used + strlen(text) < size);
    memcpy(out + used, text, strlen(text) + 1);
}

/* All rows in pages of `limit`, through the texts of their places. */
static void walk(struct hf_look *look, const char *name, enum hf_look_from from, int limit,
                 char *out, size_t size)
{
    struct hf_look_table table = table_of(look, name);
    struct seen seen = {0};
    struct hf_look_place place = {0};
    struct hf_look_page page = {.table = &table, .from = from, .limit = limit};
    struct hf_look_end end;
    *out = '\0';
    do {
        end = page_of(look, &page, &seen);
        append(out, size, seen.text);
        hf_auto_free char *text = hf_look_place_text(&seen.last, NULL);
        hf_look_place_release(&place);
        if (end.has_more)
            assert_int_equal(hf_look_place_parse(&place, look, &table, text, NULL), 0);
        page.place = &place;
    } while (end.has_more);
    hf_look_place_release(&seen.last);
    hf_look_table_release(&table);
}

static void assert_walk(struct hf_look *look, const char *table, enum hf_look_from from,
                        const char *wanted)
{
    char got[2000];
    for (int limit = 1; limit <= 4; limit++) {
        walk(look, table, from, limit, got, sizeof got);
        assert_string_equal(got, wanted);
    }
}

static void rows_come_in_the_order_of_any_key(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db,
           "CREATE TABLE plain (a, rowid); INSERT INTO plain VALUES (3, 1), (1, 1), (2, 1);"
           "CREATE TABLE mixed (v, a TEXT COLLATE NOCASE, b INTEGER, c,"
           " PRIMARY KEY (a COLLATE NOCASE, b DESC, c)) WITHOUT ROWID;"
           "INSERT INTO mixed VALUES (1, 'x', 9, 'p'), (2, 'x', 9, 2.5), (3, 'X', 8, x'00ff'),"
           " (4, 'b', -5, 'q'), (5, 'B', 7, 'q'), (6, 'y', 1, 1), (7, 'y', 1, 'a~.b');"
           "CREATE TABLE other (v, a COLLATE NOCASE, PRIMARY KEY (a COLLATE BINARY DESC))"
           " WITHOUT ROWID;"
           "INSERT INTO other VALUES (1, 'a'), (2, 'B'), (3, 'C'), (4, 'd')");
    struct hf_look *look = look_at(scene);
    assert_walk(look, "plain", HF_LOOK_AFTER, "3 1 2 ");
    assert_walk(look, "plain", HF_LOOK_BEFORE, "2 1 3 ");
    assert_walk(look, "mixed", HF_LOOK_AFTER, "5 4 2 1 3 6 7 ");
    assert_walk(look, "mixed", HF_LOOK_BEFORE, "7 6 3 1 2 4 5 ");
    assert_walk(look, "other", HF_LOOK_AFTER, "4 1 3 2 ");
    assert_walk(look, "other", HF_LOOK_BEFORE, "2 3 1 4 ");
    hf_look_free(look);
}

static void views_are_counted_through(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3), (4), (5);"
                      "CREATE VIEW v AS SELECT a * 2 AS b FROM t");
    struct hf_look *look = look_at(scene);
    assert_walk(look, "v", HF_LOOK_AFTER, "2 4 6 8 10 ");
    hf_look_free(look);
}

static const char million[] = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                              " WHERE i < 1000000) ";

/* Steps of SQLite's virtual machine for the page after `text`. */
static int64_t cost(struct hf_look *look, const struct hf_look_table *table, const char *text)
{
    struct hf_look_place place = {0};
    struct seen seen = {0};
    const struct hf_look_page page = {.table = table, .place = text ? &place : NULL, .limit = 50};
    if (text)
        assert_int_equal(hf_look_place_parse(&place, look, table, text, NULL), 0);
    struct hf_look_end end = page_of(look, &page, &seen);
    assert_int_equal(seen.rows, 50);
    hf_look_place_release(&place);
    hf_look_place_release(&seen.last);
    return end.vm_steps;
}

static void the_last_page_of_a_million_rows_costs_as_little_as_the_first(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db,
           "CREATE TABLE big (v); %sINSERT INTO big SELECT 'row' FROM n;"
           "CREATE TABLE pairs (a, b, PRIMARY KEY (a, b DESC)) WITHOUT ROWID;"
           "%sINSERT INTO pairs SELECT 'same', i FROM n",
           million, million);
    struct hf_look *look = look_at(scene);
    struct hf_look_table big = table_of(look, "big"), pairs = table_of(look, "pairs");
    assert_true(cost(look, &big, "i999950") <= cost(look, &big, NULL) + 20);
    assert_true(cost(look, &pairs, "t73616d65~i51") <= cost(look, &pairs, NULL) + 100);
    hf_look_table_release(&big);
    hf_look_table_release(&pairs);
    hf_look_free(look);
}

/* A filter that has to look at each row comes to its end in parts, with nothing lost or twice; an
 * index in another order is not taken for it. */
static void an_interrupted_filter_goes_on_where_it_was(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db,
           "CREATE TABLE big (v, w); CREATE INDEX by_w ON big (w, v);"
           "%sINSERT INTO big SELECT i, i %% 7 FROM n",
           million);
    struct hf_look *look = look_at(scene);
    struct hf_look_table table = table_of(look, "big");
    const struct hf_look_filter filters[] = {{"v", HF_LOOK_CONTAINS, "99999"},
                                             {"w", HF_LOOK_GREATER_EQUAL, "0"},
                                             {"w", HF_LOOK_LESS_EQUAL, "6"}};
    struct hf_look_place place = {0};
    struct seen seen = {0};
    struct hf_look_page page = {
        .table = &table, .limit = 200, .filters = filters, .filter_count = 3};
    char all[2000] = "";
    int parts = 0;
    struct hf_look_end end;
    do {
        assert_int_equal(hf_look_begin(look, 20, NULL), 0);
        end = page_of(look, &page, &seen);
        append(all, sizeof all, seen.text);
        hf_look_place_release(&place);
        place = end.reached;
        page.place = &place;
        parts++;
    } while (end.is_interrupted);
    assert_true(parts > 1);
    assert_string_equal(all, "99999 199999 299999 399999 499999 599999 699999 799999 899999 999990 "
                             "999991 999992 999993 999994 999995 999996 999997 999998 999999 ");
    hf_look_place_release(&seen.last);
    hf_look_table_release(&table);
    hf_look_free(look);
}

/* What an index finds at once is not looked for row by row. */
static void a_filter_uses_an_index_that_keeps_the_order(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db,
           "CREATE TABLE big (v TEXT); CREATE INDEX by_v ON big (v);"
           "%sINSERT INTO big SELECT i FROM n",
           million);
    struct hf_look *look = look_at(scene);
    struct hf_look_table table = table_of(look, "big");
    const struct hf_look_filter filter = {"v", HF_LOOK_EQUAL, "777777"};
    struct seen seen = {0};
    const struct hf_look_page page = {
        .table = &table, .limit = 50, .filters = &filter, .filter_count = 1};
    struct hf_look_end end = page_of(look, &page, &seen);
    assert_string_equal(seen.text, "777777 ");
    assert_true(end.vm_steps < 200);
    hf_look_place_release(&seen.last);
    hf_look_table_release(&table);
    hf_look_free(look);
}

static void a_count_that_takes_too_long_is_an_estimate(void **state)
{
    const struct scene *scene = *state;
    struct hf_look_count count;
    sql_in(scene->db, "CREATE TABLE big (v); %sINSERT INTO big SELECT i FROM n", million);
    struct hf_look *look = look_at(scene);
    struct hf_look_table table = table_of(look, "big");
    assert_int_equal(hf_look_count(&count, look, &table, 0, NULL), 0);
    assert_false(count.is_exact);
    assert_int_equal(count.rows, 1000000);
    assert_int_equal(hf_look_count(&count, look, &table, 60000, NULL), 0);
    assert_true(count.is_exact);
    hf_look_table_release(&table);
    hf_look_free(look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)
        SCENE_TEST(rows_come_in_the_order_of_any_key),
        SCENE_TEST(views_are_counted_through),
        SCENE_TEST(the_last_page_of_a_million_rows_costs_as_little_as_the_first),
        SCENE_TEST(an_interrupted_filter_goes_on_where_it_was),
        SCENE_TEST(a_filter_uses_an_index_that_keeps_the_order),
        SCENE_TEST(a_count_that_takes_too_long_is_an_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

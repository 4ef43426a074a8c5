#include <stdlib.h>
#include <string.h>

#include "service/browse.h"
#include "service/browse_parts.h"
#include "service/browse_value.h"
#include "service/json_channel.h"
#include "service/json_members.h"
#include "sqlite/look_rows.h"

enum {
    TIME = 2500,
    ROWS = 50,
    ROOM = 256 << 10, /* bytes of values in a page; the first row is always in it */
    MANY_COLUMNS = 200,
    LONGEST_VALUE = 1000,
};

static const struct hf_browse_lengths in_row = {200, 24}, in_wide_row = {32, 8},
                                      alone = {64 << 10, 32 << 10};

struct paging {
    const struct hf_look_table *table;
    const struct hf_browse_lengths *most;
    json_t *rows;
    size_t shown;
};

static json_t *cell(const struct paging *paging, sqlite3_stmt *row, int first, size_t column,
                    size_t *shown)
{
    if (paging->table->columns[column].is_secret)
        return hf_browse_masked();
    return hf_browse_value(row, first + (int)column, paging->most, shown);
}

static int put_row(void *context, sqlite3_stmt *row, int first, const struct hf_look_place *place,
                   struct hf_error *err)
{
    struct paging *paging = context;
    size_t shown = 64;
    hf_auto_free char *key = hf_look_place_text(place, err);
    if (!key)
        return -1;
    json_t *cells = json_array();
    for (size_t i = 0; i < paging->table->column_count; i++)
        if (hf_json_append(cells, cell(paging, row, first, i, &shown))) {
            json_decref(cells);
            return hf_error_memory(err);
        }
    if (json_array_size(paging->rows) && paging->shown + shown > ROOM) {
        json_decref(cells);
        return 1;
    }
    paging->shown += shown;
    json_t *item = hf_json_item(paging->rows);
    hf_json_text(item, "key", key);
    json_object_set_new(item, "cells", cells);
    return 0;
}

static int take_filters(struct hf_look_filter *out, size_t *count, const json_t *list,
                        struct hf_error *err)
{
    size_t i;
    const json_t *item;
    if (list && (!json_is_array(list) || json_array_size(list) > HF_LOOK_MOST_FILTERS))
        return hf_error_set(err, HF_USAGE, "a filter is a list of at most %d conditions",
                            HF_LOOK_MOST_FILTERS);
    json_array_foreach(list, i, item)
    {
        const char *column = json_string_value(json_array_get(item, 0));
        const char *name = json_string_value(json_array_get(item, 1));
        const char *value = json_string_value(json_array_get(item, 2));
        if (!column || !name || !hf_look_operator_named(name, &out[i].is))
            return hf_error_set(err, HF_USAGE, "a condition is [column, operator, value]");
        bool compares = out[i].is != HF_LOOK_IS_NULL && out[i].is != HF_LOOK_IS_NOT_NULL;
        if (compares && (!value || strlen(value) > LONGEST_VALUE))
            return hf_error_set(err, HF_USAGE, "a value has at most %d bytes", LONGEST_VALUE);
        out[i].column = column;
        out[i].value = value;
    }
    *count = json_array_size(list);
    return 0;
}

static void reverse(json_t *list)
{
    size_t count = json_array_size(list);
    for (size_t i = 0; i < count; i++) {
        json_t *last = json_incref(json_array_get(list, count - 1));
        json_array_remove(list, count - 1);
        json_array_insert_new(list, i, last);
    }
}

static const char *key_at(const json_t *rows, size_t index)
{
    return hf_member_text(json_array_get(rows, index), "key", NULL);
}

/* The places to go on at in either direction, null where the rows end. */
static int put_ways_on(json_t *answer, const struct hf_look_page *page,
                       const struct hf_look_end *end, const json_t *rows, struct hf_error *err)
{
    size_t count = json_array_size(rows);
    bool is_back = page->from == HF_LOOK_BEFORE;
    const char *onward = NULL, *backward = NULL;
    hf_auto_free char *reached = NULL;
    if (end->is_interrupted) {
        reached = hf_look_place_text(&end->reached, err);
        if (!reached)
            return -1;
        onward = reached;
    } else if (count && end->has_more) {
        onward = key_at(rows, is_back ? 0 : count - 1);
    }
    if (count && page->place && page->table->key_count)
        backward = key_at(rows, is_back ? count - 1 : 0);
    hf_json_text(answer, "previous", is_back ? onward : backward);
    hf_json_text(answer, "next", is_back ? backward : onward);
    hf_json_boolean(answer, "interrupted", end->is_interrupted);
    hf_json_integer(answer, "scanned", (int64_t)end->scanned);
    return 0;
}

/* Columns by name; whether one is masked is part of each page, as the schema may change. */
static void put_head(json_t *answer, const struct hf_look_table *table)
{
    json_t *columns = hf_json_list(answer, "columns");
    hf_json_text(answer, "paging", table->key_count ? "key" : "offset");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct hf_look_column *column = &table->columns[i];
        json_t *item = hf_json_item(columns);
        json_object_set_new(item, "name", hf_browse_text(column->name, strlen(column->name)));
        hf_json_boolean(item, "masked", column->is_secret);
        hf_json_integer(item, "primary_key", column->key_place);
    }
}

static int take_place(struct hf_look_page *page, struct hf_look_place *place, struct hf_look *look,
                      const json_t *question, struct hf_error *err)
{
    const char *after = hf_member_text(question, "after", NULL);
    const char *before = hf_member_text(question, "before", NULL);
    bool is_last = hf_member_true(question, "last");
    if (!!after + !!before + is_last > 1)
        return hf_error_set(err, HF_USAGE, "'after', 'before' and 'last' exclude each other");
    page->from = before || is_last ? HF_LOOK_BEFORE : HF_LOOK_AFTER;
    if (!after && !before)
        return 0;
    page->place = place;
    return hf_look_place_parse(place, look, page->table, after ? after : before, err);
}

static json_t *page_json(const struct hf_look_page *page, struct hf_look *look,
                         struct hf_error *err)
{
    struct hf_look_end end = {0};
    json_t *answer = hf_json_new();
    put_head(answer, page->table);
    struct paging paging = {.table = page->table,
                            .most =
                                page->table->column_count > MANY_COLUMNS ? &in_wide_row : &in_row,
                            .rows = hf_json_list(answer, "rows")};
    int failed = hf_look_rows(&end, look, page, put_row, &paging, err);
    if (!failed && page->from == HF_LOOK_BEFORE)
        reverse(paging.rows);
    if (!failed)
        failed = put_ways_on(answer, page, &end, paging.rows, err);
    hf_look_place_release(&end.reached);
    if (!failed)
        return answer;
    json_decref(answer);
    return NULL;
}

json_t *hf_browse_rows(struct hf_browse *browse, const json_t *question, struct hf_error *err)
{
    struct hf_look *look = browse->look;
    hf_auto(hf_look_table) struct hf_look_table table = {0};
    hf_auto(hf_look_place) struct hf_look_place place = {0};
    struct hf_look_filter filters[HF_LOOK_MOST_FILTERS];
    int64_t limit = hf_member_integer(question, "limit", ROWS);
    struct hf_look_page page = {.table = &table, .limit = (int)limit, .filters = filters};
    if (limit < 1 || limit > HF_LOOK_MOST_ROWS) {
        hf_error_set(err, HF_USAGE, "'limit' is from 1 to %d", HF_LOOK_MOST_ROWS);
        return NULL;
    }
    if (take_filters(filters, &page.filter_count, json_object_get(question, "filter"), err) ||
        hf_look_begin(look, TIME, err) ||
        hf_look_table(&table, look, hf_member_text(question, "table", ""), err) ||
        take_place(&page, &place, look, question, err))
        return NULL;
    return page_json(&page, look, err);
}

struct picking {
    const struct paging *paging;
    size_t column;
    json_t *value;
};

static int pick(void *context, sqlite3_stmt *row, int first, const struct hf_look_place *place,
                struct hf_error *err)
{
    struct picking *picking = context;
    size_t shown = 0;
    (void)place;
    picking->value = cell(picking->paging, row, first, picking->column, &shown);
    return picking->value ? 0 : hf_error_memory(err);
}

/* The column and nothing else of the row is read. */
static int find_column(struct hf_look_table *table, const char *name, struct hf_error *err)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (!strcmp(table->columns[i].name, name)) {
            struct hf_look_column found = table->columns[i];
            table->columns[i] = table->columns[0];
            table->columns[0] = found;
            return 0;
        }
    return hf_error_set(err, HF_NOT_FOUND, "there is no column '%s'", name);
}

json_t *hf_browse_cell(struct hf_browse *browse, const json_t *question, struct hf_error *err)
{
    struct hf_look *look = browse->look;
    hf_auto(hf_look_table) struct hf_look_table table = {0};
    hf_auto(hf_look_place) struct hf_look_place place = {0};
    struct hf_look_end end = {0};
    const struct paging paging = {.table = &table, .most = &alone};
    struct picking picking = {.paging = &paging};
    if (hf_look_begin(look, TIME, err) ||
        hf_look_table(&table, look, hf_member_text(question, "table", ""), err) ||
        find_column(&table, hf_member_text(question, "column", ""), err) ||
        hf_look_place_parse(&place, look, &table, hf_member_text(question, "key", ""), err))
        return NULL;
    if (!table.key_count && place.offset) /* a row's place is behind it */
        place.offset--;
    struct hf_look_page page = {
        .table = &table, .place = &place, .is_that_row = table.key_count > 0, .limit = 1};
    size_t all = table.column_count;
    table.column_count = 1;
    int failed = hf_look_rows(&end, look, &page, pick, &picking, err);
    table.column_count = all;
    hf_look_place_release(&end.reached);
    if (!failed && picking.value)
        return json_pack("{s:o}", "value", picking.value);
    json_decref(picking.value);
    if (!failed)
        hf_error_set(err, HF_NOT_FOUND, "the row is not there any more");
    return NULL;
}

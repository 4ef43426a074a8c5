#include "sqlite/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sqlite/schema_compare.h"
#include "sqlite/table_compare.h"

int pair_setup(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    hf_scratch_init(&pair->scratch);
    pair->from = hf_scratch_path(&pair->scratch, "from.db");
    pair->to = hf_scratch_path(&pair->scratch, "to.db");
    *state = pair;
    return 0;
}

int pair_teardown(void **state)
{
    struct pair *pair = *state;
    hf_scratch_release(&pair->scratch);
    free(pair->from);
    free(pair->to);
    free(pair);
    return 0;
}

void pair_run(const char *path, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "pragma synchronous = off", NULL, NULL, NULL);
    if (sqlite3_exec(db, sql, NULL, NULL, &why))
        fail_msg("%s in: %s", why, sql);
    sqlite3_close(db);
}

void pair_both(const struct pair *pair, const char *sql)
{
    pair_run(pair->from, sql);
    pair_run(pair->to, sql);
}

void pair_note(struct pair *pair, const char *format, ...)
{
    size_t used = strlen(pair->found);
    va_list args;
    va_start(args, format);
    vsnprintf(pair->found + used, sizeof pair->found - used, format, args);
    va_end(args);
}

static int take_table(void *context, const struct hf_table_difference *difference,
                      struct hf_error *err)
{
    static const char *const marks[] = {"", " by content", " counted"};
    static const char *const skipped[] = {[HF_WHY_OTHER_CONTENT] = "other content",
                                          [HF_WHY_INDEX_ONLY] = "index only",
                                          [HF_WHY_NO_CONTENT] = "no content",
                                          [HF_WHY_UNKNOWN_MODULE] = "unknown module",
                                          [HF_WHY_UNREADABLE] = "unreadable"};
    const struct hf_row_counts *counts = &difference->counts;
    (void)err;
    pair_note(context, "%s%s ", difference->is_virtual ? "virtual " : "", difference->name);
    if (difference->how == HF_COMPARED_SKIPPED)
        pair_note(context, "skipped: %s%s%s\n", skipped[difference->why],
                  difference->said ? ": " : "", difference->said ? difference->said : "");
    else
        pair_note(context, "%d>%d +%d -%d ~%d%s\n", (int)counts->from, (int)counts->to,
                  (int)counts->added, (int)counts->removed, (int)counts->changed,
                  marks[difference->how]);
    return 0;
}

static int take_schema(void *context, const struct hf_schema_difference *difference,
                       struct hf_error *err)
{
    (void)err;
    pair_note(context, "%s %s %s\n", difference->change, difference->what, difference->name);
    return 0;
}

static const char *compare(struct pair *pair, bool schemas)
{
    hf_auto(hf_compared) struct hf_compared from = {0}, to = {0};
    struct hf_error err = {0};
    pair->found[0] = '\0';
    if (hf_compared_open(&from, pair->from, HF_USED_BY_OTHERS, &err) ||
        hf_compared_open(&to, pair->to, HF_USED_BY_OTHERS, &err) ||
        (schemas ? hf_schemas_compare(&from, &to, take_schema, pair, &err)
                 : hf_tables_compare(&from, &to, NULL, take_table, pair, &err)))
        fail_msg("%s", err.text);
    return pair->found;
}

const char *pair_tables(struct pair *pair)
{
    return compare(pair, false);
}

const char *pair_schemas(struct pair *pair)
{
    return compare(pair, true);
}

/*
 * usage: prisma_pull_file DATABASE
 *
 * Prints a database as a Prisma schema, and fails when that schema, planned against the database,
 * would change it. For the tests that compare with Prisma.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/compile.h"
#include "schema/prisma/pull.h"
#include "schema/sync_plan.h"

/* 0: the text describes the database; 3: it does not, and why is printed. */
static int check(sqlite3 *database, const struct hf_buf *text, struct hf_error *err)
{
    struct hf_schema_source source = {(char *)"pulled.prisma", (char *)text->data,
                                      text->length - 1};
    const struct hf_schema_sources sources = {HF_SCHEMA_PRISMA, &source, 1};
    const struct hf_sync_options options = {0};
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    if (hf_schema_compile(&wanted, &sources, &found, err) ||
        hf_sync_plan_make(&plan, database, &wanted, &options, err))
        return 1;
    if (hf_sync_plan_is_empty(&plan))
        return 0;
    for (size_t i = 0; i < plan.count; i++)
        fprintf(stderr, "would %s\n", plan.steps[i].text);
    return 3;
}

int main(int argc, char **argv)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    struct hf_error err = {0};
    sqlite3 *database = NULL;
    int result = 1;
    if (argc != 2)
        return 2;
    if (sqlite3_open_v2(argv[1], &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        !hf_prisma_pull(&text, database, &err) && !hf_buf_append(&text, "", 1, &err)) {
        fputs((const char *)text.data, stdout);
        result = check(database, &text, &err);
    }
    if (result == 1)
        fprintf(stderr, "%s\n", err.text);
    sqlite3_close(database);
    return result;
}

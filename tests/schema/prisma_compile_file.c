/*
 * usage: prisma_compile_file PATH
 *
 * Prints a schema's statements as Prisma prints them, or its complaints as "<line>: <message>",
 * for the tests that compare with Prisma.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "schema/compile.h"

static void print_complaints(const struct hf_diagnostics *found)
{
    for (size_t i = 0; i < found->count; i++) {
        size_t line, column;
        hf_source_position(found->list[i].source, found->list[i].offset, &line, &column);
        printf("%zu: %s\n", line, found->list[i].message);
    }
}

static void print_statements(const struct hf_wanted *wanted)
{
    for (size_t i = 0; i < wanted->statement_count; i++) {
        const char *sql = wanted->statements[i];
        bool table = !strncmp(sql, "CREATE TABLE", 12);
        printf("%s-- Create%s\n%s;\n", i ? "\n" : "", table ? "Table" : "Index", sql);
    }
    for (size_t i = 0; i < wanted->rename_count; i++) {
        const struct hf_rename *rename = &wanted->renames[i];
        fprintf(stderr, "rename %s%s%s from %s\n", rename->table, rename->column ? "." : "",
                rename->column ? rename->column : "", rename->from);
    }
}

int main(int argc, char **argv)
{
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    struct hf_error err = {0};
    if (argc != 2)
        return 2;
    if (hf_schema_sources_load(&sources, hf_env_system(), argv[1], &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    if (hf_schema_compile(&wanted, &sources, &found, &err)) {
        print_complaints(&found);
        return found.count ? 3 : 1;
    }
    print_statements(&wanted);
    return 0;
}

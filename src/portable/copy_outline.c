#include "portable/copy_outline.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more in an array that grows by doubling. */
static void *grown(void *array, size_t count, size_t size)
{
    return count & (count - 1) ? array : realloc(array, (count ? 2 * count : 1) * size);
}

static int take_facts(void *context, const struct hf_copy_facts *facts, struct hf_error *err)
{
    (void)err;
    struct hf_copy_outline *outline = context;
    outline->facts = *facts;
    return 0;
}

static int take_statement(void *context, const struct hf_copy_statement *statement,
                          struct hf_error *err)
{
    struct hf_copy_outline *outline = context;
    void *array = grown(outline->statements, outline->statement_count, sizeof *outline->statements);
    if (!array)
        return hf_error_memory(err);
    outline->statements = array;
    struct hf_copy_statement *kept = &outline->statements[outline->statement_count++];
    *kept = (struct hf_copy_statement){.type = strdup(statement->type),
                                       .name = strdup(statement->name),
                                       .sql = strdup(statement->sql)};
    return kept->type && kept->name && kept->sql ? 0 : hf_error_memory(err);
}

static int copy_table(struct hf_copy_table *out, const struct hf_copy_table *table,
                      struct hf_error *err)
{
    out->content = table->content;
    out->rowid = table->rowid;
    out->name = strdup(table->name);
    out->shadow_of = table->shadow_of ? strdup(table->shadow_of) : NULL;
    out->columns = calloc(table->column_count + 1, sizeof *out->columns);
    if (!out->name || !out->columns || (table->shadow_of && !out->shadow_of))
        return hf_error_memory(err);
    for (; out->column_count < table->column_count; out->column_count++) {
        out->columns[out->column_count] = strdup(table->columns[out->column_count]);
        if (!out->columns[out->column_count])
            return hf_error_memory(err);
    }
    return 0;
}

static int take_table(void *context, const struct hf_copy_table *table, struct hf_error *err)
{
    struct hf_copy_outline *outline = context;
    void *array = grown(outline->tables, outline->table_count, sizeof *outline->tables);
    if (!array)
        return hf_error_memory(err);
    outline->tables = array;
    struct hf_outline_table *kept = &outline->tables[outline->table_count++];
    *kept =
        (struct hf_outline_table){.given = calloc(table->column_count + 1, sizeof *kept->given)};
    return kept->given ? copy_table(&kept->table, table, err) : hf_error_memory(err);
}

static int take_value(void *context, size_t index, const struct hf_copy_value *value,
                      struct hf_error *err)
{
    (void)err;
    struct hf_copy_outline *outline = context;
    struct hf_outline_table *table = &outline->tables[outline->table_count - 1];
    size_t first = table->table.rowid != NULL;
    if (index >= first && value->type != HF_COPY_NULL)
        table->given[index - first]++;
    return 0;
}

static int take_table_end(void *context, uint64_t rows, struct hf_error *err)
{
    (void)err;
    struct hf_copy_outline *outline = context;
    outline->tables[outline->table_count - 1].rows = rows;
    return 0;
}

int hf_copy_outline_read(struct hf_copy_outline *out, const struct hf_source *source,
                         enum hf_copy_trust trust, struct hf_error *err)
{
    struct hf_copy_outline outline = {0};
    const struct hf_copy_visitor visitor = {.context = &outline,
                                            .facts = take_facts,
                                            .statement = take_statement,
                                            .table = take_table,
                                            .value = take_value,
                                            .table_end = take_table_end};
    if (hf_copy_read(source, trust, &visitor, err)) {
        hf_copy_outline_release(&outline);
        return -1;
    }
    *out = outline;
    return 0;
}

void hf_copy_outline_release(struct hf_copy_outline *outline)
{
    for (size_t i = 0; i < outline->statement_count; i++) {
        free(outline->statements[i].type);
        free(outline->statements[i].name);
        free(outline->statements[i].sql);
    }
    for (size_t i = 0; i < outline->table_count; i++) {
        struct hf_copy_table *table = &outline->tables[i].table;
        for (size_t j = 0; j < table->column_count; j++)
            free(table->columns[j]);
        free(table->columns);
        free(table->name);
        free(table->shadow_of);
        free(outline->tables[i].given);
    }
    free(outline->statements);
    free(outline->tables);
    *outline = (struct hf_copy_outline){0};
}

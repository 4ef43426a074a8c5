#include <string.h>
#include <strings.h>

#include "schema/prisma/pulled.h"
#include "schema/table_text.h"

/* What a table has that Prisma has no words for. */

static int note_clauses(struct hf_pull *pull, struct hf_pulled_table *table,
                        const struct hf_clause *clauses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (clauses[i].kind == HF_CLAUSE_CHECK &&
            hf_pull_add_note(pull, table, "Not expressed: %s", clauses[i].text))
            return -1;
    return 0;
}

static int note_text(struct hf_pull *pull, struct hf_pulled_table *table)
{
    struct hf_table_text text = {0};
    if (!table->table->sql || hf_table_text_read(&text, &pull->heap, table->table->sql, NULL))
        return 0; /* a form that is not known: nothing is said of it */
    for (size_t i = 0; i < text.column_count; i++) {
        const struct hf_column_text *column = &text.columns[i];
        if (note_clauses(pull, table, column->clauses, column->count))
            return -1;
        if (hf_column_clause(column, HF_CLAUSE_GENERATED) &&
            hf_pull_add_note(pull, table, "Not expressed: generated column %s", column->definition))
            return -1;
    }
    return note_clauses(pull, table, text.constraints, text.constraint_count);
}

static int note_indexes(struct hf_pull *pull, struct hf_pulled_table *table)
{
    for (size_t i = 0; i < table->table->index_count; i++) {
        const struct hf_index *index = &table->table->indexes[i];
        if (index->sql && !hf_pull_is_expressible(table, index) &&
            hf_pull_add_note(pull, table, "Not expressed: %s", index->sql))
            return -1;
    }
    return 0;
}

static int note_triggers(struct hf_pull *pull, struct hf_pulled_table *table)
{
    for (size_t i = 0; i < pull->model.trigger_count; i++) {
        const struct hf_object *trigger = &pull->model.triggers[i];
        if (trigger->table && !strcasecmp(trigger->table, table->table->name) &&
            hf_pull_add_note(pull, table, "Not expressed: trigger '%s'", trigger->name))
            return -1;
    }
    return 0;
}

int hf_pull_notes(struct hf_pull *pull)
{
    for (size_t i = 0; i < pull->count; i++)
        if (note_text(pull, &pull->tables[i]) || note_indexes(pull, &pull->tables[i]) ||
            note_triggers(pull, &pull->tables[i]))
            return -1;
    return 0;
}

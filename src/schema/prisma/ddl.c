#include "schema/prisma/ddl.h"

#include <string.h>

/* Tables in the order of their models, then join tables, then the indexes of each. */

static const char *const column_types[HF_PRISMA_SCALARS] = {
    [HF_PRISMA_STRING_TYPE] = "TEXT",  [HF_PRISMA_BOOLEAN] = "BOOLEAN",
    [HF_PRISMA_INT] = "INTEGER",       [HF_PRISMA_BIGINT] = "BIGINT",
    [HF_PRISMA_FLOAT] = "REAL",        [HF_PRISMA_DECIMAL] = "DECIMAL",
    [HF_PRISMA_DATETIME] = "DATETIME", [HF_PRISMA_JSON] = "JSONB",
    [HF_PRISMA_BYTES] = "BLOB",
};

static const char *const actions[] = {
    [HF_PRISMA_NO_CHOICE] = "",        [HF_PRISMA_CASCADE] = "CASCADE",
    [HF_PRISMA_RESTRICT] = "RESTRICT", [HF_PRISMA_NO_ACTION] = "NO ACTION",
    [HF_PRISMA_SET_NULL] = "SET NULL", [HF_PRISMA_SET_DEFAULT] = "SET DEFAULT",
};

static const char *column_type(const struct hf_prisma_field *field)
{
    if (field->kind == HF_PRISMA_UNSUPPORTED_FIELD)
        return field->entry->type;
    return field->kind == HF_PRISMA_ENUM_FIELD ? "TEXT" : column_types[field->scalar];
}

/* A name in SQL's quotes. */
static int print_name(struct hf_buf *out, const char *name, struct hf_error *err)
{
    if (hf_buf_append(out, "\"", 1, err))
        return -1;
    for (; *name; name++)
        if (hf_buf_append(out, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1, err))
            return -1;
    return hf_buf_append(out, "\"", 1, err);
}

static int print_columns(struct hf_buf *out, const struct hf_prisma_field_list *fields,
                         struct hf_error *err)
{
    for (size_t i = 0; i < fields->count; i++)
        if ((i && hf_buf_print(out, err, ", ")) || print_name(out, fields->list[i]->column, err))
            return -1;
    return 0;
}

static int print_column(struct hf_buf *out, const struct hf_prisma_field *field,
                        struct hf_error *err)
{
    const struct hf_prisma_key *id = field->model->id;
    bool is_id = id && id->count == 1 && id->parts[0].field == field;
    if (hf_buf_print(out, err, "    ") || print_name(out, field->column, err) ||
        hf_buf_print(out, err, " %s", column_type(field)) ||
        (field->entry->arity == HF_PRISMA_REQUIRED && hf_buf_print(out, err, " NOT NULL")))
        return -1;
    if (is_id && hf_buf_print(out, err, " PRIMARY KEY"))
        return -1;
    if (is_id && field->kind == HF_PRISMA_SCALAR_FIELD && field->scalar == HF_PRISMA_INT &&
        hf_buf_print(out, err, " AUTOINCREMENT"))
        return -1;
    return hf_prisma_print_default(out, field, err);
}

static int print_id(struct hf_buf *out, const struct hf_prisma_key *id, struct hf_error *err)
{
    if (hf_buf_print(out, err, ",\n\n    PRIMARY KEY ("))
        return -1;
    for (size_t i = 0; i < id->count; i++)
        if ((i && hf_buf_print(out, err, ", ")) || print_name(out, id->parts[i].field->column, err))
            return -1;
    return hf_buf_print(out, err, ")");
}

static int print_foreign_key(struct hf_buf *out, struct hf_prisma_schema *schema,
                             const struct hf_prisma_field *forward, struct hf_error *err)
{
    const char *name = forward->model->table;
    for (size_t i = 0; name && i < forward->fields.count; i++)
        name = hf_prisma_print(schema, "%s_%s", name, forward->fields.list[i]->column);
    name = name ? hf_prisma_print(schema, "%s_fkey", name) : NULL;
    if (!name || hf_buf_print(out, err, ",\n    CONSTRAINT ") || print_name(out, name, err) ||
        hf_buf_print(out, err, " FOREIGN KEY (") || print_columns(out, &forward->fields, err) ||
        hf_buf_print(out, err, ") REFERENCES ") || print_name(out, forward->target->table, err) ||
        hf_buf_print(out, err, " (") || print_columns(out, &forward->references, err))
        return -1;
    return hf_buf_print(out, err, ") ON DELETE %s ON UPDATE %s",
                        actions[hf_prisma_on_delete(forward)],
                        actions[hf_prisma_on_update(forward)]);
}

static int print_foreign_keys(struct hf_buf *out, struct hf_prisma_schema *schema,
                              const struct hf_prisma_model *model, struct hf_error *err)
{
    for (size_t i = 0; i < model->field_count; i++) {
        const struct hf_prisma_field *field = &model->fields[i];
        if (field->kind == HF_PRISMA_RELATION_FIELD && field->fields.count &&
            !field->target->view && print_foreign_key(out, schema, field, err))
            return -1;
    }
    return 0;
}

/* The statement is complete: adds it and begins anew. */
static int finish(struct hf_wanted *wanted, struct hf_buf *out, struct hf_error *err)
{
    if (hf_buf_append(out, "", 1, err) ||
        hf_wanted_add_statement(wanted, (const char *)out->data, err))
        return -1;
    out->length = 0;
    return 0;
}

static int create_table(struct hf_wanted *wanted, struct hf_prisma_schema *schema,
                        const struct hf_prisma_model *model, struct hf_buf *out,
                        struct hf_error *err)
{
    const char *separator = "\n";
    if (hf_buf_print(out, err, "CREATE TABLE ") || print_name(out, model->table, err) ||
        hf_buf_print(out, err, " ("))
        return -1;
    for (size_t i = 0; i < model->field_count; i++) {
        if (model->fields[i].kind == HF_PRISMA_RELATION_FIELD)
            continue;
        if (hf_buf_print(out, err, "%s", separator) || print_column(out, &model->fields[i], err))
            return -1;
        separator = ",\n";
    }
    if (model->id && model->id->count > 1 && print_id(out, model->id, err))
        return -1;
    if (schema->foreign_keys && print_foreign_keys(out, schema, model, err))
        return -1;
    return hf_buf_print(out, err, "\n)") || finish(wanted, out, err) ? -1 : 0;
}

/* The name of a join table, or of what belongs to it. */
static const char *join_name(struct hf_prisma_schema *schema,
                             const struct hf_prisma_relation *relation, const char *suffix)
{
    const char *name = hf_prisma_relation_name(schema, relation->forward);
    return hf_prisma_print(schema, "_%s%s", name, suffix);
}

/* Column A refers to the model that comes first by name, B to the other. */
static int create_join_table(struct hf_wanted *wanted, struct hf_prisma_schema *schema,
                             const struct hf_prisma_relation *relation, struct hf_buf *out,
                             struct hf_error *err)
{
    const struct hf_prisma_model *sides[] = {relation->forward->model, relation->back->model};
    const char *table = join_name(schema, relation, "");
    if (!table || hf_buf_print(out, err, "CREATE TABLE ") || print_name(out, table, err) ||
        hf_buf_print(out, err, " (\n    \"A\" %s NOT NULL,\n    \"B\" %s NOT NULL",
                     column_type(sides[0]->id->parts[0].field),
                     column_type(sides[1]->id->parts[0].field)))
        return -1;
    for (int i = 0; i < 2 && schema->foreign_keys; i++) {
        const char *name = join_name(schema, relation, i ? "_B_fkey" : "_A_fkey");
        if (!name || hf_buf_print(out, err, ",\n    CONSTRAINT ") || print_name(out, name, err) ||
            hf_buf_print(out, err, " FOREIGN KEY (\"%s\") REFERENCES ", i ? "B" : "A") ||
            print_name(out, sides[i]->table, err) || hf_buf_print(out, err, " (") ||
            print_name(out, sides[i]->id->parts[0].field->column, err) ||
            hf_buf_print(out, err, ") ON DELETE CASCADE ON UPDATE CASCADE"))
            return -1;
    }
    return hf_buf_print(out, err, "\n)") || finish(wanted, out, err) ? -1 : 0;
}

static int create_index(struct hf_wanted *wanted, const struct hf_prisma_model *model,
                        const struct hf_prisma_key *key, struct hf_buf *out, struct hf_error *err)
{
    if (hf_buf_print(out, err, "CREATE %sINDEX ", key->kind == HF_PRISMA_UNIQUE ? "UNIQUE " : "") ||
        print_name(out, key->constraint, err) || hf_buf_print(out, err, " ON ") ||
        print_name(out, model->table, err) || hf_buf_print(out, err, "("))
        return -1;
    for (size_t i = 0; i < key->count; i++)
        if ((i && hf_buf_print(out, err, ", ")) ||
            print_name(out, key->parts[i].field->column, err) ||
            (key->parts[i].has_sort &&
             hf_buf_print(out, err, key->parts[i].descending ? " DESC" : " ASC")))
            return -1;
    if (hf_buf_print(out, err, ")") ||
        (key->where && hf_buf_print(out, err, " WHERE %s", key->where)))
        return -1;
    return finish(wanted, out, err);
}

static int create_join_indexes(struct hf_wanted *wanted, struct hf_prisma_schema *schema,
                               const struct hf_prisma_relation *relation, struct hf_buf *out,
                               struct hf_error *err)
{
    const char *table = join_name(schema, relation, "");
    const char *pair = join_name(schema, relation, "_AB_unique");
    const char *second = join_name(schema, relation, "_B_index");
    if (!table || !pair || !second)
        return -1;
    if (hf_buf_print(out, err, "CREATE UNIQUE INDEX ") || print_name(out, pair, err) ||
        hf_buf_print(out, err, " ON ") || print_name(out, table, err) ||
        hf_buf_print(out, err, "(\"A\", \"B\")") || finish(wanted, out, err))
        return -1;
    if (hf_buf_print(out, err, "CREATE INDEX ") || print_name(out, second, err) ||
        hf_buf_print(out, err, " ON ") || print_name(out, table, err) ||
        hf_buf_print(out, err, "(\"B\")"))
        return -1;
    return finish(wanted, out, err);
}

static int add_statements(struct hf_wanted *wanted, struct hf_prisma_schema *schema,
                          struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf out = {0};
    for (struct hf_prisma_model *model = schema->models; model; model = model->next)
        if (!model->view && create_table(wanted, schema, model, &out, err))
            return -1;
    for (struct hf_prisma_relation *each = schema->relations; each; each = each->next)
        if (each->kind == HF_PRISMA_MANY_TO_MANY &&
            create_join_table(wanted, schema, each, &out, err))
            return -1;
    for (struct hf_prisma_model *model = schema->models; model; model = model->next)
        for (struct hf_prisma_key *key = model->keys; key && !model->view; key = key->next)
            if (create_index(wanted, model, key, &out, err))
                return -1;
    for (struct hf_prisma_relation *each = schema->relations; each; each = each->next)
        if (each->kind == HF_PRISMA_MANY_TO_MANY &&
            create_join_indexes(wanted, schema, each, &out, err))
            return -1;
    return 0;
}

static int add_enum(struct hf_wanted *wanted, struct hf_prisma_schema *schema,
                    const struct hf_prisma_field *field, struct hf_error *err)
{
    size_t count = 0;
    const char **values =
        hf_prisma_alloc(schema, (field->type->entry_count + 1) * sizeof(const char *));
    if (!values)
        return -1;
    for (struct hf_prisma_entry *each = field->type->entries; each; each = each->next)
        values[count++] = hf_prisma_enum_text(each);
    return hf_wanted_add_enum(wanted, field->model->table, field->column, values, err);
}

/* What statements cannot say. */
static int add_hints(struct hf_wanted *wanted, struct hf_prisma_schema *schema,
                     const struct hf_prisma_model *model, struct hf_error *err)
{
    const char *from = hf_prisma_former_name(schema, model->block->documentation);
    if (from && hf_wanted_add_rename(wanted, model->table, NULL, from, err))
        return -1;
    for (size_t i = 0; i < model->field_count; i++) {
        const struct hf_prisma_field *field = &model->fields[i];
        if (field->kind == HF_PRISMA_RELATION_FIELD)
            continue;
        from = hf_prisma_former_name(schema, field->entry->documentation);
        if (from && hf_wanted_add_rename(wanted, model->table, field->column, from, err))
            return -1;
        if (field->kind == HF_PRISMA_ENUM_FIELD && add_enum(wanted, schema, field, err))
            return -1;
    }
    return 0;
}

int hf_prisma_lower(struct hf_wanted *out, struct hf_prisma_schema *schema, struct hf_error *err)
{
    if (add_statements(out, schema, err))
        return -1;
    for (struct hf_prisma_model *model = schema->models; model; model = model->next)
        if (!model->view && add_hints(out, schema, model, err))
            return -1;
    return schema->failed ? -1 : 0;
}

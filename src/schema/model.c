#include "schema/model.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sqlite/connection.h"
#include "sqlite/sql_token.h"

/* A row's columns go to `take`, in the order of the statement. */
typedef int (*take_row)(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err);

static int sql_failed(sqlite3 *db, int rc, struct hf_error *err)
{
    const char *path = sqlite3_db_filename(db, "main");
    hf_connection_error(db, rc, path && *path ? path : "schema", err);
    return hf_error_wrap(err, "read the schema");
}

static int each_row(struct hf_model *model, sqlite3 *db, const char *sql, take_row take,
                    struct hf_error *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    if (rc != SQLITE_OK)
        return sql_failed(db, rc, err);
    int failed = 0;
    while (!failed && (rc = sqlite3_step(row)) == SQLITE_ROW)
        failed = take(model, row, err);
    if (!failed && rc != SQLITE_DONE)
        failed = sql_failed(db, rc, err);
    sqlite3_finalize(row);
    return failed;
}

static int text(const char **out, struct hf_model *model, sqlite3_stmt *row, int column,
                struct hf_error *err)
{
    const char *value = (const char *)sqlite3_column_text(row, column);
    *out = hf_heap_text(&model->heap, value, err);
    if (value && !*out)
        return -1;
    return value || sqlite3_column_type(row, column) == SQLITE_NULL ? 0 : hf_error_memory(err);
}

static bool starts_with(const char *text, const char *prefix)
{
    return !strncasecmp(text, prefix, strlen(prefix));
}

/* The word itself: a column may have it for a name, in quotes. */
static bool has_autoincrement(const char *sql)
{
    struct hf_sql_token token;
    do {
        token = hf_sql_next(&sql);
        if (hf_sql_is(&token, "AUTOINCREMENT"))
            return true;
    } while (token.kind != HF_SQL_END);
    return false;
}

static int take_table(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    model->tables =
        hf_heap_grow(&model->heap, model->tables, model->table_count, sizeof *model->tables, err);
    if (!model->tables)
        return -1;
    struct hf_table *table = &model->tables[model->table_count];
    *table = (struct hf_table){0};
    if (text(&table->name, model, row, 0, err) || text(&table->sql, model, row, 1, err))
        return -1;
    table->sql = table->sql ? table->sql : "";
    table->autoincrement = has_autoincrement(table->sql);
    if (starts_with(table->sql, "CREATE VIRTUAL"))
        table->kind = HF_TABLE_VIRTUAL;
    model->table_count++;
    return 0;
}

static struct hf_table *table_of(struct hf_model *model, sqlite3_stmt *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    return name ? hf_model_table(model, name) : NULL;
}

static int take_nature(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    (void)err;
    struct hf_table *table = table_of(model, row);
    const char *kind = (const char *)sqlite3_column_text(row, 1);
    if (!table)
        return 0;
    if (kind && !strcmp(kind, "shadow"))
        table->kind = HF_TABLE_SHADOW;
    table->without_rowid = sqlite3_column_int(row, 2);
    table->strict = sqlite3_column_int(row, 3);
    table->module_missing = table->kind == HF_TABLE_VIRTUAL && !sqlite3_column_int(row, 4);
    return 0;
}

static int take_index_text(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    const struct hf_table *table = table_of(model, row);
    const char *name = (const char *)sqlite3_column_text(row, 1);
    struct hf_index *index = table && name ? (struct hf_index *)hf_table_index(table, name) : NULL;
    return index ? text(&index->sql, model, row, 2, err) : 0;
}

/* A missing module leaves its shadow tables unrecognised: their names tell. */
static void mark_shadows(struct hf_model *model)
{
    for (size_t i = 0; i < model->table_count; i++) {
        const struct hf_table *virtual = &model->tables[i];
        size_t length = strlen(virtual->name);
        for (size_t j = 0; virtual->module_missing && j < model->table_count; j++) {
            struct hf_table *other = &model->tables[j];
            other->maybe_shadow |= other->kind == HF_TABLE_PLAIN &&
                                   starts_with(other->name, virtual->name) &&
                                   other->name[length] == '_';
        }
    }
}

static size_t hash_of(const char *name)
{
    size_t hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (size_t)(*name >= 'A' && *name <= 'Z' ? *name | 32 : *name);
    return hash;
}

static int make_slots(struct hf_model *model, struct hf_error *err)
{
    model->slot_count = 2 * model->table_count + 1;
    model->slots = hf_heap_alloc(&model->heap, model->slot_count * sizeof *model->slots, err);
    if (!model->slots)
        return -1;
    for (size_t i = 0; i < model->table_count; i++) {
        size_t slot = hash_of(model->tables[i].name) % model->slot_count;
        while (model->slots[slot])
            slot = (slot + 1) % model->slot_count;
        model->slots[slot] = i + 1;
    }
    return 0;
}

struct hf_table *hf_model_table(const struct hf_model *model, const char *name)
{
    if (!model->slot_count)
        return NULL;
    size_t slot = hash_of(name) % model->slot_count;
    for (; model->slots[slot]; slot = (slot + 1) % model->slot_count) {
        struct hf_table *table = &model->tables[model->slots[slot] - 1];
        if (!table->gone && !strcasecmp(table->name, name))
            return table;
    }
    return NULL;
}

static int take_column(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    struct hf_table *table = table_of(model, row);
    if (!table)
        return 0;
    table->columns = hf_heap_grow(&model->heap, table->columns, table->column_count,
                                  sizeof *table->columns, err);
    if (!table->columns)
        return -1;
    struct hf_column *column = &table->columns[table->column_count];
    *column = (struct hf_column){.not_null = sqlite3_column_int(row, 3),
                                 .key = sqlite3_column_int(row, 5),
                                 .kind = (enum hf_column_kind)sqlite3_column_int(row, 6)};
    if (text(&column->name, model, row, 1, err) || text(&column->type, model, row, 2, err) ||
        text(&column->fallback, model, row, 4, err))
        return -1;
    column->type = column->type ? column->type : "";
    table->column_count++;
    return 0;
}

static int take_index(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    struct hf_table *table = table_of(model, row);
    if (!table)
        return 0;
    table->indexes =
        hf_heap_grow(&model->heap, table->indexes, table->index_count, sizeof *table->indexes, err);
    if (!table->indexes)
        return -1;
    struct hf_index *index = &table->indexes[table->index_count];
    const char *origin = (const char *)sqlite3_column_text(row, 3);
    *index = (struct hf_index){.unique = sqlite3_column_int(row, 2),
                               .key = origin && !strcmp(origin, "pk"),
                               .partial = sqlite3_column_int(row, 4)};
    if (text(&index->name, model, row, 1, err))
        return -1;
    table->index_count++;
    return 0;
}

static int take_index_column(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    const struct hf_table *table = table_of(model, row);
    const char *name = (const char *)sqlite3_column_text(row, 1);
    struct hf_index *index = table && name ? (struct hf_index *)hf_table_index(table, name) : NULL;
    if (!index)
        return 0;
    index->columns =
        hf_heap_grow(&model->heap, index->columns, index->count, sizeof *index->columns, err);
    if (!index->columns)
        return -1;
    struct hf_index_column *column = &index->columns[index->count];
    *column = (struct hf_index_column){.descending = sqlite3_column_int(row, 3)};
    if (text(&column->name, model, row, 2, err) || text(&column->collation, model, row, 4, err))
        return -1;
    index->count++;
    return 0;
}

static int take_foreign_key(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    struct hf_table *table = table_of(model, row);
    if (!table)
        return 0;
    int id = sqlite3_column_int(row, 1);
    struct hf_foreign_key *key = table->key_count ? &table->keys[table->key_count - 1] : NULL;
    if (!key || key->id != id) {
        table->keys =
            hf_heap_grow(&model->heap, table->keys, table->key_count, sizeof *table->keys, err);
        if (!table->keys)
            return -1;
        key = &table->keys[table->key_count++];
        *key = (struct hf_foreign_key){.id = id};
        if (text(&key->parent, model, row, 2, err) || text(&key->on_update, model, row, 5, err) ||
            text(&key->on_delete, model, row, 6, err))
            return -1;
    }
    key->from = hf_heap_grow(&model->heap, key->from, key->count, sizeof *key->from, err);
    key->to = hf_heap_grow(&model->heap, key->to, key->count, sizeof *key->to, err);
    if (!key->from || !key->to || text(&key->from[key->count], model, row, 3, err) ||
        text(&key->to[key->count], model, row, 4, err))
        return -1;
    key->count++;
    return 0;
}

/* A reference without columns means the parent's primary key. */
static void resolve_foreign_keys(struct hf_model *model)
{
    for (size_t i = 0; i < model->table_count; i++) {
        for (size_t j = 0; j < model->tables[i].key_count; j++) {
            struct hf_foreign_key *key = &model->tables[i].keys[j];
            const struct hf_table *parent = hf_model_table(model, key->parent);
            for (size_t k = 0; k < key->count; k++) {
                for (size_t c = 0; parent && !key->to[k] && c < parent->column_count; c++) {
                    if (parent->columns[c].key == (int)k + 1)
                        key->to[k] = parent->columns[c].name;
                }
                key->to[k] = key->to[k] ? key->to[k] : "";
            }
        }
    }
}

static int take_object(struct hf_model *model, sqlite3_stmt *row, struct hf_error *err)
{
    bool trigger = !strcmp((const char *)sqlite3_column_text(row, 0), "trigger");
    struct hf_object **list = trigger ? &model->triggers : &model->views;
    size_t *count = trigger ? &model->trigger_count : &model->view_count;
    *list = hf_heap_grow(&model->heap, *list, *count, sizeof **list, err);
    if (!*list)
        return -1;
    struct hf_object *object = &(*list)[*count];
    *object = (struct hf_object){0};
    if (text(&object->name, model, row, 1, err) || text(&object->table, model, row, 2, err) ||
        text(&object->sql, model, row, 3, err))
        return -1;
    ++*count;
    return 0;
}

/* Tables that table_xinfo and its like can be asked about: a virtual table's module may be missing.
 */
#define OWN_TABLES " FROM sqlite_schema m, pragma_"
#define OF_OWN_TABLES                                                                              \
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"                         \
    " AND m.sql NOT LIKE 'CREATE VIRTUAL%'"

static int read_all(struct hf_model *model, sqlite3 *db, struct hf_error *err)
{
    if (each_row(model, db,
                 "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"
                 " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
                 take_table, err) ||
        make_slots(model, err) ||
        each_row(model, db,
                 "SELECT name, type, wr, strict, ncol FROM pragma_table_list WHERE schema = 'main'",
                 take_nature, err))
        return -1;
    mark_shadows(model);
    if (each_row(
            model, db,
            "SELECT m.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden" OWN_TABLES
            "table_xinfo(m.name, 'main') x" OF_OWN_TABLES " ORDER BY m.rowid, x.cid",
            take_column, err) ||
        each_row(model, db,
                 "SELECT m.name, l.name, l.\"unique\", l.origin, l.partial" OWN_TABLES
                 "index_list(m.name, 'main') l" OF_OWN_TABLES " ORDER BY m.rowid, l.seq DESC",
                 take_index, err) ||
        each_row(model, db,
                 "SELECT tbl_name, name, sql FROM sqlite_schema WHERE type = 'index' AND sql"
                 " IS NOT NULL",
                 take_index_text, err) ||
        each_row(model, db,
                 "SELECT m.name, l.name, x.name, x.desc, x.coll" OWN_TABLES
                 "index_list(m.name, 'main') l, pragma_index_xinfo(l.name, 'main') x" OF_OWN_TABLES
                 " AND x.key ORDER BY m.rowid, l.seq DESC, x.seqno",
                 take_index_column, err) ||
        each_row(model, db,
                 "SELECT m.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_update, "
                 "f.on_delete" OWN_TABLES "foreign_key_list(m.name, 'main') f" OF_OWN_TABLES
                 " ORDER BY m.rowid, f.id DESC, f.seq",
                 take_foreign_key, err) ||
        each_row(model, db,
                 "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE type IN ('trigger',"
                 " 'view') ORDER BY rowid",
                 take_object, err))
        return -1;
    resolve_foreign_keys(model);
    return 0;
}

int hf_model_read(struct hf_model *out, sqlite3 *db, struct hf_error *err)
{
    struct hf_model model = {0};
    if (read_all(&model, db, err)) {
        hf_model_release(&model);
        return -1;
    }
    *out = model;
    return 0;
}

const struct hf_column *hf_table_column(const struct hf_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (!strcasecmp(table->columns[i].name, name))
            return &table->columns[i];
    }
    return NULL;
}

const struct hf_index *hf_table_index(const struct hf_table *table, const char *name)
{
    for (size_t i = 0; i < table->index_count; i++) {
        if (!strcasecmp(table->indexes[i].name, name))
            return &table->indexes[i];
    }
    return NULL;
}

static const struct hf_object *find_object(const struct hf_object *list, size_t count,
                                           const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcasecmp(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

const struct hf_object *hf_model_view(const struct hf_model *model, const char *name)
{
    return find_object(model->views, model->view_count, name);
}

const struct hf_object *hf_model_trigger(const struct hf_model *model, const char *name)
{
    return find_object(model->triggers, model->trigger_count, name);
}

/* INTEGER PRIMARY KEY of one column, unless it is DESC, which only an index of the key betrays
 * (https://sqlite.org/lang_createtable.html#rowids_and_the_integer_primary_key). */
const struct hf_column *hf_table_rowid_column(const struct hf_table *table)
{
    const struct hf_column *key = NULL;
    if (table->without_rowid)
        return NULL;
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].key)
            continue;
        if (key)
            return NULL;
        key = &table->columns[i];
    }
    if (!key || strcasecmp(key->type, "INTEGER"))
        return NULL;
    for (size_t i = 0; i < table->index_count; i++) {
        if (table->indexes[i].key)
            return NULL;
    }
    return key;
}

bool hf_column_generated(const struct hf_column *column)
{
    return column->kind == HF_COLUMN_VIRTUAL || column->kind == HF_COLUMN_STORED;
}

void hf_model_release(struct hf_model *model)
{
    hf_heap_release(&model->heap);
    *model = (struct hf_model){0};
}

#include "portable/copy_schema.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/connection.h"
#include "sqlite/virtual_table.h"

/* A shadow table: whose it is, and whether what is in it travels. */
struct shadow {
    char *name;
    char *owner;
    bool carried;
};

struct reading {
    sqlite3 *db;
    const char *path;
    const struct hf_events *events;
    struct hf_copy_schema schema;
    struct shadow *shadows;
    size_t shadow_count;
    struct hf_error *err;
};

bool hf_copy_same_name(const char *a, const char *b)
{
    return sqlite3_stricmp(a, b) == 0;
}

int hf_copy_append_name(struct hf_buf *sql, const char *name, struct hf_error *err)
{
    if (hf_buf_append(sql, "\"", 1, err))
        return -1;
    for (; *name; name++) {
        if (hf_buf_append(sql, name, 1, err) || (*name == '"' && hf_buf_append(sql, name, 1, err)))
            return -1;
    }
    return hf_buf_append(sql, "\"", 1, err);
}

const struct hf_copy_table *hf_copy_schema_table(const struct hf_copy_schema *schema,
                                                 const char *name)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        if (hf_copy_same_name(schema->tables[i].name, name))
            return &schema->tables[i];
    }
    return NULL;
}

static int fail(struct reading *reading, int rc)
{
    return hf_connection_error(reading->db, rc, reading->path, reading->err);
}

typedef int (*each_row)(struct reading *reading, sqlite3_stmt *statement, void *context);

static int query(struct reading *reading, const char *sql, const char *name, each_row each,
                 void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(reading->db, sql, -1, &statement, NULL), result = 0;
    if (rc == SQLITE_OK && name)
        rc = sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    while (rc == SQLITE_OK && !result && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        result = each(reading, statement, context);
        rc = SQLITE_OK;
    }
    if (!result && rc != SQLITE_DONE)
        result = fail(reading, rc);
    sqlite3_finalize(statement);
    return result;
}

static char *text_of(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return strdup(text ? text : "");
}

/* Room for one more in an array that grows by doubling. */
static void *grown(void *array, size_t count, size_t size)
{
    if (count & (count - 1) || (count && count < 8))
        return array;
    return realloc(array, (count < 8 ? 8 : 2 * count) * size);
}

static const struct shadow *find_shadow(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->shadow_count; i++) {
        if (hf_copy_same_name(reading->shadows[i].name, name))
            return &reading->shadows[i];
    }
    return NULL;
}

static int add_shadow(struct reading *reading, const char *name, const char *owner, bool carried)
{
    void *array = grown(reading->shadows, reading->shadow_count, sizeof *reading->shadows);
    if (!array)
        return hf_error_memory(reading->err);
    reading->shadows = array;
    struct shadow *shadow = &reading->shadows[reading->shadow_count++];
    *shadow = (struct shadow){.name = strdup(name), .owner = strdup(owner), .carried = carried};
    return shadow->name && shadow->owner ? 0 : hf_error_memory(reading->err);
}

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length > tail && hf_copy_same_name(name + length - tail, end);
}

/* The settings of an FTS5 table (rank, automerge) are nowhere but in its "_config". */
static bool is_carried(enum hf_virtual_kind kind, const char *shadow)
{
    if (kind == HF_VIRTUAL_NOTHING)
        return false;
    return kind == HF_VIRTUAL_SHADOWS || ends_in(shadow, "_config");
}

static int look_at_virtual(struct reading *reading, sqlite3_stmt *statement, void *context)
{
    (void)context;
    hf_auto(hf_virtual) struct hf_virtual look = {0};
    const char *name = (const char *)sqlite3_column_text(statement, 0);
    const char *sql = (const char *)sqlite3_column_text(statement, 1);
    if (!name || !sql)
        return hf_error_memory(reading->err);
    if (hf_virtual_look(&look, name, sql, reading->err))
        return -1;
    for (size_t i = 0; i < look.shadow_count; i++) {
        if (add_shadow(reading, look.shadows[i], name, is_carried(look.kind, look.shadows[i])))
            return -1;
    }
    if (look.kind == HF_VIRTUAL_UNKNOWN)
        hf_notice(reading->events,
                  "the module of virtual table '%s' is not known here: of its "
                  "content only what stands in ordinary tables is carried",
                  name);
    return 0;
}

static int read_column(struct reading *reading, sqlite3_stmt *statement, void *context)
{
    struct hf_copy_table *table = context;
    void *array = grown(table->columns, table->column_count, sizeof *table->columns);
    if (!array)
        return hf_error_memory(reading->err);
    table->columns = array;
    table->columns[table->column_count] = text_of(statement, 0);
    return table->columns[table->column_count++] ? 0 : hf_error_memory(reading->err);
}

static int set_true(struct reading *reading, sqlite3_stmt *statement, void *context)
{
    (void)reading, (void)statement;
    *(bool *)context = true;
    return 0;
}

/* "rowid" unless that, "_rowid_" and "oid" are all names of columns: then nobody can ask for it. */
static const char *name_of_rowid(const struct hf_copy_table *table)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    for (size_t i = 0; i < 3; i++) {
        bool taken = false;
        for (size_t j = 0; j < table->column_count; j++)
            taken |= hf_copy_same_name(table->columns[j], names[i]);
        if (!taken)
            return names[i];
    }
    return NULL;
}

/* The rowid is a column when that column alone is an INTEGER primary key and no index keeps it. */
static int read_rowid(struct reading *reading, struct hf_copy_table *table, bool without_rowid)
{
    bool is_column = false;
    if (!without_rowid &&
        query(reading,
              "SELECT 1 FROM pragma_table_info(?1) WHERE pk AND upper(type) = 'INTEGER' AND "
              "(SELECT count(*) FROM pragma_table_info(?1) WHERE pk) = 1 AND NOT EXISTS "
              "(SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')",
              table->name, set_true, &is_column))
        return -1;
    table->rowid = without_rowid || is_column ? NULL : name_of_rowid(table);
    return 0;
}

static enum hf_copy_content content_of(enum hf_virtual_kind kind)
{
    if (kind == HF_VIRTUAL_REBUILT)
        return HF_COPY_REBUILT;
    return kind == HF_VIRTUAL_ROWS ? HF_COPY_ROWS : HF_COPY_NO_ROWS;
}

/* An rtree's first column is its rowid; FTS and geopoly have one of their own. */
static int read_virtual(struct reading *reading, struct hf_copy_table *table, const char *sql)
{
    hf_auto(hf_virtual) struct hf_virtual look = {0};
    if (hf_virtual_look(&look, table->name, sql, reading->err))
        return -1;
    table->is_virtual = true;
    table->content = content_of(look.kind);
    if (table->content != HF_COPY_ROWS)
        return 0;
    if (query(reading, "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid",
              table->name, read_column, table))
        return -1;
    bool is_rtree = false;
    for (size_t i = 0; i < look.shadow_count; i++)
        is_rtree |= ends_in(look.shadows[i], "_parent");
    bool is_geopoly =
        is_rtree && table->column_count && hf_copy_same_name(table->columns[0], "_shape");
    table->rowid = is_rtree && !is_geopoly ? NULL : name_of_rowid(table);
    return 0;
}

static int read_table(struct reading *reading, sqlite3_stmt *statement, void *context)
{
    (void)context;
    const char *name = (const char *)sqlite3_column_text(statement, 0);
    const char *type = (const char *)sqlite3_column_text(statement, 1);
    bool without_rowid = sqlite3_column_int(statement, 2);
    const char *sql = (const char *)sqlite3_column_text(statement, 3);
    struct hf_copy_schema *schema = &reading->schema;
    if (!name || !type || !sql)
        return hf_error_memory(reading->err);
    const struct shadow *shadow = find_shadow(reading, name);
    if (shadow && !shadow->carried)
        return 0;
    void *array = grown(schema->tables, schema->table_count, sizeof *schema->tables);
    if (!array)
        return hf_error_memory(reading->err);
    schema->tables = array;
    struct hf_copy_table *table = &schema->tables[schema->table_count++];
    *table = (struct hf_copy_table){.name = strdup(name),
                                    .shadow_of = shadow ? strdup(shadow->owner) : NULL};
    if (!table->name || (shadow && !table->shadow_of))
        return hf_error_memory(reading->err);
    if (!strcmp(type, "virtual"))
        return read_virtual(reading, table, sql);
    if (query(reading, "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden = 0 ORDER BY cid",
              name, read_column, table))
        return -1;
    return read_rowid(reading, table, without_rowid);
}

static int read_statement(struct reading *reading, sqlite3_stmt *row, void *context)
{
    (void)context;
    struct hf_copy_schema *schema = &reading->schema;
    const char *table = (const char *)sqlite3_column_text(row, 2);
    if (!table)
        return hf_error_memory(reading->err);
    if (find_shadow(reading, table))
        return 0;
    void *array = grown(schema->statements, schema->statement_count, sizeof *schema->statements);
    if (!array)
        return hf_error_memory(reading->err);
    schema->statements = array;
    struct hf_copy_statement *statement = &schema->statements[schema->statement_count++];
    *statement = (struct hf_copy_statement){.type = text_of(row, 0),
                                            .name = text_of(row, 1),
                                            .table = text_of(row, 2),
                                            .sql = text_of(row, 3)};
    return statement->type && statement->name && statement->table && statement->sql
               ? 0
               : hf_error_memory(reading->err);
}

static int compare_statements(const void *a, const void *b)
{
    const struct hf_copy_statement *first = a, *second = b;
    int order = strcmp(first->type, second->type);
    return order ? order : strcmp(first->name, second->name);
}

static void hash_text(struct hf_digest *digest, const char *text)
{
    hf_digest_update(digest, text, strlen(text) + 1);
}

static int hash_statements(struct reading *reading)
{
    struct hf_copy_schema *schema = &reading->schema;
    size_t count = schema->statement_count;
    hf_auto_free struct hf_copy_statement *sorted = calloc(count + 1, sizeof *sorted);
    if (!sorted)
        return hf_error_memory(reading->err);
    if (count)
        memcpy(sorted, schema->statements, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_statements);
    struct hf_digest digest;
    uint8_t bytes[HF_DIGEST_BYTES];
    hf_digest_init(&digest);
    for (size_t i = 0; i < count; i++) {
        hash_text(&digest, sorted[i].type);
        hash_text(&digest, sorted[i].name);
        hash_text(&digest, sorted[i].sql);
    }
    hf_digest_final(&digest, bytes);
    hf_copy_checksum_text(schema->hash, bytes);
    return 0;
}

static const char virtual_tables[] =
    "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 ORDER BY rowid";

/* Of SQLite's own tables those that hold something of the application's or the planner's. */
static const char tables[] =
    "SELECT s.name, l.type, l.wr, s.sql FROM sqlite_schema s, pragma_table_list(s.name) l "
    "WHERE s.type = 'table' AND l.schema = 'main' AND (s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "OR s.name IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4')) "
    "ORDER BY s.name LIKE 'sqlite\\_%' ESCAPE '\\', s.rowid";

static const char statements[] =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema "
    "WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
    "ORDER BY CASE type WHEN 'table' THEN 1 WHEN 'index' THEN 2 WHEN 'view' THEN 3 ELSE 4 END, "
    "rowid";

static void release_shadows(struct reading *reading)
{
    for (size_t i = 0; i < reading->shadow_count; i++) {
        free(reading->shadows[i].name);
        free(reading->shadows[i].owner);
    }
    free(reading->shadows);
}

int hf_copy_schema_read(struct hf_copy_schema *out, sqlite3 *db, const char *path,
                        const struct hf_events *events, struct hf_error *err)
{
    struct reading reading = {.db = db, .path = path, .events = events, .err = err};
    int result = 0;
    if (query(&reading, virtual_tables, NULL, look_at_virtual, NULL) ||
        query(&reading, tables, NULL, read_table, NULL) ||
        query(&reading, statements, NULL, read_statement, NULL) || hash_statements(&reading))
        result = -1;
    release_shadows(&reading);
    if (result)
        hf_copy_schema_release(&reading.schema);
    else
        *out = reading.schema;
    return result;
}

void hf_copy_schema_release(struct hf_copy_schema *schema)
{
    for (size_t i = 0; i < schema->table_count; i++) {
        struct hf_copy_table *table = &schema->tables[i];
        for (size_t j = 0; j < table->column_count; j++)
            free(table->columns[j]);
        free(table->columns);
        free(table->name);
        free(table->shadow_of);
    }
    for (size_t i = 0; i < schema->statement_count; i++) {
        struct hf_copy_statement *statement = &schema->statements[i];
        free(statement->type);
        free(statement->name);
        free(statement->table);
        free(statement->sql);
    }
    free(schema->tables);
    free(schema->statements);
    *schema = (struct hf_copy_schema){0};
}

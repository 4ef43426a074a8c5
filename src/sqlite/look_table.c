#include "sqlite/look_table.h"

#include <stdlib.h>
#include <string.h>

#include "os/signals.h"
#include "sqlite/row_estimate.h"

static const char *const kinds[] = {"table", "view", "virtual", "shadow"};

const char *hf_look_kind_name(enum hf_look_kind kind)
{
    return kinds[kind];
}

static enum hf_look_kind kind_of(const struct hf_look *look, const char *name, const char *text)
{
    if (name && hf_look_secrets_are_inside(hf_look_secrets(look), name))
        return HF_LOOK_SHADOW;
    for (int i = 0; text && i < 4; i++)
        if (!strcmp(kinds[i], text))
            return (enum hf_look_kind)i;
    return HF_LOOK_TABLE;
}

static char *text_of(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    return text ? strdup(text) : NULL;
}

void hf_look_table_release(struct hf_look_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
        free(table->columns[i].standard);
    }
    for (size_t i = 0; i < table->key_count; i++)
        free(table->keys[i].sql);
    free(table->columns);
    free(table->key_index);
    free(table->name);
    *table = (struct hf_look_table){0};
}

/* Prepares `sql` with one text as its parameter. */
static sqlite3_stmt *about(struct hf_look *look, const char *sql, const char *name,
                           struct hf_error *err)
{
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("%s", sql), err);
    if (row)
        sqlite3_bind_text(row, 1, name, -1, SQLITE_TRANSIENT);
    return row;
}

/* Ends a statement that was stepped through until `rc`. */
static int finish(struct hf_look *look, sqlite3_stmt *row, int rc, int failed, struct hf_error *err)
{
    if (!failed && rc != SQLITE_DONE && rc != SQLITE_ROW)
        failed = hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed ? -1 : 0;
}

static int find_table(struct hf_look_table *table, struct hf_look *look, const char *name,
                      struct hf_error *err)
{
    sqlite3_stmt *row = about(look,
                              "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'"
                              " AND name = ?1 COLLATE NOCASE"
                              " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
                              name, err);
    if (!row)
        return -1;
    int rc = sqlite3_step(row);
    if (rc == SQLITE_ROW) {
        table->name = text_of(row, 0);
        table->kind = kind_of(look, table->name, (const char *)sqlite3_column_text(row, 1));
        table->is_copy =
            table->name && hf_look_secrets_have_all_of(hf_look_secrets(look), table->name);
        table->is_without_rowid = sqlite3_column_int(row, 2);
    }
    if (finish(look, row, rc, 0, err))
        return -1;
    if (rc == SQLITE_DONE)
        return hf_error_set(err, HF_NOT_FOUND, "there is no table '%s'", name);
    return table->name ? 0 : hf_error_memory(err);
}

static int take_column(struct hf_look_table *table, const struct hf_look *look, sqlite3_stmt *row,
                       struct hf_error *err)
{
    if (table->column_count % 16 == 0) {
        struct hf_look_column *grown =
            reallocarray(table->columns, table->column_count + 16, sizeof *grown);
        if (!grown)
            return hf_error_memory(err);
        table->columns = grown;
    }
    struct hf_look_column *column = &table->columns[table->column_count++];
    *column = (struct hf_look_column){.name = text_of(row, 0),
                                      .type = text_of(row, 1),
                                      .not_null = sqlite3_column_int(row, 2),
                                      .standard = text_of(row, 3),
                                      .key_place = sqlite3_column_int(row, 4),
                                      .is_generated = sqlite3_column_int(row, 5) > 1};
    if (!column->name)
        return hf_error_memory(err);
    column->is_secret = hf_look_secrets_have(hf_look_secrets(look), table->name, column->name);
    return 0;
}

static int take_columns(struct hf_look_table *table, struct hf_look *look, struct hf_error *err)
{
    sqlite3_stmt *row = about(look,
                              "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM"
                              " pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid",
                              table->name, err);
    int failed = 0, rc = SQLITE_OK;
    if (!row)
        return -1;
    while (!failed && (rc = sqlite3_step(row)) == SQLITE_ROW)
        failed = table->column_count == HF_LOOK_MOST_COLUMNS
                     ? hf_error_set(err, HF_UNSUPPORTED, "'%s' has too many columns", table->name)
                     : take_column(table, look, row, err);
    return finish(look, row, rc, failed, err);
}

static int add_key(struct hf_look_table *table, char *sql, bool is_descending, struct hf_error *err)
{
    struct hf_look_key *key = &table->keys[table->key_count];
    key->sql = sql ? strdup(sql) : NULL;
    key->is_descending = is_descending;
    sqlite3_free(sql);
    if (!key->sql)
        return hf_error_memory(err);
    table->key_count++;
    return 0;
}

static bool has_column(const struct hf_look_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (!sqlite3_stricmp(table->columns[i].name, name))
            return true;
    return false;
}

/* The rowid by a name of it that no column has taken. */
static int take_rowid(struct hf_look_table *table, struct hf_error *err)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};
    const struct hf_look_column *alone = NULL;
    size_t parts = 0;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].key_place) {
            alone = &table->columns[i];
            parts++;
        }
    /* Only such a column can be the rowid itself. */
    if (parts == 1 && alone->is_secret && alone->type && !sqlite3_stricmp(alone->type, "integer"))
        table->key_is_secret = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!has_column(table, names[i]))
            return add_key(table, sqlite3_mprintf("%s", names[i]), false, err);
    return 0;
}

static int find_key_index(struct hf_look_table *table, struct hf_look *look, struct hf_error *err)
{
    sqlite3_stmt *row =
        about(look, "SELECT name FROM pragma_index_list(?1) WHERE origin = 'pk'", table->name, err);
    if (!row)
        return -1;
    int rc = sqlite3_step(row);
    if (rc == SQLITE_ROW)
        table->key_index = text_of(row, 0);
    return finish(look, row, rc, 0, err);
}

static int take_primary_key(struct hf_look_table *table, struct hf_look *look, struct hf_error *err)
{
    if (find_key_index(table, look, err))
        return -1;
    sqlite3_stmt *row = about(look,
                              "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1)"
                              " WHERE \"key\" ORDER BY seqno",
                              table->key_index ? table->key_index : "", err);
    int failed = 0, rc = SQLITE_OK;
    if (!row)
        return -1;
    while (!failed && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(row, 0);
        const char *collation = (const char *)sqlite3_column_text(row, 2);
        if (!column || table->key_count == HF_LOOK_MOST_KEYS) {
            failed = hf_error_set(err, HF_UNSUPPORTED,
                                  "the primary key of '%s' is none that rows "
                                  "can be paged by",
                                  table->name);
            break;
        }
        table->key_is_secret |= hf_look_secrets_have(hf_look_secrets(look), table->name, column);
        failed = add_key(
            table,
            sqlite3_mprintf("\"%w\" COLLATE \"%w\"", column, collation ? collation : "BINARY"),
            sqlite3_column_int(row, 1), err);
    }
    return finish(look, row, rc, failed, err);
}

int hf_look_table(struct hf_look_table *out, struct hf_look *look, const char *name,
                  struct hf_error *err)
{
    struct hf_look_table table = {0};
    int failed = find_table(&table, look, name, err) || take_columns(&table, look, err);
    if (!failed && (table.kind == HF_LOOK_TABLE || table.kind == HF_LOOK_SHADOW))
        failed =
            table.is_without_rowid ? take_primary_key(&table, look, err) : take_rowid(&table, err);
    if (failed) {
        hf_look_table_release(&table);
        return -1;
    }
    *out = table;
    return 0;
}

int hf_look_each_table(struct hf_look *look, int most,
                       int (*each)(void *context, const char *name, enum hf_look_kind kind,
                                   struct hf_error *err),
                       void *context, struct hf_error *err)
{
    static const char sql[] = "SELECT name, type FROM pragma_table_list WHERE schema = 'main'"
                              " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                              " ORDER BY name COLLATE NOCASE, name LIMIT ?1";
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("%s", sql), err);
    int failed = 0, rc = SQLITE_OK;
    if (!row)
        return -1;
    sqlite3_bind_int(row, 1, most);
    while (!failed && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        failed = name ? each(context, name,
                             kind_of(look, name, (const char *)sqlite3_column_text(row, 1)), err)
                      : hf_error_memory(err);
    }
    return finish(look, row, rc, failed, err);
}

int hf_look_count(struct hf_look_count *out, struct hf_look *look,
                  const struct hf_look_table *table, int64_t ms, struct hf_error *err)
{
    int64_t soon = hf_monotonic() + ms;
    int64_t deadline = hf_look_deadline(look, soon);
    hf_look_deadline(look, deadline < soon ? deadline : soon);
    struct hf_look_count count = {.rows = -1};
    bool has_rowid = table->key_count && !table->is_without_rowid && !table->key_is_secret;
    int rc = SQLITE_DONE;
    /* Without a condition it would be one instruction, which no deadline can interrupt. */
    sqlite3_stmt *row = hf_look_prepare(
        look, sqlite3_mprintf("SELECT count(*) FROM main.\"%w\" WHERE 1", table->name), err);
    if (row && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        count.rows = sqlite3_column_int64(row, 0);
        count.is_exact = true;
    }
    sqlite3_finalize(row);
    hf_look_deadline(look, deadline);
    if (!row || (rc != SQLITE_ROW && (rc & 0xff) != SQLITE_INTERRUPT))
        return row ? hf_look_error(look, err) : -1;
    if (!count.is_exact)
        count.rows =
            hf_row_estimate(hf_look_db(look), table->name, has_rowid ? table->keys[0].sql : NULL);
    *out = count;
    return 0;
}

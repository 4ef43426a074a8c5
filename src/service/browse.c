#include "service/browse.h"

#include <stdlib.h>
#include <string.h>

#include "os/signals.h"
#include "service/browse_parts.h"
#include "service/browse_value.h"
#include "service/json_channel.h"
#include "service/json_members.h"
#include "sqlite/look_table.h"

enum {
    BUSY_MS = 1000,
    TIME = 3000,
    TIME_FOR_COUNTS = 1500,
    TIME_FOR_COUNT = 300,
    MOST_TABLES = 2000,
    LONGEST_SQL = 64 << 10,
};

/* The secret columns of all profiles; the list is the caller's. */
static const char **secrets_of(const struct hf_profiles *profiles, size_t *count)
{
    size_t most = 1;
    for (size_t i = 0; i < profiles->count; i++)
        most += profiles->items[i].field_count + profiles->items[i].secret_columns.count;
    const char **secrets = calloc(most, sizeof *secrets);
    *count = 0;
    for (size_t i = 0; secrets && i < profiles->count; i++) {
        const struct hf_profile *profile = &profiles->items[i];
        for (size_t j = 0; j < profile->field_count; j++)
            if (profile->fields[j].kind == HF_PROFILE_SECRET && profile->fields[j].column)
                secrets[(*count)++] = profile->fields[j].column;
        for (size_t j = 0; j < profile->secret_columns.count; j++)
            secrets[(*count)++] = profile->secret_columns.items[j];
    }
    return secrets;
}

struct hf_browse *hf_browse_open(const char *path, enum hf_file_users users, const char *name,
                                 const struct hf_profiles *profiles, struct hf_error *err)
{
    struct hf_browse *browse = calloc(1, sizeof *browse);
    size_t count;
    const char **secrets = secrets_of(profiles, &count);
    if (!browse || !secrets) {
        hf_error_memory(err);
    } else {
        const struct hf_look_options options = {.name = name,
                                                .users = users,
                                                .busy_ms = BUSY_MS,
                                                .secrets = secrets,
                                                .secret_count = count};
        *browse = (struct hf_browse){.name = name, .profiles = profiles};
        browse->look = hf_look_open(path, &options, err);
    }
    free(secrets);
    if (browse && browse->look)
        return browse;
    free(browse);
    return NULL;
}

void hf_browse_free(struct hf_browse *browse)
{
    if (browse)
        hf_look_free(browse->look);
    free(browse);
}

struct listing {
    struct hf_browse *browse;
    json_t *list;
    int64_t counting_until;
};

static void put_count(json_t *item, const struct hf_look_count *count)
{
    if (count->rows < 0)
        hf_json_text(item, "rows", NULL);
    else
        hf_json_integer(item, "rows", count->rows);
    hf_json_boolean(item, "rows_exact", count->is_exact);
}

/* A table that cannot be looked at is told of, and costs the others nothing. */
static int list_one(void *context, const char *name, enum hf_look_kind kind, struct hf_error *err)
{
    struct listing *listing = context;
    struct hf_look *look = listing->browse->look;
    hf_auto(hf_look_table) struct hf_look_table table = {0};
    struct hf_look_count count = {.rows = -1};
    struct hf_error why = {0};
    json_t *item = hf_json_item(listing->list);
    (void)err;
    json_object_set_new(item, "name", hf_browse_text(name, strlen(name)));
    hf_json_text(item, "kind", hf_look_kind_name(kind));
    int64_t left = listing->counting_until - hf_monotonic();
    left = left < 0 ? 0 : left < TIME_FOR_COUNT ? left : TIME_FOR_COUNT;
    if (kind != HF_LOOK_VIEW && (hf_look_table(&table, look, name, &why) ||
                                 hf_look_count(&count, look, &table, left, &why)))
        count.rows = -1;
    put_count(item, &count);
    hf_json_text(item, "problem", why.code ? why.text : NULL);
    return 0;
}

json_t *hf_browse_tables(struct hf_browse *browse, struct hf_error *err)
{
    json_t *answer = hf_json_new();
    struct listing listing = {browse, hf_json_list(answer, "tables"),
                              hf_monotonic() + TIME_FOR_COUNTS};
    if (!hf_look_begin(browse->look, TIME, err) &&
        !hf_look_each_table(browse->look, MOST_TABLES, list_one, &listing, err))
        return answer;
    json_decref(answer);
    return NULL;
}

static void put_columns(json_t *answer, const struct hf_look_table *table)
{
    json_t *list = hf_json_list(answer, "columns");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct hf_look_column *column = &table->columns[i];
        json_t *item = hf_json_item(list);
        json_object_set_new(item, "name", hf_browse_text(column->name, strlen(column->name)));
        json_object_set_new(item, "type",
                            hf_browse_text(column->type ? column->type : "",
                                           column->type ? strlen(column->type) : 0));
        hf_json_boolean(item, "not_null", column->not_null);
        json_object_set_new(
            item, "default",
            hf_browse_text(column->standard, column->standard ? strlen(column->standard) : 0));
        hf_json_integer(item, "primary_key", column->key_place);
        hf_json_boolean(item, "generated", column->is_generated);
        hf_json_boolean(item, "masked", column->is_secret);
    }
}

/* One object for each row of `sql`, whose columns are named as the members are. A column whose name
 * ends with '?' is a boolean. */
static int put_rows(json_t *answer, const char *member, struct hf_look *look, const char *sql,
                    const char *name, struct hf_error *err)
{
    static const struct hf_browse_lengths most = {LONGEST_SQL, 0};
    json_t *list = hf_json_list(answer, member);
    sqlite3_stmt *row = hf_look_prepare(look, sqlite3_mprintf("%s", sql), err);
    int rc;
    if (!row)
        return -1;
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    while ((rc = sqlite3_step(row)) == SQLITE_ROW) {
        size_t shown = 0;
        json_t *item = hf_json_item(list);
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            char key[32] = "";
            const char *column = sqlite3_column_name(row, i);
            size_t length = strcspn(column ? column : "", "?");
            memcpy(key, column ? column : "", length < sizeof key ? length : 0);
            json_object_set_new(item, key,
                                column && column[length] ? json_boolean(sqlite3_column_int(row, i))
                                                         : hf_browse_value(row, i, &most, &shown));
        }
    }
    int failed = rc == SQLITE_DONE ? 0 : hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed;
}

/* Their columns as one text: a part may be an expression, which has no name. */
static const char indexes[] =
    "SELECT i.name, i.\"unique\" AS \"unique?\", i.partial AS \"partial?\", i.origin,"
    " (SELECT group_concat(coalesce(x.name, '(…)') || iif(x.\"desc\", ' DESC', ''), ', ')"
    " FROM pragma_index_xinfo(i.name) AS x WHERE x.\"key\") AS columns,"
    " (SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = i.name) AS sql"
    " FROM pragma_index_list(?1) AS i ORDER BY i.name LIMIT 200";
static const char foreign_keys[] =
    "SELECT \"table\", group_concat(\"from\", ', ') AS columns,"
    " group_concat(\"to\", ', ') AS to_columns, on_update, on_delete"
    " FROM pragma_foreign_key_list(?1) GROUP BY id ORDER BY id LIMIT 200";
static const char triggers[] = "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger'"
                               " AND tbl_name = ?1 COLLATE NOCASE ORDER BY name LIMIT 50";

static int put_create_text(json_t *answer, struct hf_look *look, const char *name,
                           struct hf_error *err)
{
    static const struct hf_browse_lengths most = {LONGEST_SQL, 0};
    size_t shown = 0;
    sqlite3_stmt *row = hf_look_prepare(
        look,
        sqlite3_mprintf("SELECT sql FROM main.sqlite_schema WHERE type IN ('table', 'view')"
                        " AND name = ?1 COLLATE NOCASE"),
        err);
    if (!row)
        return -1;
    sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    int rc = sqlite3_step(row);
    json_object_set_new(answer, "sql",
                        rc == SQLITE_ROW ? hf_browse_value(row, 0, &most, &shown) : json_null());
    int failed = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : hf_look_error(look, err);
    sqlite3_finalize(row);
    return failed;
}

json_t *hf_browse_table(struct hf_browse *browse, const char *name, struct hf_error *err)
{
    struct hf_look *look = browse->look;
    hf_auto(hf_look_table) struct hf_look_table table = {0};
    struct hf_look_count count = {.rows = -1};
    if (hf_look_begin(look, TIME, err) || hf_look_table(&table, look, name, err))
        return NULL;
    json_t *answer = hf_json_new();
    json_object_set_new(answer, "name", hf_browse_text(table.name, strlen(table.name)));
    hf_json_text(answer, "kind", hf_look_kind_name(table.kind));
    hf_json_boolean(answer, "without_rowid", table.is_without_rowid);
    if (table.kind != HF_LOOK_VIEW)
        hf_look_count(&count, look, &table, TIME_FOR_COUNT, NULL);
    put_count(answer, &count);
    put_columns(answer, &table);
    if (!put_rows(answer, "indexes", look, indexes, table.name, err) &&
        !put_rows(answer, "foreign_keys", look, foreign_keys, table.name, err) &&
        !put_rows(answer, "triggers", look, triggers, table.name, err) &&
        !put_create_text(answer, look, table.name, err))
        return answer;
    json_decref(answer);
    return NULL;
}

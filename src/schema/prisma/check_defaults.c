#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "schema/prisma/literals.h"
#include "schema/prisma/schema.h"

/* What stands in a default's string is of the field's type. */

/* SQLite reads JSON anyway, and reads it as it will when the application asks it. */
static bool is_json(struct hf_prisma_schema *schema, const char *text)
{
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    bool asked =
        sqlite3_open(":memory:", &database) == SQLITE_OK &&
        sqlite3_prepare_v2(database, "SELECT json_valid(?)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW;
    bool valid = asked && sqlite3_column_int(statement, 0) == 1;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    if (!asked) {
        hf_error_memory(schema->err);
        schema->failed = true;
    }
    return valid;
}

static bool is_int64(const char *text)
{
    char *end;
    errno = 0;
    strtoll(text, &end, 10);
    return *end == 0 && errno != ERANGE;
}

static void check_value(struct hf_prisma_schema *schema, const struct hf_prisma_field *field,
                        const struct hf_prisma_value *value)
{
    struct hf_prisma_time time;
    bool text = value->kind == HF_PRISMA_STRING, number = value->kind == HF_PRISMA_NUMBER;
    const char *what = NULL;
    switch (field->scalar) {
    case HF_PRISMA_JSON:
        if (text && !is_json(schema, value->text))
            what = "not valid JSON";
        break;
    case HF_PRISMA_BYTES:
        if (text && !hf_prisma_base64(value->text, NULL, NULL))
            what = "not valid base64";
        break;
    case HF_PRISMA_DATETIME:
        if (text && !hf_prisma_parse_time(value->text, &time))
            what = "no time of the form 2026-01-31T12:00:00Z";
        break;
    case HF_PRISMA_INT:
    case HF_PRISMA_BIGINT:
        if (number && !is_int64(value->text))
            what = "no whole number of 64 bits";
        break;
    case HF_PRISMA_DECIMAL:
        if (text && !hf_prisma_is_decimal(value->text))
            what = "not a number";
        break;
    default:
        break;
    }
    if (what && !schema->failed)
        hf_prisma_complain(schema, value->span, "%s is %s", value->text, what);
}

void hf_prisma_check_default(struct hf_prisma_schema *schema, struct hf_prisma_field *field)
{
    const struct hf_prisma_value *value = field->default_value;
    if (field->default_map)
        hf_prisma_complain(schema, field->default_attribute->span,
                           "SQLite has no names for defaults: remove 'map'");
    if (!value || field->kind != HF_PRISMA_SCALAR_FIELD)
        return;
    if (hf_prisma_is_function(value, "auto"))
        hf_prisma_complain(schema, value->span,
                           "SQLite has no auto(): use autoincrement(), cuid() "
                           "or uuid()");
    if (value->kind != HF_PRISMA_ARRAY)
        check_value(schema, field, value);
    else
        for (const struct hf_prisma_argument *each = value->items.first; each; each = each->next)
            check_value(schema, field, each->value);
}

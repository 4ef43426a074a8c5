#include "sqlite/look_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *sql; /* NULL: in another way */
} operators[] = {
    [HF_LOOK_EQUAL] = {"=", "="},
    [HF_LOOK_NOT_EQUAL] = {"!=", "<>"},
    [HF_LOOK_LESS] = {"<", "<"},
    [HF_LOOK_LESS_EQUAL] = {"<=", "<="},
    [HF_LOOK_GREATER] = {">", ">"},
    [HF_LOOK_GREATER_EQUAL] = {">=", ">="},
    [HF_LOOK_CONTAINS] = {"contains", NULL},
    [HF_LOOK_STARTS_WITH] = {"starts with", NULL},
    [HF_LOOK_IS_NULL] = {"is null", NULL},
    [HF_LOOK_IS_NOT_NULL] = {"is not null", NULL},
};

bool hf_look_operator_named(const char *name, enum hf_look_operator *out)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (!strcmp(operators[i].name, name)) {
            *out = (enum hf_look_operator)i;
            return true;
        }
    return false;
}

static const struct hf_look_column *column_of(const struct hf_look_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (!sqlite3_stricmp(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

static bool mentions(const char *type, const char *word)
{
    size_t length = strlen(word);
    for (; *type; type++)
        if (!sqlite3_strnicmp(type, word, (int)length))
            return true;
    return false;
}

/* SQLite converts neither side of a comparison with a column that takes anything as it comes
 * (https://sqlite.org/datatype3.html, 3.1 and 4.2): "5" would not find 5. */
static bool takes_anything(const struct hf_look_column *column)
{
    const char *type = column->type ? column->type : "";
    if (mentions(type, "INT") || mentions(type, "CHAR") || mentions(type, "CLOB") ||
        mentions(type, "TEXT"))
        return false;
    return !*type || mentions(type, "BLOB") || !sqlite3_stricmp(type, "ANY");
}

int hf_look_filter_put(sqlite3_str *sql, const struct hf_look_table *table,
                       const struct hf_look_filter *filter, int parameter, struct hf_error *err)
{
    const struct hf_look_column *column = column_of(table, filter->column);
    if (!column)
        return hf_error_set(err, HF_USAGE, "'%s' has no column '%s'", table->name, filter->column);
    if (column->is_secret)
        return hf_error_set(err, HF_REFUSED, "'%s' holds a secret: nothing can be found by it",
                            column->name);
    sqlite3_str_appendf(sql, "t.\"%w\"", column->name);
    switch (filter->is) {
    case HF_LOOK_IS_NULL:
        sqlite3_str_appendall(sql, " IS NULL");
        break;
    case HF_LOOK_IS_NOT_NULL:
        sqlite3_str_appendall(sql, " IS NOT NULL");
        break;
    case HF_LOOK_CONTAINS:
    case HF_LOOK_STARTS_WITH:
        sqlite3_str_appendf(sql, " LIKE ?%d ESCAPE '\\'", parameter);
        break;
    case HF_LOOK_EQUAL:
    case HF_LOOK_NOT_EQUAL:
        if (takes_anything(column)) {
            sqlite3_str_appendf(sql, "%s IN (?%d, ?%d)", filter->is == HF_LOOK_EQUAL ? "" : " NOT",
                                parameter, parameter + 1);
            break;
        }
        __attribute__((fallthrough));
    default:
        sqlite3_str_appendf(sql, " %s ?%d", operators[filter->is].sql, parameter);
    }
    return 0;
}

static int bind_pattern(sqlite3_stmt *statement, const struct hf_look_filter *filter, int parameter)
{
    sqlite3_str *pattern = sqlite3_str_new(NULL);
    if (filter->is == HF_LOOK_CONTAINS)
        sqlite3_str_appendchar(pattern, 1, '%');
    for (const char *c = filter->value; *c; c++) {
        if (strchr("%_\\", *c))
            sqlite3_str_appendchar(pattern, 1, '\\');
        sqlite3_str_appendchar(pattern, 1, *c);
    }
    sqlite3_str_appendchar(pattern, 1, '%');
    char *text = sqlite3_str_finish(pattern);
    return text ? sqlite3_bind_text(statement, parameter, text, -1, sqlite3_free) : SQLITE_NOMEM;
}

/* As a number when all of the text is one. */
static int bind_number(sqlite3_stmt *statement, const char *text, int parameter)
{
    char *end;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (*text && !*end && !errno)
        return sqlite3_bind_int64(statement, parameter, integer);
    double real = strtod(text, &end);
    if (*text && !*end)
        return sqlite3_bind_double(statement, parameter, real);
    return sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

int hf_look_filter_bind(sqlite3_stmt *statement, const struct hf_look_table *table,
                        const struct hf_look_filter *filter, int parameter)
{
    const struct hf_look_column *column = column_of(table, filter->column);
    switch (filter->is) {
    case HF_LOOK_IS_NULL:
    case HF_LOOK_IS_NOT_NULL:
        return SQLITE_OK;
    case HF_LOOK_CONTAINS:
    case HF_LOOK_STARTS_WITH:
        return bind_pattern(statement, filter, parameter);
    case HF_LOOK_EQUAL:
    case HF_LOOK_NOT_EQUAL:
        if (takes_anything(column)) {
            int rc = bind_number(statement, filter->value, parameter);
            return rc ? rc
                      : sqlite3_bind_text(statement, parameter + 1, filter->value, -1,
                                          SQLITE_STATIC);
        }
        break;
    default:
        if (takes_anything(column))
            return bind_number(statement, filter->value, parameter);
        break;
    }
    return sqlite3_bind_text(statement, parameter, filter->value, -1, SQLITE_STATIC);
}

#include "sqlite/compared.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/connection.h"
#include "sqlite/untrusted.h"

enum { BUSY_MS = 5000 };

static int encoding_of(sqlite3 *db)
{
    static const char *const names[] = {"UTF-8", "UTF-16le", "UTF-16be"};
    sqlite3_stmt *statement = NULL;
    int found = 0;
    if (!sqlite3_prepare_v2(db, "PRAGMA encoding", -1, &statement, NULL) &&
        sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < 3; i++)
            if (!strcmp((const char *)sqlite3_column_text(statement, 0), names[i]))
                found = i + 1;
    sqlite3_finalize(statement);
    return found;
}

int hf_compared_open(struct hf_compared *out, const char *path, struct hf_error *err)
{
    struct hf_compared state = {.db = hf_untrusted_open(path, BUSY_MS, err), .path = path};
    if (!state.db)
        return -1;
    if (!sqlite3_exec(state.db, "BEGIN; SELECT 1 FROM main.sqlite_schema LIMIT 1", NULL, NULL,
                      NULL)) {
        state.encoding = encoding_of(state.db);
        *out = state;
        return 0;
    }
    hf_compared_failed(&state, err);
    sqlite3_close(state.db);
    return -1;
}

void hf_compared_release(struct hf_compared *state)
{
    sqlite3_close(state->db);
    *state = (struct hf_compared){0};
}

int hf_compared_failed(const struct hf_compared *state, struct hf_error *err)
{
    return hf_connection_error(state->db, sqlite3_extended_errcode(state->db), state->path, err);
}

void hf_names_release(struct hf_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->list[i]);
    free(names->list);
    *names = (struct hf_names){0};
}

static int add_name(struct hf_names *names, const char *name, struct hf_error *err)
{
    char **list = realloc(names->list, (names->count + 1) * sizeof *list);
    names->list = list ? list : names->list;
    char *copy = list && name ? strdup(name) : NULL;
    if (!copy)
        return hf_error_memory(err);
    list[names->count++] = copy;
    return 0;
}

int hf_compared_names(struct hf_names *out, const struct hf_compared *state, const char *sql,
                      struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    int step = SQLITE_ERROR, failed = 0;
    if (!sqlite3_prepare_v2(state->db, sql, -1, &statement, NULL))
        while (!failed && (step = sqlite3_step(statement)) == SQLITE_ROW)
            failed = add_name(out, (const char *)sqlite3_column_text(statement, 0), err);
    if (!failed && step != SQLITE_DONE)
        failed = hf_compared_failed(state, err);
    sqlite3_finalize(statement);
    return failed;
}

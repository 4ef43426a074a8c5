#include "sqlite/compared.h"

#include <string.h>

#include "sqlite/connection.h"

enum { BUSY_MS = 5000 };

static const char *encoding_of(sqlite3 *db)
{
    static const char *const names[] = {"UTF-8", "UTF-16le", "UTF-16be"};
    sqlite3_stmt *statement = NULL;
    const char *found = "";
    if (!sqlite3_prepare_v2(db, "PRAGMA encoding", -1, &statement, NULL) &&
        sqlite3_step(statement) == SQLITE_ROW)
        for (int i = 0; i < 3; i++)
            if (!strcmp((const char *)sqlite3_column_text(statement, 0), names[i]))
                found = names[i];
    sqlite3_finalize(statement);
    return found;
}

int hf_compared_open(struct hf_compared *out, const char *path, enum hf_file_users users,
                     struct hf_error *err)
{
    struct hf_compared state = {.db = hf_untrusted_open(path, users, BUSY_MS, err), .path = path};
    if (!state.db)
        return -1;
    if (!sqlite3_exec(state.db,
                      "PRAGMA query_only = ON; BEGIN; SELECT 1 FROM main.sqlite_schema LIMIT 1",
                      NULL, NULL, NULL)) {
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

int hf_compared_prepare(sqlite3_stmt **out, const struct hf_compared *state, char *sql,
                        struct hf_error *err)
{
    if (!sql)
        return hf_error_memory(err);
    int rc = sqlite3_prepare_v2(state->db, sql, -1, out, NULL);
    sqlite3_free(sql);
    return rc ? hf_compared_failed(state, err) : 0;
}

int hf_compared_failed(const struct hf_compared *state, struct hf_error *err)
{
    return hf_connection_error(state->db, sqlite3_extended_errcode(state->db), state->path, err);
}

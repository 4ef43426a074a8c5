#include "schema/shadow.h"

#include <stddef.h>

#include "sqlite/connection.h"

static int copy(sqlite3 *shadow, sqlite3 *live, struct hf_error *err)
{
    sqlite3_stmt *row = NULL;
    int rc = sqlite3_prepare_v2(live,
                                "SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name"
                                " NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type = 'table' DESC,"
                                " type = 'index' DESC, type = 'view' DESC, rowid",
                                -1, &row, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
        /* A virtual table brings its shadow tables, and a module may be missing: what cannot be
         * made is not there. */
        rc = sqlite3_exec(shadow, (const char *)sqlite3_column_text(row, 0), NULL, NULL, NULL);
        rc = rc == SQLITE_NOMEM ? rc : SQLITE_OK;
    }
    if (rc != SQLITE_DONE)
        hf_connection_error(live, rc, "schema", err);
    sqlite3_finalize(row);
    return rc == SQLITE_DONE ? 0 : -1;
}

sqlite3 *hf_shadow_make(sqlite3 *live, struct hf_error *err)
{
    sqlite3 *shadow = NULL;
    if (sqlite3_open_v2(":memory:", &shadow, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
            SQLITE_OK ||
        sqlite3_exec(shadow, "PRAGMA legacy_alter_table = ON; BEGIN", NULL, NULL, NULL) !=
            SQLITE_OK) {
        hf_error_memory(err);
        sqlite3_close(shadow);
        return NULL;
    }
    if (!copy(shadow, live, err))
        return shadow;
    sqlite3_close(shadow);
    return NULL;
}

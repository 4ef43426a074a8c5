#include "sqlite/query_plan.h"

#include <string.h>

int hf_query_order(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *plan = NULL;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    int rc = explain ? sqlite3_prepare_v2(db, explain, -1, &plan, NULL) : SQLITE_NOMEM;
    int found = rc == SQLITE_OK ? HF_QUERY_AS_STORED : -1;
    sqlite3_free(explain);
    while (!rc && found != HF_QUERY_SORTED && sqlite3_step(plan) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(plan, 3);
        if (detail && strstr(detail, "TEMP B-TREE"))
            found = HF_QUERY_SORTED;
        else if (detail && strstr(detail, " USING INDEX"))
            found = HF_QUERY_BY_INDEX;
    }
    sqlite3_finalize(plan);
    return found;
}

#include "sqlite/trigger_writes.h"

#include "sqlite/sql_token.h"

/* INSERT INTO t, UPDATE t, UPDATE OR IGNORE t. An event (UPDATE OF a ON t) has no name there. */
bool hf_trigger_writes_to(const char *sql, const char *table)
{
    struct hf_sql_token token = hf_sql_next(&sql);
    for (; token.kind != HF_SQL_END; token = hf_sql_next(&sql)) {
        bool updates = hf_sql_is(&token, "UPDATE");
        if (!updates && !hf_sql_is(&token, "INTO"))
            continue;
        struct hf_sql_token name = hf_sql_next(&sql);
        if (updates && hf_sql_is(&name, "OR")) {
            hf_sql_next(&sql);
            name = hf_sql_next(&sql);
        }
        if (hf_sql_names(&name, table))
            return true;
    }
    return false;
}

/*
 * An empty copy of a live schema, in memory: what SQLite would make of a change is asked of SQLite.
 */
#ifndef HF_SCHEMA_SHADOW_H
#define HF_SCHEMA_SHADOW_H

#include <sqlite3.h>

#include "base/error.h"

/* Virtual tables whose module is not there are left out. The caller closes with sqlite3_close. */
sqlite3 *hf_shadow_make(sqlite3 *live, struct hf_error *err);

static inline void hf_shadow_free(sqlite3 **shadow)
{
    sqlite3_close(*shadow);
}
#define hf_auto_shadow __attribute__((cleanup(hf_shadow_free)))

#endif

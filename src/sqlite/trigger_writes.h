/*
 * What the text of a trigger says about the tables that it writes to. Pure.
 */
#ifndef HF_SQLITE_TRIGGER_WRITES_H
#define HF_SQLITE_TRIGGER_WRITES_H

#include <stdbool.h>

/* Whether its CREATE text inserts rows into this table or view, or updates it. */
bool hf_trigger_writes_to(const char *sql, const char *table);

#endif

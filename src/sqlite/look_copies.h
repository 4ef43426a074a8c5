/*
 * Which tables of a schema may hold copies of secrets under other names: full-text and other
 * virtual tables, and what triggers write. It is read from the CREATE texts, and errs on the safe
 * side.
 */
#ifndef HF_SQLITE_LOOK_COPIES_H
#define HF_SQLITE_LOOK_COPIES_H

#include "sqlite/look.h"
#include "sqlite/look_secrets.h"

/*
 * Adds to `secrets` the insides of virtual tables, and wholly:
 *  - a virtual table whose CREATE text names a secret column, or what such a column is read from: a
 *    table with secrets, a view of one, another such virtual table (fts5vocab reads FTS5's terms);
 *  - a table that is named in a trigger which reads a secret column; one with secrets itself, or a
 *    view, where the trigger writes to it.
 * Not found is what an application copies itself into a table that does not say so.
 */
int hf_look_find_copies(struct hf_look *look, struct hf_look_secrets *secrets,
                        struct hf_error *err);

#endif

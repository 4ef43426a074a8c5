/*
 * The data of a database as JSON, to be shown (docs/openapi.yml): its tables, their schemas, pages
 * of rows, single values. The database may come from anybody and be in use (sqlite/look.h); secret
 * columns are never read. Every answer is bounded in size, and comes within a few seconds or is an
 * error. Single-owner.
 */
#ifndef HF_SERVICE_BROWSE_H
#define HF_SERVICE_BROWSE_H

#include <jansson.h>

#include "portable/profile.h"
#include "sqlite/look.h"

struct hf_browse;

/* Secret is what any of the profiles calls so: a table that is too old or too new to be told its
 * application by must not show it. `name` is the database's; both outlive it. */
struct hf_browse *hf_browse_open(const char *path, enum hf_file_users users, const char *name,
                                 const struct hf_profiles *profiles, struct hf_error *err);
void hf_browse_free(struct hf_browse *browse);
HF_AUTO_FREE(hf_browse)

/* All tables, with how many rows. */
json_t *hf_browse_tables(struct hf_browse *browse, struct hf_error *err);

/* Columns, indexes, foreign keys, triggers, CREATE text. */
json_t *hf_browse_table(struct hf_browse *browse, const char *table, struct hf_error *err);

/* {"table", "after" or "before" (a row's key) or "last":true, "limit",
 *  "filter":[[column, operator, value]...]} */
json_t *hf_browse_rows(struct hf_browse *browse, const json_t *question, struct hf_error *err);

/* {"table", "key", "column"}: one value, much more of it than a page of rows has. */
json_t *hf_browse_cell(struct hf_browse *browse, const json_t *question, struct hf_error *err);

#endif

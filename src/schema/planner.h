/*
 * What the parts of planning share: the schemas, the plan as it grows, and questions to the rows.
 */
#ifndef HF_SCHEMA_PLANNER_H
#define HF_SCHEMA_PLANNER_H

#include "schema/compare.h"
#include "schema/sync_plan.h"

/* A name that is changed before anything else is done. */
struct hf_renamed {
    const char *table;  /* its new name */
    const char *column; /* its new name; NULL: the table itself */
    const char *from;
};

struct hf_planner {
    struct hf_sync_plan *plan;
    struct hf_heap *heap; /* the plan's */
    sqlite3 *live;
    const struct hf_wanted *schema;
    const struct hf_sync_options *options;
    struct hf_model before;      /* the live schema */
    struct hf_model after_names; /* the same with new names, when there are any */
    const struct hf_model *now;  /* the one of them that is compared */
    struct hf_model wanted;
    struct hf_renamed *renamed;
    size_t renamed_count;
    size_t rename_steps;  /* so many steps at the beginning are new names */
    const char **dropped; /* tables that will be gone; with NULL at the end */
    size_t dropped_count;
    bool columns_go; /* some column or table is dropped: triggers and views may break */
    struct hf_error *err;
};

/* A new step, the last one; the pointer holds until the next. NULL for want of memory. The text is
 * formatted as sqlite3_mprintf does. */
struct hf_sync_step *hf_plan_step(struct hf_planner *planner, enum hf_risk risk, const char *table,
                                  const char *format, ...);

/* Adds a statement to the last step. */
int hf_plan_sql(struct hf_planner *planner, const char *format, ...);

/* Says how many rows, and what it means for them, of the last step. */
int hf_plan_advise(struct hf_planner *planner, int64_t rows, const char *format, ...);

/* Adds a name to a list that ends with NULL. */
int hf_plan_name(struct hf_planner *planner, const char ***list, size_t *count, const char *name);

/* The number that a query on the live database gives. */
int hf_plan_count(struct hf_planner *planner, int64_t *out, const char *sql);

/* Rows of a table, by its new name; 0 for a table that is not there yet. */
int hf_plan_rows(struct hf_planner *planner, int64_t *out, const struct hf_table *table);

/* The name that a table has in the live database now. */
const char *hf_plan_live_table(const struct hf_planner *planner, const char *table);

/* An SQL expression for what a column that is there holds: its quoted live name behind `prefix`.
 * NULL: memory. */
const char *hf_plan_live_column(struct hf_planner *planner, const char *table, const char *column,
                                const char *prefix);

/*
 * An SQL expression for what a column will hold in the rows that are there: what it holds now, with
 * the default for NULL where it becomes required; of a column that is new its default ("NULL"
 * without). NULL: memory.
 */
const char *hf_plan_live_value(struct hf_planner *planner, const struct hf_table *wanted,
                               const char *column, const char *prefix);

/* Whether the column is there already. */
bool hf_plan_has_column(const struct hf_planner *planner, const char *table, const char *column);

/* Whether a table is known to belong to SQLite, to Holdfast or to another tool: it is never
 * touched.
 */
bool hf_table_is_anothers(const char *name);

bool hf_plan_is_rebuilt(const struct hf_planner *planner, const char *table);
bool hf_plan_is_dropped(const struct hf_planner *planner, const char *table);

/* The parts, in the order in which they are called (schema/sync_plan.c). */
int hf_plan_renames(struct hf_planner *planner);
int hf_plan_drop_indexes(struct hf_planner *planner);
int hf_plan_tables(struct hf_planner *planner);
int hf_plan_extra_tables(struct hf_planner *planner);
int hf_plan_create_indexes(struct hf_planner *planner);
int hf_plan_objects(struct hf_planner *planner);
int hf_plan_enums(struct hf_planner *planner);

/* Whether an index of CREATE INDEX is wanted as it is, or is not the schema's to say
 * (schema/plan_index.c). */
bool hf_plan_index_stays(const struct hf_planner *planner, const struct hf_table *now,
                         const struct hf_table *wanted, const struct hf_index *index);

/* Of one table: a copy under its new definition (schema/plan_rebuild.c). */
int hf_plan_rebuild(struct hf_planner *planner, const struct hf_table *now,
                    const struct hf_table *wanted, const struct hf_changes *changes);

/* Whether ALTER TABLE makes of a table what a rebuild would, and if so, in which steps
 * (schema/plan_alter.c). */
bool hf_plan_can_alter(struct hf_planner *planner, const struct hf_table *now,
                       const struct hf_table *wanted, const struct hf_changes *changes,
                       bool has_rows);
int hf_plan_alter_sql(struct hf_planner *planner, const struct hf_table *now,
                      const struct hf_table *wanted, const struct hf_change *change);

/* Orders additions as Prisma does, where they are all that changes. */
void hf_plan_order_additions(struct hf_changes *changes);

#endif

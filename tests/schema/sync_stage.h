/*
 * A live database and a wanted schema for the tests of schema sync.
 */
#ifndef HF_TEST_SCHEMA_SYNC_STAGE_H
#define HF_TEST_SCHEMA_SYNC_STAGE_H

#include "sqlite/scene.h"

#include "schema/sync_apply.h"

struct stage {
    struct scene *scene;
    sqlite3 *live;
    struct hf_sync_plan plan; /* of the last call */
    struct hf_error err;
};

/* A new database with this in it, in WAL mode and with foreign keys enforced. */
void stage_open(struct stage *stage, void **state, const char *sql);
void stage_close(struct stage *stage);

/* What the statements make, as a wanted schema. For HF_SCHEMA_PRISMA they are what Prisma's
 * compiler would write. Released by the caller. */
struct hf_wanted stage_wanted(enum hf_schema_dialect dialect, const char *sql);

/* Each makes or applies a plan for the schema, and returns the code of its failure. */
enum hf_code stage_plan(struct stage *stage, enum hf_schema_dialect dialect, const char *sql);
enum hf_code stage_apply(struct stage *stage, enum hf_schema_dialect dialect, const char *sql,
                         enum hf_data_loss data_loss);

/* The same while somebody else, between the plan and its doing, runs `meanwhile`. */
enum hf_code stage_apply_while(struct stage *stage, const char *meanwhile,
                               enum hf_schema_dialect dialect, const char *sql,
                               enum hf_data_loss data_loss);

/* Applies a Prisma schema's statements; fails the test unless it works without losing data and
 * leaves nothing to do. */
void stage_prisma(struct stage *stage, const char *sql);
/* The same for a schema in SQL. */
void stage_sql(struct stage *stage, const char *sql);

/* The last plan's step whose text has this in it; fails the test when there is none. */
const struct hf_sync_step *stage_step(const struct stage *stage, const char *text);
bool stage_has_step(const struct stage *stage, const char *text);

/* What a query gives, as text; valid until the next call. */
const char *stage_text(struct stage *stage, const char *sql);

#define assert_asks(stage, sql, number) assert_int_equal(ask_sql((stage)->live, sql), number)

#endif

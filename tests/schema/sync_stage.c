#include "schema/sync_stage.h"

#include <string.h>

#include "schema/sql_compile.h"

void stage_open(struct stage *stage, void **state, const char *sql)
{
    *stage = (struct stage){.scene = *state};
    stage->live = open_db(stage->scene->db);
    run_sql(stage->live, "PRAGMA journal_mode = WAL");
    run_sql(stage->live, "PRAGMA foreign_keys = ON");
    run_sql(stage->live, "%s", sql);
}

void stage_close(struct stage *stage)
{
    assert_asks(stage, "PRAGMA foreign_keys", 1);
    assert_asks(stage, "PRAGMA legacy_alter_table", 0);
    assert_asks(stage, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
                0);
    hf_sync_plan_release(&stage->plan);
    sqlite3_close(stage->live);
}

struct hf_wanted stage_wanted(enum hf_schema_dialect dialect, const char *sql)
{
    struct hf_schema_source source = {(char *)"wanted.sql", (char *)sql, strlen(sql)};
    const struct hf_schema_sources sources = {HF_SCHEMA_SQL, &source, 1};
    hf_auto(hf_diagnostics) struct hf_diagnostics diagnostics = {0};
    struct hf_wanted wanted = {0};
    struct hf_error err = {0};
    if (hf_sql_compile(&wanted, &sources, &diagnostics, &err))
        fail_msg("%s", err.text);
    wanted.dialect = dialect;
    return wanted;
}

enum hf_code stage_plan(struct stage *stage, enum hf_schema_dialect dialect, const char *sql)
{
    const struct hf_sync_options options = {.drop_extra_tables = false};
    struct hf_wanted wanted = stage_wanted(dialect, sql);
    hf_sync_plan_release(&stage->plan);
    stage->err = (struct hf_error){0};
    hf_sync_plan_make(&stage->plan, stage->live, &wanted, &options, &stage->err);
    hf_wanted_release(&wanted);
    return stage->err.code;
}

struct meanwhile {
    const char *path, *sql;
};

static int run_meanwhile(void *context, const struct hf_sync_plan *plan, struct hf_error *err)
{
    const struct meanwhile *meanwhile = context;
    (void)plan;
    (void)err;
    if (meanwhile->sql)
        sql_in(meanwhile->path, "%s", meanwhile->sql);
    return 0;
}

enum hf_code stage_apply_while(struct stage *stage, const char *meanwhile,
                               enum hf_schema_dialect dialect, const char *sql,
                               enum hf_data_loss data_loss)
{
    struct meanwhile other = {stage->scene->db, meanwhile};
    const struct hf_sync_apply_options options = {.plan.drop_extra_tables =
                                                      data_loss == HF_DATA_LOSS_ACCEPTED,
                                                  .data_loss = data_loss,
                                                  .before = run_meanwhile,
                                                  .context = &other};
    struct hf_wanted wanted = stage_wanted(dialect, sql);
    hf_sync_plan_release(&stage->plan);
    stage->err = (struct hf_error){0};
    hf_sync_apply(stage->live, &wanted, &options, &stage->plan, &stage->err);
    hf_wanted_release(&wanted);
    return stage->err.code;
}

enum hf_code stage_apply(struct stage *stage, enum hf_schema_dialect dialect, const char *sql,
                         enum hf_data_loss data_loss)
{
    return stage_apply_while(stage, NULL, dialect, sql, data_loss);
}

static void apply_wholly(struct stage *stage, enum hf_schema_dialect dialect, const char *sql)
{
    struct hf_sync_plan done;
    if (stage_apply(stage, dialect, sql, HF_DATA_LOSS_REFUSED))
        fail_msg("%s", stage->err.text);
    done = stage->plan;
    stage->plan = (struct hf_sync_plan){0};
    assert_int_equal(stage_plan(stage, dialect, sql), HF_OK);
    assert_true(hf_sync_plan_is_empty(&stage->plan));
    hf_sync_plan_release(&stage->plan);
    stage->plan = done;
}

void stage_prisma(struct stage *stage, const char *sql)
{
    apply_wholly(stage, HF_SCHEMA_PRISMA, sql);
}

void stage_sql(struct stage *stage, const char *sql)
{
    apply_wholly(stage, HF_SCHEMA_SQL, sql);
}

static const struct hf_sync_step *find_step(const struct stage *stage, const char *text)
{
    for (size_t i = 0; i < stage->plan.count; i++) {
        if (strstr(stage->plan.steps[i].text, text))
            return &stage->plan.steps[i];
    }
    return NULL;
}

const struct hf_sync_step *stage_step(const struct stage *stage, const char *text)
{
    const struct hf_sync_step *step = find_step(stage, text);
    if (!step)
        fail_msg("no step says '%s'", text);
    return step;
}

bool stage_has_step(const struct stage *stage, const char *text)
{
    return find_step(stage, text) != NULL;
}

const char *stage_text(struct stage *stage, const char *sql)
{
    static char text[1000];
    sqlite3_stmt *row = NULL;
    *text = 0;
    if (sqlite3_prepare_v2(stage->live, sql, -1, &row, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(stage->live));
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0))
        sqlite3_snprintf(sizeof text, text, "%s", sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    return text;
}

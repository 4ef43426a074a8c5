#include "schema/sync_apply.h"

#include <inttypes.h>

#include "sqlite/connection.h"

/* How the connection was before. */
struct settings {
    int foreign_keys, legacy_alter;
};

struct work {
    sqlite3 *live;
    const struct hf_wanted *wanted;
    const struct hf_sync_apply_options *options;
    struct hf_error *err;
};

enum { COMPLAINT_TEXT = 256 };

struct violations {
    int64_t rows;     /* that refer to nothing */
    int64_t unusable; /* tables with a key whose parent columns are not unique, or not there */
    char complaint[COMPLAINT_TEXT]; /* SQLite's, of the last of them */
};

/* What the rows said before anything was done, to be compared after. */
struct evidence {
    struct violations violations;
    int64_t *rows; /* of each rebuilt table */
};

static int failed_with(const struct work *work, int rc)
{
    const char *path = sqlite3_db_filename(work->live, "main");
    return hf_connection_error(work->live, rc, path && *path ? path : ":memory:", work->err);
}

static int execute(const struct work *work, const char *sql)
{
    int rc = sqlite3_exec(work->live, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : failed_with(work, rc);
}

/* Not every constraint can be counted beforehand: what a row does not pass shows only now. */
static int execute_step(const struct work *work, const char *sql)
{
    int rc = sqlite3_exec(work->live, sql, NULL, NULL, NULL);
    if ((rc & 0xff) != SQLITE_CONSTRAINT && rc != SQLITE_MISMATCH) /* the latter of a rowid */
        return rc == SQLITE_OK ? 0 : failed_with(work, rc);
    hf_error_set(work->err, HF_REFUSED, "%s", sqlite3_errmsg(work->live));
    return hf_error_hint(work->err, "nothing was changed; change the schema or the data");
}

static int read_number(const struct work *work, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(work->live, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        rc = SQLITE_OK;
    }
    if (rc != SQLITE_OK)
        failed_with(work, rc);
    sqlite3_finalize(statement);
    return rc == SQLITE_OK ? 0 : -1;
}

/* The step that stands in the way most; NULL: none. */
static const struct hf_sync_step *obstacle(const struct hf_sync_plan *plan,
                                           enum hf_data_loss data_loss)
{
    enum hf_risk least =
        data_loss == HF_DATA_LOSS_ACCEPTED ? HF_RISK_IMPOSSIBLE : HF_RISK_DATA_LOSS;
    enum hf_risk gravest = hf_sync_plan_risk(plan);
    for (size_t i = 0; gravest >= least && i < plan->count; i++) {
        if (plan->steps[i].risk == gravest)
            return &plan->steps[i];
    }
    return NULL;
}

static int accept(const struct work *work, const struct hf_sync_plan *plan)
{
    const struct hf_sync_apply_options *options = work->options;
    if (options->agrees && options->agrees(options->context, plan, work->err))
        return -1;
    const struct hf_sync_step *step = obstacle(plan, options->data_loss);
    if (!step)
        return 0;
    hf_error_set(work->err, HF_REFUSED, "%s%s: %s", step->text,
                 step->risk == HF_RISK_IMPOSSIBLE ? " is impossible" : " may lose data",
                 step->advice ? step->advice : "");
    return step->risk == HF_RISK_IMPOSSIBLE
               ? hf_error_hint(work->err, "nothing was changed; change the schema or the data")
               : hf_error_hint_typed(work->err, "--accept-data-loss does it all the same",
                                     "nothing was changed");
}

/* What came after the restore point is not in it. */
static int refuse_further_loss(const struct work *work, const struct hf_sync_plan *plan,
                               const struct hf_sync_plan *earlier)
{
    const struct hf_sync_step *step = hf_sync_plan_further_loss(plan, earlier);
    if (!step)
        return 0;
    hf_error_set(work->err, HF_STALE,
                 "%s: this would lose what was written since the plan was made", step->text);
    return hf_error_hint(work->err, "nothing was changed; do it again");
}

static int count_rows(const struct work *work, struct hf_heap *heap, const char *table,
                      int64_t *out)
{
    const char *sql = hf_heap_print(heap, work->err, "SELECT count(*) FROM \"%w\"", table);
    return sql ? read_number(work, sql, out) : -1;
}

static int check_keys(const struct work *work, sqlite3_stmt *check, struct violations *out)
{
    int rc = sqlite3_step(check);
    if (rc == SQLITE_ROW)
        out->rows += sqlite3_column_int64(check, 0);
    if ((rc & 0xff) == SQLITE_ERROR) {
        out->unusable++;
        sqlite3_snprintf(COMPLAINT_TEXT, out->complaint, "%s", sqlite3_errmsg(work->live));
        rc = SQLITE_ROW;
    }
    sqlite3_reset(check);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* One table at a time: SQLite stops at a key that it cannot use ("foreign key mismatch"), and that
 * may have been there all along. */
static int count_violations(const struct work *work, const struct hf_sync_plan *plan,
                            struct violations *out)
{
    static const char with_keys[] =
        "SELECT m.name FROM sqlite_schema m WHERE m.type = 'table' AND m.sql NOT LIKE"
        " 'CREATE VIRTUAL%' AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name, 'main'))";
    static const char of_table[] = "SELECT count(*) FROM pragma_foreign_key_check(?1, 'main')";
    sqlite3_stmt *tables = NULL, *check = NULL;
    *out = (struct violations){0};
    if (!plan->foreign_keys_off)
        return 0;
    int rc = sqlite3_prepare_v2(work->live, with_keys, -1, &tables, NULL);
    rc = rc ? rc : sqlite3_prepare_v2(work->live, of_table, -1, &check, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(tables)) == SQLITE_ROW) {
        sqlite3_bind_value(check, 1, sqlite3_column_value(tables, 0));
        rc = check_keys(work, check, out);
    }
    if (rc != SQLITE_DONE)
        failed_with(work, rc);
    sqlite3_finalize(tables);
    sqlite3_finalize(check);
    return rc == SQLITE_DONE ? 0 : -1;
}

static int take_evidence(const struct work *work, const struct hf_sync_plan *plan,
                         struct hf_heap *heap, struct evidence *out)
{
    out->rows = hf_heap_alloc(heap, (plan->rebuilt_count + 1) * sizeof *out->rows, work->err);
    if (!out->rows)
        return -1;
    for (size_t i = 0; i < plan->rebuilt_count; i++) {
        if (count_rows(work, heap, plan->rebuilt[i].from, &out->rows[i]))
            return -1;
    }
    return count_violations(work, plan, &out->violations);
}

static int prove_table(const struct work *work, struct hf_heap *heap, const char *table,
                       int64_t expected)
{
    int64_t rows = 0, sound = 0;
    /* A value that its column or a CHECK would not take, as a generated one may be, is no damage.
     */
    const char *sql =
        hf_heap_print(heap, work->err,
                      "SELECT count(*) = 0 FROM pragma_quick_check(%Q) WHERE quick_check <> 'ok' "
                      "AND quick_check NOT LIKE '%% value in %%' AND quick_check NOT LIKE "
                      "'CHECK constraint failed%%'",
                      table);
    if (!sql || count_rows(work, heap, table, &rows) || read_number(work, sql, &sound))
        return -1;
    if (rows == expected && sound)
        return 0;
    return hf_error_set(work->err, HF_FAILED,
                        "table '%s' has %" PRId64 " of its %" PRId64
                        " rows after its rebuild, or is not sound: nothing was changed",
                        table, rows, expected);
}

static int prove_rows(const struct work *work, const struct hf_sync_plan *plan,
                      struct hf_heap *heap, const struct evidence *before)
{
    struct violations after;
    for (size_t i = 0; i < plan->rebuilt_count; i++) {
        if (prove_table(work, heap, plan->rebuilt[i].name, before->rows[i]))
            return -1;
    }
    if (count_violations(work, plan, &after))
        return -1;
    if (after.unusable > before->violations.unusable)
        return hf_error_set(work->err, HF_REFUSED, "%s: nothing was changed", after.complaint);
    if (after.rows <= before->violations.rows + plan->orphans)
        return 0;
    return hf_error_set(work->err, HF_REFUSED,
                        "%" PRId64 " rows would refer to nothing: nothing was changed",
                        after.rows - before->violations.rows);
}

/* The wanted schema must be there now; else this program is wrong, and changes nothing. */
static int prove_schema(const struct work *work)
{
    hf_auto(hf_sync_plan) struct hf_sync_plan rest = {0};
    if (hf_sync_plan_make(&rest, work->live, work->wanted, &work->options->plan, work->err))
        return -1;
    for (size_t i = 0; i < rest.count; i++) {
        if (rest.steps[i].risk != HF_RISK_NOTE)
            return hf_error_set(work->err, HF_FAILED,
                                "the schema would not be the wanted one afterwards (%s): nothing "
                                "was changed",
                                rest.steps[i].text);
    }
    return 0;
}

static int execute_steps(const struct work *work, const struct hf_sync_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        hf_progress(work->options->events, "schema", i, plan->count);
        for (const char **sql = plan->steps[i].sql; *sql; sql++) {
            if (execute_step(work, *sql))
                return hf_error_wrap(work->err, "%s", plan->steps[i].text);
        }
    }
    return 0;
}

static int do_plan(const struct work *work, const struct hf_sync_plan *plan)
{
    hf_auto(hf_heap) struct hf_heap heap = {0};
    struct evidence before = {0};
    return take_evidence(work, plan, &heap, &before) || execute_steps(work, plan) ||
                   prove_rows(work, plan, &heap, &before) || prove_schema(work) ||
                   execute(work, "COMMIT")
               ? -1
               : 0;
}

/* The plan is made again behind the lock: what was written since the first, `done`, is in it. */
static int in_transaction(const struct work *work, struct hf_sync_plan *done)
{
    struct hf_sync_plan plan = {0};
    if (execute(work, "BEGIN IMMEDIATE"))
        return -1;
    int failed =
        hf_sync_plan_make(&plan, work->live, work->wanted, &work->options->plan, work->err);
    if (!failed) {
        failed =
            accept(work, &plan) || refuse_further_loss(work, &plan, done) || do_plan(work, &plan);
        hf_sync_plan_release(done);
        *done = plan;
    }
    if (failed && !sqlite3_get_autocommit(work->live))
        sqlite3_exec(work->live, "ROLLBACK", NULL, NULL, NULL);
    return failed ? -1 : 0;
}

/* Inside a transaction foreign_keys does nothing, and with them on, dropping a table deletes what
 * refers to it. */
static int with_settings(const struct work *work, struct hf_sync_plan *done)
{
    struct settings before;
    sqlite3_db_config(work->live, SQLITE_DBCONFIG_ENABLE_FKEY, -1, &before.foreign_keys);
    sqlite3_db_config(work->live, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, -1, &before.legacy_alter);
    sqlite3_db_config(work->live, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
    sqlite3_db_config(work->live, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 1, NULL);
    int failed = in_transaction(work, done);
    sqlite3_db_config(work->live, SQLITE_DBCONFIG_ENABLE_FKEY, before.foreign_keys, NULL);
    sqlite3_db_config(work->live, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, before.legacy_alter, NULL);
    return failed;
}

int hf_sync_apply(sqlite3 *live, const struct hf_wanted *wanted,
                  const struct hf_sync_apply_options *options, struct hf_sync_plan *done,
                  struct hf_error *err)
{
    const struct work work = {live, wanted, options, err};
    struct hf_sync_plan plan = {0};
    if (!sqlite3_get_autocommit(live))
        return hf_error_set(err, HF_FAILED, "a schema is applied outside of transactions only");
    int failed = hf_sync_plan_make(&plan, live, wanted, &options->plan, err);
    failed = failed || accept(&work, &plan);
    if (!failed && !hf_sync_plan_is_empty(&plan))
        failed = (options->before && options->before(options->context, &plan, err)) ||
                 with_settings(&work, &plan);
    if (done)
        *done = plan;
    else
        hf_sync_plan_release(&plan);
    return failed ? -1 : 0;
}

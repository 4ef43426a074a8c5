#include "schema/sync_plan.h"

#include <string.h>

#include "schema/planner.h"
#include "sqlite/connection.h"

static int read_wanted(struct hf_planner *planner)
{
    sqlite3 *wanted = hf_wanted_build(planner->schema, planner->err);
    if (!wanted)
        return -1;
    int failed = hf_model_read(&planner->wanted, wanted, planner->err);
    sqlite3_close(wanted);
    return failed;
}

static int make(struct hf_planner *planner)
{
    if (read_wanted(planner) || hf_model_read(&planner->before, planner->live, planner->err))
        return -1;
    planner->now = &planner->before;
    return hf_plan_renames(planner) || hf_plan_drop_indexes(planner) || hf_plan_tables(planner) ||
                   hf_plan_extra_tables(planner) || hf_plan_create_indexes(planner) ||
                   hf_plan_objects(planner) || hf_plan_enums(planner)
               ? -1
               : 0;
}

static int read_failed(sqlite3 *live, int rc, struct hf_error *err)
{
    const char *path = sqlite3_db_filename(live, "main");
    return hf_connection_error(live, rc, path && *path ? path : ":memory:", err);
}

int hf_sync_plan_make(struct hf_sync_plan *out, sqlite3 *live, const struct hf_wanted *wanted,
                      const struct hf_sync_options *options, struct hf_error *err)
{
    struct hf_sync_plan plan = {0};
    struct hf_planner planner = {.plan = &plan,
                                 .heap = &plan.heap,
                                 .live = live,
                                 .schema = wanted,
                                 .options = options,
                                 .err = err};
    bool own_transaction = sqlite3_get_autocommit(live);
    int rc = own_transaction ? sqlite3_exec(live, "BEGIN", NULL, NULL, NULL) : SQLITE_OK;
    if (rc != SQLITE_OK)
        return read_failed(live, rc, err);
    int failed = make(&planner);
    if (own_transaction)
        sqlite3_exec(live, "ROLLBACK", NULL, NULL, NULL);
    hf_model_release(&planner.before);
    hf_model_release(&planner.after_names);
    hf_model_release(&planner.wanted);
    if (failed)
        hf_sync_plan_release(&plan);
    else
        *out = plan;
    return failed;
}

enum hf_risk hf_sync_plan_risk(const struct hf_sync_plan *plan)
{
    enum hf_risk gravest = HF_RISK_NONE;
    for (size_t i = 0; i < plan->count; i++)
        gravest = plan->steps[i].risk > gravest ? plan->steps[i].risk : gravest;
    return gravest;
}

static bool loses_as_much(const struct hf_sync_plan *plan, const struct hf_sync_step *loss)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct hf_sync_step *step = &plan->steps[i];
        if (step->risk == loss->risk && !strcmp(step->text, loss->text) && step->rows >= loss->rows)
            return true;
    }
    return false;
}

const struct hf_sync_step *hf_sync_plan_further_loss(const struct hf_sync_plan *plan,
                                                     const struct hf_sync_plan *earlier)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct hf_sync_step *step = &plan->steps[i];
        if (step->risk == HF_RISK_DATA_LOSS && !loses_as_much(earlier, step))
            return step;
    }
    return NULL;
}

bool hf_sync_plan_is_empty(const struct hf_sync_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        if (plan->steps[i].risk != HF_RISK_NOTE)
            return false;
    }
    return true;
}

void hf_sync_plan_release(struct hf_sync_plan *plan)
{
    hf_heap_release(&plan->heap);
    *plan = (struct hf_sync_plan){0};
}

/*
 * Triggers and views: a table's copy loses its triggers, which are put back; what no longer makes
 * sense, because what it mentions is gone, is said and not kept as a trap.
 */
#include <string.h>
#include <strings.h>

#include "schema/planner.h"
#include "schema/shadow.h"
#include "sqlite/sql_token.h"

enum { COMPLAINT_TEXT = 256 };

/* Empty copies of the schema before and after the plan, without triggers. */
struct proof {
    sqlite3 *before, *after;
};

/*
 * A table's rename makes SQLite compile every view and trigger there is, and say what is wrong with
 * the first that cannot be: https://sqlite.org/lang_altertable.html, "Compatibility Note".
 */
static int complaint_of(sqlite3 *db, char out[COMPLAINT_TEXT], struct hf_error *err)
{
    static const char probe[] = "SAVEPOINT probe; CREATE TABLE holdfast_probe(x);"
                                "PRAGMA legacy_alter_table = OFF;"
                                "ALTER TABLE holdfast_probe RENAME TO holdfast_probed";
    int rc = sqlite3_exec(db, probe, NULL, NULL, NULL);
    sqlite3_snprintf(COMPLAINT_TEXT, out, "%s", rc == SQLITE_OK ? "" : sqlite3_errmsg(db));
    if (rc == SQLITE_NOMEM ||
        sqlite3_exec(db, "PRAGMA legacy_alter_table = ON; ROLLBACK TO probe; RELEASE probe", NULL,
                     NULL, NULL) != SQLITE_OK)
        return hf_error_memory(err);
    return 0;
}

static int trigger_complaint(sqlite3 *db, const struct hf_object *trigger, char out[COMPLAINT_TEXT],
                             struct hf_error *err)
{
    int rc = sqlite3_exec(db, "SAVEPOINT trigger", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, trigger->sql, NULL, NULL, NULL);
    sqlite3_snprintf(COMPLAINT_TEXT, out, "%s", rc == SQLITE_OK ? "" : sqlite3_errmsg(db));
    if (rc == SQLITE_NOMEM || (rc == SQLITE_OK && complaint_of(db, out, err)) ||
        sqlite3_exec(db, "ROLLBACK TO trigger; RELEASE trigger", NULL, NULL, NULL) != SQLITE_OK)
        return hf_error_memory(err);
    return 0;
}

/* A view that does not work is taken out, so that the others can be asked. */
static int view_complaint(sqlite3 *db, const char *name, char out[COMPLAINT_TEXT],
                          struct hf_error *err)
{
    sqlite3_stmt *statement = NULL;
    char *select = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
    char *drop = sqlite3_mprintf("DROP VIEW IF EXISTS \"%w\"", name);
    int rc = select && drop ? sqlite3_prepare_v2(db, select, -1, &statement, NULL) : SQLITE_NOMEM;
    sqlite3_snprintf(COMPLAINT_TEXT, out, "%s", rc == SQLITE_OK ? "" : sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    if (rc != SQLITE_OK && rc != SQLITE_NOMEM)
        rc = sqlite3_exec(db, drop, NULL, NULL, NULL);
    sqlite3_free(select);
    sqlite3_free(drop);
    return rc == SQLITE_NOMEM ? hf_error_memory(err) : 0;
}

/* A copy that has gone through the first steps of the plan. */
static int go_through(struct hf_planner *planner, sqlite3 *copy, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        /* What fails here fails in the live database too, and is told there. */
        for (const char **sql = planner->plan->steps[i].sql; *sql; sql++) {
            if (sqlite3_exec(copy, *sql, NULL, NULL, NULL) == SQLITE_NOMEM)
                return hf_error_memory(planner->err);
        }
    }
    for (size_t i = 0; i < planner->now->trigger_count; i++) {
        const char *sql =
            hf_heap_print(planner->heap, planner->err, "DROP TRIGGER IF EXISTS \"%w\"",
                          planner->now->triggers[i].name);
        if (!sql)
            return -1;
        if (sqlite3_exec(copy, sql, NULL, NULL, NULL) != SQLITE_OK)
            return hf_error_memory(planner->err);
    }
    return 0;
}

static sqlite3 *copy_after(struct hf_planner *planner, size_t steps)
{
    sqlite3 *copy = hf_shadow_make(planner->live, planner->err);
    if (!copy || !go_through(planner, copy, steps))
        return copy;
    sqlite3_close(copy);
    return NULL;
}

static int forget_view(struct hf_planner *planner, const struct hf_object *view,
                       const struct proof *proof)
{
    char before[COMPLAINT_TEXT], after[COMPLAINT_TEXT];
    if (view_complaint(proof->before, view->name, before, planner->err) ||
        view_complaint(proof->after, view->name, after, planner->err))
        return -1;
    if (*before || !*after)
        return 0;
    if (!hf_plan_step(planner, HF_RISK_DATA_LOSS, view->name,
                      "drop view '%s', which would not work any more", view->name) ||
        hf_plan_advise(planner, 0, "%s", after) ||
        hf_plan_sql(planner, "DROP VIEW \"%w\"", view->name))
        return -1;
    return hf_plan_name(planner, &planner->dropped, &planner->dropped_count, view->name);
}

/* An SQL schema says it otherwise: it is made anew, and its triggers go. */
static bool view_changes(const struct hf_planner *planner, const char *name)
{
    const struct hf_object *now = hf_model_view(planner->now, name);
    const struct hf_object *wanted = hf_model_view(&planner->wanted, name);
    return now && wanted && !hf_sql_same(now->sql, wanted->sql);
}

static int put_back(struct hf_planner *planner, const struct hf_object *trigger)
{
    return !hf_plan_step(planner, HF_RISK_NONE, trigger->table, "put back trigger '%s' of '%s'",
                         trigger->name, trigger->table) ||
                   hf_plan_sql(planner, "%s", trigger->sql)
               ? -1
               : 0;
}

/* Dropping a table or a view drops its triggers: it is only said. */
static int gone_trigger(struct hf_planner *planner, const struct hf_object *trigger)
{
    return hf_plan_step(planner, HF_RISK_NONE, trigger->table, "drop trigger '%s' with '%s'",
                        trigger->name, trigger->table)
               ? 0
               : -1;
}

static int keep_trigger(struct hf_planner *planner, const struct hf_object *trigger,
                        const struct proof *proof)
{
    bool gone = hf_plan_is_rebuilt(planner, trigger->table);
    char before[COMPLAINT_TEXT] = "", after[COMPLAINT_TEXT] = "";
    if (hf_plan_is_dropped(planner, trigger->table))
        return gone_trigger(planner, trigger);
    if (view_changes(planner, trigger->table))
        return 0; /* until the view is there */
    if (proof->after && (trigger_complaint(proof->before, trigger, before, planner->err) ||
                         trigger_complaint(proof->after, trigger, after, planner->err)))
        return -1;
    if (*after && !*before) {
        if (!hf_plan_step(planner, HF_RISK_DATA_LOSS, trigger->table,
                          "drop trigger '%s', which would not work any more", trigger->name) ||
            hf_plan_advise(planner, 0, "%s", after))
            return -1;
        return gone ? 0 : hf_plan_sql(planner, "DROP TRIGGER \"%w\"", trigger->name);
    }
    return gone ? put_back(planner, trigger) : 0;
}

static int keep_all(struct hf_planner *planner, const struct proof *proof)
{
    const struct hf_model *now = planner->now;
    for (size_t i = 0; proof->after && i < now->view_count; i++) {
        if (!hf_model_view(&planner->wanted, now->views[i].name) &&
            forget_view(planner, &now->views[i], proof))
            return -1;
    }
    for (size_t i = 0; i < now->trigger_count; i++) {
        const struct hf_object *wanted = hf_model_trigger(&planner->wanted, now->triggers[i].name);
        if (!wanted && keep_trigger(planner, &now->triggers[i], proof))
            return -1;
    }
    return 0;
}

/* SQL schemas name triggers and views, too. */
static int make_wanted(struct hf_planner *planner, const char *kind, const struct hf_object *wanted,
                       const struct hf_object *now)
{
    bool gone = now && now->table && !strcmp(kind, "trigger") &&
                (hf_plan_is_rebuilt(planner, now->table) ||
                 hf_plan_is_dropped(planner, now->table) || view_changes(planner, now->table));
    bool same = now && hf_sql_same(now->sql, wanted->sql);
    if (same && !gone)
        return 0;
    if (!hf_plan_step(planner, HF_RISK_NONE, wanted->name, "%s %s '%s'",
                      same  ? "put back"
                      : now ? "change"
                            : "create",
                      kind, wanted->name) ||
        (now && !gone && hf_plan_sql(planner, "DROP %s \"%w\"", kind, now->name)))
        return -1;
    return hf_plan_sql(planner, "%s", wanted->sql);
}

static bool drops_extra(const struct hf_planner *planner)
{
    return planner->options && planner->options->drop_extra_tables;
}

static int note_extra(struct hf_planner *planner, const char *kind, const struct hf_object *now)
{
    if (drops_extra(planner))
        return !hf_plan_step(planner, HF_RISK_DATA_LOSS, now->name,
                             "drop %s '%s', which the schema does not name", kind, now->name) ||
               hf_plan_advise(planner, 0, "its definition is lost") ||
               hf_plan_sql(planner, "DROP %s IF EXISTS \"%w\"", kind, now->name);
    return hf_plan_step(planner, HF_RISK_NOTE, now->name,
                        "%s '%s' is not in the schema: left alone", kind, now->name)
               ? 0
               : -1;
}

static int extra_trigger(struct hf_planner *planner, const struct hf_object *trigger)
{
    const struct hf_model *wanted = &planner->wanted;
    bool stays = hf_model_table(wanted, trigger->table) || hf_model_view(wanted, trigger->table);
    if (!stays || hf_model_trigger(wanted, trigger->name))
        return 0;
    return view_changes(planner, trigger->table) && !drops_extra(planner)
               ? put_back(planner, trigger)
               : note_extra(planner, "trigger", trigger);
}

static int extra_objects(struct hf_planner *planner)
{
    const struct hf_model *now = planner->now;
    for (size_t i = 0; i < now->view_count; i++) {
        const struct hf_object *view = &now->views[i];
        if (!hf_model_view(&planner->wanted, view->name) &&
            !hf_plan_is_dropped(planner, view->name) && note_extra(planner, "view", view))
            return -1;
    }
    for (size_t i = 0; i < now->trigger_count; i++) {
        if (extra_trigger(planner, &now->triggers[i]))
            return -1;
    }
    return 0;
}

static int wanted_objects(struct hf_planner *planner)
{
    const struct hf_model *now = planner->now, *wanted = &planner->wanted;
    for (size_t i = 0; i < wanted->view_count; i++) {
        const struct hf_object *view = &wanted->views[i];
        if (make_wanted(planner, "view", view, hf_model_view(now, view->name)))
            return -1;
    }
    for (size_t i = 0; i < wanted->trigger_count; i++) {
        const struct hf_object *trigger = &wanted->triggers[i];
        if (make_wanted(planner, "trigger", trigger, hf_model_trigger(now, trigger->name)))
            return -1;
    }
    return 0;
}

int hf_plan_objects(struct hf_planner *planner)
{
    struct proof proof = {0};
    bool any = planner->now->view_count || planner->now->trigger_count;
    if (any && planner->columns_go) {
        proof.before = copy_after(planner, planner->rename_steps);
        proof.after = proof.before ? copy_after(planner, planner->plan->count) : NULL;
    }
    int failed = any && planner->columns_go && (!proof.before || !proof.after) ? -1 : 0;
    failed = failed || keep_all(planner, &proof) ? -1 : 0;
    sqlite3_close(proof.before);
    sqlite3_close(proof.after);
    if (failed || planner->schema->dialect != HF_SCHEMA_SQL)
        return failed;
    return wanted_objects(planner) || extra_objects(planner) ? -1 : 0;
}

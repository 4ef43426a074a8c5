#include <dirent.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fault/stage.h"
#include "history/check.h"
#include "os/file.h"

static bool belongs_beside(const char *name, enum stage_litter litter)
{
    static const char *const patterns[] = {
        "app.db",   "app.db-holdfast",          "app.db-wal",     "app.db-shm",
        "other.db", "other.db-holdfast-follow", "*.db.replaced-*"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (!fnmatch(patterns[i], name, FNM_PERIOD))
            return true;
    return litter == STAGE_MAY_LEAVE_TEMPORARIES &&
           (!fnmatch(".*.tmp", name, FNM_PERIOD) || !fnmatch("*.db-journal", name, FNM_PERIOD));
}

/* A database with two names has two places where SQLite looks for its log. */
static void prove_belongs(const struct stage *stage, const char *name, enum stage_litter litter)
{
    struct stat status;
    hf_auto_free char *path = hf_path_join(stage->data, name);
    stage_must(stage, belongs_beside(name, litter), "left '%s'", name);
    assert_int_equal(stat(path, &status), 0);
    stage_must(stage, litter != STAGE_CLEAN || status.st_nlink == 1, "'%s' has other names", name);
}

static void prove_tidy(const struct stage *stage, enum stage_litter litter)
{
    DIR *dir = opendir(stage->data);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            prove_belongs(stage, entry->d_name, litter);
    closedir(dir);
    stage_must(stage, litter != STAGE_CLEAN || hf_scratch_count(stage->desk) == 0,
               "left something in the directory for test restores");
}

static void prove_same_state(const struct stage *stage)
{
    stage_copy_folded(stage, stage->db, stage->proof);
    stage_must(stage, stage_same(stage->proof, stage->old_db), "the live database was changed");
    hf_scratch_remove(stage->proof);
}

static void prove_untouched(const struct stage *stage)
{
    static const char *const names[] = {"app.db", "app.db-wal"};
    if (stage->act->manner == FOLDS_LOG)
        prove_same_state(stage);
    if (stage->act->manner != LEAVES_DATABASE)
        return;
    for (size_t i = 0; i < 2; i++) {
        char was[400], is[400];
        snprintf(was, sizeof was, "%s/data/%s", stage->before, names[i]);
        snprintf(is, sizeof is, "%s/%s", stage->data, names[i]);
        stage_must(stage, hf_scratch_exists(was) ? stage_same(was, is) : !hf_scratch_exists(is),
                   "the live database's %s was touched", names[i]);
    }
}

static void prove_points(struct stage *stage)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    if (!stage->count)
        return;
    hf_auto(stage_session) struct stage_session session = {0};
    stage_must(stage, !stage_session_open(&session, stage, &tools, HF_DATABASE_EXISTING, &err),
               "the repository does not open: %s", err.text);
    /* Of a long history the ends say enough. */
    size_t first = stage->count > 6 && !stage_exhaustive() ? stage->count - 3 : 0;
    for (size_t i = first; i < stage->count; i++) {
        const struct stage_point *point = &stage->points[i];
        stage_must(stage, stage_restores_to(stage, &session, point->seq, point->copy, &err),
                   "point %" PRIu64 ": %s", point->seq, err.text);
    }
}

static int refuse_losses(void *arg, const struct hf_finding *finding, struct hf_error *err)
{
    (void)err;
    stage_must(arg, finding->severity != HF_CHECK_LOSS, "check finds '%s': %s (%s)",
               finding->object, finding->problem, finding->consequence);
    stage_must(arg, finding->remedy != HF_REMEDY_REWRITE, "check would rewrite '%s': %s",
               finding->object, finding->problem);
    return 0;
}

void stage_prove_whole(struct stage *stage)
{
    const struct stage_tools tools = stage_no_faults();
    const struct hf_check_options options = {.depth = HF_CHECK_DATA};
    struct hf_check_result result;
    struct hf_error err = {0};
    hf_auto(stage_session) struct stage_session session = {0};
    stage_must(stage, !stage_session_open(&session, stage, &tools, HF_DATABASE_CREATE, &err),
               "the repository does not open: %s", err.text);
    stage_must(stage, !hf_check(session.repository, &options, refuse_losses, stage, &result, &err),
               "check: %s", err.text);
}

void stage_prove_files(struct stage *stage, bool succeeded, enum stage_litter litter)
{
    if (stage->act->prove)
        stage->act->prove(stage, succeeded);
    prove_tidy(stage, litter);
    prove_untouched(stage);
    if (succeeded && stage->made && stage->act->manner != REWRITES_DATABASE)
        stage_acknowledge(stage, stage->made, stage->old_db);
    prove_points(stage);
}

/* The same again, and then a backup, with nothing that fails. */
static void prove_it_goes_on(struct stage *stage, enum stage_litter litter)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    char copy[320];
    stage_must(stage, !stage_play(stage, &tools, &err), "not even without faults: %s", err.text);
    stage_prove_files(stage, true, litter);
    snprintf(copy, sizeof copy, "%s/after.db", stage->scratch.path);
    err = (struct hf_error){0};
    stage_must(stage, !stage_run_backup(stage, &tools, "after", &err), "no backup after it: %s",
               err.text);
    hf_scratch_remove(copy);
    /* What was made of the old database has its bytes; a log beside it is folded in there. */
    hf_scratch_copy(stage->act->manner == REWRITES_DATABASE ? stage->db : stage->old_db, copy);
    stage_acknowledge(stage, stage->made, copy);
    prove_points(stage);
    stage_prove_whole(stage);
}

void stage_prove(struct stage *stage, bool succeeded, enum stage_litter litter)
{
    stage_prove_files(stage, succeeded, litter);
    prove_it_goes_on(stage, litter);
}

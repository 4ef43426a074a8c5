/*
 * The acts: what a person or a schedule asks for, as the program does it.
 */
#include <glob.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/in_place.h"
#include "engine/test_restore.h"
#include "fault/acts_capture.h"
#include "fault/acts_follow.h"
#include "fault/stage.h"
#include "history/check.h"
#include "history/point.h"
#include "history/prune.h"
#include "os/file.h"

enum { PAGE_SIZE = 1024, PAGES = 24 };

static void change(const char *path, int seed)
{
    stage_sql(path, "UPDATE film SET data = randomblob(length(data)) WHERE id %% 9 = %d", seed % 9);
}

/*
 * Repository and keys.
 */

static void prepare_database(struct stage *stage)
{
    stage_fill(stage->db, PAGE_SIZE, PAGES);
}

static void prepare_first(struct stage *stage)
{
    prepare_database(stage);
    stage_make_repository(stage);
}

static void prepare_point(struct stage *stage)
{
    prepare_first(stage);
    stage_backup(stage);
}

static int create(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    static const struct hf_unlock nothing;
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .name = "first", .secret = &nothing};
    struct hf_error local = {0};
    struct hf_store *store = stage_store(stage, tools, err);
    if (!store)
        return -1;
    struct hf_repository *repository = hf_repository_create(store, tools->env, &slot, &local);
    hf_repository_free(repository);
    if (repository || local.code == HF_EXISTS)
        return 0;
    *err = local;
    return -1;
}

static bool opens_with(struct stage *stage, const struct hf_unlock *unlock, struct hf_error *err)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_repository *repository =
        hf_repository_open(stage_store(stage, &tools, err), tools.env, unlock, err);
    hf_repository_free(repository);
    return repository;
}

static void prove_created(struct stage *stage, bool succeeded)
{
    static const struct hf_unlock nothing;
    struct hf_error err = {0};
    if (!opens_with(stage, &nothing, &err))
        stage_must(stage, !succeeded && err.code == HF_NOT_FOUND, "it does not open: %s", err.text);
}

static int add_slot(const struct hf_repository *repository, struct hf_error *err)
{
    const struct hf_new_slot slot = {
        .kind = HF_SLOT_KEYFILE, .name = "second", .secret = stage_keyfile()};
    struct hf_slot made;
    return hf_keyring_add(repository->store, &repository->keys, &slot, &made, err);
}

static int add_key(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err))
        return -1;
    return add_slot(session.repository, err);
}

static int count_keyfiles(void *arg, const struct hf_slot *slot, struct hf_error *err)
{
    (void)err;
    *(int *)arg += slot->kind == HF_SLOT_KEYFILE;
    return 0;
}

static void prove_key_added(struct stage *stage, bool succeeded)
{
    static const struct hf_unlock nothing;
    const struct stage_tools tools = stage_no_faults();
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_error err = {0};
    int keyfiles = 0;
    stage_must(stage, opens_with(stage, &nothing, &err), "the old key does not open: %s", err.text);
    if (!succeeded)
        return;
    stage_must(stage,
               !stage_session_open(&session, stage, &tools, HF_DATABASE_EXISTING, &err) &&
                   !hf_keyring_list(session.repository->store, session.repository->keys.repository,
                                    count_keyfiles, &keyfiles, &err) &&
                   keyfiles > 0,
               "the new key slot is not there");
}

/* Another key takes the place of the first. */
static int replace_key(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_error local = {0};
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err) ||
        add_slot(session.repository, err))
        return -1;
    const struct hf_repository *repository = session.repository;
    if (!hf_keyring_remove(repository->store, &repository->keys, "first", &local) ||
        local.code == HF_NOT_FOUND)
        return 0;
    *err = local;
    return -1;
}

static void prove_key_replaced(struct stage *stage, bool succeeded)
{
    static const struct hf_unlock nothing;
    struct hf_error err = {0};
    stage_must(stage, opens_with(stage, stage_keyfile(), &err), "no key opens: %s", err.text);
    if (!succeeded)
        return;
    stage_must(stage, !opens_with(stage, &nothing, &err) && err.code == HF_WRONG_KEY,
               "the key that was removed still opens");
}

/*
 * Backups.
 */

static int backup(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    return stage_run_backup(stage, tools, NULL, err);
}

static int backup_with_label(struct stage *stage, const struct stage_tools *tools,
                             struct hf_error *err)
{
    return stage_run_backup(stage, tools, "before the move", err);
}

/* Several blocks of the page index. */
static void prepare_many_pages(struct stage *stage)
{
    stage_fill(stage->db, 512, stage_exhaustive() ? 2600 : 1200);
    stage_make_repository(stage);
}

static void prepare_increment(struct stage *stage)
{
    prepare_point(stage);
    change(stage->db, 1);
    stage_backup(stage);
    change(stage->db, 2);
}

/* The database's newest commits are in the log of a process that was killed. */
static void prepare_log(struct stage *stage)
{
    sqlite3 *db;
    hf_auto_free char *kept = hf_scratch_path(&stage->scratch, "kept.db");
    hf_auto_free char *kept_log = hf_scratch_path(&stage->scratch, "kept.db-wal");
    hf_auto_free char *log = hf_path_join(stage->data, "app.db-wal");
    prepare_database(stage);
    stage_sql(stage->db, "PRAGMA journal_mode = WAL");
    stage_make_repository(stage);
    stage_backup(stage);
    assert_int_equal(sqlite3_open(stage->db, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE film SET title = 'in the log' WHERE id < 20", NULL, NULL, NULL),
        SQLITE_OK);
    hf_scratch_copy(stage->db, kept);
    hf_scratch_copy(log, kept_log);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    hf_scratch_remove(stage->db);
    hf_scratch_copy(kept, stage->db);
    hf_scratch_copy(kept_log, log);
}

/* The map of fingerprints is lost and must be learned from the repository. */
static void prepare_without_state(struct stage *stage)
{
    prepare_increment(stage);
    hf_auto_free char *state = hf_path_join(stage->data, "app.db-holdfast");
    hf_scratch_remove(state);
}

/* The next point is the one that a catalog is written with. */
static void prepare_for_catalog(struct stage *stage)
{
    prepare_point(stage);
    for (int i = 1; i < 63; i++)
        stage_backup(stage);
}

static int change_point(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    const struct hf_point_change change = {.label = "changed", .pin = 1};
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err))
        return -1;
    return hf_point_change(&session.database, stage->points[0].seq, &change, err);
}

static void prove_point_changed(struct stage *stage, bool succeeded)
{
    const struct stage_tools tools = stage_no_faults();
    hf_auto(stage_session) struct stage_session session = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    struct hf_error err = {0};
    stage_must(stage,
               !stage_session_open(&session, stage, &tools, HF_DATABASE_EXISTING, &err) &&
                   !hf_points_load(&points, &session.database, &session.timeline, &err),
               "no list: %s", err.text);
    const struct hf_point *point = &points.list[0];
    bool is_new = !strcmp(point->label, "changed") && point->pinned;
    bool is_old = !strcmp(point->label, "prepared") && !point->pinned;
    stage_must(stage, is_new || (!succeeded && is_old), "the point is called '%s' and %s",
               point->label, point->pinned ? "pinned" : "not pinned");
}

/*
 * Restores.
 */

static int restore(struct stage *stage, const struct stage_tools *tools,
                   const struct hf_restore_options *options, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_restore_result result;
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err))
        return -1;
    return hf_restore(&session.database, &session.timeline, stage->points[0].seq, options, &result,
                      err);
}

static int restore_new(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    const struct hf_restore_options options = {.target = stage->target};
    struct hf_error local = {0};
    if (!restore(stage, tools, &options, &local))
        return 0;
    /* When only the reply of the last run was lost the file is there. */
    if (local.code == HF_REFUSED && stage_same(stage->target, stage->points[0].copy))
        return 0;
    *err = local;
    return -1;
}

static void prove_new(struct stage *stage, bool succeeded)
{
    stage_must(stage,
               stage_same(stage->target, stage->points[0].copy) ||
                   (!succeeded && !hf_scratch_exists(stage->target)),
               "the target is neither absent nor the restored database");
}

static int restore_over(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    const struct hf_restore_options options = {.target = stage->target,
                                               .manner = HF_RESTORE_REPLACE};
    return restore(stage, tools, &options, err);
}

static int restore_and_keep(struct stage *stage, const struct stage_tools *tools,
                            struct hf_error *err)
{
    const struct hf_restore_options options = {
        .target = stage->target, .manner = HF_RESTORE_REPLACE, .keep_replaced = true};
    return restore(stage, tools, &options, err);
}

static int restore_difference(struct stage *stage, const struct stage_tools *tools,
                              struct hf_error *err)
{
    const struct hf_restore_options options = {.target = stage->target, .manner = HF_RESTORE_DELTA};
    return restore(stage, tools, &options, err);
}

/* A file that SQLite opens is as it will be: what an interrupted change left is rolled back. */
static void let_sqlite_recover(const char *path)
{
    stage_sql(path, "SELECT count(*) FROM sqlite_master; PRAGMA integrity_check");
}

static void prove_over(struct stage *stage, bool succeeded)
{
    let_sqlite_recover(stage->target);
    bool is_new = stage_same(stage->target, stage->points[0].copy);
    stage_must(stage, is_new || (!succeeded && stage_same(stage->target, stage->old_target)),
               "the target is neither the old nor the restored database");
}

static bool is_kept_beside(const struct stage *stage, const char *path, const char *copy)
{
    hf_auto_free char *pattern = NULL;
    glob_t found = {0};
    bool kept = false;
    (void)stage;
    assert_true(asprintf(&pattern, "%s.replaced-*", path) > 0);
    glob(pattern, 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc && !kept; i++)
        kept = stage_same(found.gl_pathv[i], copy);
    globfree(&found);
    return kept;
}

static void prove_kept(struct stage *stage, bool succeeded)
{
    prove_over(stage, succeeded);
    stage_must(stage,
               stage_same(stage->target, stage->old_target) ||
                   is_kept_beside(stage, stage->target, stage->old_target),
               "what was replaced was not kept");
}

/* A target whose pages differ from the point's, fewer or more of them. */
static void prepare_target(struct stage *stage)
{
    prepare_increment(stage);
    hf_scratch_copy(stage->points[0].copy, stage->target);
    change(stage->target, 5);
}

static void prepare_long_target(struct stage *stage)
{
    prepare_target(stage);
    stage_sql(stage->target, "CREATE TABLE more AS SELECT data FROM film WHERE id < 40");
}

static void prepare_short_target(struct stage *stage)
{
    prepare_target(stage);
    stage_sql(stage->target, "DELETE FROM film WHERE id > 30");
    stage_sql(stage->target, "VACUUM");
}

static void prepare_log_target(struct stage *stage)
{
    prepare_target(stage);
    stage_sql(stage->target, "PRAGMA journal_mode = WAL");
}

static int in_place(struct stage *stage, const struct stage_tools *tools,
                    enum hf_restore_manner manner, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    const struct hf_backup_options before = {.path = stage->db, .reason = "before-restore"};
    const struct hf_restore_options options = {.target = stage->db, .manner = manner};
    struct hf_in_place_result result;
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err))
        return -1;
    return hf_restore_in_place(&session.database, &session.timeline, stage->points[0].seq, &before,
                               &options, &result, err);
}

static int replace_in_place(struct stage *stage, const struct stage_tools *tools,
                            struct hf_error *err)
{
    return in_place(stage, tools, HF_RESTORE_REPLACE, err);
}

static int change_in_place(struct stage *stage, const struct stage_tools *tools,
                           struct hf_error *err)
{
    return in_place(stage, tools, HF_RESTORE_DELTA, err);
}

static bool is_a_point(struct stage *stage, const char *copy)
{
    const struct stage_tools tools = stage_no_faults();
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_error err = {0};
    if (stage_session_open(&session, stage, &tools, HF_DATABASE_EXISTING, &err))
        return false;
    for (size_t i = session.timeline.count; i--;)
        if (stage_restores_to(stage, &session, session.timeline.entries[i].name.to, copy, &err))
            return true;
    return false;
}

static void prove_in_place(struct stage *stage, bool succeeded)
{
    let_sqlite_recover(stage->db);
    bool is_new = stage_same(stage->db, stage->points[0].copy);
    stage_must(stage, is_new || (!succeeded && stage_same(stage->db, stage->old_db)),
               "the database is neither the old nor the restored one");
    stage_must(stage,
               !is_new || is_a_point(stage, stage->old_db) ||
                   is_kept_beside(stage, stage->db, stage->old_db),
               "what was restored over is lost");
}

static int test_restore(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_test_restore_result result;
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err) ||
        hf_test_restore(&session.database, &session.timeline, stage->points[0].seq, stage->desk,
                        NULL, &result, err))
        return -1;
    stage_must(stage, result.passed, "a test restore finds %s", result.integrity.first_problem);
    return 0;
}

static int refuse_to_remove(void *arg, const struct hf_finding *finding, struct hf_error *err)
{
    (void)err;
    stage_must(arg, finding->remedy != HF_REMEDY_REMOVE, "would remove '%s': %s", finding->object,
               finding->problem);
    return 0;
}

/* What only reads, and must never take its own trouble for damage that is to be repaired. */
static int check(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    const struct hf_check_options options = {.depth = HF_CHECK_DATA};
    struct hf_check_result result;
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err) ||
        hf_points_load(&points, &session.database, &session.timeline, err))
        return -1;
    stage_must(stage, points.count == stage->prepared, "lists %zu points", points.count);
    return hf_check(session.repository, &options, refuse_to_remove, stage, &result, err);
}

/*
 * Retention.
 */

/* A longer history, of which the rule keeps three points. */
static void prepare_history(struct stage *stage)
{
    const struct stage_tools tools = stage_no_faults();
    const struct hf_point_change pin = {.pin = 1};
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_error err = {0};
    prepare_point(stage);
    for (int i = 1; i < 6; i++) {
        change(stage->db, i);
        stage_backup(stage);
    }
    if (stage_session_open(&session, stage, &tools, HF_DATABASE_EXISTING, &err) ||
        hf_point_change(&session.database, stage->points[2].seq, &pin, &err))
        fail_msg("%s", err.text);
    stage->points[0] = stage->points[2];
    stage->points[1] = stage->points[4];
    stage->points[2] = stage->points[5];
    stage->count = 3;
}

/* Once to merge, and once to delete what was merged. */
static int prune(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    const struct hf_retention_rule rule = {.last = 2};
    const struct hf_prune_options options = {.rule = &rule};
    hf_auto(stage_session) struct stage_session session = {0};
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err))
        return -1;
    for (int i = 0; i < 2; i++) {
        struct hf_prune_result result;
        if (hf_prune(&session.database, &options, &result, err))
            return -1;
    }
    return 0;
}

static void prove_pruned(struct stage *stage, bool succeeded)
{
    const struct stage_tools tools = stage_no_faults();
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_error err = {0};
    stage_must(stage, !stage_session_open(&session, stage, &tools, HF_DATABASE_EXISTING, &err),
               "the repository does not open: %s", err.text);
    for (size_t i = 0; i < session.timeline.count; i++)
        stage_must(stage, session.timeline.entries[i].restorable, "a segment lost its predecessor");
    /* The base is merged up to the pinned point, and what was between it and the last two too. */
    stage_must(stage, !succeeded || session.timeline.count < 6, "%zu segments are left",
               session.timeline.count);
}

const struct act stage_acts[] = {
    {"create a repository", prepare_database, create, prove_created, LEAVES_DATABASE, 1},
    {"add a key", prepare_point, add_key, prove_key_added, LEAVES_DATABASE, 1},
    {"replace a key", prepare_point, replace_key, prove_key_replaced, LEAVES_DATABASE, 1},
    {"first backup", prepare_first, backup, NULL, LEAVES_DATABASE, 1},
    {"first backup of many pages", prepare_many_pages, backup, NULL, LEAVES_DATABASE, 1},
    {"backup", prepare_increment, backup, NULL, LEAVES_DATABASE, 1},
    {"backup with a label", prepare_increment, backup_with_label, NULL, LEAVES_DATABASE, 1},
    {"backup with a log", prepare_log, backup, NULL, LEAVES_DATABASE, 1},
    {"backup without a state file", prepare_without_state, backup, NULL, LEAVES_DATABASE, 1},
    {"backup with a catalog", prepare_for_catalog, backup_with_label, NULL, LEAVES_DATABASE, 6},
    {"change a point", prepare_increment, change_point, prove_point_changed, LEAVES_DATABASE, 1},
    {"restore to a new file", prepare_increment, restore_new, prove_new, LEAVES_DATABASE, 1},
    {"restore over a database", prepare_target, restore_over, prove_over, LEAVES_DATABASE, 1},
    {"restore over and keep", prepare_target, restore_and_keep, prove_kept, LEAVES_DATABASE, 1},
    {"restore the difference, shorter", prepare_long_target, restore_difference, prove_over,
     LEAVES_DATABASE, 1},
    {"restore the difference, longer", prepare_short_target, restore_difference, prove_over,
     LEAVES_DATABASE, 1},
    {"restore the difference, with a log", prepare_log_target, restore_difference, prove_over,
     LEAVES_DATABASE, 1},
    {"restore in place", prepare_increment, replace_in_place, prove_in_place, REWRITES_DATABASE, 1},
    {"restore the difference in place", prepare_increment, change_in_place, prove_in_place,
     REWRITES_DATABASE, 1},
    {"test restore", prepare_increment, test_restore, NULL, LEAVES_DATABASE, 1},
    {"make a replica", prepare_no_replica, follow_once, prove_replica, LEAVES_DATABASE, 1},
    {"follow with a replica", prepare_replica, follow_once, prove_replica, LEAVES_DATABASE, 1},
    {"follow with a replica, same size", prepare_replica_of_same_size, follow_once, prove_replica,
     LEAVES_DATABASE, 1},
    {"follow with a replica, shorter", prepare_shrinking_replica, follow_once, prove_replica,
     LEAVES_DATABASE, 1},
    {"follow with a replica that was written to", prepare_written_replica, follow_once,
     prove_written_replica, LEAVES_DATABASE, 1},
    {"append a cut", prepare_increment, append_cut, prove_usable, LEAVES_DATABASE, 2},
    {"follow the log", prepare_followed_log, follow_log, prove_usable, FOLDS_LOG, 2},
    {"check", prepare_increment, check, NULL, LEAVES_DATABASE, 1},
    {"prune", prepare_history, prune, prove_pruned, LEAVES_DATABASE, 1},
};

const size_t stage_act_count = sizeof stage_acts / sizeof *stage_acts;

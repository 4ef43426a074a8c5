#include "fault/acts_capture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "engine/backup.h"

enum { PAGE_SIZE = 1024, PAGES = 24, FILE_BYTES = 4 << 20 };

/* All of the old database, read past the program's own environment: what fails is what follows. */
static int fill_cut(const struct stage *stage, struct hf_cut *cut, struct hf_error *err)
{
    uint8_t image[PAGE_SIZE];
    int failed = 0, fd = open(stage->old_db, O_RDONLY | O_CLOEXEC);
    stage_must(stage, fd >= 0, "there is no copy of the database");
    while (!failed && pread(fd, image, sizeof image, (off_t)cut->page_count * PAGE_SIZE) > 0)
        failed = hf_page_batch_put(&cut->pages, ++cut->page_count, PAGE_SIZE, image, err);
    close(fd);
    cut->page_min = cut->page_count;
    return failed;
}

static struct hf_point_writer *open_writer(const struct hf_database *database, const char *path,
                                           struct hf_error *err)
{
    const struct hf_point_writer_options options = {.path = path};
    const struct hf_backup_options scan = {.path = path, .reason = "scan"};
    struct hf_backup_result result;
    struct hf_error local = {0};
    struct hf_point_writer *writer = hf_point_writer_open(database, &options, &local);
    if (writer)
        return writer;
    if (local.code == HF_STALE)
        return hf_backup(database, &scan, &result, err)
                   ? NULL
                   : hf_point_writer_open(database, &options, err);
    hf_error_pass(err, &local);
    return NULL;
}

/* A first failure is no reason to give up: the same cut again, and where the point exists but the
 * host could not note that (HF_STALE), after a scan. */
static int append(struct stage *stage, const struct hf_database *database, const struct hf_cut *cut,
                  struct hf_error *err)
{
    const struct hf_point_text text = {.reason = "continuous"};
    struct hf_point_result result;
    struct hf_error local = {0};
    struct hf_point_writer *writer = open_writer(database, stage->db, err);
    if (!writer)
        return -1;
    int failed = hf_point_writer_append(writer, cut, &text, &result, &local);
    stage_must(stage, !failed || (local.code != HF_OK && local.text[0]),
               "failed and does not say why");
    if (failed && local.code == HF_STALE) {
        hf_point_writer_free(writer);
        writer = open_writer(database, stage->db, err);
    }
    if (failed && writer)
        failed = hf_point_writer_append(writer, cut, &text, &result, err);
    hf_point_writer_free(writer);
    if (!failed)
        stage->made = result.seq;
    return failed;
}

static bool is_whole(const struct hf_batch_budget *budget)
{
    return budget->memory == 0 && budget->file == FILE_BYTES;
}

int append_cut(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    struct hf_batch_budget budget;
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_cut cut = {.page_size = PAGE_SIZE, .time = hf_now(tools->env)};
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err))
        return -1;
    hf_batch_budget_init(&budget, 0, FILE_BYTES);
    hf_page_batch_init(&cut.pages, tools->env, &budget);
    int failed = fill_cut(stage, &cut, err) || append(stage, &session.database, &cut, err) ? -1 : 0;
    hf_cut_release(&cut);
    stage_must(stage, is_whole(&budget), "kept room for pages");
    return failed;
}

static void ignore_notice(void *context, const char *database, const char *text)
{
    (void)context, (void)database, (void)text;
}

static int outcome(const struct hf_replica_outcome *outcome, struct hf_error *err)
{
    return outcome->err.code ? hf_error_pass(err, &outcome->err) : 0;
}

int capture_begin(struct hf_replica *replica, struct hf_error *err)
{
    hf_replica_begin(replica);
    return outcome(&replica->store_outcome, err);
}

int capture_store(struct hf_replica *replica, bool rotate, struct hf_error *err)
{
    if (!replica->capture) {
        hf_replica_scan(replica);
        return outcome(&replica->store_outcome, err);
    }
    replica->rotate = rotate;
    replica->cut_wanted = true;
    hf_replica_tail(replica);
    if (outcome(&replica->log_outcome, err))
        return -1;
    hf_replica_store(replica);
    /* The point exists, and the host could not note that. */
    if (replica->store_outcome.err.code == HF_STALE)
        return capture_begin(replica, err);
    return outcome(&replica->store_outcome, err);
}

int capture_cycle(struct hf_replica *replica, struct hf_error *err)
{
    if (capture_begin(replica, err) || capture_store(replica, true, err))
        return -1;
    hf_replica_let_go(replica);
    return outcome(&replica->log_outcome, err);
}

static int play_twice(struct hf_replica *replica, struct hf_error *err)
{
    return capture_cycle(replica, err) || capture_cycle(replica, err) ? -1 : 0;
}

int capture_play(struct stage *stage, const struct stage_tools *tools,
                 int (*play)(struct hf_replica *replica, struct hf_error *err),
                 struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    struct hf_replica_world world = {.env = tools->env, .notice = ignore_notice};
    struct hf_replica replica;
    if (stage_session_open(&session, stage, tools, HF_DATABASE_CREATE, err))
        return -1;
    world.repository = session.repository;
    hf_batch_budget_init(&world.budget, 0, FILE_BYTES);
    hf_replica_init(&replica, &world, "app", stage->db, NULL);
    int failed = play(&replica, err);
    stage->made = failed ? 0 : replica.point.seq;
    stage->scanned = replica.last_scan.time != 0;
    hf_replica_release(&replica);
    stage_must(stage, is_whole(&world.budget), "kept room for pages");
    return failed;
}

int follow_log(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    return capture_play(stage, tools, play_twice, err);
}

static void commit(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

/* Its log is not brought into the file, so that the next one finds all of it. */
static int play_once(struct hf_replica *replica, struct hf_error *err)
{
    if (capture_begin(replica, err))
        return -1;
    stage_sql(replica->path, "UPDATE film SET title = 'in the point' WHERE id < 10");
    return capture_store(replica, false, err);
}

/* What a killed application leaves: the file and its log. */
static void keep_as_killed(struct stage *stage, sqlite3 *application)
{
    hf_auto_free char *kept = hf_scratch_path(&stage->scratch, "kept.db");
    hf_auto_free char *kept_log = hf_scratch_path(&stage->scratch, "kept.db-wal");
    hf_auto_free char *log = hf_path_join(stage->data, "app.db-wal");
    hf_scratch_copy(stage->db, kept);
    hf_scratch_copy(log, kept_log);
    assert_int_equal(sqlite3_close(application), SQLITE_OK);
    hf_scratch_remove(stage->db);
    hf_scratch_copy(kept, stage->db);
    hf_scratch_copy(kept_log, log);
}

/* Else the acts would try less than they say. */
static void prove_log_goes_on(struct stage *stage)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    hf_auto_free char *kept = hf_scratch_path(&stage->scratch, "kept");
    hf_scratch_copy(stage->world, kept);
    if (follow_log(stage, &tools, &err))
        fail_msg("%s", err.text);
    assert_false(stage->scanned);
    assert_int_equal(stage->made, stage->points[0].seq + 1);
    hf_scratch_remove(stage->world);
    hf_scratch_copy(kept, stage->world);
    stage->made = 0;
}

void prepare_followed_log(struct stage *stage)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    sqlite3 *application;
    hf_auto_free char *copy = hf_scratch_path(&stage->scratch, "point.db");
    stage_fill(stage->db, PAGE_SIZE, PAGES);
    stage_make_repository(stage);
    assert_int_equal(sqlite3_open(stage->db, &application), SQLITE_OK);
    commit(application, "PRAGMA journal_mode = WAL; CREATE TABLE more(data)");
    if (capture_play(stage, &tools, play_once, &err))
        fail_msg("%s", err.text);
    stage_copy_folded(stage, stage->db, copy);
    stage_acknowledge(stage, stage->made, copy);
    commit(application, "INSERT INTO more SELECT data FROM film WHERE id < 12");
    commit(application, "UPDATE film SET title = 'in the log' WHERE id > 60");
    keep_as_killed(stage, application);
    prove_log_goes_on(stage);
}

void prove_usable(struct stage *stage, bool succeeded)
{
    sqlite3 *db;
    (void)succeeded;
    assert_int_equal(sqlite3_open(stage->db, &db), SQLITE_OK);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int rc = sqlite3_exec(db, "BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL);
    stage_must(stage, rc == SQLITE_OK, "the database cannot be written to: %s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#include "sqlite/log_hold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/connection.h"
#include "sqlite/mirror.h"
#include "support/scratch.h"
#include "support/seeded.h"

enum { FORCE = 64 };

static void a_database_in_another_mode_is_not_held(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    sql_in(scene->db, "CREATE TABLE t(a)");
    assert_null(hf_log_hold_open(scene->db, 0, &err));
    assert_code(&err, HF_UNSUPPORTED);
    assert_int_equal(hf_log_make_wal(scene->db, 0, &err), 0);
    struct hf_log_hold *hold = hf_log_hold_open(scene->db, 0, &err);
    assert_non_null(hold);
    hf_log_hold_release(hold, 0);
}

static void a_database_in_use_is_not_put_in_wal_mode(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    sql_in(scene->db, "CREATE TABLE t(a)");
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "BEGIN IMMEDIATE");
    assert_int_equal(hf_log_make_wal(scene->db, 0, &err), -1);
    assert_code(&err, HF_LOCKED);
    actor_end(&actor);
}

static void every_commit_is_read_once(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor actor = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&actor, "INSERT INTO t(a) VALUES(randomblob(3000))");
    assert_true(look(&mirror).unread > 0);
    assert_mirrors(&mirror, scene->db);
    assert_int_equal(look(&mirror).unread, 0);
    actor_do(&actor, "UPDATE t SET a = randomblob(5000)");
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&actor);
}

static void what_is_not_committed_is_not_read(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor actor = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    read_log(&mirror);
    actor_do(&actor, "PRAGMA cache_size = 1; BEGIN; WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                     "FROM n WHERE i < 500) INSERT INTO t(a) SELECT randomblob(500) FROM n");
    assert_true(size_of(in_scene(scene, "app.db-wal")) > 100000); /* it has spilled */
    assert_int_equal(look(&mirror).unread, 0);
    actor_do(&actor, "ROLLBACK; INSERT INTO t(a) VALUES(1)");
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&actor);
}

static void a_rotation_lets_the_log_begin_anew(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 4096);
    struct actor actor = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    for (int i = 0; i < 20; i++) {
        actor_do(&actor, "INSERT INTO t(a) VALUES(randomblob(9000))");
        assert_int_equal(rotate(&mirror, 0), HF_ROTATION_DONE);
        struct hf_log_look now = look(&mirror);
        assert_true(now.on_slot_0);
        assert_int_equal(now.not_in_file, 0);
    }
    assert_true(size_of(in_scene(scene, "app.db-wal")) < 20 * 4120);
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&actor);
}

static void nobody_copies_frames_while_slot_0_is_held(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 4096);
    struct actor actor = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&actor, "INSERT INTO t(a) VALUES(randomblob(9000))");
    assert_int_equal(rotate(&mirror, 0), HF_ROTATION_DONE);
    actor_do(&actor, "INSERT INTO t(a) VALUES(randomblob(9000))");
    uint32_t left = look(&mirror).not_in_file;
    assert_true(left > 0);
    actor_do(&actor, "PRAGMA wal_checkpoint(PASSIVE)");
    assert_int_equal(look(&mirror).not_in_file, left);
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&actor);
}

static void a_long_reader_is_waited_for_without_the_write_lock(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db), reader = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(9000))");
    actor_do(&reader, "BEGIN; SELECT count(*) FROM t");
    for (int i = 0; i < 30; i++)
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(9000))");
    assert_int_equal(rotate(&mirror, 1), HF_ROTATION_READER);
    assert_int_equal(hf_log_hold_counts(mirror.hold)->forced, 0);
    actor_do(&reader, "COMMIT");
    assert_int_equal(rotate(&mirror, 1), HF_ROTATION_DONE);
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&writer);
    actor_end(&reader);
}

/* All read slots are taken by readers of different states. */
static void taken_slots_are_no_reason_for_the_write_lock(void **state)
{
    const struct scene *scene = *state;
    struct actor readers[6];
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    for (int i = 0; i < 6; i++) {
        readers[i] = actor_start(scene->db);
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        actor_do(&readers[i], "BEGIN; SELECT count(*) FROM t");
        rotate(&mirror, 1);
    }
    for (int i = 0; i < 5; i++) {
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        assert_int_equal(rotate(&mirror, 1), HF_ROTATION_READER);
    }
    assert_int_equal(hf_log_hold_counts(mirror.hold)->forced, 0);
    assert_mirrors(&mirror, scene->db);
    for (int i = 0; i < 6; i++)
        actor_end(&readers[i]);
    assert_int_equal(rotate(&mirror, 0), HF_ROTATION_DONE);
    mirror_end(&mirror);
    actor_end(&writer);
}

/* A reader that got slot 0 before us, after a checkpoint. */
static void another_holder_of_slot_0_harms_nothing(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db), reader = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
    assert_int_equal(rotate(&mirror, 0), HF_ROTATION_DONE);
    actor_do(&reader, "BEGIN; SELECT count(*) FROM t");
    actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
    for (int i = 0; i < 5; i++) {
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        assert_int_equal(rotate(&mirror, 1), HF_ROTATION_READER);
        assert_mirrors(&mirror, scene->db);
    }
    assert_int_equal(hf_log_hold_counts(mirror.hold)->forced, 0);
    actor_do(&reader, "COMMIT");
    assert_int_equal(rotate(&mirror, 0), HF_ROTATION_DONE);
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&writer);
    actor_end(&reader);
}

static void checkpoints_of_every_kind_end_nothing(void **state)
{
    static const char *const kinds[] = {"PASSIVE", "FULL", "RESTART", "TRUNCATE"};
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db), other = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    for (int i = 0; i < 40; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "PRAGMA wal_checkpoint(%s)", kinds[i % 4]);
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        if (i % 3)
            read_log(&mirror);
        actor_try(&other, sql);
        if (i % 5 == 0)
            rotate(&mirror, i % 2 ? 1 : 0);
        actor_try(&other, sql);
        assert_mirrors(&mirror, scene->db);
    }
    mirror_end(&mirror);
    actor_end(&writer);
    actor_end(&other);
}

static void wait_for_checkpointer(const struct scene *scene, pid_t pid)
{
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    struct stat shm;
    assert_int_equal(stat(in_scene(scene, "app.db-shm"), &shm), 0);
    do
        hf_lock_table_load(&table);
    while (hf_lock_table_holder(&table, &shm, HF_LOCK_CHECKPOINT) != pid);
}

/* FULL, RESTART and TRUNCATE wait for slot 0 with the write lock held: they must not wait long. */
static void a_checkpointer_that_waits_for_us_is_let_through(void **state)
{
    static const char *const kinds[] = {"FULL", "RESTART", "TRUNCATE"};
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db), other = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&other, "PRAGMA busy_timeout = 20000");
    for (int i = 0; i < 12; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "PRAGMA wal_checkpoint(%s)", kinds[i % 3]);
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        rotate(&mirror, 0);
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        if (i % 2)
            read_log(&mirror); /* proven before the other one comes, or not */
        actor_send(&other, sql);
        wait_for_checkpointer(scene, other.pid);
        /* What the replicator does every few milliseconds. */
        struct hf_log_look now;
        do {
            rotate(&mirror, 0);
            now = look(&mirror);
        } while (now.not_in_file || !now.on_slot_0);
        assert_int_equal(actor_answer(&other), SQLITE_OK);
        assert_string_equal(other.value, "0"); /* the pragma's first column: not busy */
        assert_mirrors(&mirror, scene->db);
    }
    mirror_end(&mirror);
    actor_end(&writer);
    actor_end(&other);
}

static void a_killed_writer_is_no_doubt(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct mirror mirror = mirror_begin(scene->db);
    for (int i = 0; i < 10; i++) {
        struct actor writer = actor_start(scene->db);
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        if (i % 2)
            rotate(&mirror, 0);
        actor_do(&writer,
                 "PRAGMA cache_size = 1; BEGIN; INSERT INTO t(a) VALUES(randomblob(90000))");
        actor_kill(&writer);
        assert_mirrors(&mirror, scene->db);
    }
    mirror_end(&mirror);
}

/* A writer that dies while it publishes leaves two copies that differ. */
static void a_header_that_a_writer_left_torn_is_mended(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    for (int i = 0; i < 6; i++) {
        actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(2000))");
        if (i % 2)
            rotate(&mirror, 0);
        shell("printf '\\377' | dd of='%s-shm' bs=1 seek=%d conv=notrunc status=none", scene->db,
              i % 3 ? 16 : 64);
        assert_mirrors(&mirror, scene->db);
        actor_do(&writer, "UPDATE t SET a = randomblob(1000)");
        assert_mirrors(&mirror, scene->db);
    }
    mirror_end(&mirror);
    actor_end(&writer);
}

static void pages_that_were_never_written_are_as_readers_see_them(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 512);
    struct actor writer = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    for (int i = 0; i < 10; i++) {
        /* Overflow pages that are made and freed in one transaction reach neither log nor file. */
        actor_do(&writer, "BEGIN; INSERT INTO t(id, a) VALUES(99, randomblob(30000)); INSERT INTO "
                          "t(a) VALUES(randomblob(2000)); DELETE FROM t WHERE id = 99; COMMIT");
        if (i % 3 == 0)
            rotate(&mirror, 0);
        assert_mirrors(&mirror, scene->db);
        if (i % 4 == 3)
            actor_do(&writer, "VACUUM");
        assert_mirrors(&mirror, scene->db);
    }
    mirror_end(&mirror);
    actor_end(&writer);
}

static void a_refused_frame_is_an_error(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    make_wal(scene, 1024);
    struct mirror mirror = mirror_begin(scene->db);
    sql_in(scene->db, "INSERT INTO t(a) VALUES(1)");
    struct hf_log_position before = hf_log_hold_position(mirror.hold);
    mirror.fails = true;
    assert_int_equal(hf_log_hold_read(mirror.hold, mirror_take, &mirror, &err), -1);
    assert_code(&err, HF_NO_SPACE);
    struct hf_log_position after = hf_log_hold_position(mirror.hold);
    assert_memory_equal(&before, &after, sizeof before);
    mirror_end(&mirror);
}

static int refuse_check(struct mirror *mirror)
{
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    struct hf_error err = {0};
    hf_lock_table_load(&table);
    int failed = hf_log_hold_check(mirror->hold, &table, &err);
    if (failed)
        assert_code(&err, HF_STALE);
    return failed;
}

static void a_lost_lock_is_noticed(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct mirror mirror = mirror_begin(scene->db);
    assert_int_equal(refuse_check(&mirror), 0);
    /* Any descriptor of the file will do, whoever opened it in this process. */
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    hf_scratch_read(in_scene(scene, "app.db-shm"), &bytes);
    assert_int_equal(refuse_check(&mirror), -1);
    mirror_end(&mirror);
}

static void another_file_in_its_place_is_noticed(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct mirror mirror = mirror_begin(scene->db);
    shell("cp '%s' '%s.new' && mv '%s.new' '%s'", scene->db, scene->db, scene->db, scene->db);
    assert_int_equal(refuse_check(&mirror), -1);
    mirror_end(&mirror);
}

static void a_deleted_database_is_noticed(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct mirror mirror = mirror_begin(scene->db);
    shell("rm '%s'", scene->db);
    assert_int_equal(refuse_check(&mirror), -1);
    mirror_end(&mirror);
}

static void a_deleted_index_is_noticed(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct mirror mirror = mirror_begin(scene->db);
    shell("rm '%s-shm'", scene->db);
    assert_int_equal(refuse_check(&mirror), -1);
    mirror_end(&mirror);
}

static void a_deleted_log_is_noticed(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct mirror mirror = mirror_begin(scene->db);
    shell("rm '%s-wal'", scene->db);
    assert_int_equal(refuse_check(&mirror), -1);
    mirror_end(&mirror);
}

static void a_log_that_something_else_cut_is_noticed(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(9000))");
    shell("truncate -s 3000 '%s-wal'", scene->db);
    assert_int_equal(refuse_check(&mirror), -1);
    assert_int_equal(hf_log_hold_read(mirror.hold, mirror_take, &mirror, &err), -1);
    assert_code(&err, HF_CORRUPT);
    mirror_end(&mirror);
    actor_end(&writer);
}

static void reading_goes_on_after_a_pause_while_the_log_is_the_same(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 1024);
    struct actor writer = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(9000))");
    read_log(&mirror);
    struct hf_log_position at = hf_log_hold_position(mirror.hold);
    hf_log_hold_release(mirror.hold, 0);
    actor_do(&writer, "INSERT INTO t(a) VALUES(randomblob(9000))");
    struct hf_error err = {0};
    mirror.hold = hf_log_hold_open(scene->db, 0, &err);
    assert_true(hf_log_hold_resume(mirror.hold, &at));
    assert_mirrors(&mirror, scene->db);

    /* Restarted meanwhile, by TRUNCATE or by a writer after a full checkpoint. */
    at = hf_log_hold_position(mirror.hold);
    hf_log_hold_release(mirror.hold, 0);
    actor_do(&writer, "PRAGMA wal_checkpoint(RESTART); INSERT INTO t(a) VALUES(1)");
    mirror.hold = hf_log_hold_open(scene->db, 0, &err);
    assert_false(hf_log_hold_resume(mirror.hold, &at));
    hf_log_hold_release(mirror.hold, 0);
    free(mirror.pages);
    free(mirror.given);
    actor_end(&writer);
}

static void a_log_over_4062_frames_is_read(void **state)
{
    const struct scene *scene = *state;
    make_wal(scene, 512);
    struct actor writer = actor_start(scene->db);
    struct mirror mirror = mirror_begin(scene->db);
    actor_do(&writer, "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) INSERT "
                      "INTO t(a) SELECT randomblob(400) FROM n");
    assert_true(look(&mirror).unread > 2 * 4062);
    assert_mirrors(&mirror, scene->db);
    assert_int_equal(rotate(&mirror, 0), HF_ROTATION_DONE);
    assert_mirrors(&mirror, scene->db);
    mirror_end(&mirror);
    actor_end(&writer);
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
    return hf_seeded_next(seed) % limit;
}

/* Everything that an application does, in an order that the seed gives. */
static void a_mirror_stays_true_whatever_happens(void **state)
{
    static const char *const acts[] = {
        "INSERT INTO t(a) VALUES(randomblob(700))",
        "INSERT INTO t(a) VALUES(randomblob(20000))",
        "UPDATE t SET a = randomblob(900) WHERE id % 7 = abs(random()) % 7",
        "DELETE FROM t WHERE id % 5 = abs(random()) % 5",
        "BEGIN; INSERT INTO t(a) VALUES(randomblob(60000)); DELETE FROM t WHERE a > 5; COMMIT",
        "BEGIN; DELETE FROM t; ROLLBACK",
        "VACUUM",
        "PRAGMA wal_checkpoint(PASSIVE)",
        "PRAGMA wal_checkpoint(FULL)",
        "PRAGMA wal_checkpoint(RESTART)",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA incremental_vacuum(3)",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA journal_mode = WAL",
    };
    const struct scene *scene = *state;
    static const int sizes[] = {512, 1024, 4096, 65536};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        uint64_t random = seed;
        shell("rm -f '%s' '%s-wal' '%s-shm'", scene->db, scene->db, scene->db);
        sql_in(scene->db, "PRAGMA page_size = %d; PRAGMA auto_vacuum = %d", sizes[seed - 1],
               (int)seed % 3);
        make_wal(scene, sizes[seed - 1]);
        struct actor actors[3];
        for (int i = 0; i < 3; i++)
            actors[i] = actor_start(scene->db);
        struct mirror mirror = mirror_begin(scene->db);
        for (int step = 0; step < 400; step++) {
            struct actor *actor = &actors[below(&random, 2)];
            actor_try(actor, acts[below(&random, sizeof acts / sizeof *acts)]);
            if (!below(&random, 12))
                actor_try(&actors[2], "BEGIN; SELECT count(*) FROM t");
            if (!below(&random, 12))
                actor_try(&actors[2], "COMMIT");
            if (!below(&random, 3))
                rotate(&mirror, below(&random, 2) ? FORCE : 0);
            if (!below(&random, 4))
                read_log(&mirror);
            if (!below(&random, 10))
                assert_mirrors(&mirror, scene->db);
            if (!below(&random, 40)) {
                actor_kill(actor);
                *actor = actor_start(scene->db);
            }
        }
        assert_mirrors(&mirror, scene->db);
        mirror_end(&mirror);
        for (int i = 0; i < 3; i++)
            actor_end(&actors[i]);
        assert_sound(scene->db);
    }
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

/* Commits once more at each of the first frames that it is given: a little, then very much. Another
 * one asks for the write lock, without patience, while that is being read. */
struct latecomer {
    struct actor *actor, *other;
    int calls, refused;
};

static int commit_meanwhile(void *context, const struct hf_log_frame *frame, struct hf_error *err)
{
    struct latecomer *late = context;
    (void)frame;
    (void)err;
    late->calls++;
    if (late->calls == 1)
        actor_do(late->actor, "insert into t values(zeroblob(10))");
    else if (late->calls == 2)
        actor_do(late->actor, "insert into t values(zeroblob(40000000))");
    else if (late->calls % 100 == 0)
        late->refused += actor_try(late->other, "begin immediate; rollback") != SQLITE_OK;
    return 0;
}

/* What a big transaction wrote while a rotation was on its way is not copied with the write lock
 * held: all other writers would wait for it. */
static void a_big_transaction_is_not_copied_under_the_write_lock(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    sql_in(scene->db, "pragma journal_mode = wal; create table t(x)");
    struct actor actor = actor_start(scene->db), other = actor_start(scene->db);
    actor_do(&actor, "pragma wal_autocheckpoint = 0");
    actor_do(&actor, "insert into t values(1)");
    actor_do(&other, "pragma busy_timeout = 0");
    struct hf_log_hold *hold = hf_log_hold_open(scene->db, 1000, &err);
    assert_code(&err, HF_OK);
    struct latecomer late = {.actor = &actor, .other = &other};
    const struct hf_rotation_options options = {1, commit_meanwhile, &late};
    assert_int_equal(hf_log_hold_rotate(hold, &options, &err), HF_ROTATION_DONE);
    assert_true(late.calls > 9000);
    assert_int_equal(late.refused, 0);
    assert_int_equal(hf_log_hold_counts(hold)->forced, 1);
    hf_log_hold_release(hold, 1000);
    actor_end(&actor);
    actor_end(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_database_in_another_mode_is_not_held),
        SCENE_TEST(a_database_in_use_is_not_put_in_wal_mode),
        SCENE_TEST(every_commit_is_read_once),
        SCENE_TEST(what_is_not_committed_is_not_read),
        SCENE_TEST(a_rotation_lets_the_log_begin_anew),
        SCENE_TEST(nobody_copies_frames_while_slot_0_is_held),
        SCENE_TEST(a_long_reader_is_waited_for_without_the_write_lock),
        SCENE_TEST(taken_slots_are_no_reason_for_the_write_lock),
        SCENE_TEST(another_holder_of_slot_0_harms_nothing),
        SCENE_TEST(checkpoints_of_every_kind_end_nothing),
        SCENE_TEST(a_checkpointer_that_waits_for_us_is_let_through),
        SCENE_TEST(a_killed_writer_is_no_doubt),
        SCENE_TEST(a_header_that_a_writer_left_torn_is_mended),
        SCENE_TEST(pages_that_were_never_written_are_as_readers_see_them),
        SCENE_TEST(a_refused_frame_is_an_error),
        SCENE_TEST(a_lost_lock_is_noticed),
        SCENE_TEST(another_file_in_its_place_is_noticed),
        SCENE_TEST(a_deleted_database_is_noticed),
        SCENE_TEST(a_deleted_index_is_noticed),
        SCENE_TEST(a_deleted_log_is_noticed),
        SCENE_TEST(a_log_that_something_else_cut_is_noticed),
        SCENE_TEST(reading_goes_on_after_a_pause_while_the_log_is_the_same),
        SCENE_TEST(a_log_over_4062_frames_is_read),
        SCENE_TEST(a_big_transaction_is_not_copied_under_the_write_lock),
        SCENE_TEST(a_mirror_stays_true_whatever_happens),
    };
    return cmocka_run_group_tests_name("sqlite/log_hold", tests, NULL, NULL);
}

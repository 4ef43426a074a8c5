/* What somebody else does between a plan and its doing: while the restore point is taken. */
#include "schema/sync_stage.h"

#define ID "\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"
#define TABLE_A "CREATE TABLE \"A\" (" ID ")"
#define GONE "CREATE TABLE gone(id INTEGER PRIMARY KEY); INSERT INTO gone VALUES (1), (2)"
#define COUNT_OF(table) "SELECT count(*) FROM sqlite_schema WHERE name = '" table "'"

static void rows_that_come_after_the_plan_are_seen(void **state)
{
    struct stage stage;
    stage_open(&stage, state, "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER)");
    assert_int_equal(stage_apply_while(&stage, "INSERT INTO A(n) VALUES (5)", HF_SCHEMA_PRISMA,
                                       TABLE_A, HF_DATA_LOSS_REFUSED),
                     HF_REFUSED);
    assert_asks(&stage, "SELECT n FROM A", 5);
    stage_close(&stage);
}

static void a_table_that_comes_after_the_plan_is_not_dropped_unseen(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A ";" GONE);
    assert_int_equal(stage_apply_while(&stage,
                                       "CREATE TABLE precious(x); INSERT INTO precious VALUES (1)",
                                       HF_SCHEMA_PRISMA, TABLE_A, HF_DATA_LOSS_ACCEPTED),
                     HF_STALE);
    stage_step(&stage, "drop table 'precious'");
    assert_asks(&stage, COUNT_OF("precious"), 1);
    assert_asks(&stage, "SELECT count(*) FROM gone", 2);
    assert_int_equal(stage_apply(&stage, HF_SCHEMA_PRISMA, TABLE_A, HF_DATA_LOSS_ACCEPTED), HF_OK);
    assert_asks(&stage, COUNT_OF("precious"), 0);
    stage_close(&stage);
}

static void a_table_that_was_empty_in_the_plan_is_not_dropped_with_rows(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A "; CREATE TABLE gone(id INTEGER PRIMARY KEY)");
    assert_int_equal(stage_apply_while(&stage, "INSERT INTO gone VALUES (1)", HF_SCHEMA_PRISMA,
                                       TABLE_A, HF_DATA_LOSS_ACCEPTED),
                     HF_STALE);
    assert_asks(&stage, "SELECT count(*) FROM gone", 1);
    stage_close(&stage);
}

static void more_rows_than_the_plan_said_are_not_lost(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A ";" GONE);
    assert_int_equal(stage_apply_while(&stage, "INSERT INTO gone VALUES (3)", HF_SCHEMA_PRISMA,
                                       TABLE_A, HF_DATA_LOSS_ACCEPTED),
                     HF_STALE);
    assert_asks(&stage, "SELECT count(*) FROM gone", 3);
    stage_close(&stage);
}

static void what_loses_less_than_the_plan_said_is_done(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A ";" GONE);
    assert_int_equal(stage_apply_while(&stage, "DELETE FROM gone WHERE id = 1", HF_SCHEMA_PRISMA,
                                       TABLE_A, HF_DATA_LOSS_ACCEPTED),
                     HF_OK);
    assert_asks(&stage, COUNT_OF("gone"), 0);
    stage_close(&stage);
}

struct reader {
    int plans, agrees_to;
};

static int read_plan(void *context, const struct hf_sync_plan *plan, struct hf_error *err)
{
    struct reader *reader = context;
    (void)plan;
    return reader->plans++ < reader->agrees_to ? 0 : hf_error_set(err, HF_STALE, "another plan");
}

static void who_agrees_is_asked_again_behind_the_lock(void **state)
{
    struct stage stage;
    stage_open(&stage, state, TABLE_A);
    struct hf_wanted wanted =
        stage_wanted(HF_SCHEMA_PRISMA, "CREATE TABLE \"A\" (" ID ", \"n\" INTEGER)");
    for (int agreed = 0; agreed <= 2; agreed++) {
        struct reader reader = {.agrees_to = agreed};
        const struct hf_sync_apply_options options = {.agrees = read_plan, .context = &reader};
        stage.err = (struct hf_error){0};
        hf_sync_apply(stage.live, &wanted, &options, NULL, &stage.err);
        assert_int_equal(stage.err.code, agreed < 2 ? HF_STALE : HF_OK);
        assert_int_equal(reader.plans, agreed < 2 ? agreed + 1 : 2);
        assert_asks(&stage, "SELECT count(*) FROM pragma_table_info('A')", agreed < 2 ? 1 : 2);
    }
    struct reader nobody = {0}; /* also when there is nothing left to do */
    const struct hf_sync_apply_options options = {.agrees = read_plan, .context = &nobody};
    hf_sync_apply(stage.live, &wanted, &options, NULL, &stage.err);
    assert_int_equal(stage.err.code, HF_STALE);
    hf_wanted_release(&wanted);
    stage_close(&stage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_that_come_after_the_plan_are_seen),
        TEST(a_table_that_comes_after_the_plan_is_not_dropped_unseen),
        TEST(a_table_that_was_empty_in_the_plan_is_not_dropped_with_rows),
        TEST(more_rows_than_the_plan_said_are_not_lost),
        TEST(what_loses_less_than_the_plan_said_is_done),
        TEST(who_agrees_is_asked_again_behind_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

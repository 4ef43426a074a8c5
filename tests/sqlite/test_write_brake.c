/* Slowing writers down: each gets in again and again, and none by itself. */
#include "sqlite/write_brake.h"

#include "sqlite/scene.h"
#include "support/scratch.h"

enum { COMMITS = 200, MOST_TRIES = 1000000 };

#define INSERT "insert into t values(1)"

static void begin(const struct scene *scene)
{
    sql_in(scene->db, "pragma journal_mode = wal; create table t(x)");
}

static void it_holds_the_lock_now_and_then(void **state)
{
    const struct scene *scene = *state;
    begin(scene);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "pragma busy_timeout = 0");
    struct hf_write_brake *brake = hf_write_brake_start(scene->db);
    assert_non_null(brake);
    int tries = 0;
    while (actor_try(&actor, INSERT) != SQLITE_BUSY && tries < MOST_TRIES)
        tries++;
    assert_true(tries < MOST_TRIES);
    hf_write_brake_stop(brake);
    actor_do(&actor, INSERT);
    actor_end(&actor);
}

static void a_writer_with_some_patience_is_never_refused(void **state)
{
    const struct scene *scene = *state;
    begin(scene);
    struct actor actors[2] = {actor_start(scene->db), actor_start(scene->db)};
    struct hf_write_brake *brake = hf_write_brake_start(scene->db);
    for (int i = 0; i < 2; i++)
        actor_do(&actors[i], "pragma busy_timeout = 1000");
    for (int i = 0; i < COMMITS; i++) {
        actor_send(&actors[0], INSERT);
        actor_send(&actors[1], INSERT);
        assert_int_equal(actor_answer(&actors[0]), SQLITE_OK);
        assert_int_equal(actor_answer(&actors[1]), SQLITE_OK);
    }
    hf_write_brake_stop(brake);
    for (int i = 0; i < 2; i++)
        actor_end(&actors[i]);
}

static void without_a_writer_it_ends_all_the_same(void **state)
{
    const struct scene *scene = *state;
    begin(scene);
    hf_write_brake_stop(hf_write_brake_start(scene->db));
    hf_write_brake_stop(NULL);
}

static void what_is_no_database_is_not_braked(void **state)
{
    const struct scene *scene = *state;
    shell("mkdir '%s'", scene->db);
    assert_null(hf_write_brake_start(scene->db));
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(it_holds_the_lock_now_and_then),
        SCENE_TEST(a_writer_with_some_patience_is_never_refused),
        SCENE_TEST(without_a_writer_it_ends_all_the_same),
        SCENE_TEST(what_is_no_database_is_not_braked),
    };
    return cmocka_run_group_tests_name("sqlite/write_brake", tests, NULL, NULL);
}

/* A running replicator thins by the rule that holds now, and not by the one that it began with. */
#include "engine/workshop.h"

#include <inttypes.h>

#include "os/file.h"
#include "service/console_folder.h"
#include "service/keep_settings.h"
#include "service/replica.h"

static void ignore_notice(void *context, const char *database, const char *text)
{
    (void)context, (void)database, (void)text;
}

static void load_config(struct hf_config *config, struct workshop *shop)
{
    static const char *const none[] = {NULL};
    struct hf_error err = {0};
    struct hf_config_input input = {
        .environment = none, .local_file = "/nowhere", .system_file = "/nowhere"};
    input.flags[HF_SETTING_DB] = shop->db;
    input.flags[HF_SETTING_REPOSITORY] = shop->place;
    if (hf_config_load(config, &input, hf_env_system(), &err))
        fail_msg("%s", err.text);
}

static uint64_t kept_by(struct hf_replica *replica)
{
    hf_replica_prune(replica);
    if (replica->prune_outcome.err.code)
        fail_msg("%s", replica->prune_outcome.err.text);
    return replica->pruned.kept;
}

static void a_rule_that_the_console_saves_holds_at_the_next_thinning(void **state)
{
    struct workshop *shop = *state;
    const struct hf_env *env = hf_env_system();
    hf_auto(hf_config) struct hf_config config = {0};
    hf_auto_free char *folder = NULL;
    struct hf_error err = {0};
    load_config(&config, shop);
    workshop_fill(shop, 4);
    for (int i = 0; i < 4; i++) {
        workshop_sql(shop, "INSERT INTO film(title) VALUES('%d')", i);
        workshop_backup(shop);
    }
    struct hf_replica_world world = {.repository = shop->repository,
                                     .env = env,
                                     .config = &config,
                                     .zone = hf_keep_zone(&config),
                                     .notice = ignore_notice};
    struct hf_replica replica;
    hf_replica_init(&replica, &world, "app", shop->db, NULL);
    replica.database = shop->database;
    replica.is_known = true;
    assert_int_equal(kept_by(&replica), 4);
    assert_int_equal(hf_console_folder(&folder, &config, env, &err), 0);
    assert_int_equal(hf_make_directories(env, folder, 0700, &err), 0);
    assert_int_equal(hf_keep_change(&config, env, "last:2", &err), 0);
    assert_int_equal(kept_by(&replica), 2);
    assert_int_equal(hf_keep_change(&config, env, "last:1", &err), 0);
    assert_int_equal(kept_by(&replica), 1);
    hf_replica_release(&replica);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rule_that_the_console_saves_holds_at_the_next_thinning,
                                        workshop_setup, workshop_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What was brought to the setup: for whom, and for how long. */
#include "console/setup_sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/json_channel.h"
#include "support/scratch.h"

static int64_t later;

static int64_t now(void *context)
{
    (void)context;
    return hf_now(hf_env_system()) + later;
}

/* "login" alone, for as long as a test lasts. */
static struct hf_credentials signed_in(const struct hf_env *env)
{
    return (struct hf_credentials){
        .env = env, .logins = {{.id = "login", .seen = INT64_MAX, .created = INT64_MAX}}};
}

static void what_was_brought_is_forgotten_after_an_hour_and_its_file_with_it(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_setup_sources sources = {0};
    struct hf_env env = *hf_env_system();
    (void)state;
    env.now = now;
    later = 0;
    const struct hf_credentials there = signed_in(&env);
    hf_scratch_init(&scratch);
    char *path = hf_scratch_path(&scratch, "file"), *kept = hf_scratch_path(&scratch, "file");
    hf_scratch_write(path, "x", 1);
    char upload[HF_SECRET_TEXT], source[HF_SECRET_TEXT];
    snprintf(upload, sizeof upload, "%s",
             hf_setup_file_add(&sources, "login", path, 1, &env, NULL)->id);
    struct hf_setup_chosen *chosen = hf_setup_choose(
        &sources, "login", json_pack("{s:s}", "identity", "key"), json_object(), &env, NULL);
    snprintf(source, sizeof source, "%s", chosen->id);
    assert_null(hf_setup_chosen_find(&sources, "login", source, &env, NULL)); /* not looked at */
    chosen->looked = json_object();
    later = HF_SETUP_LIFE - 60000;
    hf_setup_expire(&sources, &there);
    assert_non_null(hf_setup_file_find(&sources, "login", upload, &env, NULL));
    assert_non_null(hf_setup_chosen_find(&sources, "login", source, &env, NULL));
    assert_null(hf_setup_file_find(&sources, "other", upload, &env, NULL));
    assert_null(hf_setup_chosen_find(&sources, "other", source, &env, NULL));
    later += HF_SETUP_LIFE + 1000;
    hf_setup_expire(&sources, &there);
    assert_null(hf_setup_file_find(&sources, "login", upload, &env, NULL));
    assert_null(hf_setup_chosen_find(&sources, "login", source, &env, NULL));
    assert_false(hf_scratch_exists(kept));
    free(kept);
}

static void a_file_lives_as_long_as_the_choice_of_it_is_used(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_setup_sources sources = {0};
    struct hf_env env = *hf_env_system();
    (void)state;
    env.now = now;
    later = 0;
    const struct hf_credentials there = signed_in(&env);
    hf_scratch_init(&scratch);
    char *path = hf_scratch_path(&scratch, "file");
    hf_scratch_write(path, "x", 1);
    const struct hf_setup_file *upload = hf_setup_file_add(&sources, "login", path, 1, &env, NULL);
    assert_non_null(hf_setup_choose(&sources, "login", json_pack("{s:s}", "upload", upload->id),
                                    json_object(), &env, NULL));
    for (int i = 0; i < 3; i++) {
        later += HF_SETUP_LIFE - 1000;
        assert_non_null(hf_setup_chosen_last(&sources, "login", &env));
        hf_setup_expire(&sources, &there);
        assert_true(hf_scratch_exists(path));
    }
    assert_null(hf_setup_chosen_last(&sources, "other", &env));
    hf_setup_forget(&sources, NULL);
}

static void a_file_that_is_asked_for_stays_for_another_hour(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_setup_sources sources = {0};
    struct hf_env env = *hf_env_system();
    (void)state;
    env.now = now;
    later = 0;
    const struct hf_credentials there = signed_in(&env);
    hf_scratch_init(&scratch);
    char *path = hf_scratch_path(&scratch, "file"), id[HF_SECRET_TEXT];
    hf_scratch_write(path, "x", 1);
    snprintf(id, sizeof id, "%s", hf_setup_file_add(&sources, "login", path, 1, &env, NULL)->id);
    for (int i = 0; i < 3; i++) {
        later += HF_SETUP_LIFE - 1000;
        assert_non_null(hf_setup_file_find(&sources, "login", id, &env, NULL));
        hf_setup_expire(&sources, &there);
        assert_true(hf_scratch_exists(path));
    }
    hf_setup_forget(&sources, NULL);
}

static void a_choice_whose_file_had_to_make_room_is_gone_with_it(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_setup_sources sources = {0};
    struct hf_error err = {0};
    struct hf_setup_chosen *chosen = NULL;
    (void)state;
    hf_scratch_init(&scratch);
    for (int i = 0; i <= HF_MOST_UPLOADS; i++) {
        char name[16];
        snprintf(name, sizeof name, "file%d", i);
        char *path = hf_scratch_path(&scratch, name);
        hf_scratch_write(path, "x", 1);
        const struct hf_setup_file *upload =
            hf_setup_file_add(&sources, "login", path, 1, hf_env_system(), NULL);
        if (!i)
            chosen = hf_setup_choose(&sources, "login", json_pack("{s:s}", "upload", upload->id),
                                     json_object(), hf_env_system(), NULL);
    }
    chosen->looked = json_object();
    assert_null(hf_setup_chosen_find(&sources, "login", chosen->id, hf_env_system(), &err));
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_non_null(strstr(err.text, "send it again"));
    hf_setup_forget(&sources, NULL);
}

static void what_was_brought_is_forgotten_with_the_login(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_setup_sources sources = {0};
    struct hf_credentials there = signed_in(hf_env_system());
    (void)state;
    hf_scratch_init(&scratch);
    char *path = hf_scratch_path(&scratch, "file");
    hf_scratch_write(path, "x", 1);
    hf_setup_file_add(&sources, "login", path, 1, there.env, NULL);
    json_t *place = json_pack("{s:s}", "passphrase", "canary");
    json_t *key = json_incref(json_object_get(place, "passphrase"));
    struct hf_setup_chosen *chosen =
        hf_setup_choose(&sources, "login", place, json_object(), there.env, NULL);
    chosen->settings = json_pack("{s:s}", "key", "canary");
    json_t *setting = json_incref(json_object_get(chosen->settings, "key"));
    hf_setup_expire(&sources, &there);
    assert_int_equal(hf_scratch_count(scratch.path), 1);
    there.logins[0] = (struct hf_login){0};
    hf_setup_expire(&sources, &there);
    assert_int_equal(hf_scratch_count(scratch.path), 0);
    assert_string_equal(json_string_value(key), "");
    assert_string_equal(json_string_value(setting), "");
    json_decref(key);
    json_decref(setting);
}

static void what_was_entered_goes_before_what_the_backup_has(void **state)
{
    struct hf_setup_chosen chosen = {
        .settings = json_pack("{s:s, s:s}", "address", "http://old", "key", "old"),
        .choice.fields = json_pack("{s:s}", "address", "http://new")};
    (void)state;
    json_t *settings = hf_setup_chosen_settings(&chosen);
    assert_string_equal(hf_member_text(settings, "address", ""), "http://new");
    assert_string_equal(hf_member_text(settings, "key", ""), "old");
    json_decref(settings);
    json_decref(chosen.settings);
    hf_setup_choice_release(&chosen.choice);
}

static void a_place_that_is_forgotten_leaves_no_key_in_memory(void **state)
{
    struct hf_setup_sources sources = {0};
    (void)state;
    json_t *place = json_pack("{s:s}", "passphrase", "canary");
    json_t *key = json_incref(json_object_get(place, "passphrase")); /* to look at it afterwards */
    assert_non_null(
        hf_setup_choose(&sources, "login", place, json_object(), hf_env_system(), NULL));
    hf_setup_forget(&sources, "login");
    assert_int_equal(json_string_value(key)[0], '\0');
    json_decref(key);
}

static void more_files_than_there_is_room_for_remove_the_oldest(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_setup_sources sources = {0};
    (void)state;
    hf_scratch_init(&scratch);
    for (int i = 0; i < HF_MOST_UPLOADS + 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "file%d", i);
        char *path = hf_scratch_path(&scratch, name);
        hf_scratch_write(path, "x", 1);
        assert_non_null(hf_setup_file_add(&sources, "login", path, 1, hf_env_system(), NULL));
    }
    assert_int_equal(hf_scratch_count(scratch.path), HF_MOST_UPLOADS);
    hf_setup_forget(&sources, NULL);
    assert_int_equal(hf_scratch_count(scratch.path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_brought_is_forgotten_after_an_hour_and_its_file_with_it),
        cmocka_unit_test(a_file_lives_as_long_as_the_choice_of_it_is_used),
        cmocka_unit_test(a_file_that_is_asked_for_stays_for_another_hour),
        cmocka_unit_test(a_choice_whose_file_had_to_make_room_is_gone_with_it),
        cmocka_unit_test(what_was_brought_is_forgotten_with_the_login),
        cmocka_unit_test(what_was_entered_goes_before_what_the_backup_has),
        cmocka_unit_test(a_place_that_is_forgotten_leaves_no_key_in_memory),
        cmocka_unit_test(more_files_than_there_is_room_for_remove_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

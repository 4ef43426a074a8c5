/* A file to take away: once, within its minute. */
#include "console/downloads.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"

static int64_t later;

static int64_t now(void *context)
{
    (void)context;
    return hf_now(hf_env_system()) + later;
}

static void a_download_expires_after_its_minute_and_its_file_with_it(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_downloads downloads = {0};
    struct hf_env env = *hf_env_system();
    struct hf_taken_download taken;
    (void)state;
    env.now = now;
    later = 0;
    hf_scratch_init(&scratch);
    char *path = hf_scratch_path(&scratch, "file"), *kept = hf_scratch_path(&scratch, "file");
    hf_scratch_write(path, "x", 1);
    const struct hf_download *made = hf_download_add(&downloads, "login", "a.db", path, &env, NULL);
    assert_non_null(made);
    later = HF_DOWNLOAD_LIFE - 1000;
    hf_downloads_expire(&downloads, &env);
    assert_true(hf_download_is_there(&downloads, made->token, "login", &env));
    assert_false(hf_download_is_there(&downloads, made->token, "other", &env));
    later = HF_DOWNLOAD_LIFE + 1000;
    assert_int_equal(hf_download_take(&taken, &downloads, made->token, "login", &env, NULL), -1);
    hf_downloads_expire(&downloads, &env);
    assert_false(hf_scratch_exists(kept));
    free(kept);
}

static void a_download_that_did_not_begin_can_be_asked_for_again(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_downloads downloads = {0};
    const struct hf_env *env = hf_env_system();
    struct hf_taken_download taken;
    struct hf_error err = {0};
    char token[HF_SECRET_TEXT];
    (void)state;
    hf_scratch_init(&scratch);
    char *path = hf_scratch_path(&scratch, "file"), *kept = hf_scratch_path(&scratch, "file");
    const struct hf_download *made = hf_download_add(&downloads, "login", "a.db", path, env, NULL);
    assert_non_null(made);
    snprintf(token, sizeof token, "%s", made->token);
    assert_int_equal(hf_download_take(&taken, &downloads, token, "login", env, &err), -1);
    hf_scratch_write(kept, "12345", 5);
    assert_int_equal(hf_download_take(&taken, &downloads, token, "login", env, &err), 0);
    assert_int_equal(taken.size, 5);
    assert_string_equal(taken.name, "a.db");
    close(taken.fd);
    assert_false(hf_scratch_exists(kept));
    assert_int_equal(hf_download_take(&taken, &downloads, token, "login", env, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    free(kept);
}

static void more_than_there_is_room_for_removes_the_oldest(void **state)
{
    hf_auto(hf_scratch) struct hf_scratch scratch;
    struct hf_downloads downloads = {0};
    const struct hf_env *env = hf_env_system();
    (void)state;
    hf_scratch_init(&scratch);
    for (int i = 0; i < HF_MOST_DOWNLOADS + 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "file%d", i);
        char *path = hf_scratch_path(&scratch, name);
        hf_scratch_write(path, "x", 1);
        assert_non_null(hf_download_add(&downloads, "login", name, path, env, NULL));
    }
    assert_int_equal(hf_scratch_count(scratch.path), HF_MOST_DOWNLOADS);
    hf_downloads_release(&downloads);
    assert_int_equal(hf_scratch_count(scratch.path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_download_expires_after_its_minute_and_its_file_with_it),
        cmocka_unit_test(a_download_that_did_not_begin_can_be_asked_for_again),
        cmocka_unit_test(more_than_there_is_room_for_removes_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

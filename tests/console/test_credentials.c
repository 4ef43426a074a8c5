/* Who may use the console: kept in a file that lets nobody in by itself. */
#include "console/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "codec/key.h"
#include "os/file.h"
#include "support/scratch.h"

static const struct hf_visitor visitor = {.address = "10.0.0.9"};
static int64_t later; /* ms that the clock is ahead */

static int64_t now(void *context)
{
    (void)context;
    return hf_now(hf_env_system()) + later;
}

struct scene {
    struct hf_scratch scratch;
    struct hf_env env;
    char path[512];
};

static void open_again(struct hf_credentials *credentials, const struct scene *scene)
{
    struct hf_error err = {0};
    assert_int_equal(hf_credentials_open(credentials, &scene->env, scene->path, &err), 0);
}

static int begin(void **state)
{
    static struct scene scene;
    struct hf_error err = {0};
    scene = (struct scene){.env = *hf_env_system()};
    scene.env.now = now;
    later = 0;
    assert_int_equal(hf_codec_init(&err), 0);
    hf_scratch_init(&scene.scratch);
    snprintf(scene.path, sizeof scene.path, "%s/credentials.json", scene.scratch.path);
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    hf_scratch_release(&scene->scratch);
    return 0;
}

static struct hf_login *sign_in(struct hf_credentials *credentials, char cookie[HF_SECRET_TEXT])
{
    struct hf_error err = {0}, unkept = {0};
    struct hf_login *login =
        hf_login_begin(credentials, false, &visitor, "a browser", cookie, &unkept, &err);
    assert_non_null(login);
    assert_int_equal(unkept.code, HF_OK);
    return login;
}

static void a_login_is_found_by_its_cookie_also_after_a_restart(void **state)
{
    hf_auto(hf_credentials) struct hf_credentials first = {0}, second = {0};
    char cookie[HF_SECRET_TEXT], other[HF_SECRET_TEXT];
    open_again(&first, *state);
    sign_in(&first, cookie);
    sign_in(&first, other);
    open_again(&second, *state);
    const struct hf_login *found = hf_login_find(&second, cookie);
    assert_non_null(found);
    assert_string_equal(found->address, "10.0.0.9");
    assert_string_not_equal(found->csrf, hf_login_find(&second, other)->csrf);
    cookie[0] ^= 1;
    assert_null(hf_login_find(&second, cookie));
    assert_null(hf_login_find(&second, ""));
}

static void a_login_ends_when_it_is_ended_idle_or_old(void **state)
{
    static const int64_t day = 24LL * 3600 * 1000;
    hf_auto(hf_credentials) struct hf_credentials credentials = {0};
    struct hf_error err = {0};
    char cookie[HF_SECRET_TEXT];
    open_again(&credentials, *state);
    struct hf_login *login = sign_in(&credentials, cookie);
    assert_int_equal(hf_login_end(&credentials, login, &err), 0);
    assert_null(hf_login_find(&credentials, cookie));
    sign_in(&credentials, cookie);
    for (int i = 0; i < 5; i++) { /* seen now and then */
        later += 6 * day;
        assert_true(i == 4 || hf_login_find(&credentials, cookie));
    }
    later += day;
    assert_null(hf_login_find(&credentials, cookie)); /* over 30 days old */
    sign_in(&credentials, cookie);
    later += 7 * day + 1;
    assert_null(hf_login_find(&credentials, cookie)); /* over 7 days idle */
}

static void a_new_password_signs_everybody_else_out(void **state)
{
    hf_auto(hf_credentials) struct hf_credentials credentials = {0};
    struct hf_error err = {0};
    char own[HF_SECRET_TEXT], other[HF_SECRET_TEXT];
    open_again(&credentials, *state);
    const struct hf_login *login = sign_in(&credentials, own);
    sign_in(&credentials, other);
    assert_int_equal(hf_credentials_set_password(&credentials, "$argon2id$...", login, &err), 0);
    assert_non_null(hf_login_find(&credentials, own));
    assert_null(hf_login_find(&credentials, other));
}

static void a_token_is_told_once_and_works_until_it_is_removed(void **state)
{
    hf_auto(hf_credentials) struct hf_credentials credentials = {0};
    struct hf_error err = {0};
    char text[HF_TOKEN_TEXT];
    open_again(&credentials, *state);
    const struct hf_token *token =
        hf_token_add(&credentials, "prometheus", HF_ACCESS_VIEWER, text, &err);
    assert_non_null(token);
    assert_null(hf_token_add(&credentials, "prometheus", HF_ACCESS_VIEWER, text, &err));
    assert_int_equal(err.code, HF_EXISTS);
    hf_auto(hf_credentials) struct hf_credentials second = {0};
    open_again(&second, *state);
    assert_int_equal(hf_token_find(&second, text)->access, HF_ACCESS_VIEWER);
    assert_int_equal(hf_token_remove(&second, token->id, &err), 0);
    assert_null(hf_token_find(&second, text));
}

static void the_file_holds_no_secret_and_is_its_owners_alone(void **state)
{
    const struct scene *scene = *state;
    hf_auto(hf_credentials) struct hf_credentials credentials = {0};
    hf_auto(hf_buf) struct hf_buf text = {0};
    struct hf_error err = {0};
    struct stat status;
    char cookie[HF_SECRET_TEXT], token[HF_TOKEN_TEXT];
    open_again(&credentials, scene);
    sign_in(&credentials, cookie);
    hf_token_add(&credentials, "one", HF_ACCESS_OPERATOR, token, &err);
    assert_int_equal(hf_file_read_all(&scene->env, scene->path, 1 << 20, &text, &err), 0);
    assert_null(memmem(text.data, text.length, cookie, strlen(cookie)));
    assert_null(memmem(text.data, text.length, token + 3, strlen(token + 3)));
    assert_int_equal(stat(scene->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_damaged_file_lets_nobody_in(void **state)
{
    const struct scene *scene = *state;
    static const char *const texts[] = {"", "{", "[]", "{\"logins\":[{\"id\":\"x\"}]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct hf_credentials credentials;
        struct hf_error err = {0};
        assert_int_equal(hf_file_write_durable(&scene->env, scene->path, texts[i], strlen(texts[i]),
                                               0600, HF_COMMIT_REPLACE, &err),
                         0);
        assert_int_equal(hf_credentials_open(&credentials, &scene->env, scene->path, &err), -1);
        assert_int_equal(err.code, HF_CORRUPT);
    }
}

static void more_logins_than_there_is_room_for_end_the_one_seen_longest_ago(void **state)
{
    hf_auto(hf_credentials) struct hf_credentials credentials = {0};
    char first[HF_SECRET_TEXT], second[HF_SECRET_TEXT], more[HF_SECRET_TEXT];
    open_again(&credentials, *state);
    sign_in(&credentials, first);
    later += 1000;
    sign_in(&credentials, second);
    for (int i = 0; i < HF_MOST_LOGINS - 1; i++) {
        later += 1000;
        sign_in(&credentials, more);
    }
    assert_null(hf_login_find(&credentials, first));
    assert_non_null(hf_login_find(&credentials, second));
    assert_non_null(hf_login_find(&credentials, more));
}

/* A hash that was made meanwhile must not undo what was done at the machine. */
static void a_reset_meanwhile_is_not_lost(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0}, unkept = {0};
    char cookie[HF_SECRET_TEXT];
    struct hf_credentials_reset done;
    hf_auto(hf_credentials) struct hf_credentials running = {0};
    open_again(&running, scene);
    assert_int_equal(hf_credentials_set_password(&running, "first", NULL, &err), 0);
    assert_non_null(hf_login_begin(&running, false, &visitor, NULL, cookie, &unkept, &err));
    assert_false(hf_credentials_refresh(&running, NULL)); /* its own writing is none */
    assert_int_equal(
        hf_credentials_reset(&done, &scene->env, scene->path, "second", HF_TOKENS_REVOKED, &err),
        0);
    assert_false(done.was_damaged);
    assert_int_equal(hf_credentials_set_password(&running, "third", NULL, &err), -1);
    assert_int_equal(err.code, HF_STALE);
    assert_true(hf_credentials_refresh(&running, NULL));
    assert_string_equal(running.password, "second");
    assert_null(hf_login_find(&running, cookie));
    assert_false(hf_credentials_refresh(&running, NULL));
}

static int find_no_room(void *context, const char *path, int flags, mode_t mode)
{
    (void)context, (void)path, (void)flags, (void)mode;
    errno = ENOSPC;
    return -1;
}

/* A full disk is when somebody is needed; and who leaves must not stay for it. */
static void on_a_full_disk_people_come_in_and_go_out(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0}, unkept = {0};
    char cookie[HF_SECRET_TEXT], earlier[HF_SECRET_TEXT], text[HF_TOKEN_TEXT];
    hf_auto(hf_credentials) struct hf_credentials credentials = {0};
    open_again(&credentials, scene);
    sign_in(&credentials, earlier);
    char token[HF_ID_TEXT];
    memcpy(token, hf_token_add(&credentials, "cron", HF_ACCESS_OPERATOR, text, &err)->id,
           sizeof token);
    scene->env.fs.open = find_no_room;
    assert_non_null(hf_login_begin(&credentials, false, &visitor, NULL, cookie, &unkept, &err));
    assert_int_equal(unkept.code, HF_NO_SPACE);
    assert_non_null(hf_login_find(&credentials, cookie));
    assert_int_equal(hf_login_end(&credentials, hf_login_find(&credentials, earlier), &err), -1);
    assert_null(hf_login_find(&credentials, earlier));
    assert_int_equal(hf_credentials_set_password(&credentials, "another", NULL, &err), -1);
    assert_non_null(hf_login_find(&credentials, cookie)); /* still: nothing has changed */
    assert_int_equal(hf_token_remove(&credentials, token, &err), -1);
    assert_null(hf_token_find(&credentials, text));
    /* When there is room again that is so for good. */
    hf_auto(hf_credentials) struct hf_credentials restarted = {0};
    scene->env.fs.open = hf_env_system()->fs.open;
    hf_credentials_keep(&credentials, true);
    open_again(&restarted, scene);
    assert_null(hf_login_find(&restarted, earlier));
    assert_null(hf_token_find(&restarted, text));
    assert_non_null(hf_login_find(&restarted, cookie));
}

static void a_reset_revokes_tokens_unless_they_are_kept(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    struct hf_credentials_reset done;
    char text[HF_TOKEN_TEXT];
    hf_auto(hf_credentials) struct hf_credentials running = {0};
    open_again(&running, scene);
    assert_non_null(hf_token_add(&running, "prometheus", HF_ACCESS_VIEWER, text, &err));
    assert_int_equal(
        hf_credentials_reset(&done, &scene->env, scene->path, NULL, HF_TOKENS_KEPT, &err), 0);
    assert_int_equal(done.tokens, 1);
    assert_true(hf_credentials_refresh(&running, NULL));
    assert_non_null(hf_token_find(&running, text));
    assert_int_equal(
        hf_credentials_reset(&done, &scene->env, scene->path, NULL, HF_TOKENS_REVOKED, &err), 0);
    assert_int_equal(done.tokens, 1);
    assert_true(hf_credentials_refresh(&running, NULL));
    assert_null(hf_token_find(&running, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_login_is_found_by_its_cookie_also_after_a_restart, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_login_ends_when_it_is_ended_idle_or_old, begin, end),
        cmocka_unit_test_setup_teardown(a_new_password_signs_everybody_else_out, begin, end),
        cmocka_unit_test_setup_teardown(a_token_is_told_once_and_works_until_it_is_removed, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_file_holds_no_secret_and_is_its_owners_alone, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_damaged_file_lets_nobody_in, begin, end),
        cmocka_unit_test_setup_teardown(
            more_logins_than_there_is_room_for_end_the_one_seen_longest_ago, begin, end),
        cmocka_unit_test_setup_teardown(a_reset_meanwhile_is_not_lost, begin, end),
        cmocka_unit_test_setup_teardown(on_a_full_disk_people_come_in_and_go_out, begin, end),
        cmocka_unit_test_setup_teardown(a_reset_revokes_tokens_unless_they_are_kept, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

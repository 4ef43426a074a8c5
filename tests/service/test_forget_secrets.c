/* What opens the repository can be forgotten by a process that goes on. */
#include "service/forget_secrets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/key.h"

static bool is_wiped(const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (((const char *)bytes)[i])
            return false;
    return true;
}

static void nothing_that_opens_the_repository_is_left(void **state)
{
    (void)state;
    enum { LENGTH = 6 };
    char passphrase[] = "canary", place[] = "/srv/backups";
    struct hf_config config = {0};
    struct hf_repository repository = {0};
    struct hf_session session = {.repository = &repository};
    assert_int_equal(hf_codec_init(&(struct hf_error){0}), 0);
    assert_int_equal(setenv("HOLDFAST_PASSPHRASE", "canary", 1), 0);
    assert_int_equal(setenv("HOLDFAST_COPY_PASSPHRASE", "canary", 1), 0);
    assert_int_equal(setenv("HOLDFAST_REPOSITORY", place, 1), 0);
    const char *variable = getenv("HOLDFAST_PASSPHRASE");
    const char *of_copies = getenv("HOLDFAST_COPY_PASSPHRASE");
    config.values[HF_SETTING_PASSPHRASE].text = passphrase;
    config.values[HF_SETTING_REPOSITORY].text = place;
    memset(&repository.keys.master, 7, sizeof repository.keys.master);
    memset(&session.secrets.recovery, 7, sizeof session.secrets.recovery);

    hf_forget_secrets(&session, &config);

    assert_true(is_wiped(passphrase, LENGTH));
    assert_true(is_wiped(variable, LENGTH));
    assert_true(is_wiped(of_copies, LENGTH));
    assert_true(is_wiped(&repository.keys.master, sizeof repository.keys.master));
    assert_true(is_wiped(&session.secrets.recovery, sizeof session.secrets.recovery));
    assert_string_equal(place, "/srv/backups");
    assert_string_equal(getenv("HOLDFAST_REPOSITORY"), place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_opens_the_repository_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

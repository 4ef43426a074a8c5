/* A database that nobody looks into any more is closed, and its file removed. */
#include "console/browsers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/console_state.h"
#include "support/scratch.h"

enum { AN_HOUR = 3600 * 1000 };

struct scene {
    struct hf_scratch scratch;
    struct hf_config config;
    struct hf_console console;
    struct hf_browsers *browsers;
    char *file;
};

static int begin(void **state)
{
    static struct scene scene;
    struct hf_error err = {0};
    scene = (struct scene){.console = {.config = &scene.config, .env = hf_env_system()}};
    hf_scratch_init(&scene.scratch);
    scene.file = hf_scratch_path(&scene.scratch, "point.db");
    hf_scratch_write(scene.file, "", 0);
    assert_int_equal(hf_codec_init(&err), 0);
    assert_int_equal(hf_signals_open(&scene.console.signals, &err), 0);
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    hf_browsers_free(scene->browsers);
    hf_signals_release(&scene->console.signals);
    hf_scratch_release(&scene->scratch);
    free(scene->file);
    return 0;
}

static void open_one(struct scene *scene, int64_t idle)
{
    struct hf_error err = {0};
    scene->browsers = hf_browsers_new(&scene->console, idle, &err);
    assert_non_null(scene->browsers);
    char *file = strdup(scene->file); /* taken over */
    if (!hf_browser_open_scratch(scene->browsers, "ada", "app", 7, file, &err))
        fail_msg("%s", err.text);
}

/* Until the next thing happens, as the console's own loop does. */
static void go_on(struct scene *scene)
{
    struct hf_happening happening;
    assert_int_equal(hf_signals_wait(&scene->console.signals, hf_browsers_deadline(scene->browsers),
                                     &happening, NULL),
                     0);
    hf_browsers_take(scene->browsers, &happening);
}

static void what_is_idle_is_closed_and_its_file_removed(void **state)
{
    struct scene *scene = *state;
    open_one(scene, 1);
    while (hf_scratch_exists(scene->file))
        go_on(scene);
    assert_int_equal(hf_browsers_deadline(scene->browsers), 0);
}

static void what_may_still_be_asked_stays(void **state)
{
    struct scene *scene = *state;
    open_one(scene, AN_HOUR);
    go_on(scene);
    assert_true(hf_scratch_exists(scene->file));
    assert_int_not_equal(hf_browsers_deadline(scene->browsers), 0);
    assert_true(hf_browser_expires(scene->browsers) > hf_now(hf_env_system()) + AN_HOUR / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_idle_is_closed_and_its_file_removed, begin, end),
        cmocka_unit_test_setup_teardown(what_may_still_be_asked_stays, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

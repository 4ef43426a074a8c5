/* What was previewed may be carried out once, by whom it was shown to, for a quarter of an hour. */
#include "console/shown_plans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "codec/key.h"

static int64_t later; /* ms that the clock is ahead */

static int64_t now(void *context)
{
    (void)context;
    return hf_now(hf_env_system()) + later;
}

struct scene {
    struct hf_env env;
    struct hf_credentials there; /* "ada" */
    struct hf_shown_plans plans;
    struct hf_shown_plan shown; /* and its id */
};

static int begin(void **state)
{
    static struct scene scene;
    struct hf_error err = {0};
    scene = (struct scene){.env = *hf_env_system(),
                           .shown = {.kind = "restore", .login = "ada", .database = "app"}};
    scene.env.now = now;
    scene.there.env = &scene.env;
    scene.there.logins[0] = (struct hf_login){.id = "ada", .seen = INT64_MAX, .created = INT64_MAX};
    later = 0;
    assert_int_equal(hf_codec_init(&err), 0);
    struct hf_shown_plan plan = scene.shown;
    plan.action = json_pack("{s:i}", "point", 7);
    const struct hf_shown_plan *added = hf_shown_plan_add(&scene.plans, &plan, &scene.env, &err);
    assert_non_null(added);
    memcpy(scene.shown.id, added->id, sizeof added->id);
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    hf_shown_plans_release(&((struct scene *)*state)->plans);
    return 0;
}

static struct hf_shown_plan *find(struct scene *scene, const struct hf_shown_plan *wanted)
{
    struct hf_error err = {0};
    struct hf_shown_plan *found = hf_shown_plan_find(&scene->plans, wanted, &scene->env, &err);
    assert_int_equal(err.code, found ? HF_OK : HF_STALE);
    return found;
}

static void a_plan_is_found_until_it_is_used(void **state)
{
    struct scene *scene = *state;
    struct hf_shown_plan *found = find(scene, &scene->shown);
    assert_non_null(found);
    assert_int_equal(json_integer_value(json_object_get(found->action, "point")), 7);
    hf_shown_plan_forget(found);
    assert_null(find(scene, &scene->shown));
}

static void a_plan_is_nobody_elses_and_of_nothing_else(void **state)
{
    struct scene *scene = *state;
    struct hf_shown_plan other = scene->shown;
    strcpy(other.login, "bob");
    assert_null(find(scene, &other));
    other = scene->shown;
    strcpy(other.database, "other");
    assert_null(find(scene, &other));
    other = scene->shown;
    strcpy(other.kind, "import");
    assert_null(find(scene, &other));
    other = (struct hf_shown_plan){.kind = "restore", .login = "ada", .database = "app"};
    assert_null(find(scene, &other));
}

static void a_plan_expires(void **state)
{
    struct scene *scene = *state;
    later = 15 * 60 * 1000 - 5000;
    assert_non_null(find(scene, &scene->shown));
    later = 15 * 60 * 1000 + 1;
    assert_null(find(scene, &scene->shown));
    hf_shown_plans_expire(&scene->plans, &scene->there);
    later = 0;
    assert_null(find(scene, &scene->shown)); /* it is gone, and not only passed over */
}

static void a_plan_ends_with_the_login(void **state)
{
    struct scene *scene = *state;
    hf_shown_plans_expire(&scene->plans, &scene->there);
    assert_non_null(find(scene, &scene->shown));
    scene->there.logins[0] = (struct hf_login){0};
    hf_shown_plans_expire(&scene->plans, &scene->there);
    assert_null(find(scene, &scene->shown));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plan_is_found_until_it_is_used, begin, end),
        cmocka_unit_test_setup_teardown(a_plan_is_nobody_elses_and_of_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(a_plan_expires, begin, end),
        cmocka_unit_test_setup_teardown(a_plan_ends_with_the_login, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a job tells is of bounded length, and for who may start it; everybody else who may look sees
 * how it goes. */
#include "console/job_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/json_channel.h"

static const struct hf_job_wanted wanted = {.kind = "import", .database = "app"};

static json_t *record_of(enum hf_access access)
{
    json_t *record = hf_job_record_new("7", &wanted, access, 1000);
    hf_job_record_enter(record, "user ann");
    json_object_set_new(record, "text", json_string("ann was told"));
    return record;
}

static bool tells(const json_t *record, enum hf_access access, const char *what)
{
    json_t *shown = hf_job_record_shown(record, access);
    char *text = json_dumps(shown, 0);
    bool does = strstr(text, what) != NULL;
    free(text);
    json_decref(shown);
    return does;
}

static void check_shown_to(enum hf_access wants, enum hf_access has, bool is_shown)
{
    json_t *running = record_of(wants), *done = record_of(wants), *failed = record_of(wants);
    struct hf_error err = {0};
    hf_error_set(&err, HF_FAILED, "ann has no list");
    hf_error_hint(&err, "ask ann");
    hf_job_record_end(done, HF_JOB_DONE, json_pack("{s:s}", "name", "ann"), NULL, 2000);
    hf_job_record_end(failed, HF_JOB_FAILED, NULL, &err, 2000);
    assert_int_equal(tells(running, has, "ann"), is_shown);
    assert_int_equal(tells(done, has, "ann"), is_shown);
    assert_int_equal(tells(failed, has, "ann"), is_shown);
    assert_true(tells(running, has, "\"state\": \"running\""));
    assert_true(tells(done, has, "\"ended_ms\": 2000"));
    assert_true(tells(failed, has, "\"code\": \"failed\""));
    json_decref(running);
    json_decref(done);
    json_decref(failed);
}

static void an_owners_job_tells_tokens_nothing(void **state)
{
    (void)state;
    check_shown_to(HF_ACCESS_OWNER, HF_ACCESS_OWNER, true);
    check_shown_to(HF_ACCESS_OWNER, HF_ACCESS_OPERATOR, false);
    check_shown_to(HF_ACCESS_OWNER, HF_ACCESS_VIEWER, false);
    check_shown_to(HF_ACCESS_OWNER, HF_ACCESS_SETUP, false);
}

static void the_setups_jobs_are_for_people(void **state)
{
    (void)state;
    check_shown_to(HF_ACCESS_SETUP, HF_ACCESS_SETUP, true);
    check_shown_to(HF_ACCESS_SETUP, HF_ACCESS_OWNER, true);
    check_shown_to(HF_ACCESS_SETUP, HF_ACCESS_OPERATOR, false);
    check_shown_to(HF_ACCESS_SETUP, HF_ACCESS_VIEWER, false);
}

static void an_operators_job_tells_operators(void **state)
{
    (void)state;
    check_shown_to(HF_ACCESS_OPERATOR, HF_ACCESS_OPERATOR, true);
    check_shown_to(HF_ACCESS_OPERATOR, HF_ACCESS_OWNER, true);
    check_shown_to(HF_ACCESS_OPERATOR, HF_ACCESS_VIEWER, false);
}

/* As records were before this was noted in them. */
static void a_record_without_access_is_the_owners(void **state)
{
    (void)state;
    json_t *record = record_of(HF_ACCESS_VIEWER);
    json_object_del(record, "access");
    assert_true(tells(record, HF_ACCESS_OWNER, "ann"));
    assert_false(tells(record, HF_ACCESS_OPERATOR, "ann"));
    json_decref(record);
}

static const char *stage(const json_t *record, size_t index, const char *member)
{
    const json_t *list = json_object_get(record, "stages");
    return hf_member_text(json_array_get(list, index), member, "");
}

static void stages_that_nobody_foresaw_are_added(void **state)
{
    static const char *const foreseen[] = {"restore_point", NULL};
    const struct hf_job_wanted staged = {.kind = "setup_restore", .stages = foreseen};
    (void)state;
    json_t *record = hf_job_record_new("1", &staged, HF_ACCESS_OWNER, 0);
    hf_job_record_enter(record, "restore_point");
    hf_job_record_enter(record, "user ann");
    hf_job_record_enter(record, "user bo");
    assert_int_equal(json_array_size(json_object_get(record, "stages")), 3);
    assert_string_equal(stage(record, 1, "name"), "user ann");
    assert_string_equal(stage(record, 1, "state"), "done");
    assert_string_equal(stage(record, 2, "state"), "running");
    json_decref(record);
}

static void of_any_number_of_stages_the_first_are_listed_and_the_present_one_is_told(void **state)
{
    char name[32];
    (void)state;
    json_t *record = hf_job_record_new("1", &wanted, HF_ACCESS_OWNER, 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "user %d", i);
        hf_job_record_enter(record, name);
    }
    size_t listed = json_array_size(json_object_get(record, "stages"));
    assert_in_range(listed, 30, 100);
    assert_string_equal(stage(record, listed - 1, "state"), "done");
    assert_string_equal(hf_member_text(record, "stage", ""), "user 4999");
    json_decref(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_owners_job_tells_tokens_nothing),
        cmocka_unit_test(the_setups_jobs_are_for_people),
        cmocka_unit_test(an_operators_job_tells_operators),
        cmocka_unit_test(a_record_without_access_is_the_owners),
        cmocka_unit_test(stages_that_nobody_foresaw_are_added),
        cmocka_unit_test(of_any_number_of_stages_the_first_are_listed_and_the_present_one_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

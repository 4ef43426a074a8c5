/* Settings that a person enters, and what is known of their connections. */
#include "console/setup_choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/json_channel.h"

struct wizard {
    json_t *looked, *works, *fails;
    struct hf_setup_choice choice;
};

static int begin(void **state)
{
    static struct wizard wizard;
    wizard = (struct wizard){
        .looked = json_loads(
            "{\"fields\": [{\"name\": \"address\", \"secret\": false},"
            " {\"name\": \"key\", \"secret\": true}, {\"name\": \"model\", \"secret\": false}],"
            " \"tests\": [{\"name\": \"service\", \"label\": \"It answers\","
            " \"fields\": [\"address\", \"key\"]}]}",
            0, NULL),
        .works = json_pack("{s:b, s:s}", "ok", 1, "reason", "ok"),
        .fails = json_pack("{s:b, s:s}", "ok", 0, "reason", "refused")};
    *state = &wizard;
    return 0;
}

static int end(void **state)
{
    struct wizard *wizard = *state;
    hf_setup_choice_release(&wizard->choice);
    json_decref(wizard->looked);
    json_decref(wizard->works);
    json_decref(wizard->fails);
    return 0;
}

static int enter(struct wizard *wizard, const char *name, const char *text)
{
    struct hf_error err = {0};
    json_t *fields = json_pack("{s:s?}", name, text);
    int failed = hf_setup_choice_enter(&wizard->choice, wizard->looked, fields, &err);
    json_decref(fields);
    return failed ? (int)err.code : 0;
}

/* Why the only test stands in the way; "": it does not. */
static void assert_reason(const struct wizard *wizard, const char *reason)
{
    json_t *untested = hf_setup_choice_untested(&wizard->choice, wizard->looked);
    assert_string_equal(hf_member_text(json_array_get(untested, 0), "reason", ""), reason);
    json_decref(untested);
}

static void come_to(struct wizard *wizard, const json_t *result)
{
    hf_setup_choice_tried(&wizard->choice, "service",
                          hf_setup_choice_edition(&wizard->choice, "service"), result);
}

static void a_test_holds_until_a_setting_that_it_used_is_changed(void **state)
{
    struct wizard *wizard = *state;
    assert_reason(wizard, "not_run");
    come_to(wizard, wizard->fails);
    assert_reason(wizard, "refused");
    come_to(wizard, wizard->works);
    assert_reason(wizard, "");
    assert_int_equal(enter(wizard, "model", "other"), 0);
    assert_reason(wizard, "");
    assert_int_equal(enter(wizard, "key", "other"), 0);
    assert_reason(wizard, "not_run");
    come_to(wizard, wizard->works);
    assert_int_equal(enter(wizard, "key", "other"), 0); /* as it is */
    assert_reason(wizard, "");
    assert_int_equal(enter(wizard, "key", NULL), 0);
    assert_reason(wizard, "not_run");
}

static void a_result_that_comes_after_a_change_counts_for_nothing(void **state)
{
    struct wizard *wizard = *state;
    int64_t begun = hf_setup_choice_edition(&wizard->choice, "service");
    assert_int_equal(enter(wizard, "address", "http://other"), 0);
    hf_setup_choice_tried(&wizard->choice, "service", begun, wizard->works);
    assert_reason(wizard, "not_run");
}

static void a_result_counts_that_comes_after_a_change_of_what_the_test_does_not_use(void **state)
{
    struct wizard *wizard = *state;
    int64_t begun = hf_setup_choice_edition(&wizard->choice, "service");
    assert_int_equal(enter(wizard, "model", "other"), 0);
    hf_setup_choice_tried(&wizard->choice, "service", begun, wizard->works);
    assert_reason(wizard, "");
}

static void what_is_no_setting_is_refused_and_changes_nothing(void **state)
{
    struct wizard *wizard = *state;
    json_t *fields = json_pack("{s:s, s:s}", "address", "a", "nothing", "b");
    assert_int_equal(hf_setup_choice_enter(&wizard->choice, wizard->looked, fields, NULL), -1);
    json_decref(fields);
    assert_null(wizard->choice.fields);
    fields = json_pack("{s:i}", "address", 1);
    assert_int_equal(hf_setup_choice_enter(&wizard->choice, wizard->looked, fields, NULL), -1);
    json_decref(fields);
    assert_int_equal(enter(wizard, "nothing", "x"), HF_USAGE);
}

static void a_secret_is_told_by_its_name_alone_and_wiped(void **state)
{
    struct wizard *wizard = *state;
    json_t *told = json_object();
    enter(wizard, "key", "canary");
    enter(wizard, "address", "http://here");
    hf_setup_choice_json(told, &wizard->choice, wizard->looked);
    char *text = json_dumps(told, JSON_SORT_KEYS);
    assert_null(strstr(text, "canary"));
    assert_non_null(strstr(text, "\"entered\": [\"key\"]"));
    assert_non_null(strstr(text, "\"fields\": {\"address\": \"http://here\"}"));
    free(text);
    json_decref(told);
    json_t *key = json_incref(json_object_get(wizard->choice.fields, "key"));
    enter(wizard, "key", "another");
    assert_string_equal(json_string_value(key), "");
    json_decref(key);
    key = json_incref(json_object_get(wizard->choice.fields, "key"));
    hf_setup_choice_release(&wizard->choice);
    assert_string_equal(json_string_value(key), "");
    json_decref(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_test_holds_until_a_setting_that_it_used_is_changed, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_result_that_comes_after_a_change_counts_for_nothing,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            a_result_counts_that_comes_after_a_change_of_what_the_test_does_not_use, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_setting_is_refused_and_changes_nothing, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_secret_is_told_by_its_name_alone_and_wiped, begin, end),
    };
    return cmocka_run_group_tests_name("setup choice", tests, NULL, NULL);
}

/* A question is whole or there is none, whatever allocation fails. */
#include "console/question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static long left; /* allocations until one fails; below 0: none does */

static void *allocate(size_t size)
{
    return left-- == 0 ? NULL : malloc(size);
}

static json_t *ask(void)
{
    json_t *action = json_pack("{s:s, s:s}", "database", "app", "state", "as it was");
    json_t *question = json_deep_copy(action), *change = json_object();
    json_decref(action);
    hf_question_text(&change, "file", "other.db");
    hf_question_text(&change, "at", NULL);
    hf_question_put(&change, "state", json_null());
    hf_question_join(&question, change);
    hf_question_put(&question, "limits", json_pack("[i, i]", 1, 2));
    return question;
}

static void a_question_lacks_nothing_when_memory_does(void **state)
{
    json_t *whole = json_pack("{s:s, s:n, s:s, s:[i, i]}", "database", "app", "state", "file",
                              "other.db", "limits", 1, 2);
    json_t *question = NULL;
    long failures = 0;
    (void)state;
    assert_non_null(whole);
    json_set_alloc_funcs(allocate, free);
    for (long n = 0; !question; n++) {
        left = n;
        question = ask();
        if (left < 0 && question)
            assert_true(json_equal(question, whole));
        failures += !question;
    }
    left = -1;
    assert_true(json_equal(question, whole));
    assert_true(failures > 10);
    json_decref(question);
    json_set_alloc_funcs(malloc, free);
    json_decref(whole);
}

static void a_text_that_json_does_not_have_spoils_the_question(void **state)
{
    json_t *question = json_object();
    (void)state;
    hf_question_text(&question, "file", "caf\xe9.db");
    assert_null(question);
    hf_question_text(&question, "file", "other.db"); /* and it stays so */
    hf_question_put(&question, "limit", json_integer(1));
    hf_question_join(&question, json_object());
    assert_null(question);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_lacks_nothing_when_memory_does),
        cmocka_unit_test(a_text_that_json_does_not_have_spoils_the_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

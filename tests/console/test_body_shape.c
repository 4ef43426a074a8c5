/* What a request's body may hold. */
#include "console/body_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const char shape[] = "point:number at:text pin:switch fields:object from:any";

/* "" when the body is as it should be. */
static const char *trouble(const char *text, const char *of)
{
    static struct hf_error err;
    err = (struct hf_error){0};
    json_t *body = json_loads(text, 0, NULL);
    assert_non_null(body);
    int failed = hf_body_shape_check(body, of, &err);
    assert_int_equal(err.code, failed ? HF_USAGE : HF_OK);
    json_decref(body);
    return err.text;
}

static void what_fits_passes(void **state)
{
    (void)state;
    assert_string_equal(trouble("{}", ""), "");
    assert_string_equal(trouble("{\"point\":5,\"at\":\"now\",\"pin\":false,\"fields\":{}}", shape),
                        "");
    assert_string_equal(trouble("{\"from\":5,\"point\":null}", shape), "");
    assert_string_equal(trouble("{\"from\":\"now\"}", shape), "");
}

static void what_does_not_is_named(void **state)
{
    (void)state;
    assert_string_equal(trouble("{\"point\":\"5\"}", shape), "'point' is a whole number");
    assert_string_equal(trouble("{\"point\":5.5}", shape), "'point' is a whole number");
    assert_string_equal(trouble("{\"at\":[]}", shape), "'at' is a text");
    assert_string_equal(trouble("{\"pin\":1}", shape), "'pin' is true or false");
    assert_string_equal(trouble("{\"fields\":\"\"}", shape), "'fields' is an object");
}

/* Also not a beginning or an end of one. */
static void what_is_not_known_is_named(void **state)
{
    static const char *const unknown[] = {"poin",         "points",          "oint", "number",
                                          "point:number", "point:number at", ""};
    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        char body[64], wanted[96];
        snprintf(body, sizeof body, "{\"%s\":5}", unknown[i]);
        snprintf(wanted, sizeof wanted, "there is no member '%s' here", unknown[i]);
        assert_string_equal(trouble(body, shape), wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_passes),
        cmocka_unit_test(what_does_not_is_named),
        cmocka_unit_test(what_is_not_known_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What fits a path, and that nothing else does. */
#include "console/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "console/api.h"

static const struct hf_route *find(struct hf_exchange *exchange, const char *method,
                                   const char *path, char allowed[64])
{
    *exchange = (struct hf_exchange){.method = method, .path = path};
    return hf_route_find(exchange, allowed);
}

static void a_path_fits_with_its_parameters(void **state)
{
    struct hf_exchange exchange;
    char allowed[64];
    (void)state;
    const struct hf_route *route =
        find(&exchange, "GET", "/api/v1/databases/my.app/points/17", allowed);
    assert_non_null(route);
    assert_string_equal(exchange.parameters[0], "my.app");
    assert_string_equal(exchange.parameters[1], "17");
}

static void escapes_are_decoded_in_a_parameter(void **state)
{
    struct hf_exchange exchange;
    char allowed[64];
    (void)state;
    assert_non_null(find(&exchange, "GET", "/api/v1/databases/a%20%c3%a4%41/points", allowed));
    assert_string_equal(exchange.parameters[0], "a \xc3\xa4"
                                                "A");
}

static void what_could_be_a_path_is_no_parameter(void **state)
{
    static const char *const wrong[] = {"..",  ".",     "%2e%2e", "a%2fb", "a%5cb", "%00",
                                        "a%",  "a%4",   "%zz",    "",      "a\x01", "a/b",
                                        "%0a", "%2F..", "%ff",    "%c3"};
    struct hf_exchange exchange;
    char path[128], allowed[64];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(path, sizeof path, "/api/v1/databases/%s/points", wrong[i]);
        assert_null(find(&exchange, "GET", path, allowed));
    }
}

static void a_parameter_is_bounded(void **state)
{
    struct hf_exchange exchange;
    char path[1024], allowed[64];
    (void)state;
    snprintf(path, sizeof path, "/api/v1/jobs/%0*d", HF_LONGEST_PARAMETER - 1, 0);
    assert_non_null(find(&exchange, "GET", path, allowed));
    snprintf(path, sizeof path, "/api/v1/jobs/%0*d", HF_LONGEST_PARAMETER, 0);
    assert_null(find(&exchange, "GET", path, allowed));
}

static void another_method_is_told_which_there_are(void **state)
{
    struct hf_exchange exchange;
    char allowed[64];
    (void)state;
    assert_null(find(&exchange, "PUT", "/api/v1/databases/a/points", allowed));
    assert_string_equal(allowed, "GET, POST");
    assert_null(find(&exchange, "GET", "/api/nowhere", allowed));
    assert_string_equal(allowed, "");
    assert_null(find(&exchange, "GET", "/api/v1/overview/", allowed));
    assert_non_null(find(&exchange, "HEAD", "/healthz", allowed));
}

static void only_what_strangers_need_is_open_to_them(void **state)
{
    (void)state;
    for (const struct hf_route *const *table = hf_route_tables; *table; table++)
        for (const struct hf_route *route = *table; route->method; route++) {
            bool is_api = !strncmp(route->path, "/api/", 5);
            bool is_door = !strcmp(route->path, "/api/v1/session") ||
                           !strcmp(route->path, "/api/v1/setup/session");
            if (is_api && !is_door)
                assert_int_not_equal(route->access, HF_ACCESS_ANYONE);
            if (!strcmp(route->method, "GET"))
                assert_ptr_equal(route->body, HF_BODY_NONE);
            else if (route->access != HF_ACCESS_ANYONE)
                assert_true(route->access == HF_ACCESS_SETUP ||
                            route->access >= HF_ACCESS_OPERATOR);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_fits_with_its_parameters),
        cmocka_unit_test(escapes_are_decoded_in_a_parameter),
        cmocka_unit_test(what_could_be_a_path_is_no_parameter),
        cmocka_unit_test(a_parameter_is_bounded),
        cmocka_unit_test(another_method_is_told_which_there_are),
        cmocka_unit_test(only_what_strangers_need_is_open_to_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

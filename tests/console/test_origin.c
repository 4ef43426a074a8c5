/* Whose names and pages are the console's own. */
#include "console/origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char url[] = "https://hold.example.org/backup/";

static void addresses_and_localhost_are_always_ours(void **state)
{
    static const char *const ours[] = {"127.0.0.1:8420", "10.0.0.7",  "[::1]:8420",
                                       "[fe80::1]",      "localhost", "LocalHost:9"};
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        assert_true(hf_host_is_ours(ours[i], NULL));
}

static void a_name_is_ours_only_when_the_settings_say_so(void **state)
{
    static const char *const others[] = {"evil.example",
                                         "hold.example.org.evil.example",
                                         "127.0.0.1.evil.example",
                                         "",
                                         "localhost.evil.test",
                                         "127.0.0.1:x",
                                         "[::1",
                                         "0x7f.1",
                                         "localhost:",
                                         "[]:80",
                                         "127.0.0.1:8420:1"};
    (void)state;
    assert_false(hf_host_is_ours("hold.example.org", NULL));
    assert_true(hf_host_is_ours("hold.example.org", url));
    assert_true(hf_host_is_ours("HOLD.example.org:443", url));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(hf_host_is_ours(others[i], url));
    assert_false(hf_host_is_ours(NULL, url));
}

static void a_page_is_ours_with_the_same_host_and_port_or_the_settings_address(void **state)
{
    (void)state;
    assert_true(hf_origin_is_ours("http://127.0.0.1:8420", "127.0.0.1:8420", NULL));
    assert_true(hf_origin_is_ours("https://hold.example.org", "127.0.0.1:8420", url));
    assert_false(hf_origin_is_ours("http://127.0.0.1:9999", "127.0.0.1:8420", NULL));
    assert_false(hf_origin_is_ours("http://hold.example.org", "127.0.0.1:8420", url));
    assert_false(hf_origin_is_ours("https://evil.example", "127.0.0.1:8420", url));
    assert_false(hf_origin_is_ours("file://127.0.0.1:8420", "127.0.0.1:8420", NULL));
    assert_false(hf_origin_is_ours("null", "127.0.0.1:8420", NULL));
    assert_false(hf_origin_is_ours("", "127.0.0.1:8420", NULL));
}

static void the_base_path_is_that_of_the_address(void **state)
{
    static const char *const cases[][2] = {
        {"https://a.org/hold/", "/hold"}, {"https://a.org/a/b", "/a/b"},
        {"https://a.org/", ""},           {"https://a.org", ""},
        {"http://a.org/x?y#z", "/x"},     {NULL, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *base = hf_base_path(cases[i][0]);
        assert_string_equal(base, cases[i][1]);
        free(base);
    }
}

static void a_proxy_is_trusted_by_address_or_net(void **state)
{
    static const char list[] = "192.168.1.2, 10.1.0.0/16,fd00::/8 ,, 300.1.1.1, 1.2.3.4/x";
    (void)state;
    assert_true(hf_address_is_in("192.168.1.2", list));
    assert_true(hf_address_is_in("10.1.255.1", list));
    assert_true(hf_address_is_in("::ffff:10.1.2.3", list));
    assert_true(hf_address_is_in("fd12::1", list));
    assert_false(hf_address_is_in("192.168.1.3", list));
    assert_false(hf_address_is_in("10.2.0.1", list));
    assert_false(hf_address_is_in("1.2.3.4", list));
    assert_false(hf_address_is_in("", list));
    assert_false(hf_address_is_in("10.1.0.1", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_and_localhost_are_always_ours),
        cmocka_unit_test(a_name_is_ours_only_when_the_settings_say_so),
        cmocka_unit_test(a_page_is_ours_with_the_same_host_and_port_or_the_settings_address),
        cmocka_unit_test(the_base_path_is_that_of_the_address),
        cmocka_unit_test(a_proxy_is_trusted_by_address_or_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

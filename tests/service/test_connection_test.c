#include "service/connection_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/scripted_server.h"

struct world {
    struct hf_connection_result result;
    char asked[4096];
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    *state = &world;
    return 0;
}

static const char *headers[] = {"X-Api-Key: {key}"}, *members[] = {"version"};
static struct hf_profile_request requests[] = {
    {.url = "{url}/api/status?q=unseen", .headers = {headers, 1}, .members = {members, 1}}};
static const struct hf_profile_test test_of_it = {
    .name = "it", .label = "It", .requests = requests, .count = 1};

static enum hf_connection try(struct world *world, const char *url, const char *key)
{
    const struct hf_profile_value values[] = {{"url", url}, {"key", key}, {0}};
    world->result = (struct hf_connection_result){0};
    hf_connection_test(&world->result, &test_of_it, values);
    assert_null(strstr(world->result.text, "unseen")); /* neither query, nor body, nor key */
    return world->result.reason;
}

static enum hf_connection answered(struct world *world, const char *answer)
{
    const char *const answers[] = {answer, NULL};
    struct hf_scripted_server server;
    char url[64];
    hf_scripted_server_start(&server, answers);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    enum hf_connection reason = try(world, url, "unseen-key");
    hf_scripted_server_finish(&server, world->asked, sizeof world->asked);
    return reason;
}

static void a_service_that_answers_as_it_should_is_fine(void **state)
{
    struct world *world = *state;
    assert_int_equal(answered(world, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n"
                                     "{\"version\":\"1\"}"),
                     HF_CONNECTION_OK);
    assert_non_null(strstr(world->asked, "GET /api/status?q=unseen HTTP/1.1\r\n"));
    assert_non_null(strstr(world->asked, "X-Api-Key: unseen-key\r\n"));
}

static void what_a_service_answers_has_a_reason(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *answer;
        enum hf_connection reason;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n<unseen>", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 204 None\r\n\r\n", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_UNAUTHORIZED},
        {"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_UNAUTHORIZED},
        {"HTTP/1.1 400 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_UNAUTHORIZED},
        {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_UNAVAILABLE},
        {"SSH-2.0-unseen\r\n", HF_CONNECTION_WRONG_SERVICE},
        {"", HF_CONNECTION_LOST}, /* it hangs up */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (answered(world, cases[i].answer) != cases[i].reason)
            fail_msg("%s is %d", cases[i].answer, (int)world->result.reason);
}

/* Also one to the same host: what is behind it was not named by anybody. */
static void a_redirect_is_not_followed(void **state)
{
    struct world *world = *state;
    assert_int_equal(answered(world, "HTTP/1.1 302 Found\r\nLocation: /unseen\r\n"
                                     "Content-Length: 0\r\nConnection: close\r\n\r\n"),
                     HF_CONNECTION_REDIRECT);
}

static void forbidden_hosts_are_not_asked_however_they_are_spelt(void **state)
{
    struct world *world = *state;
    static const char *const urls[] = {"http://169.254.169.254",
                                       "http://2852039166",
                                       "http://0xA9.0xFE.0xA9.0xFE",
                                       "http://[::ffff:169.254.169.254]",
                                       "http://[64:ff9b::a9fe:a9fe]",
                                       "http://[fe80::1%25lo]",
                                       "http://user@169.254.169.254:80",
                                       "http://169.254.169.254.",
                                       "https://0.0.0.0",
                                       "http://%31%36%39.254.169.254",
                                       "http://\xef\xbc\x91\xef\xbc\x96\xef\xbc\x99.254.169.254"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        enum hf_connection reason = try(world, urls[i], "k");
        /* What no resolver reads is no host. */
        bool is_sure = i < 7 || i == 8;
        if (reason != HF_CONNECTION_BLOCKED &&
            (is_sure || (reason != HF_CONNECTION_DNS && reason != HF_CONNECTION_BAD_ADDRESS)))
            fail_msg("%s is %d", urls[i], (int)reason);
    }
}

static void a_name_is_pinned_to_what_it_was_found_to_be(void **state)
{
    struct world *world = *state;
    struct hf_scripted_server server;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"version\":\"1\"}", NULL};
    char url[64];
    hf_scripted_server_start(&server, answers);
    snprintf(url, sizeof url, "http://localhost:%d/", server.port);
    assert_int_equal(try(world, url, "k"), HF_CONNECTION_OK);
    hf_scripted_server_finish(&server, world->asked, sizeof world->asked);
}

/* A proxy would look the name up again. */
static void no_proxy_is_asked(void **state)
{
    struct world *world = *state;
    struct hf_scripted_server proxy;
    static const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL};
    char text[64];
    hf_scripted_server_start(&proxy, answers);
    snprintf(text, sizeof text, "http://127.0.0.1:%d", proxy.port);
    setenv("http_proxy", text, 1);
    setenv("all_proxy", text, 1);
    /* Nobody is there; and it is not among the addresses that never go through a proxy. */
    assert_int_equal(try(world, "http://[::ffff:127.0.0.1]:9", "k"), HF_CONNECTION_REFUSED);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    assert_int_equal(try(world, text, "k"), HF_CONNECTION_WRONG_SERVICE); /* its only request */
    hf_scripted_server_finish(&proxy, world->asked, sizeof world->asked);
    assert_non_null(strstr(world->asked, "GET /api/status"));
}

static void values_that_cannot_be_asked_with_are_named(void **state)
{
    struct world *world = *state;
    assert_int_equal(try(world, "http://127.0.0.1:9", ""), HF_CONNECTION_MISSING_VALUE);
    assert_string_equal(world->result.text, "'key' is not set");
    assert_int_equal(try(world, "file:///etc/passwd", "k"), HF_CONNECTION_BAD_ADDRESS);
    assert_int_equal(try(world, "http://127.0.0.1:9", "a\r\nb"), HF_CONNECTION_FAILED);
    assert_int_equal(try(world, "http://nowhere.invalid", "k"), HF_CONNECTION_DNS);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_service_that_answers_as_it_should_is_fine),
        TEST(what_a_service_answers_has_a_reason),
        TEST(a_redirect_is_not_followed),
        TEST(forbidden_hosts_are_not_asked_however_they_are_spelt),
        TEST(a_name_is_pinned_to_what_it_was_found_to_be),
        TEST(no_proxy_is_asked),
        TEST(values_that_cannot_be_asked_with_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

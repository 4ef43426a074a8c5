#include "service/http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "service/scripted_server.h"
#include "service/title_lookup.h"

struct world {
    struct hf_http *http;
    struct hf_http_response response;
    struct hf_error err;
    char url[128];
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    world.http = hf_http_new(&world.err);
    *state = &world;
    return world.http ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    hf_http_response_release(&world->response);
    hf_http_free(world->http);
    return 0;
}

static int get(struct world *world, const char *url, const char *const *headers, size_t limit)
{
    const struct hf_http_request request = {
        .url = url, .headers = headers, .timeout_ms = 5000, .limit = limit};
    return hf_http_get(world->http, &request, &world->response, &world->err);
}

static int ask(struct world *world, const char *const *answers, const char *const *headers,
               char *asked, size_t size)
{
    struct hf_scripted_server server;
    hf_scripted_server_start(&server, answers);
    snprintf(world->url, sizeof world->url, "http://127.0.0.1:%d/status?q=secret", server.port);
    int failed = get(world, world->url, headers, 1000);
    hf_scripted_server_finish(&server, asked, size);
    return failed;
}

static void a_body_comes_with_its_status(void **state)
{
    struct world *world = *state;
    char asked[4096];
    const char *const answers[] = {"HTTP/1.1 418 Tea\r\nContent-Length: 5\r\n\r\nhello", NULL};
    const char *const headers[] = {"X-Api-Key: k1", NULL};
    assert_int_equal(ask(world, answers, headers, asked, sizeof asked), 0);
    assert_int_equal(world->response.status, 418);
    assert_string_equal((char *)world->response.body.data, "hello");
    assert_non_null(strstr(asked, "GET /status?q=secret HTTP/1.1\r\n"));
    assert_non_null(strstr(asked, "X-Api-Key: k1\r\n"));
}

static void what_a_status_means_is_said_without_the_query(void **state)
{
    struct world *world = *state;
    const struct hf_http_request request = {.url = "http://user:pw@h:1/a/b?key=secret#x"};
    const struct {
        int status;
        enum hf_code code;
        const char *text;
    } cases[] = {
        {401, HF_REFUSED, "http://h:1/a/b does not accept the key (HTTP 401)"},
        {403, HF_REFUSED, "http://h:1/a/b does not accept the key (HTTP 403)"},
        {404, HF_FAILED, "http://h:1/a/b: nothing is there (HTTP 404)"},
        {302, HF_FAILED, "http://h:1/a/b sends to another host (HTTP 302)"},
        {500, HF_FAILED, "http://h:1/a/b answers with HTTP 500"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hf_http_response response = {.status = cases[i].status};
        struct hf_error err = {0};
        assert_int_equal(hf_http_check(&request, &response, &err), -1);
        assert_int_equal(err.code, cases[i].code);
        assert_string_equal(err.text, cases[i].text);
    }
    struct hf_http_response fine = {.status = 204};
    assert_int_equal(hf_http_check(&request, &fine, &world->err), 0);
}

static void a_redirect_to_the_same_place_is_followed(void **state)
{
    struct world *world = *state;
    char asked[4096];
    const char *const answers[] = {
        "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", NULL};
    assert_int_equal(ask(world, answers, NULL, asked, sizeof asked), 0);
    assert_int_equal(world->response.status, 200);
    assert_non_null(strstr(asked, "GET /other HTTP/1.1"));
}

static void a_redirect_to_another_host_is_not_followed(void **state)
{
    struct world *world = *state;
    char asked[4096];
    const char *const answers[] = {
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:1/\r\nContent-Length: 0\r\n\r\n", NULL};
    assert_int_equal(ask(world, answers, NULL, asked, sizeof asked), 0);
    assert_int_equal(world->response.status, 302);
}

static void a_body_larger_than_the_limit_is_refused(void **state)
{
    struct world *world = *state;
    char asked[4096], answer[2000];
    snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: 1500\r\n\r\n%01500d", 0);
    const char *const answers[] = {answer, NULL};
    assert_int_equal(ask(world, answers, NULL, asked, sizeof asked), -1);
    assert_int_equal(world->err.code, HF_FAILED);
    assert_non_null(strstr(world->err.text, "larger than 1000 bytes"));
    assert_null(strstr(world->err.text, "secret"));
}

static void what_is_no_http_is_said_to_be_none(void **state)
{
    struct world *world = *state;
    char asked[4096];
    const char *const answers[] = {"SSH-2.0-OpenSSH\r\n", NULL};
    assert_int_equal(ask(world, answers, NULL, asked, sizeof asked), -1);
    assert_int_equal(world->err.code, HF_FAILED);
    assert_non_null(strstr(world->err.text, "does not speak HTTP"));
}

static void a_refused_connection_is_unreachable(void **state)
{
    struct world *world = *state;
    struct hf_scripted_server server;
    const char *const none[] = {NULL};
    char asked[64];
    hf_scripted_server_start(&server, none);
    hf_scripted_server_finish(&server, asked, sizeof asked);
    snprintf(world->url, sizeof world->url, "http://127.0.0.1:%d/", server.port);
    assert_int_equal(get(world, world->url, NULL, 0), -1);
    assert_int_equal(world->err.code, HF_UNREACHABLE);
    assert_non_null(strstr(world->err.text, "the connection was refused"));
}

static void other_protocols_are_not_asked(void **state)
{
    struct world *world = *state;
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "no url",
                                       "http://"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct hf_error err = {0};
        const struct hf_http_request request = {.url = urls[i], .timeout_ms = 2000};
        assert_int_equal(hf_http_get(world->http, &request, &world->response, &err), -1);
        assert_int_equal(err.code, HF_CONFIG);
    }
}

static void a_header_cannot_smuggle_another_one(void **state)
{
    struct world *world = *state;
    const char *const headers[] = {"X-Api-Key: a\r\nHost: b", NULL};
    assert_int_equal(get(world, "http://127.0.0.1:1/", headers, 0), -1);
    assert_int_equal(world->err.code, HF_CONFIG);
    assert_string_equal(world->err.text, "the header 'X-Api-Key' holds a control character");
}

static void a_title_is_asked_for_encoded_and_with_the_key(void **state)
{
    struct world *world = *state;
    struct hf_scripted_server server;
    char asked[4096], base[64];
    const char *const answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", NULL};
    const char *headers[] = {"X-Api-Key: {key}", NULL};
    const struct hf_profile_request request = {.url = "{url}/api/v1/search?query={query}",
                                               .headers = {headers, 1}};
    hf_scripted_server_start(&server, answers);
    snprintf(base, sizeof base, " http://127.0.0.1:%d/ ", server.port);
    const struct hf_profile_value values[] = {
        {"query", "Am\xc3\xa9lie & M'A*S*H/?"}, {"url", base}, {"key", " k2\n"}, {0}};
    hf_auto(hf_buf) struct hf_buf answer = {0};
    assert_int_equal(hf_title_lookup_ask(world->http, &request, values, &answer, &world->err), 0);
    hf_scripted_server_finish(&server, asked, sizeof asked);
    assert_non_null(strstr(
        asked, "GET /api/v1/search?query=Am%C3%A9lie%20%26%20M%27A%2AS%2AH%2F%3F HTTP/1.1\r\n"));
    assert_non_null(strstr(asked, "X-Api-Key: k2\r\n"));
    assert_int_equal(answer.length, 2);
}

#define HIDDEN "(an address with @)"

static void what_is_shown_of_an_address_has_no_secret(void **state)
{
    static const char *const urls[][2] = {
        {"http://ann:secret@host:80/path?key=secret#x", "http://host:80/path"},
        {"http:/ann:secret@127.0.0.1:1/info", "http://127.0.0.1:1/info"},
        {"http:///ann:secret@host/", "http://host/"},
        {"http://token@[::1]:8096/", "http://[::1]:8096/"},
        {"http://host:8443/path?key=secret", "http://host:8443/path"},
        {"host/path", "host/path"},
        /* Where somebody else might see a secret that curl does not. */
        {"http:\\\\ann:secret@host/", HIDDEN},
        {"http://ann:sec/ret@host/", HIDDEN},
        {"http://ann:12/34@host/", HIDDEN},
        {"http://ann:se?cret@host/", HIDDEN},
        {"http://ann:se#cret@host/", HIDDEN},
        {"http://ann:12@34/56@host/", HIDDEN},
        {"http://ann:x@y?z@host/", HIDDEN},
        {"ann:secret@host/path", HIDDEN},
        {"https://host:8443/users/@me", HIDDEN},
    };
    char shown[256];
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        assert_string_equal(hf_http_shown(shown, sizeof shown, urls[i][0]), urls[i][1]);
}

static void a_value_that_is_not_set_is_named(void **state)
{
    struct world *world = *state;
    const struct hf_profile_request request = {.url = "{jellyseerrUrl}/api"};
    const struct hf_profile_value values[] = {{"jellyseerrUrl", ""}, {0}};
    hf_auto(hf_buf) struct hf_buf answer = {0};
    assert_int_equal(hf_title_lookup_ask(world->http, &request, values, &answer, &world->err), -1);
    assert_int_equal(world->err.code, HF_CONFIG);
    assert_string_equal(world->err.text, "'jellyseerrUrl' is not set");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_comes_with_its_status),
        TEST(what_a_status_means_is_said_without_the_query),
        TEST(a_redirect_to_the_same_place_is_followed),
        TEST(a_redirect_to_another_host_is_not_followed),
        TEST(a_body_larger_than_the_limit_is_refused),
        TEST(what_is_no_http_is_said_to_be_none),
        TEST(a_refused_connection_is_unreachable),
        TEST(other_protocols_are_not_asked),
        TEST(a_header_cannot_smuggle_another_one),
        TEST(a_title_is_asked_for_encoded_and_with_the_key),
        TEST(a_value_that_is_not_set_is_named),
        TEST(what_is_shown_of_an_address_has_no_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "service/connection_test.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/forbidden_address.h"
#include "service/scripted_server.h"

static bool is_forbidden(const char *text)
{
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    assert_int_equal(getaddrinfo(text, NULL, &hints, &found), 0);
    bool forbidden = hf_forbidden_among(found) != NULL;
    freeaddrinfo(found);
    return forbidden;
}

static void addresses_that_tell_secrets_or_are_no_machine_are_forbidden(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
        "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        /* Odd spellings, which the system reads too. */
        "2852039166", "0xa9fea9fe", "0xa9.0xfe.43518", "0251.0376.0251.0376", "169.254.43518", "0",
        "fe80::1", "febf::1", "fe80::1%1", "fd00:ec2::254", "fd20:ce::254", "fd00:c10::69fe",
        "::", "ff02::1",
        /* IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP. */
        "::ffff:169.254.169.254", "::169.254.169.254", "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254", "64:ff9b:1::169.254.169.254",
        "64:ff9b:1:a9fe:a9:fe00::", "2002:a9fe:a9fe::1", "2001:0:1::5601:5601",
        "2a01::5efe:169.254.169.254", "2a01::200:5efe:169.254.169.254", "::ffff:0.0.0.0",
        "::ffff:224.0.0.1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_forbidden(texts[i]))
            fail_msg("%s is allowed", texts[i]);
}

static void servers_at_home_and_on_the_internet_are_allowed(void **state)
{
    (void)state;
    static const char *const texts[] = {"127.0.0.1",        "127.1",
                                        "0x7f.1",           "10.0.0.1",
                                        "192.168.1.5",      "172.17.0.2",
                                        "100.64.0.1",       "169.253.255.255",
                                        "169.255.0.0",      "223.255.255.255",
                                        "8.8.8.8",          "::1",
                                        "fd00::1",          "fec0::1",
                                        "2001:db8::1",      "2606:4700::1111",
                                        "::ffff:127.0.0.1", "64:ff9b::8.8.8.8",
                                        "2002:c0a8:0101::1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_forbidden(texts[i]))
            fail_msg("%s is forbidden", texts[i]);
}

static void one_forbidden_address_among_others_is_enough(void **state)
{
    (void)state;
    struct sockaddr_in good = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)},
                       bad = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xa9fea9fe)};
    struct addrinfo second = {.ai_addr = (struct sockaddr *)&bad},
                    first = {.ai_addr = (struct sockaddr *)&good, .ai_next = &second};
    assert_ptr_equal(hf_forbidden_among(&first), &second);
    first.ai_next = NULL;
    assert_null(hf_forbidden_among(&first));
}

struct world {
    struct hf_http *http;
    struct hf_connection_result result;
    struct hf_error err;
    char asked[4096];
};

static int set_up(void **state)
{
    static struct world world;
    world = (struct world){0};
    world.http = hf_http_new(HF_HTTP_WEB_USER, &world.err);
    *state = &world;
    return world.http ? 0 : -1;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    hf_http_free(world->http);
    return 0;
}

static const char *headers[] = {"X-Api-Key: {key}"}, *members[] = {"version"};
static struct hf_profile_request requests[] = {
    {.url = "{url}/api/status?q=unseen", .headers = {headers, 1}, .members = {members, 1}}};
static const struct hf_profile_test test_of_it = {
    .name = "it", .label = "It", .requests = requests, .count = 1};

static enum hf_connection_reason try(struct world *world, const char *url, const char *key)
{
    const struct hf_profile_value values[] = {{"url", url}, {"key", key}, {0}};
    assert_int_equal(
        hf_connection_test(world->http, &test_of_it, values, &world->result, &world->err), 0);
    assert_int_equal(world->result.ok, world->result.reason == HF_CONNECTION_OK);
    assert_int_equal(world->result.ok, !world->result.why.text[0]);
    assert_null(strstr(world->result.why.text, "unseen")); /* neither query, nor body, nor key */
    return world->result.reason;
}

static enum hf_connection_reason answered(struct world *world, const char *answer)
{
    const char *const answers[] = {answer, NULL};
    struct hf_scripted_server server;
    char url[64];
    hf_scripted_server_start(&server, answers);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", server.port);
    enum hf_connection_reason reason = try(world, url, "unseen-key");
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
        enum hf_connection_reason reason;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n<unseen>", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 204 None\r\n\r\n", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 401 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_UNAUTHORIZED},
        {"HTTP/1.1 403 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_UNAUTHORIZED},
        {"HTTP/1.1 400 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_UNAUTHORIZED},
        {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", HF_CONNECTION_WRONG_SERVICE},
        {"HTTP/1.1 500 No\r\nContent-Length: 6\r\n\r\nunseen", HF_CONNECTION_WRONG_SERVICE},
        {"SSH-2.0-unseen\r\n", HF_CONNECTION_WRONG_SERVICE},
        {"", HF_CONNECTION_REFUSED}, /* it hangs up */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (answered(world, cases[i].answer) != cases[i].reason)
            fail_msg("%s is %s", cases[i].answer, hf_connection_reason_name(world->result.reason));
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
        enum hf_connection_reason reason = try(world, urls[i], "k");
        /* What no resolver reads is no host. */
        if (reason != HF_CONNECTION_BLOCKED && (i < 7 || i == 8 || reason != HF_CONNECTION_DNS))
            fail_msg("%s is %s", urls[i], hf_connection_reason_name(reason));
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
    assert_string_equal(world->result.why.text, "'key' is not set");
    assert_int_equal(try(world, "file:///etc/passwd", "k"), HF_CONNECTION_MISSING_VALUE);
    assert_int_equal(try(world, "http://127.0.0.1:9", "a\r\nb"), HF_CONNECTION_MISSING_VALUE);
    assert_int_equal(try(world, "http://nowhere.invalid", "k"), HF_CONNECTION_DNS);
}

static void a_result_is_told_as_json(void **state)
{
    struct world *world = *state;
    assert_int_equal(try(world, "http://169.254.169.254", "k"), HF_CONNECTION_BLOCKED);
    json_t *json = hf_connection_result_json(&world->result);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
    assert_string_equal(text,
                        "{\"hint\":\"link-local, metadata, multicast and unspecified addresses "
                        "are not\",\"ok\":false,\"reason\":\"blocked\",\"text\":"
                        "\"http://169.254.169.254/api/status: an address that is not "
                        "asked\"}");
    free(text);
    json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_that_tell_secrets_or_are_no_machine_are_forbidden),
        cmocka_unit_test(servers_at_home_and_on_the_internet_are_allowed),
        cmocka_unit_test(one_forbidden_address_among_others_is_enough),
        TEST(a_service_that_answers_as_it_should_is_fine),
        TEST(what_a_service_answers_has_a_reason),
        TEST(a_redirect_is_not_followed),
        TEST(forbidden_hosts_are_not_asked_however_they_are_spelt),
        TEST(a_name_is_pinned_to_what_it_was_found_to_be),
        TEST(no_proxy_is_asked),
        TEST(values_that_cannot_be_asked_with_are_named),
        TEST(a_result_is_told_as_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

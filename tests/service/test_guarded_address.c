/* Which addresses are never connected to, in every way they can be written. */
#include "service/guarded_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* As a name resolves: odd spellings too. */
static bool is_blocked(const char *text)
{
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    assert_int_equal(getaddrinfo(text, "80", &wanted, &found), 0);
    bool blocked = hf_address_is_blocked(found->ai_addr);
    freeaddrinfo(found);
    return blocked;
}

static void what_only_the_host_can_reach_is_blocked(void **state)
{
    static const char *const blocked[] = {"169.254.169.254",
                                          "169.254.0.1",
                                          "0.0.0.0",
                                          "0.1.2.3",
                                          "224.0.0.1",
                                          "255.255.255.255",
                                          "240.0.0.1",
                                          "100.100.100.200",
                                          "2852039166",
                                          "0xa9fea9fe",
                                          "0xa9.254.169.254",
                                          "169.254.43518",
                                          "fe80::1",
                                          "febf::1",
                                          "ff02::1",
                                          "::",
                                          "fd00:ec2::254",
                                          "::ffff:169.254.169.254",
                                          "::169.254.169.254",
                                          "64:ff9b::a9fe:a9fe",
                                          "2002:a9fe:a9fe::1",
                                          "2001:0:1::5601:5601",
                                          "168.63.129.16",
                                          "192.0.0.192",
                                          "0251.0376.0251.0376",
                                          "0",
                                          "fe80::1%1",
                                          "fd20:ce::254",
                                          "fd00:c10::69fe",
                                          "::ffff:0:169.254.169.254",
                                          "64:ff9b:1::169.254.169.254",
                                          "64:ff9b:1:a9fe:a9:fe00::",
                                          "2a01::5efe:169.254.169.254",
                                          "2a01::200:5efe:169.254.169.254",
                                          "::ffff:0.0.0.0",
                                          "::ffff:224.0.0.1"};
    (void)state;
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++)
        if (!is_blocked(blocked[i]))
            fail_msg("%s is not blocked", blocked[i]);
}

static void where_services_are_is_not(void **state)
{
    static const char *const open[] = {"127.0.0.1",
                                       "0x7f.1",
                                       "10.0.0.1",
                                       "192.168.1.10",
                                       "172.16.0.1",
                                       "100.64.0.1",
                                       "8.8.8.8",
                                       "::1",
                                       "fd00::10",
                                       "2a00:1450::1",
                                       "::ffff:192.168.1.1",
                                       "100.100.100.201",
                                       "64:ff9b::808:808",
                                       "169.253.255.255",
                                       "169.255.0.0",
                                       "223.255.255.255",
                                       "127.1",
                                       "::ffff:127.0.0.1",
                                       "2002:c0a8:0101::1"};
    (void)state;
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (is_blocked(open[i]))
            fail_msg("%s is blocked", open[i]);
}

static void anything_but_ip_is_blocked(void **state)
{
    const struct sockaddr local = {.sa_family = AF_UNIX};
    (void)state;
    assert_true(hf_address_is_blocked(&local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_the_host_can_reach_is_blocked),
        cmocka_unit_test(where_services_are_is_not),
        cmocka_unit_test(anything_but_ip_is_blocked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

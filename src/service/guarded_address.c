#include "service/guarded_address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct network4 {
    uint8_t bytes[4];
    int bits;
};

static const struct network4 networks4[] = {
    {{0, 0, 0, 0}, 8},          /* unspecified: RFC 1122, this host on this network */
    {{169, 254, 0, 0}, 16},     /* link-local: RFC 3927; metadata of most clouds */
    {{100, 100, 100, 200}, 32}, /* metadata: Alibaba Cloud */
    {{168, 63, 129, 16}, 32},   /* metadata: Azure's wire server */
    {{192, 0, 0, 192}, 32},     /* metadata: Oracle Cloud */
    {{224, 0, 0, 0}, 4},        /* multicast: RFC 5771 */
    {{240, 0, 0, 0}, 4},        /* reserved, and 255.255.255.255: RFC 1112, RFC 919 */
};

struct network6 {
    uint8_t bytes[16];
    int bits;
};

static const struct network6 networks6[] = {
    {{0xfe, 0x80}, 10},                                        /* link-local: RFC 4291 */
    {{0xff}, 8},                                               /* multicast */
    {{0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54}, 128}, /* metadata: AWS */
    {{0xfd, 0x20, 0x00, 0xce, [14] = 0x02, [15] = 0x54}, 128}, /* metadata: Google */
    {{0xfd, 0x00, 0x0c, 0x10, [14] = 0x69, [15] = 0xfe}, 128}, /* metadata: Scaleway */
};

/* An IPv6 network whose addresses hold an IPv4 address. */
struct carrier {
    uint8_t bytes[16];
    int bits;
    uint8_t at[4]; /* which bytes */
    uint8_t mask;  /* they are xored with it */
};

static const struct carrier carriers[] = {
    {{[10] = 0xff, [11] = 0xff}, 96, {12, 13, 14, 15}, 0},           /* mapped: RFC 4291 */
    {{0}, 96, {12, 13, 14, 15}, 0},                                  /* compatible */
    {{[8] = 0xff, [9] = 0xff}, 96, {12, 13, 14, 15}, 0},             /* translated: RFC 2765 */
    {{0x00, 0x64, 0xff, 0x9b}, 96, {12, 13, 14, 15}, 0},             /* NAT64: RFC 6052 */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, {12, 13, 14, 15}, 0}, /* NAT64: RFC 8215, as /96 */
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, {6, 7, 9, 10}, 0},    /* and as /48 */
    {{0x20, 0x02}, 16, {2, 3, 4, 5}, 0},                             /* 6to4: RFC 3056 */
    {{0x20, 0x01, 0x00, 0x00}, 32, {12, 13, 14, 15}, 0xff},          /* Teredo: RFC 4380 */
};

static bool begins(const uint8_t *bytes, const uint8_t *network, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return !memcmp(bytes, network, (size_t)whole) &&
           (!rest || !((bytes[whole] ^ network[whole]) & mask));
}

static bool is_blocked4(const uint8_t bytes[4])
{
    for (size_t i = 0; i < sizeof networks4 / sizeof *networks4; i++)
        if (begins(bytes, networks4[i].bytes, networks4[i].bits))
            return true;
    return false;
}

static bool carries_blocked(const uint8_t bytes[16])
{
    static const uint8_t isatap[4] = {0x00, 0x00, 0x5e, 0xfe}; /* RFC 5214; the first may be 02 */
    for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++) {
        const struct carrier *carrier = &carriers[i];
        uint8_t held[4];
        for (int j = 0; j < 4; j++)
            held[j] = bytes[carrier->at[j]] ^ carrier->mask;
        if (begins(bytes, carrier->bytes, carrier->bits) && is_blocked4(held))
            return true;
    }
    return (bytes[8] & ~2) == isatap[0] && !memcmp(bytes + 9, isatap + 1, 3) &&
           is_blocked4(bytes + 12);
}

static bool is_blocked6(const uint8_t bytes[16])
{
    static const uint8_t loopback[16] = {[15] = 1}; /* not the IPv4 address 0.0.0.1 */
    for (size_t i = 0; i < sizeof networks6 / sizeof *networks6; i++)
        if (begins(bytes, networks6[i].bytes, networks6[i].bits))
            return true;
    return memcmp(bytes, loopback, sizeof loopback) != 0 && carries_blocked(bytes);
}

bool hf_address_is_blocked(const struct sockaddr *address)
{
    uint8_t bytes[16];
    if (address->sa_family == AF_INET) {
        memcpy(bytes, &((const struct sockaddr_in *)address)->sin_addr, 4);
        return is_blocked4(bytes);
    }
    if (address->sa_family != AF_INET6)
        return true;
    memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, sizeof bytes);
    return is_blocked6(bytes);
}

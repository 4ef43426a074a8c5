#include "service/guarded_address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static bool is_in(uint32_t address, uint32_t net, int bits)
{
    return (address ^ net) >> (32 - bits) == 0;
}

static bool is_blocked_v4(uint32_t address)
{
    return is_in(address, 0x00000000, 8) ||  /* "this network" */
           is_in(address, 0xa9fe0000, 16) || /* 169.254/16 */
           is_in(address, 0xe0000000, 3) ||  /* multicast, reserved, broadcast */
           address == 0x646464c8;            /* 100.100.100.200 */
}

static uint32_t v4_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_blocked_v6(const uint8_t bytes[16])
{
    static const uint8_t zero[16],
        mapped[12] = {[10] = 0xff, [11] = 0xff}, nat64[12] = {0x00, 0x64, 0xff, 0x9b},
        teredo[4] = {0x20, 0x01}, loopback[16] = {[15] = 1},
        metadata[16] = {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
    if (!memcmp(bytes, loopback, 16))
        return false;
    if (!memcmp(bytes, zero, 16) || !memcmp(bytes, metadata, 16))
        return true;
    if (bytes[0] == 0xff || (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80))
        return true; /* multicast, fe80::/10 */
    if (!memcmp(bytes, mapped, 12) || !memcmp(bytes, zero, 12) || !memcmp(bytes, nat64, 12))
        return is_blocked_v4(v4_at(bytes + 12));
    if (bytes[0] == 0x20 && bytes[1] == 0x02) /* 6to4 */
        return is_blocked_v4(v4_at(bytes + 2));
    return !memcmp(bytes, teredo, 4);
}

bool hf_address_is_blocked(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_blocked_v4(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    if (address->sa_family == AF_INET6)
        return is_blocked_v6(((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr);
    return true;
}

#include "console/origin.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LONGEST_HOST = 256 };

/* The host of "host:port" or "[::1]:port", without brackets. False when it is none. */
static bool host_of(char out[LONGEST_HOST], const char *text)
{
    bool is_bracketed = text[0] == '[';
    const char *from = text + is_bracketed;
    size_t length = strcspn(from, is_bracketed ? "]" : ":");
    const char *rest = from + length;
    if (is_bracketed && *rest++ != ']')
        return false;
    bool has_port = rest[0] == ':' && rest[1] && strspn(rest + 1, "0123456789") == strlen(rest + 1);
    if (!length || length >= LONGEST_HOST || (rest[0] && !has_port))
        return false;
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

/* "example.org:8080" of an URL. */
static bool authority_of(char out[LONGEST_HOST], const char *url)
{
    const char *from = url ? strstr(url, "://") : NULL;
    size_t length = from ? strcspn(from + 3, "/?#") : 0;
    if (!length || length >= LONGEST_HOST)
        return false;
    memcpy(out, from + 3, length);
    out[length] = '\0';
    return true;
}

static bool is_literal(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

bool hf_host_is_ours(const char *host, const char *url)
{
    char name[LONGEST_HOST], authority[LONGEST_HOST], own[LONGEST_HOST];
    if (!host || !host_of(name, host))
        return false;
    if (is_literal(name) || !strcasecmp(name, "localhost"))
        return true;
    return authority_of(authority, url) && host_of(own, authority) && !strcasecmp(name, own);
}

bool hf_origin_is_ours(const char *origin, const char *host, const char *url)
{
    char own[LONGEST_HOST], asked[LONGEST_HOST];
    const char *separator = origin ? strstr(origin, "://") : NULL;
    if (!separator || !authority_of(asked, origin))
        return false;
    bool is_http = !strncasecmp(origin, "http://", 7),
         is_https = !strncasecmp(origin, "https://", 8);
    if (authority_of(own, url) && !strcasecmp(own, asked))
        return !strncasecmp(origin, url, (size_t)(separator - origin) + 3);
    return (is_http || is_https) && host && !strcasecmp(asked, host);
}

char *hf_base_path(const char *url)
{
    const char *from = url ? strstr(url, "://") : NULL;
    from = from ? strchr(from + 3, '/') : NULL;
    size_t length = from ? strcspn(from, "?#") : 0;
    while (length && from[length - 1] == '/')
        length--;
    return length ? strndup(from, length) : strdup("");
}

struct address {
    uint8_t bytes[16]; /* an IPv4 address as ::ffff:a.b.c.d */
    bool is_v4;
};

static bool read_address(struct address *out, const char *text)
{
    struct in6_addr six;
    struct in_addr four;
    if (inet_pton(AF_INET, text, &four) == 1) {
        *out = (struct address){.bytes = {[10] = 0xff, [11] = 0xff}, .is_v4 = true};
        memcpy(out->bytes + 12, &four, 4);
        return true;
    }
    if (inet_pton(AF_INET6, text, &six) != 1)
        return false;
    *out = (struct address){.is_v4 = IN6_IS_ADDR_V4MAPPED(&six)};
    memcpy(out->bytes, &six, 16);
    return true;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, int bits)
{
    for (int i = 0; i < bits; i++) {
        if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1)
            return false;
    }
    return true;
}

static bool is_in_net(const struct address *address, const char *text)
{
    char net[80];
    struct address base;
    snprintf(net, sizeof net, "%s", text);
    char *slash = strchr(net, '/');
    if (slash)
        *slash++ = '\0';
    if (!read_address(&base, net) || base.is_v4 != address->is_v4)
        return false;
    char *end = NULL;
    long bits = slash ? strtol(slash, &end, 10) : base.is_v4 ? 32 : 128;
    if ((slash && (!*slash || *end)) || bits < 0 || bits > (base.is_v4 ? 32 : 128))
        return false;
    return same_bits(address->bytes, base.bytes, (int)bits + (base.is_v4 ? 96 : 0));
}

bool hf_address_is_in(const char *address, const char *list)
{
    struct address wanted;
    char one[80];
    if (!list || !read_address(&wanted, address))
        return false;
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ", ");
        if (length && length < sizeof one) {
            snprintf(one, sizeof one, "%.*s", (int)length, at);
            if (is_in_net(&wanted, one))
                return true;
        }
        at += length;
        at += strspn(at, ", ");
    }
    return false;
}

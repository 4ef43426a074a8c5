#include "console/route.h"

#include <stdio.h>
#include <string.h>

#include "portable/utf8.h"

const char HF_BODY_FILE[] = "a file";

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes a segment. False for what is no text of a name: broken escapes, no UTF-8, control
 * characters, slashes, "." and "..", and what is too long. */
static bool decode(char out[HF_LONGEST_PARAMETER], const char *from, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)from[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_digit(from[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(from[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (unsigned char)(high << 4 | low);
            i += 2;
        }
        if (c < 0x20 || c == 0x7f || c == '/' || c == '\\' || used + 1 >= HF_LONGEST_PARAMETER)
            return false;
        out[used++] = (char)c;
    }
    out[used] = '\0';
    return used && hf_utf8_valid(out, used) == used && strcmp(out, ".") && strcmp(out, "..");
}

/* Does the path fit the pattern? Fills the parameters in the pattern's order. */
static bool fits(struct hf_exchange *exchange, const char *pattern)
{
    const char *path = exchange->path;
    int count = 0;
    while (*pattern) {
        if (*pattern == '{') {
            size_t length = strcspn(path, "/");
            if (count == HF_MOST_PARAMETERS || !decode(exchange->parameters[count], path, length))
                return false;
            count++;
            path += length;
            pattern = strchr(pattern, '}') + 1;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*path;
}

static void allow(char allowed[64], const char *method)
{
    size_t used = strlen(allowed);
    snprintf(allowed + used, 64 - used, "%s%s", used ? ", " : "", method);
}

const struct hf_route *hf_route_find(struct hf_exchange *exchange, char allowed[64])
{
    const char *method = strcmp(exchange->method, "HEAD") ? exchange->method : "GET";
    allowed[0] = '\0';
    for (const struct hf_route *const *table = hf_route_tables; *table; table++)
        for (const struct hf_route *route = *table; route->method; route++) {
            if (!fits(exchange, route->path))
                continue;
            if (!strcmp(route->method, method))
                return route;
            allow(allowed, route->method);
        }
    return NULL;
}

bool hf_route_changes(const struct hf_route *route)
{
    return strcmp(route->method, "GET") != 0;
}

#include "service/http_pin.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/forbidden_address.h"

enum { MOST_ADDRESSES = 16 };

struct host {
    char name[256], port[8];
    bool is_bracketed;
};

static bool part_of(char *out, size_t size, CURLU *url, CURLUPart part)
{
    char *text = NULL;
    int length = -1;
    if (hf_curl.url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
        length = snprintf(out, size, "%s", text);
    hf_curl.free(text);
    return length > 0 && (size_t)length < size;
}

/* As curl reads it: what is checked is what is asked. */
static bool host_of(struct host *out, const char *url)
{
    CURLU *parsed = hf_curl.url();
    bool good = parsed && hf_curl.url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                part_of(out->name, sizeof out->name, parsed, CURLUPART_HOST) &&
                part_of(out->port, sizeof out->port, parsed, CURLUPART_PORT);
    hf_curl.url_cleanup(parsed);
    size_t length = good ? strlen(out->name) : 0;
    out->is_bracketed = length > 2 && out->name[0] == '[';
    if (out->is_bracketed) {
        memmove(out->name, out->name + 1, length - 2);
        out->name[length - 2] = 0;
    }
    return good;
}

/* "host:port:address,address": CURLOPT_RESOLVE(3). */
static bool append_entry(struct curl_slist **list, const struct host *host,
                         const struct addrinfo *addresses)
{
    char entry[512 + MOST_ADDRESSES * (INET6_ADDRSTRLEN + 3)], text[INET6_ADDRSTRLEN];
    size_t length = (size_t)snprintf(entry, sizeof entry, "%s:%s:", host->name, host->port);
    int count = 0;
    for (const struct addrinfo *one = addresses; one && count < MOST_ADDRESSES;
         one = one->ai_next, count++) {
        bool six = one->ai_family == AF_INET6;
        if (getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST))
            return false;
        length += (size_t)snprintf(entry + length, sizeof entry - length, "%s%s%s%s",
                                   count ? "," : "", six ? "[" : "", text, six ? "]" : "");
    }
    struct curl_slist *longer = hf_curl.slist_append(*list, entry);
    if (longer)
        *list = longer;
    return longer != NULL;
}

/* The last word on where a connection goes, whatever led there. */
static curl_socket_t open_checked(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)context;
    (void)purpose;
    if (hf_address_is_forbidden(&to->addr))
        return CURL_SOCKET_BAD;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

enum hf_pin_result hf_http_pin(CURL *curl, const char *url, struct curl_slist **list)
{
    struct host host = {0};
    struct addrinfo *addresses = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (!host_of(&host, url))
        return HF_PIN_FAILED;
    if (getaddrinfo(host.name, NULL, &hints, &addresses))
        return HF_PIN_NO_HOST;
    enum hf_pin_result result = HF_PIN_GOOD;
    if (hf_forbidden_among(addresses))
        result = HF_PIN_FORBIDDEN;
    else if (!host.is_bracketed && !append_entry(list, &host, addresses))
        result = HF_PIN_FAILED;
    freeaddrinfo(addresses);
    hf_curl.easy_setopt(curl, CURLOPT_RESOLVE, *list);
    hf_curl.easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_checked);
    hf_curl.easy_setopt(curl, CURLOPT_PROXY, "");
    hf_curl.easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    hf_curl.easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    hf_curl.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    return result;
}

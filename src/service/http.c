#include "service/http.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "service/certificate_fault.h"
#include "service/curl_library.h"
#include "service/guarded_address.h"

enum { TIMEOUT_MS = 10000, LIMIT = 1 << 20, MOST_REDIRECTS = 3, SHOWN = 200 };

struct hf_http {
    CURL *curl;
    bool is_guarded;
};

struct hf_http *hf_http_new(struct hf_error *err)
{
    if (hf_curl_load(err))
        return NULL;
    struct hf_http *http = calloc(1, sizeof *http);
    if (http)
        http->curl = hf_curl.easy_init();
    if (!http || !http->curl) {
        free(http);
        hf_error_memory(err);
        return NULL;
    }
    return http;
}

void hf_http_free(struct hf_http *http)
{
    if (http)
        hf_curl.easy_cleanup(http->curl);
    free(http);
}

void hf_http_guard(struct hf_http *http)
{
    http->is_guarded = true;
}

void hf_http_response_release(struct hf_http_response *response)
{
    hf_buf_release(&response->body);
}

/* Without user and password, as the one who asks it understands it; NULL: they may be elsewhere
 * too.
 */
static char *without_user(const char *url)
{
    bool is_one = strchr(url, '@') == strrchr(url, '@');
    char *user = NULL, *shown = NULL;
    if (!is_one || hf_curl_load(NULL))
        return NULL;
    CURLU *parsed = hf_curl.url();
    if (parsed && hf_curl.url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        hf_curl.url_get(parsed, CURLUPART_USER, &user, 0) == CURLUE_OK) {
        hf_curl.url_set(parsed, CURLUPART_USER, NULL, 0);
        hf_curl.url_set(parsed, CURLUPART_PASSWORD, NULL, 0);
        hf_curl.url_get(parsed, CURLUPART_URL, &shown, 0);
        hf_curl.free(user);
    }
    hf_curl.url_cleanup(parsed);
    return shown;
}

const char *hf_http_shown(char *out, size_t size, const char *url)
{
    bool has_at = strchr(url, '@');
    char *own = has_at ? without_user(url) : NULL;
    const char *shown = own ? own : has_at ? "(an address with @)" : url;
    size_t length = strcspn(shown, "?#");
    snprintf(out, size, "%.*s", length < SHOWN ? (int)length : SHOWN, shown);
    if (own)
        hf_curl.free(own);
    return out;
}

/* One part of an URL; "" when it has none. */
static void url_part(char *out, size_t size, CURLU *url, CURLUPart part)
{
    char *text = NULL;
    *out = 0;
    if (hf_curl.url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
        snprintf(out, size, "%s", text);
    hf_curl.free(text);
}

struct place {
    char scheme[16], host[256], port[8];
};

static bool place_of(struct place *out, const char *url)
{
    CURLU *parsed = hf_curl.url();
    bool good = parsed && hf_curl.url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK;
    if (good) {
        url_part(out->scheme, sizeof out->scheme, parsed, CURLUPART_SCHEME);
        url_part(out->host, sizeof out->host, parsed, CURLUPART_HOST);
        url_part(out->port, sizeof out->port, parsed, CURLUPART_PORT);
    }
    hf_curl.url_cleanup(parsed);
    return good;
}

static bool stays(const char *from, const char *to)
{
    struct place a, b;
    if (!place_of(&a, from) || !place_of(&b, to) || strcasecmp(a.host, b.host))
        return false;
    bool same = !strcmp(a.scheme, b.scheme) && !strcmp(a.port, b.port);
    return same || (!strcmp(a.scheme, "http") && !strcmp(b.scheme, "https"));
}

static bool is_loopback(const char *host)
{
    return !strcasecmp(host, "localhost") || !strncmp(host, "127.", 4) || !strcmp(host, "[::1]");
}

struct receiver {
    struct hf_buf *body;
    size_t limit;
    bool too_large, is_blocked;
    struct hf_error *err;
};

static size_t receive(char *bytes, size_t one, size_t count, void *context)
{
    struct receiver *receiver = context;
    size_t length = one * count;
    receiver->too_large = receiver->body->length + length > receiver->limit;
    if (receiver->too_large || hf_buf_append(receiver->body, bytes, length, receiver->err))
        return 0;
    return length;
}

/* The address that is really connected to, after every resolution: there is no later one. */
static curl_socket_t open_guarded(void *context, curlsocktype purpose,
                                  struct curl_sockaddr *address)
{
    struct receiver *receiver = context;
    (void)purpose;
    if (hf_address_is_blocked(&address->addr)) {
        receiver->is_blocked = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool is_http(const char *url)
{
    return !strncasecmp(url, "http://", 7) || !strncasecmp(url, "https://", 8);
}

static enum hf_http_failure kind_of(CURL *curl, CURLcode code, const char *url,
                                    const struct receiver *receiver)
{
    if (receiver->is_blocked)
        return HF_HTTP_BLOCKED;
    switch (code) {
    case CURLE_WEIRD_SERVER_REPLY:
        return HF_HTTP_NOT_HTTP;
    case CURLE_UNSUPPORTED_PROTOCOL: /* curl's word for an answer without a status line, too */
        return is_http(url) ? HF_HTTP_NOT_HTTP : HF_HTTP_BAD_ADDRESS;
    case CURLE_URL_MALFORMAT:
        return HF_HTTP_BAD_ADDRESS;
    case CURLE_COULDNT_RESOLVE_HOST:
        return HF_HTTP_NO_HOST;
    case CURLE_COULDNT_CONNECT:
        return HF_HTTP_REFUSED;
    case CURLE_OPERATION_TIMEDOUT:
        return HF_HTTP_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
        return hf_certificate_fault(curl);
    case CURLE_SSL_CONNECT_ERROR:
        return HF_HTTP_TLS;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        return HF_HTTP_LOST;
    default:
        return HF_HTTP_OTHER;
    }
}

static int not_http(const char *shown, struct hf_error *err)
{
    hf_error_set(err, HF_FAILED, "%s: what answers does not speak HTTP", shown);
    return hf_error_hint(err, "is the port right, or should it be https?");
}

static int failure(CURL *curl, CURLcode code, const char *url, const struct receiver *receiver,
                   struct hf_error *err)
{
    char shown[SHOWN + 32];
    hf_http_shown(shown, sizeof shown, url);
    if (receiver->is_blocked) {
        hf_error_set(err, HF_REFUSED, "%s is an address that Holdfast never asks", shown);
        return hf_error_hint(err, "addresses of this machine's own network link and of cloud "
                                  "metadata are no services");
    }
    switch (code) {
    case CURLE_WEIRD_SERVER_REPLY:
        return not_http(shown, err);
    case CURLE_UNSUPPORTED_PROTOCOL: /* curl's word for an answer without a status line, too */
        if (is_http(url))
            return not_http(shown, err);
        __attribute__((fallthrough));
    case CURLE_URL_MALFORMAT:
        hf_error_set(err, HF_CONFIG, "'%s' is not an address that can be asked", shown);
        return hf_error_hint(err, "it begins with http:// or https://");
    case CURLE_COULDNT_RESOLVE_HOST:
        hf_error_set(err, HF_UNREACHABLE, "%s: there is no such host", shown);
        return hf_error_hint(err, "check the address; in a container, is it the service's name?");
    case CURLE_COULDNT_RESOLVE_PROXY:
        return hf_error_set(err, HF_UNREACHABLE, "%s: the proxy's host is not known", shown);
    case CURLE_COULDNT_CONNECT:
        hf_error_set(err, HF_UNREACHABLE, "%s: the connection was refused", shown);
        return hf_error_hint(err, "is the service running, and is the port right?");
    case CURLE_OPERATION_TIMEDOUT:
        hf_error_set(err, HF_UNREACHABLE, "%s: no answer in time", shown);
        return hf_error_hint(err, "is it still starting, or does a firewall stand between?");
    case CURLE_PEER_FAILED_VERIFICATION:
        return hf_certificate_refused(hf_certificate_fault(curl), shown, err);
    case CURLE_SSL_CONNECT_ERROR:
        hf_error_set(err, HF_FAILED, "%s: no TLS connection", shown);
        return hf_error_hint(err, "does the service speak http instead of https?");
    case CURLE_WRITE_ERROR:
        if (receiver->too_large)
            return hf_error_set(err, HF_FAILED, "%s: the answer is larger than %zu bytes", shown,
                                receiver->limit);
        return hf_error_memory(err);
    case CURLE_OUT_OF_MEMORY:
        return hf_error_memory(err);
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
        hf_error_set(err, HF_UNREACHABLE, "%s: the connection was lost", shown);
        return hf_error_hint(err, "is it another service, or should it be https?");
    default:
        return hf_error_set(err, HF_FAILED, "%s: %s", shown, hf_curl.easy_strerror(code));
    }
}

/* A line break in a header would be a second header. */
static int make_headers(struct curl_slist **out, const char *const *headers, struct hf_error *err)
{
    for (; headers && *headers; headers++) {
        for (const unsigned char *c = (const unsigned char *)*headers; *c; c++)
            if (*c < ' ' || *c == 0x7f)
                return hf_error_set(err, HF_CONFIG, "the header '%.*s' holds a control character",
                                    (int)strcspn(*headers, ":"), *headers);
        struct curl_slist *longer = hf_curl.slist_append(*out, *headers);
        if (!longer)
            return hf_error_memory(err);
        *out = longer;
    }
    return 0;
}

static bool is_guarded(const struct hf_http *http, const struct hf_http_request *request)
{
    return http->is_guarded || request->is_guarded;
}

static CURLcode ask(const struct hf_http *http, const struct hf_http_request *request,
                    const char *url, const struct curl_slist *headers, struct receiver *receiver)
{
    struct place place = {0};
    CURL *curl = http->curl;
    bool guarded = is_guarded(http, request);
    hf_curl.easy_reset(curl);
    const char *authorities = getenv("SSL_CERT_FILE");
    hf_curl.easy_setopt(curl, CURLOPT_URL, url);
    if (authorities && *authorities)
        hf_curl.easy_setopt(curl, CURLOPT_CAINFO, authorities);
    hf_curl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    hf_curl.easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    hf_curl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    hf_curl.easy_setopt(curl, CURLOPT_USERAGENT, "holdfast");
    hf_curl.easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                        request->timeout_ms ? (long)request->timeout_ms : (long)TIMEOUT_MS);
    hf_curl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    hf_curl.easy_setopt(curl, CURLOPT_WRITEDATA, receiver);
    if (guarded) {
        /* A connection of an earlier request was not looked at. */
        hf_curl.easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
        hf_curl.easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
        hf_curl.easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_guarded);
        hf_curl.easy_setopt(curl, CURLOPT_OPENSOCKETDATA, receiver);
    }
    if (guarded || (place_of(&place, url) && is_loopback(place.host)))
        hf_curl.easy_setopt(curl, CURLOPT_PROXY, "");
    return hf_curl.easy_perform(curl);
}

/* The address to go on at, or NULL. */
static char *next_of(CURL *curl, const char *url)
{
    char *next = NULL;
    hf_curl.easy_getinfo(curl, CURLINFO_REDIRECT_URL, &next);
    return next && stays(url, next) ? strdup(next) : NULL;
}

int hf_http_get(struct hf_http *http, const struct hf_http_request *request,
                struct hf_http_response *out, struct hf_error *err)
{
    struct hf_http_response response = {0};
    struct receiver receiver = {.body = &response.body,
                                .limit = request->limit ? request->limit : LIMIT};
    struct curl_slist *headers = NULL;
    hf_auto_free char *url = strdup(request->url);
    int result = url ? make_headers(&headers, request->headers, err) : hf_error_memory(err);
    for (int redirects = 0; !result; redirects++) {
        response.body.length = 0;
        CURLcode code = ask(http, request, url, headers, &receiver);
        long status = 0;
        hf_curl.easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
        response.status = (int)status;
        if (code != CURLE_OK && request->failure)
            *request->failure = kind_of(http->curl, code, url, &receiver);
        if (code != CURLE_OK)
            result = failure(http->curl, code, url, &receiver, err);
        bool is_last = result || is_guarded(http, request) || redirects == MOST_REDIRECTS;
        char *next = is_last ? NULL : next_of(http->curl, url);
        if (!next)
            break;
        free(url);
        url = next;
    }
    hf_curl.slist_free_all(headers);
    if (!result && !hf_buf_reserve(&response.body, 1, err)) {
        response.body.data[response.body.length] = 0;
        *out = response;
        return 0;
    }
    hf_http_response_release(&response);
    return -1;
}

int hf_http_check(const struct hf_http_request *request, const struct hf_http_response *response,
                  struct hf_error *err)
{
    char shown[SHOWN + 32];
    int status = response->status;
    hf_http_shown(shown, sizeof shown, request->url);
    if (status >= 200 && status < 300)
        return 0;
    if (status == 401 || status == 403) {
        hf_error_set(err, HF_REFUSED, "%s does not accept the key (HTTP %d)", shown, status);
        return hf_error_hint(err, "copy the key again from the service's settings");
    }
    if (status == 404) {
        hf_error_set(err, HF_FAILED, "%s: nothing is there (HTTP 404)", shown);
        return hf_error_hint(err, "is it the address of another service, or is a path missing?");
    }
    if (status >= 300 && status < 400) {
        hf_error_set(err, HF_FAILED, "%s sends to another host (HTTP %d)", shown, status);
        return hf_error_hint(err, "give the address that it sends to, if it can be trusted");
    }
    hf_error_set(err, HF_FAILED, "%s answers with HTTP %d", shown, status);
    return status >= 500 ? hf_error_hint(err, "it may still be starting: look at its own log") : -1;
}

/*
 * GET over HTTP, for what Holdfast asks of other programs: is the application ready, is a service
 * configured rightly, which id does a title have.
 */
#ifndef HF_SERVICE_HTTP_H
#define HF_SERVICE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/error.h"

/* Keeps connections for the next request. Single-owner. */
struct hf_http;

struct hf_http *hf_http_new(struct hf_error *err);
void hf_http_free(struct hf_http *http);
/* All its requests are guarded from now on, as of is_guarded. */
void hf_http_guard(struct hf_http *http);
HF_AUTO_FREE(hf_http)

/* Why there was no answer, where that matters to who asked. */
enum hf_http_failure {
    HF_HTTP_OTHER,
    HF_HTTP_NO_HOST,
    HF_HTTP_REFUSED,
    HF_HTTP_TIMEOUT,
    HF_HTTP_TLS,
    HF_HTTP_TLS_EXPIRED, /* or not valid yet */
    HF_HTTP_TLS_UNKNOWN, /* nobody known has signed its certificate */
    HF_HTTP_TLS_NAME,    /* its certificate is for another name */
    HF_HTTP_LOST,        /* the connection ended without an answer */
    HF_HTTP_NOT_HTTP,
    HF_HTTP_BAD_ADDRESS,
    HF_HTTP_BLOCKED, /* is_guarded: the address is one that is never asked */
};

struct hf_http_request {
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", ends with NULL; or NULL */
    int timeout_ms;             /* of one exchange, a redirect being another; 0: 10,000 */
    size_t limit;               /* of the body; 0: 1 MiB */
    /* Somebody in a browser chose the address: no redirect is followed, no proxy asked, and no
     * connection made to where hf_address_is_blocked says so, whatever a name resolves to. */
    bool is_guarded;
    enum hf_http_failure *failure; /* set when it fails; may be NULL */
};

struct hf_http_response {
    int status;
    struct hf_buf body; /* a NUL follows that the length does not count */
};

void hf_http_response_release(struct hf_http_response *response);
HF_AUTO_RELEASE(hf_http_response)

/*
 * Any answer is success, whatever its status. A redirect is followed (at most three) only when it
 * stays with the same host and port, or moves from http to https there: headers hold secrets. A
 * loopback address is never asked through a proxy. SSL_CERT_FILE names authorities that are trusted
 * instead of the system's, as for other programs.
 *
 * HF_UNREACHABLE: no such host, refused, no answer in time, connection lost. HF_CONFIG: not an
 * URL, or a header that cannot be one. HF_FAILED: TLS, not HTTP, larger than the limit. Texts name
 * scheme, host, port and path, never the query, a password, a header or a body.
 */
int hf_http_get(struct hf_http *http, const struct hf_http_request *request,
                struct hf_http_response *out, struct hf_error *err);

/*
 * Fails unless the status is 2xx, in words a person can act on: HF_REFUSED for 401 and 403 (the key
 * is not accepted), HF_FAILED for 404 and redirects (another service, or another path), HF_FAILED
 * for the rest.
 */
int hf_http_check(const struct hf_http_request *request, const struct hf_http_response *response,
                  struct hf_error *err);

/* What messages call an URL: without user, password, query and fragment. `out` holds what fits. */
const char *hf_http_shown(char *out, size_t size, const char *url);

#endif

/*
 * Does a service that the application uses answer as it should? A profile's test
 * (portable/profile.h) with the values that somebody at a web page gave.
 */
#ifndef HF_SERVICE_CONNECTION_TEST_H
#define HF_SERVICE_CONNECTION_TEST_H

#include <jansson.h>
#include <stdbool.h>

#include "portable/profile_request.h"
#include "service/http.h"

enum hf_connection_reason {
    HF_CONNECTION_OK,
    HF_CONNECTION_DNS,     /* there is no such host */
    HF_CONNECTION_REFUSED, /* nobody listens there */
    HF_CONNECTION_TIMEOUT,
    HF_CONNECTION_TLS,
    HF_CONNECTION_UNAUTHORIZED, /* it does not take the key */
    HF_CONNECTION_REDIRECT,
    HF_CONNECTION_WRONG_SERVICE, /* it answers, and not as that service does */
    HF_CONNECTION_BLOCKED,       /* service/forbidden_address.h */
    HF_CONNECTION_MISSING_VALUE, /* a value that the test needs is not given, or is no address */
};

/* "ok", "dns", "refused", ... "wrong_service": as the API has them. */
const char *hf_connection_reason_name(enum hf_connection_reason reason);

struct hf_connection_result {
    bool ok;
    enum hf_connection_reason reason;
    struct hf_error why; /* its text and hint, unless ok: never a value, a query or a body */
};

/* Asks each of the test's requests until one fails. `http` is of a HF_HTTP_WEB_USER. Blocking.
 * Fails only for want of memory or of libcurl: what the service does is a result. */
int hf_connection_test(struct hf_http *http, const struct hf_profile_test *test,
                       const struct hf_profile_value *values, struct hf_connection_result *out,
                       struct hf_error *err);

/* {ok, reason, text, hint}; text and hint null. NULL: no memory. */
json_t *hf_connection_result_json(const struct hf_connection_result *result);

#endif

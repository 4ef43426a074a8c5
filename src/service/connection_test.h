/*
 * Does a service that an application uses answer as it should? One test of the application's
 * profile, with the settings that a person entered, asked over connections that are guarded
 * (service/guarded_address.h).
 */
#ifndef HF_SERVICE_CONNECTION_TEST_H
#define HF_SERVICE_CONNECTION_TEST_H

#include <jansson.h>

#include "portable/profile_request.h"

/* What a person can act on. */
enum hf_connection {
    HF_CONNECTION_OK,
    HF_CONNECTION_MISSING_VALUE, /* a setting that it needs is empty */
    HF_CONNECTION_BAD_ADDRESS,
    HF_CONNECTION_DNS,     /* there is no such host */
    HF_CONNECTION_REFUSED, /* nobody listens there */
    HF_CONNECTION_TIMEOUT,
    HF_CONNECTION_TLS,
    HF_CONNECTION_TLS_EXPIRED,
    HF_CONNECTION_TLS_UNKNOWN,   /* nobody known has signed its certificate */
    HF_CONNECTION_TLS_NAME,      /* that is for another name */
    HF_CONNECTION_LOST,          /* it ends the connection without an answer */
    HF_CONNECTION_UNAVAILABLE,   /* it says that it cannot answer now */
    HF_CONNECTION_UNAUTHORIZED,  /* the key is not accepted */
    HF_CONNECTION_REDIRECT,      /* it sends elsewhere, where nothing was asked */
    HF_CONNECTION_WRONG_SERVICE, /* what answers is something else */
    HF_CONNECTION_BLOCKED,       /* an address that is never asked */
    HF_CONNECTION_FAILED,
};

struct hf_connection_result {
    enum hf_connection reason;
    char text[1024], hint[384]; /* for people; hold neither keys nor what was answered */
};

/* `values` ends with a NULL name. Takes up to ten seconds for each of its requests. */
void hf_connection_test(struct hf_connection_result *out, const struct hf_profile_test *test,
                        const struct hf_profile_value *values);

/* {"ok", "reason", "text", "hint"} */
json_t *hf_connection_json(const struct hf_connection_result *result);

#endif

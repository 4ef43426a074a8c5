/*
 * Asks the service that a profile's lookup names: the `ask` of struct hf_profile_import_options.
 */
#ifndef HF_SERVICE_TITLE_LOOKUP_H
#define HF_SERVICE_TITLE_LOOKUP_H

#include "portable/profile_request.h"
#include "service/http.h"

/* `http` is a struct hf_http. The answer is the body of a 2xx response. Fails as hf_http_get and
 * hf_http_check do. */
int hf_title_lookup_ask(void *http, const struct hf_profile_request *request,
                        const struct hf_profile_value *values, struct hf_buf *answer,
                        struct hf_error *err);

#endif

#include "service/title_lookup.h"

/* A person waits, and there may be hundreds of titles. */
enum { TIMEOUT_MS = 10000, LARGEST_ANSWER = 1 << 20 };

int hf_title_lookup_ask(void *http, const struct hf_profile_request *request,
                        const struct hf_profile_value *values, struct hf_buf *answer,
                        struct hf_error *err)
{
    hf_auto(hf_profile_filled) struct hf_profile_filled filled = {0};
    hf_auto(hf_http_response) struct hf_http_response response = {0};
    if (hf_profile_fill(&filled, request, values, err))
        return -1;
    const struct hf_http_request get = {
        .url = filled.url,
        .headers = (const char *const *)filled.headers,
        .timeout_ms = TIMEOUT_MS,
        .limit = LARGEST_ANSWER,
    };
    if (hf_http_get(http, &get, &response, err) || hf_http_check(&get, &response, err))
        return -1;
    return hf_buf_append(answer, response.body.data, response.body.length, err);
}

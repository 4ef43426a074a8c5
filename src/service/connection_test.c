#include "service/connection_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/http.h"
#include "service/json_members.h"

enum { LARGEST_ANSWER = 1 << 20, TIMEOUT = 10000 };

static const char *const reason_names[] = {
    "ok",           "missing_value", "bad_address",   "dns",      "refused", "timeout",
    "tls",          "tls_expired",   "tls_unknown",   "tls_name", "lost",    "unavailable",
    "unauthorized", "redirect",      "wrong_service", "blocked",  "failed"};

static enum hf_connection reason_of(enum hf_http_failure failure)
{
    switch (failure) {
    case HF_HTTP_NO_HOST:
        return HF_CONNECTION_DNS;
    case HF_HTTP_REFUSED:
        return HF_CONNECTION_REFUSED;
    case HF_HTTP_TIMEOUT:
        return HF_CONNECTION_TIMEOUT;
    case HF_HTTP_TLS:
        return HF_CONNECTION_TLS;
    case HF_HTTP_TLS_EXPIRED:
        return HF_CONNECTION_TLS_EXPIRED;
    case HF_HTTP_TLS_UNKNOWN:
        return HF_CONNECTION_TLS_UNKNOWN;
    case HF_HTTP_TLS_NAME:
        return HF_CONNECTION_TLS_NAME;
    case HF_HTTP_LOST:
        return HF_CONNECTION_LOST;
    case HF_HTTP_NOT_HTTP:
        return HF_CONNECTION_WRONG_SERVICE;
    case HF_HTTP_BAD_ADDRESS:
        return HF_CONNECTION_BAD_ADDRESS;
    case HF_HTTP_BLOCKED:
        return HF_CONNECTION_BLOCKED;
    case HF_HTTP_OTHER:
        return HF_CONNECTION_FAILED;
    }
    return HF_CONNECTION_FAILED;
}

static void found(struct hf_connection_result *out, enum hf_connection reason,
                  const struct hf_error *err)
{
    *out = (struct hf_connection_result){.reason = reason};
    snprintf(out->text, sizeof out->text, "%s", err->text);
    snprintf(out->hint, sizeof out->hint, "%s", err->hint);
}

static bool has_status(const struct hf_profile_request *request, int status)
{
    for (size_t i = 0; i < request->statuses.count; i++)
        if (atoi(request->statuses.items[i]) == status)
            return true;
    return !request->statuses.count && status >= 200 && status < 300;
}

static bool has_members(const struct hf_profile_request *request, const struct hf_buf *body)
{
    if (!request->members.count)
        return true;
    json_t *answer = json_loadb((const char *)body->data, body->length, 0, NULL);
    bool all = json_is_object(answer);
    for (size_t i = 0; all && i < request->members.count; i++)
        all = json_object_get(answer, request->members.items[i]);
    json_decref(answer);
    return all;
}

static enum hf_connection reason_of_status(int status)
{
    return status == 401 || status == 403  ? HF_CONNECTION_UNAUTHORIZED
           : status >= 300 && status < 400 ? HF_CONNECTION_REDIRECT
           : status >= 500                 ? HF_CONNECTION_UNAVAILABLE
                                           : HF_CONNECTION_WRONG_SERVICE;
}

/* True when it answers as it should. */
static bool judge(struct hf_connection_result *out, const struct hf_profile_request *wanted,
                  const struct hf_http_request *request, const struct hf_http_response *response)
{
    struct hf_error err = {0};
    char shown[256];
    hf_http_shown(shown, sizeof shown, request->url);
    if (!has_status(wanted, response->status) && response->status == 400 && wanted->headers.count) {
        hf_error_set(&err, HF_REFUSED, "%s does not take what was asked (HTTP 400)", shown);
        hf_error_hint(&err, "some services say so of a wrong key: copy it again");
        found(out, HF_CONNECTION_UNAUTHORIZED, &err);
        return false;
    }
    if (!has_status(wanted, response->status)) {
        if (!hf_http_check(request, response, &err))
            hf_error_set(&err, HF_FAILED, "%s answers with HTTP %d", shown, response->status);
        found(out, reason_of_status(response->status), &err);
        return false;
    }
    if (has_members(wanted, &response->body))
        return true;
    hf_error_set(&err, HF_FAILED, "%s: what answers is another service", shown);
    hf_error_hint(&err, "compare address and port with those that a browser opens it at");
    found(out, HF_CONNECTION_WRONG_SERVICE, &err);
    return false;
}

static bool ask(struct hf_connection_result *out, struct hf_http *http,
                const struct hf_profile_request *wanted, const struct hf_profile_value *values)
{
    hf_auto(hf_profile_filled) struct hf_profile_filled filled = {0};
    hf_auto(hf_http_response) struct hf_http_response response = {0};
    struct hf_error err = {0};
    enum hf_http_failure failure = HF_HTTP_OTHER;
    if (hf_profile_fill(&filled, wanted, values, &err)) {
        found(out, HF_CONNECTION_MISSING_VALUE, &err);
        return false;
    }
    const struct hf_http_request request = {.url = filled.url,
                                            .headers = (const char *const *)filled.headers,
                                            .timeout_ms = TIMEOUT,
                                            .limit = LARGEST_ANSWER,
                                            .is_guarded = true,
                                            .failure = &failure};
    if (hf_http_get(http, &request, &response, &err)) {
        found(out, reason_of(failure), &err);
        return false;
    }
    return judge(out, wanted, &request, &response);
}

void hf_connection_test(struct hf_connection_result *out, const struct hf_profile_test *test,
                        const struct hf_profile_value *values)
{
    struct hf_error err = {0};
    hf_auto_ptr(hf_http) struct hf_http *http = hf_http_new(&err);
    bool works = http;
    if (!http)
        found(out, HF_CONNECTION_FAILED, &err);
    for (size_t i = 0; works && i < test->count; i++)
        works = ask(out, http, &test->requests[i], values);
    if (works) {
        *out = (struct hf_connection_result){.reason = HF_CONNECTION_OK};
        snprintf(out->text, sizeof out->text, "%s", test->label);
    }
}

json_t *hf_connection_json(const struct hf_connection_result *result)
{
    json_t *out = hf_json_new();
    hf_json_boolean(out, "ok", result->reason == HF_CONNECTION_OK);
    hf_json_text(out, "reason", reason_names[result->reason]);
    hf_json_text(out, "text", result->text);
    hf_json_text(out, "hint", result->hint[0] ? result->hint : NULL);
    return out;
}

#include "service/connection_test.h"

#include <stdlib.h>
#include <string.h>

#include "service/json_channel.h"

/* A person waits. What these services say of themselves is short. */
enum { TIMEOUT_MS = 8000, LARGEST_ANSWER = 512 << 10 };

const char *hf_connection_reason_name(enum hf_connection_reason reason)
{
    static const char *const names[] = {"ok",      "dns",          "refused",  "timeout",
                                        "tls",     "unauthorized", "redirect", "wrong_service",
                                        "blocked", "missing_value"};
    return names[reason];
}

static enum hf_connection_reason reason_of(enum hf_http_failure failure, enum hf_code code)
{
    switch (failure) {
    case HF_HTTP_NO_HOST:
        return HF_CONNECTION_DNS;
    case HF_HTTP_FORBIDDEN:
        return HF_CONNECTION_BLOCKED;
    case HF_HTTP_REFUSED:
        return HF_CONNECTION_REFUSED;
    case HF_HTTP_TIMEOUT:
        return HF_CONNECTION_TIMEOUT;
    case HF_HTTP_TLS:
        return HF_CONNECTION_TLS;
    case HF_HTTP_OTHER:
        if (code == HF_UNREACHABLE) /* it was there, and went away */
            return HF_CONNECTION_REFUSED;
        return code == HF_CONFIG ? HF_CONNECTION_MISSING_VALUE : HF_CONNECTION_WRONG_SERVICE;
    case HF_HTTP_ANOTHER_PROTOCOL:
    case HF_HTTP_TOO_LARGE:
        break;
    }
    return HF_CONNECTION_WRONG_SERVICE;
}

static bool is_wanted(const struct hf_profile_request *request, int status)
{
    for (size_t i = 0; i < request->statuses.count; i++)
        if (atoi(request->statuses.items[i]) == status)
            return true;
    return !request->statuses.count && status >= 200 && status < 300;
}

/* Some services call a wrong key a wrong request. */
static bool is_about_the_key(const struct hf_profile_request *request, int status)
{
    return status == 401 || status == 403 || (status == 400 && request->headers.count);
}

static bool has_members(const struct hf_profile_request *request, const struct hf_buf *body)
{
    json_t *object = json_loadb((const char *)body->data, body->length, 0, NULL);
    bool good = json_is_object(object);
    for (size_t i = 0; good && i < request->members.count; i++)
        good = json_object_get(object, request->members.items[i]) != NULL;
    json_decref(object);
    return good;
}

static enum hf_connection_reason wrong_service(const char *url, struct hf_error *why)
{
    char shown[256];
    hf_error_set(why, HF_FAILED, "%s answers, but not as this service does",
                 hf_http_shown(shown, sizeof shown, url));
    hf_error_hint(why, "is it the address of another service, or is a path missing?");
    return HF_CONNECTION_WRONG_SERVICE;
}

static enum hf_connection_reason judge(const struct hf_profile_request *request,
                                       const struct hf_http_request *get,
                                       const struct hf_http_response *response,
                                       struct hf_error *why)
{
    char shown[256];
    int status = response->status;
    if (is_wanted(request, status))
        return !request->members.count || has_members(request, &response->body)
                   ? HF_CONNECTION_OK
                   : wrong_service(get->url, why);
    if (is_about_the_key(request, status)) {
        hf_error_set(why, HF_REFUSED, "%s does not accept the key (HTTP %d)",
                     hf_http_shown(shown, sizeof shown, get->url), status);
        hf_error_hint(why, "copy the key again from the service's settings");
        return HF_CONNECTION_UNAUTHORIZED;
    }
    if (!hf_http_check(get, response, why)) /* 2xx, and another one was wanted */
        return wrong_service(get->url, why);
    return status >= 300 && status < 400 ? HF_CONNECTION_REDIRECT : HF_CONNECTION_WRONG_SERVICE;
}

static enum hf_connection_reason ask(struct hf_http *http, const struct hf_profile_request *request,
                                     const struct hf_profile_value *values, struct hf_error *why)
{
    hf_auto(hf_profile_filled) struct hf_profile_filled filled = {0};
    hf_auto(hf_http_response) struct hf_http_response response = {0};
    if (hf_profile_fill(&filled, request, values, why))
        return HF_CONNECTION_MISSING_VALUE;
    const struct hf_http_request get = {
        .url = filled.url,
        .headers = (const char *const *)filled.headers,
        .timeout_ms = TIMEOUT_MS,
        .limit = LARGEST_ANSWER,
    };
    if (hf_http_get(http, &get, &response, why))
        return reason_of(hf_http_failure(http), why->code);
    return judge(request, &get, &response, why);
}

int hf_connection_test(struct hf_http *http, const struct hf_profile_test *test,
                       const struct hf_profile_value *values, struct hf_connection_result *out,
                       struct hf_error *err)
{
    struct hf_connection_result result = {.reason = HF_CONNECTION_OK};
    for (size_t i = 0; i < test->count && result.reason == HF_CONNECTION_OK; i++)
        result.reason = ask(http, &test->requests[i], values, &result.why);
    if (result.why.code == HF_NO_MEMORY)
        return hf_error_pass(err, &result.why);
    result.ok = result.reason == HF_CONNECTION_OK;
    *out = result;
    return 0;
}

json_t *hf_connection_result_json(const struct hf_connection_result *result)
{
    const struct hf_error *why = &result->why;
    return json_pack("{s:b, s:s, s:o, s:o}", "ok", result->ok, "reason",
                     hf_connection_reason_name(result->reason), "text",
                     hf_text_or_null(why->text[0] ? why->text : NULL), "hint",
                     hf_text_or_null(why->hint[0] ? why->hint : NULL));
}

#include "console/exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "console/exchange_answer.h"
#include "portable/utf8.h"
#include "service/json_channel.h"

static const char json_media[] = "application/json; charset=utf-8";

const char *hf_exchange_header(const struct hf_exchange *exchange, const char *name)
{
    return hf_microhttpd.lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

const char *hf_exchange_query(const struct hf_exchange *exchange, const char *name)
{
    return hf_microhttpd.lookup_connection_value(exchange->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *hf_exchange_cookie(const struct hf_exchange *exchange, const char *name)
{
    return hf_microhttpd.lookup_connection_value(exchange->connection, MHD_COOKIE_KIND, name);
}

int hf_exchange_number(const struct hf_exchange *exchange, const char *name, int64_t least,
                       int64_t most, int64_t otherwise, int64_t *out, struct hf_error *err)
{
    const char *text = hf_exchange_query(exchange, name);
    char *end = NULL;
    if (!text) {
        *out = otherwise;
        return 0;
    }
    size_t length = strlen(text);
    int64_t value = length && length < 19 ? strtoll(text, &end, 10) : 0;
    if (!end || *end || value < least || value > most)
        return hf_error_set(err, HF_USAGE, "'%s' is a number from %" PRId64 " to %" PRId64, name,
                            least, most);
    *out = value;
    return 0;
}

int hf_exchange_text(const struct hf_exchange *exchange, const char *key, size_t longest,
                     const char **out, struct hf_error *err)
{
    const json_t *value = json_object_get(exchange->body, key);
    if (!json_is_string(value))
        return hf_error_set(err, HF_USAGE, "'%s' is missing, or is no text", key);
    if (json_string_length(value) > longest ||
        strlen(json_string_value(value)) != json_string_length(value))
        return hf_error_set(err, HF_USAGE, "'%s' is too long", key);
    *out = json_string_value(value);
    return 0;
}

int hf_exchange_copy_text(const struct hf_exchange *exchange, const char *key, size_t longest,
                          json_t *to, struct hf_error *err)
{
    const char *text;
    if (!json_object_get(exchange->body, key))
        return 0;
    if (hf_exchange_text(exchange, key, longest, &text, err))
        return -1;
    return json_object_set_new(to, key, json_string(text)) ? hf_error_memory(err) : 0;
}

int hf_exchange_name(const struct hf_exchange *exchange, const char *key, size_t longest,
                     const char **out, struct hf_error *err)
{
    if (hf_exchange_text(exchange, key, longest, out, err))
        return -1;
    const unsigned char *c = (const unsigned char *)*out;
    while (*c >= ' ' && *c != 0x7f)
        c++;
    return **out && !*c ? 0 : hf_error_set(err, HF_USAGE, "'%s' is one line of text", key);
}

static void add_headers(struct MHD_Response *response)
{
    static const char *const headers[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
         "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'self'; "
         "form-action 'self'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        hf_microhttpd.add_response_header(response, headers[i][0], headers[i][1]);
}

void hf_exchange_add_header(struct hf_exchange *exchange, const char *name, const char *value)
{
    if (exchange->response)
        hf_microhttpd.add_response_header(exchange->response, name, value);
}

void hf_exchange_answer(struct hf_exchange *exchange, int status, struct MHD_Response *response)
{
    if (response)
        add_headers(response);
    exchange->status = status;
    exchange->response = response;
    exchange->stage = HF_EXCHANGE_ANSWERED;
    if (exchange->is_suspended) {
        exchange->is_suspended = false;
        hf_microhttpd.resume_connection(exchange->connection);
    }
}

static void answer_bytes(struct hf_exchange *exchange, int status, const char *type, void *bytes,
                         size_t length, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = hf_microhttpd.create_response_from_buffer(length, bytes, mode);
    if (!response && mode == MHD_RESPMEM_MUST_FREE)
        free(bytes);
    if (response && type)
        hf_microhttpd.add_response_header(response, "Content-Type", type);
    if (response)
        hf_microhttpd.add_response_header(response, "Cache-Control", "no-store");
    hf_exchange_answer(exchange, status, response);
}

void hf_exchange_reply(struct hf_exchange *exchange, int status, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (text)
        answer_bytes(exchange, status, json_media, text, strlen(text), MHD_RESPMEM_MUST_FREE);
    else
        hf_exchange_answer(exchange, 500, NULL);
}

void hf_exchange_reply_empty(struct hf_exchange *exchange, int status)
{
    answer_bytes(exchange, status, NULL, (char[]){""}, 0, MHD_RESPMEM_MUST_COPY);
}

void hf_exchange_reply_text(struct hf_exchange *exchange, const char *type, const char *text)
{
    answer_bytes(exchange, 200, type, (void *)(uintptr_t)text, strlen(text), MHD_RESPMEM_MUST_COPY);
}

void hf_exchange_reply_static(struct hf_exchange *exchange, const char *type, const void *bytes,
                              size_t length, const char *encoding, bool is_immutable)
{
    struct MHD_Response *response = hf_microhttpd.create_response_from_buffer(
        length, (void *)(uintptr_t)bytes, MHD_RESPMEM_PERSISTENT);
    if (response) {
        hf_microhttpd.add_response_header(response, "Content-Type", type);
        hf_microhttpd.add_response_header(response, "Cache-Control",
                                          is_immutable ? "public, max-age=31536000, immutable"
                                                       : "no-cache");
        hf_microhttpd.add_response_header(response, "Vary", "Accept-Encoding");
        if (encoding)
            hf_microhttpd.add_response_header(response, "Content-Encoding", encoding);
    }
    hf_exchange_answer(exchange, 200, response);
}

void hf_exchange_reply_file(struct hf_exchange *exchange, int fd, uint64_t size, const char *type,
                            const char *name)
{
    char disposition[300];
    snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", name);
    struct MHD_Response *response = hf_microhttpd.create_response_from_fd(size, fd);
    if (response) {
        hf_microhttpd.add_response_header(response, "Content-Type", type);
        hf_microhttpd.add_response_header(response, "Content-Disposition", disposition);
        hf_microhttpd.add_response_header(response, "Cache-Control", "no-store");
    }
    hf_exchange_answer(exchange, 200, response);
}

static int status_of(enum hf_code code)
{
    switch (code) {
    case HF_USAGE:
    case HF_CONFIG:
        return 400;
    case HF_WRONG_KEY:
    case HF_REFUSED:
        return 403;
    case HF_NOT_FOUND:
        return 404;
    case HF_EXISTS:
    case HF_LOCKED:
    case HF_STALE:
        return 409;
    case HF_CORRUPT:
    case HF_UNSUPPORTED:
        return 422;
    case HF_UNREACHABLE:
        return 503;
    case HF_NO_SPACE:
        return 507;
    default:
        return 500;
    }
}

static json_t *error_body(const char *code, const char *text, const char *hint)
{
    return json_pack("{s:{s:s, s:o, s:o}}", "error", "code", code, "text", hf_text_value(text),
                     "hint", hint && *hint ? hf_text_value(hint) : json_null());
}

void hf_exchange_fail(struct hf_exchange *exchange, const struct hf_error *err)
{
    hf_exchange_reply(exchange, status_of(err->code),
                      error_body(hf_code_name(err->code), err->text, err->hint));
}

void hf_exchange_refuse(struct hf_exchange *exchange, int status, const char *code,
                        const char *text)
{
    hf_exchange_reply(exchange, status, error_body(code, text, NULL));
}

void hf_exchange_wait(struct hf_exchange *exchange)
{
    exchange->stage = HF_EXCHANGE_WAITING;
}

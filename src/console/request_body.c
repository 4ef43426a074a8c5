#include "console/request_body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "codec/key.h"
#include "console/body_shape.h"
#include "console/credentials.h"
#include "console/route.h"
#include "console/server.h"
#include "os/env.h"

enum { LONGEST_JSON = 64 << 10, MOST_THROWN_AWAY = 256 << 10 /* of one that tells no length */ };

struct hf_refusal {
    int status;
    const char *code, *text;
};

static const struct hf_refusal too_large = {413, "usage", "the body is too large"};
static const struct hf_refusal no_room = {507, "no_space", "the server has no room for this file"};
static const struct hf_refusal not_kept = {500, "failed", "what was sent could not be kept"};

static bool is_file(const struct hf_exchange *exchange)
{
    return exchange->route->body == HF_BODY_FILE;
}

/* What is wrong with a body of so many bytes, `more` of which are still to be kept; NULL: nothing.
 */
static const struct hf_refusal *refusal_of(const struct hf_exchange *exchange, uint64_t length,
                                           uint64_t more)
{
    const struct hf_server_options *options = exchange->options;
    if (is_file(exchange))
        return length > options->largest_upload          ? &too_large
               : more > options->room(exchange->console) ? &no_room
                                                         : NULL;
    return length > (exchange->route->body ? LONGEST_JSON : 0) ? &too_large : NULL;
}

static void refuse(struct hf_exchange *exchange, const struct hf_refusal *refusal)
{
    hf_exchange_refuse(exchange, refusal->status, refusal->code, refusal->text);
}

void hf_request_body_begin(struct hf_exchange *exchange)
{
    const char *declared = hf_exchange_header(exchange, "Content-Length");
    uint64_t length = declared ? strtoull(declared, NULL, 10) : 0;
    const struct hf_refusal *refusal = refusal_of(exchange, length, length);
    if (refusal)
        refuse(exchange, refusal);
}

/* A name of the server's own: nothing that a client says becomes a part of a path. */
static int open_upload(struct hf_exchange *exchange)
{
    char name[2 * 16 + 1];
    if (hf_secret_make(name, 16, hf_env_system(), NULL))
        return -1;
    if (asprintf(&exchange->upload, "%s/%s", exchange->options->uploads, name) < 0) {
        exchange->upload = NULL;
        return -1;
    }
    exchange->upload_fd =
        open(exchange->upload, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return exchange->upload_fd < 0 ? -1 : 0;
}

static int write_upload(struct hf_exchange *exchange, const char *bytes, size_t length)
{
    if (exchange->upload_fd < 0 && open_upload(exchange))
        return -1;
    while (length) {
        ssize_t put = write(exchange->upload_fd, bytes, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return -1;
        bytes += put;
        length -= (size_t)put;
    }
    return 0;
}

static int close_upload(struct hf_exchange *exchange)
{
    int fd = exchange->upload_fd;
    exchange->upload_fd = -1;
    return fd < 0 ? 0 : close(fd);
}

static const struct hf_refusal *why_not_kept(void)
{
    return errno == ENOSPC || errno == EDQUOT ? &no_room : &not_kept;
}

static const struct hf_refusal *keep(struct hf_exchange *exchange, const char *bytes, size_t length)
{
    const struct hf_refusal *refusal = refusal_of(exchange, exchange->received, length);
    if (refusal)
        return refusal;
    int failed = is_file(exchange) ? write_upload(exchange, bytes, length)
                                   : hf_buf_append(&exchange->raw, bytes, length, NULL);
    return failed ? why_not_kept() : NULL;
}

static void drop_upload(struct hf_exchange *exchange)
{
    close_upload(exchange);
    if (exchange->upload)
        unlink(exchange->upload);
    free(exchange->upload);
    exchange->upload = NULL;
}

bool hf_request_body_take(struct hf_exchange *exchange, const char *bytes, size_t length)
{
    exchange->received += length;
    if (!exchange->refusal)
        exchange->refusal = keep(exchange, bytes, length);
    if (!exchange->refusal)
        return true;
    drop_upload(exchange);
    return exchange->received <= MOST_THROWN_AWAY || hf_exchange_header(exchange, "Content-Length");
}

/* Reads it as a JSON object. */
static bool parse(struct hf_exchange *exchange)
{
    const char *type = hf_exchange_header(exchange, "Content-Type");
    json_error_t why;
    if (!type || strncasecmp(type, "application/json", 16)) {
        hf_exchange_refuse(exchange, 415, "usage", "the body must be application/json");
        return false;
    }
    json_t *body = json_loadb((const char *)exchange->raw.data, exchange->raw.length,
                              JSON_REJECT_DUPLICATES, &why);
    if (json_is_object(body)) {
        exchange->body = body;
        return true;
    }
    json_decref(body);
    hf_exchange_refuse(exchange, 400, "usage", "the body is no JSON object");
    return false;
}

/* A member that is null is none. */
static void drop_nulls(json_t *body)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(body, next, key, value)
    {
        if (json_is_null(value))
            json_object_del(body, key);
    }
}

static bool has_shape(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    if (hf_body_shape_check(exchange->body, exchange->route->body, &err)) {
        hf_exchange_fail(exchange, &err);
        return false;
    }
    drop_nulls(exchange->body);
    return true;
}

bool hf_request_body_end(struct hf_exchange *exchange)
{
    if (!exchange->refusal && close_upload(exchange))
        exchange->refusal = why_not_kept();
    if (exchange->refusal) {
        refuse(exchange, exchange->refusal);
        return false;
    }
    return !exchange->route->body || is_file(exchange) || (parse(exchange) && has_shape(exchange));
}

void hf_request_body_release(struct hf_exchange *exchange)
{
    drop_upload(exchange);
    hf_wipe(exchange->raw.data, exchange->raw.data ? exchange->raw.capacity : 0);
    hf_buf_release(&exchange->raw);
    json_decref(exchange->body);
}

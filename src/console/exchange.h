/*
 * One request and its answer. A handler answers at once, or later: the connection waits meanwhile
 * and costs nothing. Every exchange that was handed to a handler is answered once. Single-threaded.
 */
#ifndef HF_CONSOLE_EXCHANGE_H
#define HF_CONSOLE_EXCHANGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "console/visitor.h"

struct hf_console;
struct hf_refusal;
struct hf_route;
struct hf_server_options;
struct hf_streams;
struct MHD_Connection;
struct MHD_Response;

enum { HF_MOST_PARAMETERS = 3, HF_LONGEST_PARAMETER = 256 };

struct hf_exchange {
    const struct hf_server_options *options; /* of the server */
    struct hf_streams *streams;              /* of the server */
    struct hf_console *console;
    struct MHD_Connection *connection;
    const char *method, *path; /* as they came; valid for the exchange's life */
    const struct hf_route *route;
    char parameters[HF_MOST_PARAMETERS][HF_LONGEST_PARAMETER]; /* of the route's path, decoded */
    struct hf_visitor visitor;

    struct hf_buf raw; /* the body, where the route takes one */
    json_t *body;      /* that as a JSON object; NULL: the route takes none */
    char *upload;      /* where the body was put, where the route takes a file; owned, removed at
                          the end unless somebody took it over and set it to NULL */
    int upload_fd;
    uint64_t received; /* bytes of the body */

    /* The server's. */
    enum { HF_EXCHANGE_READING, HF_EXCHANGE_WAITING, HF_EXCHANGE_ANSWERED } stage;
    bool is_suspended;
    const struct hf_refusal *refusal; /* of the body; NULL: none */
    int status;
    struct MHD_Response *response;
    struct hf_exchange *next;
};

/* A header, or a value of the query; NULL when it is not there, or (of the query) no UTF-8. */
const char *hf_exchange_header(const struct hf_exchange *exchange, const char *name);
const char *hf_exchange_query(const struct hf_exchange *exchange, const char *name);
const char *hf_exchange_cookie(const struct hf_exchange *exchange, const char *name);

/* A number of the query from `least` to `most`, `otherwise` when it is not there. HF_USAGE. */
int hf_exchange_number(const struct hf_exchange *exchange, const char *name, int64_t least,
                       int64_t most, int64_t otherwise, int64_t *out, struct hf_error *err);

/* A text member of the body, of at most `longest` bytes. HF_USAGE when it is not there, or is no
 * text. */
int hf_exchange_text(const struct hf_exchange *exchange, const char *key, size_t longest,
                     const char **out, struct hf_error *err);

/* Copies a text member of the body, where it has one, into an object. */
int hf_exchange_copy_text(const struct hf_exchange *exchange, const char *key, size_t longest,
                          json_t *to, struct hf_error *err);

/* The same as hf_exchange_text of a line that a person typed: not empty, without control
 * characters. */
int hf_exchange_name(const struct hf_exchange *exchange, const char *key, size_t longest,
                     const char **out, struct hf_error *err);

/* The answers. `body` is taken over; NULL counts as no memory. */
void hf_exchange_reply(struct hf_exchange *exchange, int status, json_t *body);
void hf_exchange_reply_empty(struct hf_exchange *exchange, int status);
void hf_exchange_reply_text(struct hf_exchange *exchange, const char *type, const char *text);
/* `bytes` live for ever. `encoding` may be NULL. */
void hf_exchange_reply_static(struct hf_exchange *exchange, const char *type, const void *bytes,
                              size_t length, const char *encoding, bool is_immutable);
/* The file is closed at the end; `name` is what a browser saves it as. */
void hf_exchange_reply_file(struct hf_exchange *exchange, int fd, uint64_t size, const char *type,
                            const char *name);
/* The error as JSON with the status that its code has. */
void hf_exchange_fail(struct hf_exchange *exchange, const struct hf_error *err);
/* The same with a status and a code of its own: "unauthenticated". */
void hf_exchange_refuse(struct hf_exchange *exchange, int status, const char *code,
                        const char *text);
/* A header of the answer, to be called right after what made it. */
void hf_exchange_add_header(struct hf_exchange *exchange, const char *name, const char *value);

/* It is answered later. */
void hf_exchange_wait(struct hf_exchange *exchange);

#endif

/*
 * JSON as a stream of events, pulled by the caller.
 *
 * Strict RFC 8259: one value, nothing but white space after it, UTF-8 checked (a byte order mark at
 * the very beginning is passed over). An escaped surrogate without its partner becomes U+FFFD, as
 * JavaScript makes of it when it writes UTF-8. Numbers keep their text. Members come in the order
 * and as often as they stand there. Memory: one chunk of the source and its events, and the longest
 * string. Single-owner.
 */
#ifndef HF_PORTABLE_JSON_READER_H
#define HF_PORTABLE_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/stream.h"
#include "portable/json_writer.h"

enum hf_json_kind {
    HF_JSON_END, /* after the value; again at every further call */
    HF_JSON_OBJECT,
    HF_JSON_OBJECT_END,
    HF_JSON_ARRAY,
    HF_JSON_ARRAY_END,
    HF_JSON_NAME, /* of the member whose value is next */
    HF_JSON_STRING,
    HF_JSON_NUMBER,
    HF_JSON_TRUE,
    HF_JSON_FALSE,
    HF_JSON_NULL,
};

struct hf_json_event {
    enum hf_json_kind kind;
    int depth; /* containers around it; an object's begin and end are as deep as the object itself
                */
    uint64_t line; /* from 1 */
    /* Of names, strings and numbers (as written): a NUL follows, but strings may have more of them.
     * Lives until the next call. */
    const char *text;
    size_t length;
};

struct hf_json_limits {
    int depth;     /* containers in one another */
    size_t length; /* bytes of one string, name or number as it is written */
};

/* 64 deep, 1 MiB a string: what a document of settings and titles needs. */
extern const struct hf_json_limits hf_json_limits_default;

struct hf_json_reader;

/* `source` is borrowed. `limits` may be NULL. */
struct hf_json_reader *hf_json_reader_new(const struct hf_source *source,
                                          const struct hf_json_limits *limits,
                                          struct hf_error *err);
void hf_json_reader_free(struct hf_json_reader *reader);
HF_AUTO_FREE(hf_json_reader)

/* The next event. HF_CORRUPT with the line for what is no such JSON; the source's own failures as
 * they are. After a failure only free. */
int hf_json_next(struct hf_json_reader *reader, struct hf_json_event *event, struct hf_error *err);

/* Passes over the rest of the value that `event` begins; a name's value belongs to the name. */
int hf_json_skip(struct hf_json_reader *reader, const struct hf_json_event *event,
                 struct hf_error *err);

/* Puts the value that `event` begins, to its end, in the layout that is in force there. */
int hf_json_copy(struct hf_json_reader *reader, const struct hf_json_event *event,
                 struct hf_json_writer *writer, struct hf_error *err);

/* Where the last event stands: "users[3].data.movies[0].title"; "the document" at its root. Long
 * names are cut. `out` holds 160 bytes or more. */
const char *hf_json_place(const struct hf_json_reader *reader, char *out, size_t size);

/* HF_CORRUPT: "line 12: users[3].username: <text>". Returns -1. */
int hf_json_complain(const struct hf_json_reader *reader, struct hf_error *err, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

/* Event's name or string is exactly this text. */
bool hf_json_is(const struct hf_json_event *event, const char *text);

/* A number written as an integer that 64 bits hold; false for anything else ("1.0", "1e3"). */
bool hf_json_integer_of(const struct hf_json_event *event, int64_t *value);

/* Any number; false for other events and for what a double cannot hold (1e999). */
bool hf_json_double_of(const struct hf_json_event *event, double *value);

#endif

/*
 * JSON as a stream, laid out exactly as JavaScript's JSON.stringify(value, null, 2) does, with
 * containers on one line where a caller wants that.
 *
 * Single-owner. Putting never fails visibly: the first failure of the sink is kept, what follows is
 * dropped, and hf_json_writer_flush reports it. A caller that puts without end asks
 * hf_json_writer_failed now and then. Calls that would not make JSON (a value where a name must
 * be, closing what is not open) are bugs and assert.
 */
#ifndef HF_PORTABLE_JSON_WRITER_H
#define HF_PORTABLE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/stream.h"

enum { HF_JSON_WRITER_DEPTH = 64 };

enum hf_json_layout {
    HF_JSON_LINES,   /* each member or element on a line of its own */
    HF_JSON_COMPACT, /* all of it on one line, without spaces; so is everything in it */
};

struct hf_json_level {
    char closing;
    enum hf_json_layout layout;
    bool filled;   /* has a member or an element */
    bool has_name; /* a name was put and its value was not */
};

struct hf_json_writer {
    const struct hf_sink *sink;
    struct hf_buf held;
    struct hf_error failure;
    int depth;
    bool has_root;
    struct hf_json_level levels[HF_JSON_WRITER_DEPTH];
};

/* `sink` is borrowed; the caller finishes it after the last flush. */
int hf_json_writer_init(struct hf_json_writer *writer, const struct hf_sink *sink,
                        struct hf_error *err);
void hf_json_writer_release(struct hf_json_writer *writer);
HF_AUTO_RELEASE(hf_json_writer)

bool hf_json_writer_failed(const struct hf_json_writer *writer);

/* Hands what was put so far to the sink; the first failure of any put. */
int hf_json_writer_flush(struct hf_json_writer *writer, struct hf_error *err);

void hf_json_open_object(struct hf_json_writer *writer, enum hf_json_layout layout);
void hf_json_open_array(struct hf_json_writer *writer, enum hf_json_layout layout);
void hf_json_close(struct hf_json_writer *writer); /* the innermost */

/* The name of the next value. */
void hf_json_name(struct hf_json_writer *writer, const char *name);
void hf_json_name_bytes(struct hf_json_writer *writer, const char *name, size_t length);

void hf_json_put_string(struct hf_json_writer *writer, const char *text);
/* Bytes that are no UTF-8 become U+FFFD, one each. */
void hf_json_put_bytes(struct hf_json_writer *writer, const char *text, size_t length);
void hf_json_put_integer(struct hf_json_writer *writer, int64_t value);
/* As JavaScript prints numbers; null for what JSON has no number for. */
void hf_json_put_double(struct hf_json_writer *writer, double value);
void hf_json_put_boolean(struct hf_json_writer *writer, bool value);
void hf_json_put_null(struct hf_json_writer *writer);
/* A string of the bytes in base64. */
void hf_json_put_base64(struct hf_json_writer *writer, const void *bytes, size_t length);
/* `text` is one JSON value and is copied as it is. */
void hf_json_put_raw(struct hf_json_writer *writer, const char *text, size_t length);

/* A newline after the root value, as text files end. */
void hf_json_end_line(struct hf_json_writer *writer);

#endif

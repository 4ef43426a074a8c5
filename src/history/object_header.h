/*
 * The beginning that every binary object of a repository has, and the tagged fields in it
 * (docs/format.md, "Object header"). Pure: bytes in, values out.
 *
 *   0  8 magic "HOLDFAST"    8  2 kind    10  2 format version    12  4 header length
 *  16  4 required features  20  4 optional features              24  .. fields
 *
 * A field is tag (2), length (4), bytes. Unknown fields are skipped: what must not be ignored sets
 * a required feature bit. All integers are little-endian.
 */
#ifndef HF_HISTORY_OBJECT_HEADER_H
#define HF_HISTORY_OBJECT_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { HF_FORMAT_VERSION = 1, HF_OBJECT_HEADER_BYTES = 24, HF_OBJECT_HEADER_LIMIT = 1 << 16 };

enum hf_object_kind {
    HF_OBJECT_KEY_SLOT = 1,
    HF_OBJECT_ABOUT = 2,
    HF_OBJECT_WRITER = 3,
    HF_OBJECT_POINT = 4,
    HF_OBJECT_CATALOG = 5,
    HF_OBJECT_SEGMENT = 16,
    HF_OBJECT_HOST_STATE = 240, /* beside the database, never in a repository */
};

/* Tags are never reused. The table in docs/format.md says what each holds. */
enum hf_tag {
    HF_TAG_REPOSITORY_ID = 1,
    HF_TAG_KEY_ID = 2,
    HF_TAG_NONCE = 3,
    HF_TAG_DATABASE_ID = 4,
    HF_TAG_CREATED = 5,
    HF_TAG_NAME = 6,

    HF_TAG_SLOT_KIND = 16,
    HF_TAG_ARGON_SALT = 17,
    HF_TAG_ARGON_PASSES = 18,
    HF_TAG_ARGON_MEMORY = 19,

    HF_TAG_LEVEL = 32,
    HF_TAG_FROM = 33,
    HF_TAG_TO = 34,
    HF_TAG_EPOCH = 35,
    HF_TAG_TIME = 36,
    HF_TAG_PART = 37,
    HF_TAG_SALT = 38,
    HF_TAG_KEY_WRAPS = 39,
    HF_TAG_CIPHER = 40,
    HF_TAG_COMPRESSION = 41,

    HF_TAG_PAGE_SIZE = 64,
    HF_TAG_PAGE_COUNT = 65,
    HF_TAG_PAGE_MIN = 66,
    HF_TAG_LOCK_BYTE_PAGE = 67,
    HF_TAG_FIRST_COMMIT = 68,
    HF_TAG_LAST_COMMIT = 69,
    HF_TAG_STATE_BEFORE = 70,
    HF_TAG_STATE_AFTER = 71,
    HF_TAG_FLAGS = 72,
    HF_TAG_LABEL = 73,
    HF_TAG_REASON = 74,
    HF_TAG_PARTS = 75,
    HF_TAG_PAGES_STORED = 76,

    HF_TAG_FINGERPRINT_SECRET = 96,
    HF_TAG_WRITER_ID = 97,
    HF_TAG_HOST = 98,
    HF_TAG_PATH = 99,

    HF_TAG_PIN = 112,
    HF_TAG_PROOF_TIME = 113,
    HF_TAG_PROOF_RESULT = 114,
    HF_TAG_PROOF_DURATION = 115,

    HF_TAG_ENTRY = 128, /* repeated: one catalog entry, itself a list of fields */
    HF_TAG_BYTES = 129,

    /* Of what the host keeps beside a database only: */
    HF_TAG_STAMP = 240,
    HF_TAG_DEVICE = 241,
    HF_TAG_INODE = 242,
    HF_TAG_OWN_HEADER = 243,
    HF_TAG_ORIGINAL_HEADER = 244,
};

/* A list of fields in memory that somebody else owns. */
struct hf_fields {
    const uint8_t *bytes;
    size_t length;
};

/* Appends a header without fields; more are appended with hf_field_*, then it is ended, which
 * sets its length. `start` is where it begins in `out`. */
int hf_header_begin(struct hf_buf *out, enum hf_object_kind kind, struct hf_error *err);
void hf_header_end(struct hf_buf *out, size_t start);

int hf_field_bytes(struct hf_buf *out, enum hf_tag tag, const void *bytes, size_t length,
                   struct hf_error *err);
int hf_field_text(struct hf_buf *out, enum hf_tag tag, const char *text, struct hf_error *err);
/* `width` 1, 2, 4 or 8 bytes. */
int hf_field_number(struct hf_buf *out, enum hf_tag tag, int width, uint64_t value,
                    struct hf_error *err);

/*
 * Reads the header at the beginning of `bytes` (at least `length` of the object are there).
 * HF_CORRUPT: not one, not of this kind, or fields that do not fit. HF_UNSUPPORTED: a newer format
 * or an unknown required feature. Writes its length to `*header_length`.
 */
int hf_header_parse(const uint8_t *bytes, size_t length, enum hf_object_kind kind,
                    struct hf_fields *fields, size_t *header_length, struct hf_error *err);

/* HF_CORRUPT unless `fields` is a list of whole fields. Everything below may then be asked of it.
 */
int hf_fields_check(const struct hf_fields *fields, struct hf_error *err);

/* The first field with this tag; NULL when there is none. */
const uint8_t *hf_fields_find(const struct hf_fields *fields, enum hf_tag tag, size_t *length);

/* The next field after `*cursor` (0 at first) with this tag; false at the end. */
bool hf_fields_next(const struct hf_fields *fields, enum hf_tag tag, size_t *cursor,
                    struct hf_fields *value);

/* A number of any width; HF_CORRUPT when it is missing or wider than 8 bytes. */
int hf_fields_number(const struct hf_fields *fields, enum hf_tag tag, uint64_t *value,
                     struct hf_error *err);

/* The same with a value for when it is missing. */
uint64_t hf_fields_number_or(const struct hf_fields *fields, enum hf_tag tag, uint64_t otherwise);

/* Exactly `length` bytes; HF_CORRUPT when it is missing or of another length. */
int hf_fields_copy(const struct hf_fields *fields, enum hf_tag tag, void *out, size_t length,
                   struct hf_error *err);

/* A text, "" when it is missing, cut to `size` - 1 bytes and ended by NUL. */
void hf_fields_text(const struct hf_fields *fields, enum hf_tag tag, char *out, size_t size);

#endif

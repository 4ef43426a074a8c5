#include "history/object_header.h"

static const char magic[8] = "HOLDFAST";

enum { AT_KIND = 8, AT_VERSION = 10, AT_LENGTH = 12, AT_REQUIRED = 16, FIELD_BYTES = 6 };

int hf_header_begin(struct hf_buf *out, enum hf_object_kind kind, struct hf_error *err)
{
    uint8_t head[HF_OBJECT_HEADER_BYTES] = {0};
    memcpy(head, magic, sizeof magic);
    hf_put_le(head + AT_KIND, 2, kind);
    hf_put_le(head + AT_VERSION, 2, HF_FORMAT_VERSION);
    return hf_buf_append(out, head, sizeof head, err);
}

void hf_header_end(struct hf_buf *out, size_t start)
{
    hf_put_le(out->data + start + AT_LENGTH, 4, out->length - start);
}

int hf_field_bytes(struct hf_buf *out, enum hf_tag tag, const void *bytes, size_t length,
                   struct hf_error *err)
{
    if (hf_buf_append_le(out, 2, tag, err) || hf_buf_append_le(out, 4, length, err))
        return -1;
    return hf_buf_append(out, bytes, length, err);
}

int hf_field_text(struct hf_buf *out, enum hf_tag tag, const char *text, struct hf_error *err)
{
    return hf_field_bytes(out, tag, text, strlen(text), err);
}

int hf_field_number(struct hf_buf *out, enum hf_tag tag, int width, uint64_t value,
                    struct hf_error *err)
{
    uint8_t raw[8];
    hf_put_le(raw, width, value);
    return hf_field_bytes(out, tag, raw, (size_t)width, err);
}

int hf_header_parse(const uint8_t *bytes, size_t length, enum hf_object_kind kind,
                    struct hf_fields *fields, size_t *header_length, struct hf_error *err)
{
    if (length < HF_OBJECT_HEADER_BYTES || memcmp(bytes, magic, sizeof magic))
        return hf_error_set(err, HF_CORRUPT, "not an object of a Holdfast repository");
    uint64_t version = hf_get_le(bytes + AT_VERSION, 2);
    uint64_t required = hf_get_le(bytes + AT_REQUIRED, 4);
    if (version > HF_FORMAT_VERSION || required) {
        hf_error_set(err, HF_UNSUPPORTED, "written by a newer Holdfast (format %d, features %x)",
                     (int)version, (unsigned)required);
        return hf_error_hint(err, "use the version of Holdfast that wrote it, or a later one");
    }
    uint64_t total = hf_get_le(bytes + AT_LENGTH, 4);
    if (hf_get_le(bytes + AT_KIND, 2) != kind)
        return hf_error_set(err, HF_CORRUPT, "an object of another kind");
    if (total < HF_OBJECT_HEADER_BYTES || total > length || total > HF_OBJECT_HEADER_LIMIT)
        return hf_error_set(err, HF_CORRUPT, "header of impossible length");
    struct hf_fields found = {bytes + HF_OBJECT_HEADER_BYTES,
                              (size_t)total - HF_OBJECT_HEADER_BYTES};
    if (hf_fields_check(&found, err))
        return -1;
    *fields = found;
    *header_length = (size_t)total;
    return 0;
}

int hf_fields_check(const struct hf_fields *fields, struct hf_error *err)
{
    for (size_t at = 0; at < fields->length;) {
        if (fields->length - at < FIELD_BYTES)
            return hf_error_set(err, HF_CORRUPT, "field cut short");
        uint64_t length = hf_get_le(fields->bytes + at + 2, 4);
        at += FIELD_BYTES;
        if (length > fields->length - at)
            return hf_error_set(err, HF_CORRUPT, "field longer than what holds it");
        at += (size_t)length;
    }
    return 0;
}

bool hf_fields_next(const struct hf_fields *fields, enum hf_tag tag, size_t *cursor,
                    struct hf_fields *value)
{
    for (size_t at = *cursor; at < fields->length;) {
        const uint8_t *field = fields->bytes + at;
        size_t length = (size_t)hf_get_le(field + 2, 4);
        at += FIELD_BYTES + length;
        if (hf_get_le(field, 2) == tag) {
            *value = (struct hf_fields){field + FIELD_BYTES, length};
            *cursor = at;
            return true;
        }
    }
    return false;
}

const uint8_t *hf_fields_find(const struct hf_fields *fields, enum hf_tag tag, size_t *length)
{
    size_t cursor = 0;
    struct hf_fields value;
    if (!hf_fields_next(fields, tag, &cursor, &value))
        return NULL;
    *length = value.length;
    return value.bytes;
}

int hf_fields_number(const struct hf_fields *fields, enum hf_tag tag, uint64_t *value,
                     struct hf_error *err)
{
    size_t length;
    const uint8_t *bytes = hf_fields_find(fields, tag, &length);
    if (!bytes || length > 8)
        return hf_error_set(err, HF_CORRUPT, "field %d is missing or malformed", tag);
    *value = hf_get_le(bytes, (int)length);
    return 0;
}

uint64_t hf_fields_number_or(const struct hf_fields *fields, enum hf_tag tag, uint64_t otherwise)
{
    uint64_t value;
    return hf_fields_number(fields, tag, &value, NULL) ? otherwise : value;
}

int hf_fields_copy(const struct hf_fields *fields, enum hf_tag tag, void *out, size_t length,
                   struct hf_error *err)
{
    size_t found;
    const uint8_t *bytes = hf_fields_find(fields, tag, &found);
    if (!bytes || found != length)
        return hf_error_set(err, HF_CORRUPT, "field %d is missing or malformed", tag);
    memcpy(out, bytes, length);
    return 0;
}

void hf_fields_text(const struct hf_fields *fields, enum hf_tag tag, char *out, size_t size)
{
    size_t length = 0;
    const uint8_t *bytes = hf_fields_find(fields, tag, &length);
    if (length >= size)
        length = size - 1;
    if (bytes)
        memcpy(out, bytes, length);
    out[length] = 0;
}

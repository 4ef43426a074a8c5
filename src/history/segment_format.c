#include "history/segment_format.h"

enum {
    CIPHER_XCHACHA20_POLY1305 = 1,
    COMPRESSION_ZSTD = 1,
    WRAP_DERIVED = 1,
    PART_BYTES = 44,
};

static const char footer_magic[8] = "HFSEGEND";

void hf_segment_keys_release(struct hf_segment_keys *keys)
{
    hf_wipe(keys, sizeof *keys);
}

int hf_segment_header_encode(struct hf_buf *out, const struct hf_segment_name *name,
                             const uint8_t database[HF_ID_BYTES], const uint8_t key_id[HF_ID_BYTES],
                             const uint8_t salt[HF_SEGMENT_SALT_BYTES], struct hf_error *err)
{
    static const uint8_t wraps[1] = {WRAP_DERIVED};
    size_t start = out->length;
    if (hf_header_begin(out, HF_OBJECT_SEGMENT, err) ||
        hf_field_number(out, HF_TAG_CIPHER, 2, CIPHER_XCHACHA20_POLY1305, err) ||
        hf_field_number(out, HF_TAG_COMPRESSION, 2, COMPRESSION_ZSTD, err) ||
        hf_field_bytes(out, HF_TAG_KEY_ID, key_id, HF_ID_BYTES, err) ||
        hf_field_bytes(out, HF_TAG_DATABASE_ID, database, HF_ID_BYTES, err) ||
        hf_field_number(out, HF_TAG_LEVEL, 1, name->level, err) ||
        hf_field_number(out, HF_TAG_FROM, 8, name->from, err) ||
        hf_field_number(out, HF_TAG_TO, 8, name->to, err) ||
        hf_field_number(out, HF_TAG_EPOCH, 4, name->epoch, err) ||
        hf_field_number(out, HF_TAG_TIME, 8, (uint64_t)name->time, err) ||
        hf_field_number(out, HF_TAG_PART, 2, name->part, err) ||
        hf_field_bytes(out, HF_TAG_SALT, salt, HF_SEGMENT_SALT_BYTES, err) ||
        hf_field_bytes(out, HF_TAG_KEY_WRAPS, wraps, sizeof wraps, err))
        return -1;
    hf_header_end(out, start);
    return 0;
}

int hf_segment_header_check(const uint8_t *bytes, size_t length, const struct hf_segment_name *name,
                            const uint8_t database[HF_ID_BYTES], const uint8_t key_id[HF_ID_BYTES],
                            size_t *header_length, struct hf_error *err)
{
    struct hf_fields fields;
    uint8_t id[HF_ID_BYTES];
    size_t wraps;
    if (hf_header_parse(bytes, length, HF_OBJECT_SEGMENT, &fields, header_length, err) ||
        hf_fields_copy(&fields, HF_TAG_KEY_ID, id, sizeof id, err))
        return -1;
    const uint8_t *wrap = hf_fields_find(&fields, HF_TAG_KEY_WRAPS, &wraps);
    if (hf_fields_number_or(&fields, HF_TAG_CIPHER, 0) != CIPHER_XCHACHA20_POLY1305 ||
        hf_fields_number_or(&fields, HF_TAG_COMPRESSION, 0) != COMPRESSION_ZSTD || !wrap ||
        !wraps || wrap[0] != WRAP_DERIVED)
        return hf_error_set(err, HF_UNSUPPORTED,
                            "sealed or compressed in a way that this version does not know");
    if (memcmp(id, key_id, sizeof id))
        return hf_error_set(err, HF_CORRUPT, "sealed with another repository's key");
    if (hf_fields_copy(&fields, HF_TAG_DATABASE_ID, id, sizeof id, err))
        return -1;
    if (memcmp(id, database, sizeof id))
        return hf_error_set(err, HF_CORRUPT, "belongs to another database");
    if (hf_fields_number_or(&fields, HF_TAG_LEVEL, UINT64_MAX) != name->level ||
        hf_fields_number_or(&fields, HF_TAG_FROM, 0) != name->from ||
        hf_fields_number_or(&fields, HF_TAG_TO, 0) != name->to ||
        hf_fields_number_or(&fields, HF_TAG_EPOCH, UINT64_MAX) != name->epoch ||
        hf_fields_number_or(&fields, HF_TAG_TIME, UINT64_MAX) != (uint64_t)name->time ||
        hf_fields_number_or(&fields, HF_TAG_PART, UINT64_MAX) != name->part)
        return hf_error_set(err, HF_CORRUPT, "stored under another segment's name");
    return 0;
}

void hf_segment_keys_derive(struct hf_segment_keys *out, const struct hf_key *master,
                            const uint8_t *header, size_t length)
{
    hf_auto(hf_key) struct hf_key segment;
    hf_key_derive(&segment, master, "holdfast segment", header, length);
    hf_key_derive(&out->frames, &segment, "frames", NULL, 0);
    hf_key_derive(&out->index, &segment, "index", NULL, 0);
    hf_key_derive(&out->root, &segment, "root", NULL, 0);
    hf_key_derive(&out->trailer, &segment, "trailer", NULL, 0);
    hf_key_derive(&out->dictionary, &segment, "dictionary", NULL, 0);
}

static int encode_parts(struct hf_buf *out, const struct hf_trailer *trailer, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf list = {0};
    for (uint32_t i = 0; i < trailer->parts; i++) {
        const struct hf_part *part = &trailer->part[i];
        if (hf_buf_append_le(&list, 4, part->part, err) ||
            hf_buf_append_le(&list, 8, part->length, err) ||
            hf_buf_append(&list, part->digest, sizeof part->digest, err))
            return -1;
    }
    return hf_field_bytes(out, HF_TAG_PARTS, list.data, list.length, err);
}

int hf_trailer_encode(struct hf_buf *out, const struct hf_trailer *trailer, struct hf_error *err)
{
    if (hf_field_number(out, HF_TAG_PAGE_SIZE, 4, trailer->page_size, err) ||
        hf_field_number(out, HF_TAG_PAGE_COUNT, 4, trailer->page_count, err) ||
        hf_field_number(out, HF_TAG_PAGE_MIN, 4, trailer->page_min, err) ||
        hf_field_number(out, HF_TAG_LOCK_BYTE_PAGE, 4, trailer->lock_byte_page, err) ||
        hf_field_number(out, HF_TAG_FIRST_COMMIT, 8, (uint64_t)trailer->first_commit, err) ||
        hf_field_number(out, HF_TAG_LAST_COMMIT, 8, (uint64_t)trailer->last_commit, err) ||
        hf_field_number(out, HF_TAG_STATE_BEFORE, 8, trailer->state_before, err) ||
        hf_field_number(out, HF_TAG_STATE_AFTER, 8, trailer->state_after, err) ||
        hf_field_number(out, HF_TAG_FLAGS, 4, trailer->flags, err) ||
        hf_field_text(out, HF_TAG_LABEL, trailer->label, err) ||
        hf_field_text(out, HF_TAG_REASON, trailer->reason, err) ||
        hf_field_number(out, HF_TAG_PAGES_STORED, 8, trailer->pages_stored, err))
        return -1;
    if (trailer->fingerprints &&
        (hf_field_text(out, HF_TAG_NAME, trailer->database_name, err) ||
         hf_field_bytes(out, HF_TAG_FINGERPRINT_SECRET, trailer->fingerprints->secret,
                        HF_FINGERPRINT_SECRET, err)))
        return -1;
    return encode_parts(out, trailer, err);
}

static int decode_parts(struct hf_trailer *out, const struct hf_fields *fields,
                        struct hf_error *err)
{
    size_t length = 0;
    const uint8_t *bytes = hf_fields_find(fields, HF_TAG_PARTS, &length);
    if (length % PART_BYTES)
        return hf_error_set(err, HF_CORRUPT, "list of parts that does not add up");
    out->parts = (uint32_t)(length / PART_BYTES);
    if (!out->parts)
        return 0;
    out->part = calloc(out->parts, sizeof *out->part);
    if (!out->part)
        return hf_error_memory(err);
    for (uint32_t i = 0; i < out->parts; i++, bytes += PART_BYTES) {
        out->part[i].part = (uint16_t)hf_get_le(bytes, 4);
        out->part[i].length = hf_get_le(bytes + 4, 8);
        memcpy(out->part[i].digest, bytes + 12, HF_DIGEST_BYTES);
    }
    return 0;
}

int hf_trailer_decode(struct hf_trailer *out, const uint8_t *bytes, size_t length,
                      struct hf_error *err)
{
    struct hf_fields fields = {bytes, length};
    struct hf_trailer trailer = {0};
    uint64_t page_size, page_count, page_min, lock_byte_page, flags;
    if (hf_fields_check(&fields, err) ||
        hf_fields_number(&fields, HF_TAG_PAGE_SIZE, &page_size, err) ||
        hf_fields_number(&fields, HF_TAG_PAGE_COUNT, &page_count, err) ||
        hf_fields_number(&fields, HF_TAG_PAGE_MIN, &page_min, err) ||
        hf_fields_number(&fields, HF_TAG_LOCK_BYTE_PAGE, &lock_byte_page, err) ||
        hf_fields_number(&fields, HF_TAG_STATE_BEFORE, &trailer.state_before, err) ||
        hf_fields_number(&fields, HF_TAG_STATE_AFTER, &trailer.state_after, err) ||
        hf_fields_number(&fields, HF_TAG_FLAGS, &flags, err) ||
        decode_parts(&trailer, &fields, err))
        return -1;
    if (page_size < 512 || page_size > 65536 || (page_size & (page_size - 1)) ||
        page_count > UINT32_MAX || page_min > page_count || !lock_byte_page ||
        lock_byte_page > UINT32_MAX) {
        hf_trailer_release(&trailer);
        return hf_error_set(err, HF_CORRUPT, "trailer that does not add up");
    }
    trailer.page_size = (uint32_t)page_size;
    trailer.page_count = (uint32_t)page_count;
    trailer.page_min = (uint32_t)page_min;
    trailer.lock_byte_page = (uint32_t)lock_byte_page;
    trailer.flags = (uint32_t)flags;
    trailer.first_commit = (int64_t)hf_fields_number_or(&fields, HF_TAG_FIRST_COMMIT, 0);
    trailer.last_commit = (int64_t)hf_fields_number_or(&fields, HF_TAG_LAST_COMMIT, 0);
    trailer.pages_stored = hf_fields_number_or(&fields, HF_TAG_PAGES_STORED, 0);
    hf_fields_text(&fields, HF_TAG_LABEL, trailer.label, sizeof trailer.label);
    hf_fields_text(&fields, HF_TAG_REASON, trailer.reason, sizeof trailer.reason);
    *out = trailer;
    return 0;
}

void hf_trailer_release(struct hf_trailer *trailer)
{
    free(trailer->part);
    *trailer = (struct hf_trailer){0};
}

void hf_footer_encode(uint8_t out[HF_FOOTER_BYTES - HF_DIGEST_BYTES],
                      const struct hf_footer *footer, uint64_t object_length)
{
    memset(out, 0, HF_FOOTER_BYTES - HF_DIGEST_BYTES);
    memcpy(out, footer_magic, sizeof footer_magic);
    hf_put_le(out + 8, 8, footer->dictionary_offset);
    hf_put_le(out + 16, 4, footer->dictionary_length);
    hf_put_le(out + 24, 8, footer->index_offset);
    hf_put_le(out + 32, 8, footer->root_offset);
    hf_put_le(out + 40, 4, footer->root_length);
    hf_put_le(out + 44, 4, footer->trailer_length);
    hf_put_le(out + 48, 8, object_length);
}

int hf_footer_decode(struct hf_footer *out, const uint8_t bytes[HF_FOOTER_BYTES],
                     uint64_t object_length, struct hf_error *err)
{
    struct hf_footer footer = {
        .dictionary_offset = hf_get_le(bytes + 8, 8),
        .dictionary_length = (uint32_t)hf_get_le(bytes + 16, 4),
        .index_offset = hf_get_le(bytes + 24, 8),
        .root_offset = hf_get_le(bytes + 32, 8),
        .root_length = (uint32_t)hf_get_le(bytes + 40, 4),
        .trailer_length = (uint32_t)hf_get_le(bytes + 44, 4),
    };
    uint64_t end = object_length - HF_FOOTER_BYTES;
    uint8_t again[HF_FOOTER_BYTES - HF_DIGEST_BYTES];
    hf_footer_encode(again, &footer, object_length);
    if (memcmp(again, bytes, sizeof again) || footer.index_offset > footer.root_offset ||
        footer.root_offset > end ||
        (uint64_t)footer.root_length + footer.trailer_length != end - footer.root_offset ||
        footer.dictionary_offset > footer.index_offset ||
        footer.dictionary_length > footer.index_offset - footer.dictionary_offset)
        return hf_error_set(err, HF_CORRUPT, "cut short or damaged at its end");
    *out = footer;
    return 0;
}

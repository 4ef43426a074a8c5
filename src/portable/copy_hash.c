#include "portable/copy_hash.h"

#include <string.h>

#include "base/text.h"

enum { ROW = 0xff };

void hf_copy_hash_init(struct hf_copy_hash *hash)
{
    hash->held = 0;
    hf_digest_init(&hash->digest);
}

static void hand_on(struct hf_copy_hash *hash)
{
    hf_digest_update(&hash->digest, hash->room, hash->held);
    hash->held = 0;
}

/* A type and, for most, eight bytes. */
static void add(struct hf_copy_hash *hash, uint8_t type, int bytes, uint64_t number)
{
    if (hash->held + 9 > sizeof hash->room)
        hand_on(hash);
    hash->room[hash->held++] = type;
    hf_put_le(hash->room + hash->held, bytes, number);
    hash->held += (size_t)bytes;
}

void hf_copy_hash_row(struct hf_copy_hash *hash)
{
    add(hash, ROW, 0, 0);
}

void hf_copy_hash_value(struct hf_copy_hash *hash, const struct hf_copy_value *value)
{
    uint64_t bits;
    switch (value->type) {
    case HF_COPY_NULL:
        add(hash, HF_COPY_NULL, 0, 0);
        break;
    case HF_COPY_INTEGER:
        add(hash, HF_COPY_INTEGER, 8, (uint64_t)value->integer);
        break;
    case HF_COPY_REAL:
        memcpy(&bits, &value->real, sizeof bits);
        add(hash, HF_COPY_REAL, 8, bits);
        break;
    case HF_COPY_TEXT:
    case HF_COPY_BLOB:
    case HF_COPY_TEXT16:
        add(hash, (uint8_t)value->type, 8, value->length);
        if (value->length > sizeof hash->room - hash->held)
            hand_on(hash);
        if (value->length > sizeof hash->room) {
            hf_digest_update(&hash->digest, value->bytes, value->length);
        } else if (value->length) {
            memcpy(hash->room + hash->held, value->bytes, value->length);
            hash->held += value->length;
        }
        break;
    }
}

void hf_copy_checksum_text(char out[HF_COPY_CHECKSUM_TEXT], const uint8_t digest[HF_DIGEST_BYTES])
{
    memcpy(out, "blake2b-256:", 12);
    hf_hex_encode(out + 12, digest, HF_DIGEST_BYTES);
}

void hf_copy_hash_final(struct hf_copy_hash *hash, char out[HF_COPY_CHECKSUM_TEXT])
{
    uint8_t digest[HF_DIGEST_BYTES];
    hand_on(hash);
    hf_digest_final(&hash->digest, digest);
    hf_copy_checksum_text(out, digest);
}

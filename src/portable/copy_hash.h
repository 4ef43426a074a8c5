/*
 * The checksum of a table's rows in a portable copy: BLAKE2b-256 over what the rows hold, whatever
 * the JSON around it looks like. docs/portable.md, "Checksums", has the bytes.
 */
#ifndef HF_PORTABLE_COPY_HASH_H
#define HF_PORTABLE_COPY_HASH_H

#include <stdbool.h>

#include "base/bytes.h"
#include "codec/digest.h"

/* "blake2b-256:" and 64 hexadecimal digits. */
enum { HF_COPY_CHECKSUM_TEXT = 12 + 64 + 1 };

enum hf_copy_type {
    HF_COPY_NULL,
    HF_COPY_INTEGER,
    HF_COPY_REAL,
    HF_COPY_TEXT, /* bytes in UTF-8, well-formed or not */
    HF_COPY_BLOB,
    HF_COPY_TEXT16, /* UTF-16LE that is not well-formed */
};

/* One value. `bytes` is borrowed. */
struct hf_copy_value {
    enum hf_copy_type type;
    int64_t integer;
    double real;
    bool is_broken; /* TEXT that was carried as bytes, since it is no UTF-8 */
    const void *bytes;
    size_t length;
};

/* Single-owner; not to be moved. */
struct hf_copy_hash {
    struct hf_digest digest;
    size_t held;
    uint8_t room[8192];
};

void hf_copy_hash_init(struct hf_copy_hash *hash);
void hf_copy_hash_row(struct hf_copy_hash *hash); /* before each row */
void hf_copy_hash_value(struct hf_copy_hash *hash, const struct hf_copy_value *value);
void hf_copy_hash_final(struct hf_copy_hash *hash, char out[HF_COPY_CHECKSUM_TEXT]);

/* The same form for any digest. */
void hf_copy_checksum_text(char out[HF_COPY_CHECKSUM_TEXT], const uint8_t digest[HF_DIGEST_BYTES]);

#endif

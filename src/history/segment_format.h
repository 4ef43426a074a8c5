/*
 * A segment's header, keys, trailer and footer as bytes (docs/format.md, "Segments"). Pure.
 */
#ifndef HF_HISTORY_SEGMENT_FORMAT_H
#define HF_HISTORY_SEGMENT_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/digest.h"
#include "codec/fingerprint.h"
#include "codec/key.h"
#include "history/object_header.h"
#include "history/record.h"
#include "history/segment_name.h"

enum {
    HF_SEGMENT_SALT_BYTES = 32,
    HF_FOOTER_BYTES = 96,
    HF_LABEL_TEXT = 129,
    HF_REASON_TEXT = 33,
    HF_PART_PAGE_BYTES = 1 << 30,        /* page images in one part, at most */
    HF_DICTIONARY_FROM_BYTES = 16 << 20, /* a segment with fewer page bytes has no dictionary */
};

/* Keys of one object, each for one use. Wiped by release. */
struct hf_segment_keys {
    struct hf_key frames, index, root, trailer, dictionary;
};
void hf_segment_keys_release(struct hf_segment_keys *keys);
HF_AUTO_RELEASE(hf_segment_keys)

/* Appends the plain header of an object; `salt` makes its keys its own. */
int hf_segment_header_encode(struct hf_buf *out, const struct hf_segment_name *name,
                             const uint8_t database[HF_ID_BYTES], const uint8_t key_id[HF_ID_BYTES],
                             const uint8_t salt[HF_SEGMENT_SALT_BYTES], struct hf_error *err);

/* HF_CORRUPT unless the header at the beginning of `bytes` says exactly this name and database;
 * HF_WRONG_KEY for another key id. Writes its length. */
int hf_segment_header_check(const uint8_t *bytes, size_t length, const struct hf_segment_name *name,
                            const uint8_t database[HF_ID_BYTES], const uint8_t key_id[HF_ID_BYTES],
                            size_t *header_length, struct hf_error *err);

/* From the master key and the whole header. */
void hf_segment_keys_derive(struct hf_segment_keys *out, const struct hf_key *master,
                            const uint8_t *header, size_t length);

enum { HF_SEGMENT_FULL = 1, HF_SEGMENT_PINNED = 2 };

/* Another part of the same segment. */
struct hf_part {
    uint16_t part;
    uint64_t length;
    uint8_t digest[HF_DIGEST_BYTES];
};

struct hf_trailer {
    uint32_t page_size;
    uint32_t page_count;                /* after */
    uint32_t page_min;                  /* the lowest page count within the range */
    uint32_t lock_byte_page;            /* never stored */
    int64_t first_commit, last_commit;  /* ms */
    uint64_t state_before, state_after; /* fingerprints; before counts only when not full */
    uint32_t flags;
    char label[HF_LABEL_TEXT];
    char reason[HF_REASON_TEXT]; /* "manual", "before restore", ... */
    uint64_t pages_stored;       /* in all parts */
    /* Of a full segment: what the database's `about` holds, so that one can be made from the other.
     */
    const struct hf_fingerprint_key *fingerprints; /* borrowed; NULL in a trailer that was read */
    const char *database_name;
    uint32_t parts;
    struct hf_part *part; /* owned */
};

int hf_trailer_encode(struct hf_buf *out, const struct hf_trailer *trailer, struct hf_error *err);
int hf_trailer_decode(struct hf_trailer *out, const uint8_t *bytes, size_t length,
                      struct hf_error *err);
void hf_trailer_release(struct hf_trailer *trailer);
HF_AUTO_RELEASE(hf_trailer)

/* Where the pieces of an object are. Index root, trailer and footer are contiguous at its end. */
struct hf_footer {
    uint64_t dictionary_offset;
    uint32_t dictionary_length; /* sealed; 0: none */
    uint64_t index_offset;
    uint64_t root_offset;
    uint32_t root_length;    /* sealed */
    uint32_t trailer_length; /* sealed; 0 in a part that does not close the segment */
};

/* Writes the footer but its last 32 bytes, the BLAKE2b-256 of all before. */
void hf_footer_encode(uint8_t out[HF_FOOTER_BYTES - HF_DIGEST_BYTES],
                      const struct hf_footer *footer, uint64_t object_length);

/* HF_CORRUPT unless the places are possible in an object of this length. */
int hf_footer_decode(struct hf_footer *out, const uint8_t bytes[HF_FOOTER_BYTES],
                     uint64_t object_length, struct hf_error *err);

#endif

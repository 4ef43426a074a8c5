#include "portable/copy_proof.h"

#include <stdio.h>
#include <string.h>

static void print_tail(char out[HF_COPY_TAIL + 1], const char *checksum)
{
    snprintf(out, HF_COPY_TAIL + 1, "\n  \"checksum\": \"%s\"\n}\n", checksum);
}

static void take_checksum(struct hf_digest *digest, char out[HF_COPY_CHECKSUM_TEXT])
{
    uint8_t bytes[HF_DIGEST_BYTES];
    hf_digest_final(digest, bytes);
    hf_copy_checksum_text(out, bytes);
}

static int seal_write(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    struct hf_copy_seal *seal = context;
    hf_digest_update(&seal->digest, bytes, length);
    return hf_sink_write(seal->below, bytes, length, err);
}

void hf_copy_seal_init(struct hf_copy_seal *seal, const struct hf_sink *below)
{
    *seal = (struct hf_copy_seal){.sink = {.context = seal, .write = seal_write}, .below = below};
    hf_digest_init(&seal->digest);
}

int hf_copy_seal_close(struct hf_copy_seal *seal, char checksum[HF_COPY_CHECKSUM_TEXT],
                       struct hf_error *err)
{
    char tail[HF_COPY_TAIL + 1];
    if (hf_sink_write(&seal->sink, ",", 1, err))
        return -1;
    take_checksum(&seal->digest, checksum);
    print_tail(tail, checksum);
    return hf_sink_write(seal->below, tail, HF_COPY_TAIL, err);
}

/* What can no longer be part of the tail goes into the digest. */
static void take(struct hf_copy_proof *proof, const char *bytes, size_t length)
{
    size_t held = proof->tail_length;
    size_t over = held + length > HF_COPY_TAIL ? held + length - HF_COPY_TAIL : 0;
    size_t from_tail = over < held ? over : held, from_bytes = over - from_tail;
    hf_digest_update(&proof->digest, proof->tail, from_tail);
    hf_digest_update(&proof->digest, bytes, from_bytes);
    memmove(proof->tail, proof->tail + from_tail, held - from_tail);
    memcpy(proof->tail + held - from_tail, bytes + from_bytes, length - from_bytes);
    proof->tail_length = held + length - over;
}

static int64_t proof_read(void *context, void *out, size_t capacity, struct hf_error *err)
{
    struct hf_copy_proof *proof = context;
    int64_t got = hf_source_read(proof->below, out, capacity, err);
    if (got > 0)
        take(proof, out, (size_t)got);
    return got;
}

void hf_copy_proof_init(struct hf_copy_proof *proof, const struct hf_source *below)
{
    *proof =
        (struct hf_copy_proof){.source = {.context = proof, .read = proof_read}, .below = below};
    hf_digest_init(&proof->digest);
}

bool hf_copy_proof_holds(struct hf_copy_proof *proof)
{
    char checksum[HF_COPY_CHECKSUM_TEXT], tail[HF_COPY_TAIL + 1];
    take_checksum(&proof->digest, checksum);
    print_tail(tail, checksum);
    return proof->tail_length == HF_COPY_TAIL && !memcmp(proof->tail, tail, HF_COPY_TAIL);
}

int hf_copy_proof_hint(struct hf_error *err)
{
    return hf_error_hint_typed(err, "--edited",
                               "take another copy, or say that this one was changed on purpose");
}

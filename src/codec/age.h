/*
 * The age format, version 1 (https://age-encryption.org/v1), as filters in a stream: what is
 * written here `age -d` opens, and what `age` wrote is opened here.
 *
 * Recipients are X25519 keys ("age1...") or one passphrase (scrypt). The plaintext is given on only
 * as far as it is proven, 64 KiB at a time; a stream that is cut ends in an error and never like a
 * whole one. hf_codec_init must have succeeded. All secrets are wiped by the free functions.
 */
#ifndef HF_CODEC_AGE_H
#define HF_CODEC_AGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/stream.h"

/* log2 of scrypt's N. What is written takes 64 MiB and a quarter of a second, which a small board
 * can afford; what is read may ask for 4 GiB. */
enum { HF_AGE_WORK = 16, HF_AGE_MOST_WORK = 22 };

enum { HF_AGE_KEY_BYTES = 32, HF_AGE_MOST_RECIPIENTS = 20 };

struct hf_age_recipient {
    uint8_t key[HF_AGE_KEY_BYTES];
};

struct hf_age_identity {
    uint8_t secret[HF_AGE_KEY_BYTES];
    uint8_t key[HF_AGE_KEY_BYTES]; /* public */
};

/* "age1...": HF_USAGE when it is none. */
int hf_age_recipient_parse(struct hf_age_recipient *out, const char *text, struct hf_error *err);

/* "AGE-SECRET-KEY-1...": HF_WRONG_KEY when it is none; the text is never repeated. */
int hf_age_identity_parse(struct hf_age_identity *out, const char *text, struct hf_error *err);

/* The lines of an identity file as age-keygen writes it: keys, comments, blank lines. `text` is
 * changed. Fills at most `most`; returns how many, at least 1, or -1. */
int hf_age_identities_parse(struct hf_age_identity *out, int most, char *text,
                            struct hf_error *err);

struct hf_age_encryption {
    const struct hf_age_recipient *recipients; /* up to HF_AGE_MOST_RECIPIENTS */
    int recipient_count;
    const char *passphrase; /* instead of recipients: the format has it stand alone */
    int work;               /* 0: HF_AGE_WORK */
    int (*random)(void *context, void *out, size_t length, struct hf_error *err);
    void *random_context;
};

/* Writes the header at once. `below` is borrowed and not finished. Single-owner. */
struct hf_age_writer;
struct hf_age_writer *hf_age_writer_new(const struct hf_sink *below,
                                        const struct hf_age_encryption *how, struct hf_error *err);
struct hf_sink hf_age_writer_sink(struct hf_age_writer *writer);
void hf_age_writer_free(struct hf_age_writer *writer);
HF_AUTO_FREE(hf_age_writer)

struct hf_age_decryption {
    const struct hf_age_identity *identities;
    int identity_count;
    const char *passphrase; /* or NULL */
};

/* Reads the header at once: HF_WRONG_KEY when nothing given opens it, HF_CORRUPT when it is no age
 * header or was changed. `below` is borrowed. Single-owner. */
struct hf_age_reader;
struct hf_age_reader *hf_age_reader_new(const struct hf_source *below,
                                        const struct hf_age_decryption *how, struct hf_error *err);
struct hf_source hf_age_reader_source(struct hf_age_reader *reader);
void hf_age_reader_free(struct hf_age_reader *reader);
HF_AUTO_FREE(hf_age_reader)

/* The first bytes of every such file. */
#define HF_AGE_MAGIC "age-encryption.org/v1\n"

#endif

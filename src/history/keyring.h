/*
 * Key slots: each is one object, keys/<slot>, with the repository's master key wrapped by
 * something that a person or a host has (docs/format.md, "Key slots"). A slot is bound to
 * repository and key id; segments never change when slots do.
 */
#ifndef HF_HISTORY_KEYRING_H
#define HF_HISTORY_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/key.h"
#include "history/record.h"
#include "os/env.h"
#include "store/store.h"

enum hf_slot_kind {
    HF_SLOT_PLAIN = 1,      /* opens by itself: protects nothing */
    HF_SLOT_PASSPHRASE = 2, /* Argon2id */
    HF_SLOT_KEYFILE = 3,
};

enum { HF_SLOT_ID_TEXT = 9, HF_SLOT_NAME_TEXT = 65 };

/* "plain", "passphrase", "keyfile" */
const char *hf_slot_kind_name(enum hf_slot_kind kind);

/* What a host can offer to open a repository; members are NULL when it has none. Borrowed. */
struct hf_unlock {
    const char *passphrase;
    const void *keyfile; /* contents */
    size_t keyfile_length;
    const struct hf_key *recovery; /* the master key itself */
};

struct hf_slot {
    char id[HF_SLOT_ID_TEXT]; /* 8 hexadecimal digits */
    char name[HF_SLOT_NAME_TEXT];
    enum hf_slot_kind kind;
    int64_t created;
    struct hf_argon argon; /* of a passphrase slot */
    bool newer;            /* with kind 0: not damaged, but of a kind that is not known here */
};

/* What a slot is to be made from: a kind and what goes with it in `secret`. */
struct hf_new_slot {
    enum hf_slot_kind kind;
    const char *name; /* a person's name for it, or NULL */
    const struct hf_unlock *secret;
};

/* The 16 public bytes that say which master key something belongs to. */
void hf_key_id(uint8_t out[HF_ID_BYTES], const struct hf_key *master);

/* Writes a slot and, before it returns, reads it back and opens it. */
int hf_keyring_add(struct hf_store *store, const struct hf_record_keys *keys,
                   const struct hf_new_slot *wanted, struct hf_slot *made, struct hf_error *err);

/* Calls `each` for every slot of this repository. Slots of others (left by two hosts that made the
 * repository at once) are passed over; damaged ones are given with kind 0 and their id. */
int hf_keyring_list(struct hf_store *store, const uint8_t repository[HF_ID_BYTES],
                    int (*each)(void *arg, const struct hf_slot *slot, struct hf_error *err),
                    void *arg, struct hf_error *err);

/*
 * Finds the master key: with the recovery key itself, else through the first slot that opens. A
 * slot that cannot be tried (its parameters are absurd) does not keep the others from opening.
 * HF_WRONG_KEY says what was offered and what the repository wants. `opened` becomes the slot's id,
 * "" with the recovery key.
 */
int hf_keyring_unlock(struct hf_store *store, const uint8_t repository[HF_ID_BYTES],
                      const uint8_t key_id[HF_ID_BYTES], const struct hf_unlock *unlock,
                      struct hf_key *master, char opened[HF_SLOT_ID_TEXT], struct hf_error *err);

/* The one with this id, or the only one with this name. HF_NOT_FOUND; HF_REFUSED: several. */
int hf_keyring_find(struct hf_store *store, const uint8_t repository[HF_ID_BYTES],
                    const char *which, struct hf_slot *out, struct hf_error *err);

/* Removes a slot by id or name. HF_REFUSED for the last one that is whole; HF_NOT_FOUND. */
int hf_keyring_remove(struct hf_store *store, const struct hf_record_keys *keys, const char *which,
                      struct hf_error *err);

#endif

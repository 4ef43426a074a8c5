/*
 * A repository: the place that keeps history (docs/format.md). Opening it proves the key.
 * Immutable once open: may be used by several threads.
 */
#ifndef HF_HISTORY_REPOSITORY_H
#define HF_HISTORY_REPOSITORY_H

#include <stdbool.h>
#include <stdint.h>

#include "history/keyring.h"
#include "history/record.h"
#include "store/store.h"

struct hf_repository {
    struct hf_store *store; /* owned */
    struct hf_record_keys keys;
    uint8_t key_id[HF_ID_BYTES];
    char opened_with[HF_SLOT_ID_TEXT]; /* the key slot's id; "": the recovery key */
    int64_t created;
};

/*
 * Makes a repository with one slot in an empty store. Two hosts that do so at once end with one
 * repository: the second opens what the first made, when its secret fits. HF_EXISTS when there is
 * one already; HF_REFUSED when the store holds anything else. Takes `store` in any case.
 */
struct hf_repository *hf_repository_create(struct hf_store *store, const struct hf_env *env,
                                           const struct hf_new_slot *slot, struct hf_error *err);

/*
 * Opens. HF_NOT_FOUND: nothing there. HF_CORRUPT: not a repository, or damaged. HF_UNSUPPORTED:
 * newer format. HF_WRONG_KEY. Takes `store` in any case.
 */
struct hf_repository *hf_repository_open(struct hf_store *store, const struct hf_env *env,
                                         const struct hf_unlock *unlock, struct hf_error *err);

/* True when every whole slot asks for a secret: without one of kind plain. */
int hf_repository_is_encrypted(const struct hf_repository *repository, bool *encrypted,
                               struct hf_error *err);

/* Writes holdfast.json again from what the key slots say, when it is missing or damaged. Returns 1
 * when it did (or would: `really` false), 0 when there was nothing to do. HF_CORRUPT when no slot
 * is whole, or it cannot be told whose repository this is. */
int hf_repository_repair_head(struct hf_store *store, bool really, struct hf_error *err);

void hf_repository_free(struct hf_repository *repository);
HF_AUTO_FREE(hf_repository)

#endif

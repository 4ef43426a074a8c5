/*
 * The key slots of a repository, as `holdfast key` and the console tell of them and replace them.
 */
#ifndef HF_SERVICE_KEY_SLOTS_H
#define HF_SERVICE_KEY_SLOTS_H

#include <jansson.h>

#include "history/repository.h"

/* The members of docs/json.md, "key list", of one slot. */
void hf_key_slot_json(json_t *item, const struct hf_slot *slot,
                      const struct hf_repository *repository);

/* All of them into `list`. */
int hf_key_slots_json(json_t *list, const struct hf_repository *repository, struct hf_error *err);

/* Replaces `which` (an id or a name): the new slot is there and proven before the old one goes. */
int hf_key_slot_rotate(const struct hf_repository *repository, const char *which,
                       const struct hf_new_slot *wanted, struct hf_slot *made,
                       struct hf_error *err);

#endif

#include "service/key_slots.h"

#include <string.h>

#include "service/json_members.h"

void hf_key_slot_json(json_t *item, const struct hf_slot *slot,
                      const struct hf_repository *repository)
{
    hf_json_text(item, "slot", slot->id);
    hf_json_text(item, "kind", hf_slot_kind_name(slot->kind));
    hf_json_text(item, "name", slot->name[0] ? slot->name : NULL);
    hf_json_time(item, "created", slot->created);
    hf_json_boolean(item, "in_use", !strcmp(slot->id, repository->opened_with));
}

struct listing {
    json_t *list;
    const struct hf_repository *repository;
};

static int add_slot(void *context, const struct hf_slot *slot, struct hf_error *err)
{
    const struct listing *listing = context;
    (void)err;
    hf_key_slot_json(hf_json_item(listing->list), slot, listing->repository);
    return 0;
}

int hf_key_slots_json(json_t *list, const struct hf_repository *repository, struct hf_error *err)
{
    struct listing listing = {list, repository};
    return hf_keyring_list(repository->store, repository->keys.repository, add_slot, &listing, err);
}

int hf_key_slot_rotate(const struct hf_repository *repository, const char *which,
                       const struct hf_new_slot *wanted, struct hf_slot *made, struct hf_error *err)
{
    struct hf_slot old, fresh;
    if (hf_keyring_find(repository->store, repository->keys.repository, which, &old, err) ||
        hf_keyring_add(repository->store, &repository->keys, wanted, &fresh, err))
        return -1;
    if (hf_keyring_remove(repository->store, &repository->keys, old.id, err)) /* not by its name,
                                                                which the new one may have */
        return hf_error_wrap(err, "slot %s was added, and the old one is still there", fresh.id);
    *made = fresh;
    return 0;
}

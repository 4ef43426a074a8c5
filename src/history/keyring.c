#include "history/keyring.h"

#include <stdio.h>

#include "base/text.h"
#include "codec/digest.h"
#include "codec/seal.h"

static const char prefix[] = "keys/";

const char *hf_slot_kind_name(enum hf_slot_kind kind)
{
    switch (kind) {
    case HF_SLOT_PLAIN:
        return "plain";
    case HF_SLOT_PASSPHRASE:
        return "passphrase";
    case HF_SLOT_KEYFILE:
        return "keyfile";
    }
    return "damaged";
}

void hf_key_id(uint8_t out[HF_ID_BYTES], const struct hf_key *master)
{
    hf_auto(hf_key) struct hf_key id;
    hf_key_derive(&id, master, "holdfast key id", NULL, 0);
    memcpy(out, id.bytes, HF_ID_BYTES);
}

/* A slot as it lies in the store. */
struct stored_slot {
    struct hf_buf object;
    struct hf_slot slot;
    uint8_t repository[HF_ID_BYTES];
    uint8_t key_id[HF_ID_BYTES];
    uint8_t nonce[HF_NONCE_BYTES];
    size_t header; /* its length: the wrapped key follows */
};

static void stored_slot_release(struct stored_slot *stored)
{
    hf_buf_release(&stored->object);
}
HF_AUTO_RELEASE(stored_slot)

static void key_of_slot(char *out, size_t size, const char *id)
{
    snprintf(out, size, "%s%s", prefix, id);
}

static int parse_slot(struct stored_slot *stored, struct hf_error *err)
{
    struct hf_fields fields;
    struct hf_slot *slot = &stored->slot;
    size_t end = stored->object.length - HF_DIGEST_BYTES;
    uint64_t kind;
    if (hf_header_parse(stored->object.data, end, HF_OBJECT_KEY_SLOT, &fields, &stored->header,
                        err) ||
        hf_fields_number(&fields, HF_TAG_SLOT_KIND, &kind, err) ||
        hf_fields_copy(&fields, HF_TAG_REPOSITORY_ID, stored->repository, HF_ID_BYTES, err) ||
        hf_fields_copy(&fields, HF_TAG_KEY_ID, stored->key_id, HF_ID_BYTES, err) ||
        hf_fields_copy(&fields, HF_TAG_NONCE, stored->nonce, sizeof stored->nonce, err))
        return -1;
    if (end - stored->header != HF_KEY_BYTES + HF_SEAL_BYTES)
        return hf_error_set(err, HF_CORRUPT, "wrapped key of impossible length");
    if (kind < HF_SLOT_PLAIN || kind > HF_SLOT_KEYFILE)
        return hf_error_set(err, HF_UNSUPPORTED, "key slot of an unknown kind");
    slot->kind = (enum hf_slot_kind)kind;
    slot->created = (int64_t)hf_fields_number_or(&fields, HF_TAG_CREATED, 0);
    hf_fields_text(&fields, HF_TAG_NAME, slot->name, sizeof slot->name);
    if (slot->kind != HF_SLOT_PASSPHRASE)
        return 0;
    uint64_t passes;
    if (hf_fields_copy(&fields, HF_TAG_ARGON_SALT, slot->argon.salt, sizeof slot->argon.salt,
                       err) ||
        hf_fields_number(&fields, HF_TAG_ARGON_PASSES, &passes, err) ||
        hf_fields_number(&fields, HF_TAG_ARGON_MEMORY, &slot->argon.memory, err))
        return -1;
    slot->argon.passes = passes > UINT32_MAX ? UINT32_MAX : (uint32_t)passes;
    return 0;
}

static int load_slot(struct hf_store *store, const char *id, struct stored_slot *stored,
                     struct hf_error *err)
{
    char name[64];
    key_of_slot(name, sizeof name, id);
    snprintf(stored->slot.id, sizeof stored->slot.id, "%s", id);
    if (hf_object_load(store, name, &stored->object, err))
        return -1;
    if (parse_slot(stored, err))
        return hf_error_wrap(err, "key slot '%s'", id);
    return 0;
}

static bool offered(const struct hf_unlock *unlock, enum hf_slot_kind kind)
{
    return kind == HF_SLOT_PLAIN || (kind == HF_SLOT_PASSPHRASE && unlock->passphrase) ||
           (kind == HF_SLOT_KEYFILE && unlock->keyfile);
}

/* The key that wraps the master key in a slot. */
static int wrapping_key(struct hf_key *out, const struct hf_slot *slot,
                        const struct hf_unlock *secret, struct hf_error *err)
{
    static const struct hf_key zero;
    switch (slot->kind) {
    case HF_SLOT_PASSPHRASE:
        return hf_key_from_passphrase(out, secret->passphrase, &slot->argon, err);
    case HF_SLOT_KEYFILE:
        return hf_key_from_keyfile(out, secret->keyfile, secret->keyfile_length, err);
    case HF_SLOT_PLAIN:
        hf_key_derive(out, &zero, "holdfast plain slot", NULL, 0);
        return 0;
    }
    return hf_error_set(err, HF_UNSUPPORTED, "key slot of an unknown kind");
}

/* 1: opened; 0: not with this secret; -1: could not find out. */
static int open_slot(const struct stored_slot *stored, const struct hf_unlock *unlock,
                     struct hf_key *master, struct hf_error *err)
{
    hf_auto(hf_key) struct hf_key key = {0}, found = {0};
    uint8_t id[HF_ID_BYTES];
    if (wrapping_key(&key, &stored->slot, unlock, err))
        return -1;
    if (hf_open(found.bytes, &key, stored->nonce, stored->object.data, stored->header,
                stored->object.data + stored->header, HF_KEY_BYTES + HF_SEAL_BYTES))
        return 0;
    hf_key_id(id, &found);
    if (memcmp(id, stored->key_id, sizeof id))
        return 0;
    *master = found;
    return 1;
}

static int describe_slot(struct hf_buf *object, const struct hf_record_keys *keys,
                         const struct hf_slot *slot, const uint8_t nonce[HF_NONCE_BYTES],
                         struct hf_error *err)
{
    uint8_t key_id[HF_ID_BYTES];
    hf_key_id(key_id, &keys->master);
    if (hf_header_begin(object, HF_OBJECT_KEY_SLOT, err) ||
        hf_field_bytes(object, HF_TAG_REPOSITORY_ID, keys->repository, HF_ID_BYTES, err) ||
        hf_field_bytes(object, HF_TAG_KEY_ID, key_id, sizeof key_id, err) ||
        hf_field_bytes(object, HF_TAG_NONCE, nonce, HF_NONCE_BYTES, err) ||
        hf_field_number(object, HF_TAG_SLOT_KIND, 1, slot->kind, err) ||
        hf_field_number(object, HF_TAG_CREATED, 8, (uint64_t)slot->created, err) ||
        hf_field_text(object, HF_TAG_NAME, slot->name, err))
        return -1;
    if (slot->kind == HF_SLOT_PASSPHRASE &&
        (hf_field_bytes(object, HF_TAG_ARGON_SALT, slot->argon.salt, sizeof slot->argon.salt,
                        err) ||
         hf_field_number(object, HF_TAG_ARGON_PASSES, 4, slot->argon.passes, err) ||
         hf_field_number(object, HF_TAG_ARGON_MEMORY, 8, slot->argon.memory, err)))
        return -1;
    hf_header_end(object, 0);
    return 0;
}

int hf_keyring_add(struct hf_store *store, const struct hf_record_keys *keys,
                   const struct hf_new_slot *wanted, struct hf_slot *made, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf object = {0};
    hf_auto(hf_key) struct hf_key key = {0}, again = {0};
    struct hf_slot slot = {.kind = wanted->kind, .created = hf_now(keys->env)};
    uint8_t id[4], nonce[HF_NONCE_BYTES];
    char name[64];
    slot.argon.passes = HF_ARGON_PASSES;
    slot.argon.memory = HF_ARGON_MEMORY;
    snprintf(slot.name, sizeof slot.name, "%s", wanted->name ? wanted->name : "");
    if (!offered(wanted->secret, wanted->kind))
        return hf_error_set(err, HF_CONFIG, "a %s slot needs a %s", hf_slot_kind_name(wanted->kind),
                            hf_slot_kind_name(wanted->kind));
    if (hf_random(keys->env, id, sizeof id, err) ||
        hf_random(keys->env, nonce, sizeof nonce, err) ||
        hf_random(keys->env, slot.argon.salt, sizeof slot.argon.salt, err))
        return -1;
    hf_hex_encode(slot.id, id, sizeof id);
    if (wrapping_key(&key, &slot, wanted->secret, err) ||
        describe_slot(&object, keys, &slot, nonce, err) ||
        hf_buf_reserve(&object, HF_KEY_BYTES + HF_SEAL_BYTES, err))
        return -1;
    hf_seal(object.data + object.length, &key, nonce, object.data, object.length,
            keys->master.bytes, HF_KEY_BYTES);
    object.length += HF_KEY_BYTES + HF_SEAL_BYTES;
    key_of_slot(name, sizeof name, slot.id);
    if (hf_object_finish(&object, err) ||
        hf_store_put(store, name, object.data, object.length, err))
        return hf_error_wrap(err, "add a key slot");
    hf_auto(stored_slot) struct stored_slot stored = {0};
    if (load_slot(store, slot.id, &stored, err))
        return -1;
    int opened = open_slot(&stored, wanted->secret, &again, err);
    if (opened < 0)
        return -1;
    if (!opened)
        return hf_error_set(err, HF_CORRUPT, "key slot '%s' does not open after it was written",
                            slot.id);
    *made = slot;
    return 0;
}

struct slot_walk {
    struct hf_store *store;
    const uint8_t *repository;
    int (*each)(void *arg, const struct stored_slot *stored, struct hf_error *err);
    void *arg;
};

static int visit_slot(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct slot_walk *walk = arg;
    hf_auto(stored_slot) struct stored_slot stored = {0};
    uint64_t number;
    const char *id = object->key + sizeof prefix - 1;
    if (strlen(id) != 8 || !hf_hex_number(id, 8, &number))
        return 0;
    if (load_slot(walk->store, id, &stored, err)) {
        if (err->code != HF_CORRUPT && err->code != HF_UNSUPPORTED)
            return -1;
        bool newer = err->code == HF_UNSUPPORTED;
        *err = (struct hf_error){0};
        stored.slot.kind = 0;
        stored.slot.newer = newer;
        return walk->each(walk->arg, &stored, err);
    }
    if (memcmp(stored.repository, walk->repository, HF_ID_BYTES))
        return 0;
    return walk->each(walk->arg, &stored, err);
}

static int walk_slots(struct slot_walk *walk, struct hf_error *err)
{
    struct hf_error local = {0};
    if (hf_store_list(walk->store, prefix, "", visit_slot, walk, &local)) {
        return hf_error_pass(err, &local);
    }
    return 0;
}

struct listing {
    int (*each)(void *arg, const struct hf_slot *slot, struct hf_error *err);
    void *arg;
};

static int list_slot(void *arg, const struct stored_slot *stored, struct hf_error *err)
{
    struct listing *listing = arg;
    return listing->each(listing->arg, &stored->slot, err);
}

int hf_keyring_list(struct hf_store *store, const uint8_t repository[HF_ID_BYTES],
                    int (*each)(void *arg, const struct hf_slot *slot, struct hf_error *err),
                    void *arg, struct hf_error *err)
{
    struct listing listing = {each, arg};
    struct slot_walk walk = {store, repository, list_slot, &listing};
    return walk_slots(&walk, err);
}

struct unlocking {
    const struct hf_unlock *unlock;
    const uint8_t *key_id; /* of the repository */
    struct hf_key *master;
    int kinds[HF_SLOT_KEYFILE + 1]; /* how many slots of each kind there are; 0: damaged */
    bool opened;
    char *slot;             /* the id of the one that did */
    struct hf_error failed; /* the first slot that could not be tried */
};

static int try_slot(void *arg, const struct stored_slot *stored, struct hf_error *err)
{
    struct unlocking *state = arg;
    struct hf_error local = {0};
    (void)err;
    state->kinds[stored->slot.kind]++;
    if (state->opened || !stored->slot.kind || !offered(state->unlock, stored->slot.kind) ||
        memcmp(stored->key_id, state->key_id, HF_ID_BYTES))
        return 0;
    int opened = open_slot(stored, state->unlock, state->master, &local);
    state->opened = opened > 0;
    if (state->opened)
        memcpy(state->slot, stored->slot.id, HF_SLOT_ID_TEXT);
    /* Whoever can write to the store must not be able to spoil the other slots with one of his. */
    if (opened < 0 && !state->failed.code)
        state->failed = local;
    return 0;
}

static int wrong_key(const struct unlocking *state, struct hf_error *err)
{
    const struct hf_unlock *unlock = state->unlock;
    bool wants_passphrase = state->kinds[HF_SLOT_PASSPHRASE] > 0;
    bool wants_keyfile = state->kinds[HF_SLOT_KEYFILE] > 0;
    const char *wanted = wants_passphrase && wants_keyfile ? "a passphrase or a keyfile"
                         : wants_passphrase                ? "a passphrase"
                         : wants_keyfile                   ? "a keyfile"
                                                           : "the recovery key";
    if (!wants_passphrase && !wants_keyfile)
        hf_error_set(err, HF_WRONG_KEY,
                     state->kinds[0] ? "every key slot of the repository is damaged"
                                     : "the repository has no key slot");
    else if ((unlock->passphrase && wants_passphrase) || (unlock->keyfile && wants_keyfile))
        hf_error_set(
            err, HF_WRONG_KEY, "the %s does not open the repository",
            unlock->passphrase && wants_passphrase
                ? (unlock->keyfile && wants_keyfile ? "passphrase or keyfile" : "passphrase")
                : "keyfile");
    else
        hf_error_set(err, HF_WRONG_KEY, "the repository is encrypted and opens with %s", wanted);
    return wants_passphrase || wants_keyfile
               ? hf_error_hint_typed(err, "HOLDFAST_PASSPHRASE, --keyfile, HOLDFAST_RECOVERY_KEY",
                                     "give %s, or the recovery key from the recovery kit", wanted)
               : hf_error_hint_typed(err, "HOLDFAST_RECOVERY_KEY", "give %s from the recovery kit",
                                     wanted);
}

int hf_keyring_unlock(struct hf_store *store, const uint8_t repository[HF_ID_BYTES],
                      const uint8_t key_id[HF_ID_BYTES], const struct hf_unlock *unlock,
                      struct hf_key *master, char opened[HF_SLOT_ID_TEXT], struct hf_error *err)
{
    uint8_t id[HF_ID_BYTES];
    if (unlock->recovery) {
        hf_key_id(id, unlock->recovery);
        if (memcmp(id, key_id, sizeof id)) {
            hf_error_set(err, HF_WRONG_KEY, "the recovery key belongs to another repository");
            return hf_error_hint(err, "compare the key id on the recovery kit with "
                                      "\"key_id\" in holdfast.json");
        }
        *master = *unlock->recovery;
        opened[0] = '\0';
        return 0;
    }
    struct unlocking state = {.unlock = unlock, .key_id = key_id, .master = master, .slot = opened};
    struct slot_walk walk = {store, repository, try_slot, &state};
    if (walk_slots(&walk, err))
        return -1;
    if (state.opened)
        return 0;
    return state.failed.code ? hf_error_pass(err, &state.failed) : wrong_key(&state, err);
}

struct search {
    const char *which;
    struct hf_slot found;
    int matches, others; /* of the others the whole ones */
};

static int compare_slot(void *arg, const struct hf_slot *slot, struct hf_error *err)
{
    struct search *search = arg;
    (void)err;
    if (strcmp(slot->id, search->which) && strcmp(slot->name, search->which)) {
        search->others += slot->kind != 0;
        return 0;
    }
    search->matches++;
    search->found = *slot;
    return 0;
}

static int search_slot(struct search *search, struct hf_store *store,
                       const uint8_t repository[HF_ID_BYTES], struct hf_error *err)
{
    if (hf_keyring_list(store, repository, compare_slot, search, err))
        return -1;
    if (search->matches == 1)
        return 0;
    hf_error_set(err, search->matches ? HF_REFUSED : HF_NOT_FOUND,
                 search->matches ? "several key slots are named '%s'" : "there is no key slot '%s'",
                 search->which);
    return hf_error_hint_typed(err, "holdfast key list", "look at the slots and their ids");
}

int hf_keyring_find(struct hf_store *store, const uint8_t repository[HF_ID_BYTES],
                    const char *which, struct hf_slot *out, struct hf_error *err)
{
    struct search search = {.which = which};
    if (search_slot(&search, store, repository, err))
        return -1;
    *out = search.found;
    return 0;
}

int hf_keyring_remove(struct hf_store *store, const struct hf_record_keys *keys, const char *which,
                      struct hf_error *err)
{
    struct search search = {.which = which};
    char name[64];
    if (search_slot(&search, store, keys->repository, err))
        return -1;
    if (!search.others) {
        hf_error_set(err, HF_REFUSED, "'%s' is the last key slot: without it nobody can restore",
                     which);
        return hf_error_hint_typed(err, "holdfast key add", "add another one first");
    }
    key_of_slot(name, sizeof name, search.found.id);
    return hf_store_remove(store, name, err);
}

#include "console/key_work.h"

#include <stdlib.h>
#include <string.h>

#include "codec/key.h"
#include "console/work.h"
#include "portable/base64.h"
#include "service/json_members.h"
#include "service/key_slots.h"

/* A secret as it was sent, ready to be used. */
struct given {
    struct hf_unlock unlock;
    uint8_t *keyfile;
    size_t room;
};

static void given_release(struct given *given)
{
    if (given->keyfile)
        hf_wipe(given->keyfile, given->room);
    free(given->keyfile);
}
HF_AUTO_RELEASE(given)

static int take_secret(struct given *out, const json_t *question, struct hf_error *err)
{
    const char *keyfile = hf_member_text(question, "keyfile", NULL);
    out->unlock.passphrase = hf_member_text(question, "passphrase", NULL);
    if (!keyfile)
        return 0;
    out->room = strlen(keyfile) + 1;
    out->keyfile = malloc(out->room);
    if (!out->keyfile)
        return hf_error_memory(err);
    if (!hf_base64_decode(out->keyfile, &out->unlock.keyfile_length, keyfile, strlen(keyfile)))
        return hf_error_set(err, HF_USAGE, "'keyfile' is no Base64");
    out->unlock.keyfile = out->keyfile;
    return 0;
}

static enum hf_slot_kind kind_of(const char *name)
{
    enum hf_slot_kind kind = HF_SLOT_PLAIN;
    while (kind < HF_SLOT_KEYFILE && strcmp(hf_slot_kind_name(kind), name) != 0)
        kind++;
    return kind;
}

/* Finds the slot that is to go. */
static int find_old(struct hf_slot *old, const struct hf_repository *repository,
                    const json_t *question, struct hf_error *err)
{
    if (hf_keyring_find(repository->store, repository->keys.repository,
                        hf_member_text(question, "slot", ""), old, err))
        return -1;
    if (strcmp(old->id, repository->opened_with) != 0 || hf_member_true(question, "accept_in_use"))
        return 0;
    hf_error_set(err, HF_REFUSED, "Holdfast itself opens the repository with this key");
    return hf_error_hint(err, "add another key and give it in Holdfast's settings first");
}

static int add(struct hf_slot *made, struct hf_slot *old, const struct hf_repository *repository,
               const json_t *question, struct hf_error *err)
{
    hf_auto(given) struct given secret = {0};
    const struct hf_new_slot wanted = {.kind = kind_of(hf_member_text(question, "kind", "")),
                                       .name = hf_member_text(question, "name", NULL),
                                       .secret = &secret.unlock};
    if (take_secret(&secret, question, err))
        return -1;
    if (!json_object_get(question, "slot"))
        return hf_keyring_add(repository->store, &repository->keys, &wanted, made, err);
    return find_old(old, repository, question, err) ||
                   hf_key_slot_rotate(repository, old->id, &wanted, made, err)
               ? -1
               : 0;
}

json_t *hf_key_add_work(void *context, const json_t *question, const struct hf_events *events,
                        struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session own = {0};
    struct hf_slot made, old = {0};
    json_t *answer = NULL;
    (void)events;
    const struct hf_repository *repository = hf_work_repository(&own, context, err);
    if (repository && !add(&made, &old, repository, question, err)) {
        answer = hf_json_new();
        hf_key_slot_json(hf_json_object(answer, "added"), &made, repository);
        if (*old.id)
            hf_json_text(answer, "removed", old.id);
    }
    return answer;
}

json_t *hf_key_remove_work(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session own = {0};
    struct hf_slot old;
    json_t *answer = NULL;
    (void)events;
    const struct hf_repository *repository = hf_work_repository(&own, context, err);
    if (repository && !find_old(&old, repository, question, err) &&
        !hf_keyring_remove(repository->store, &repository->keys, old.id, err)) {
        answer = hf_json_new();
        hf_json_text(answer, "removed", old.id);
    }
    return answer;
}

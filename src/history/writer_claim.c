#include "history/writer_claim.h"

#include <stdio.h>

#include "base/text.h"

enum {
    RANDOM_BYTES = 8,
    NAME_TEXT = 8 + 1 + 2 * RANDOM_BYTES + 1,
    MOST_RIVALS = 8,
    ATTEMPTS = 16,
};

/* The claims of the highest epoch. */
struct claims {
    uint32_t epoch; /* 0: there are none */
    size_t count;   /* more than MOST_RIVALS: not all names are kept */
    char names[MOST_RIVALS][NAME_TEXT];
};

bool hf_writer_claim_parse(const char *name, uint32_t *epoch)
{
    uint64_t number, random;
    size_t length = strlen(name);
    bool plain = length == 8, own = length == NAME_TEXT - 1 && name[8] == '.';
    if ((!plain && !own) || !hf_hex_number(name, 8, &number) ||
        (own && !hf_hex_number(name + 9, 2 * RANDOM_BYTES, &random)))
        return false;
    *epoch = (uint32_t)number;
    return true;
}

static int keep_highest(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct claims *claims = arg;
    const char *name = strrchr(object->key, '/') + 1;
    uint32_t epoch;
    (void)err;
    if (!hf_writer_claim_parse(name, &epoch) || epoch < claims->epoch)
        return 0;
    if (epoch > claims->epoch)
        *claims = (struct claims){.epoch = epoch};
    if (claims->count < MOST_RIVALS)
        snprintf(claims->names[claims->count], NAME_TEXT, "%s", name);
    claims->count++;
    return 0;
}

static int list_claims(const struct hf_database *database, struct claims *out, struct hf_error *err)
{
    char prefix[HF_OBJECT_NAME_TEXT];
    hf_database_object(prefix, database, "writers/");
    *out = (struct claims){0};
    return hf_store_list(database->repository->store, prefix, "", keep_highest, out, err);
}

static int load_claim(const struct hf_database *database, const char *name, struct hf_writer *out,
                      struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    char object[HF_OBJECT_NAME_TEXT];
    hf_database_object(object, database, "writers/%s", name);
    if (hf_record_get(repository->store, object, HF_OBJECT_WRITER, &repository->keys, &body,
                      &fields, err) ||
        hf_fields_copy(&fields, HF_TAG_WRITER_ID, out->id, HF_ID_BYTES, err))
        return -1;
    hf_fields_text(&fields, HF_TAG_HOST, out->host, sizeof out->host);
    hf_fields_text(&fields, HF_TAG_PATH, out->path, sizeof out->path);
    return 0;
}

/* The name is chosen once: a put that is sent again after a lost reply is no rival. */
static int name_claim(const struct hf_database *database, uint32_t epoch, char name[NAME_TEXT],
                      struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    uint8_t random[RANDOM_BYTES];
    int length = snprintf(name, NAME_TEXT, "%08x", epoch);
    if (repository->store->ops->put_if_absent)
        return 0;
    if (hf_random(repository->keys.env, random, sizeof random, err))
        return -1;
    name[length] = '.';
    hf_hex_encode(name + length + 1, random, sizeof random);
    return 0;
}

static int put_claim(const struct hf_database *database, const char *name,
                     const struct hf_writer *self, struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    char object[HF_OBJECT_NAME_TEXT];
    hf_database_object(object, database, "writers/%s", name);
    if (hf_field_bytes(&body, HF_TAG_WRITER_ID, self->id, HF_ID_BYTES, err) ||
        hf_field_text(&body, HF_TAG_HOST, self->host, err) ||
        hf_field_text(&body, HF_TAG_PATH, self->path, err) ||
        hf_field_number(&body, HF_TAG_CREATED, 8, (uint64_t)hf_now(repository->keys.env), err))
        return -1;
    return hf_record_put(repository->store, object, HF_OBJECT_WRITER, &repository->keys, &body,
                         err);
}

/* Best effort: what stays is a rival to everybody, who then have to ask a person. */
static void withdraw_claim(const struct hf_database *database, const char *name)
{
    char object[HF_OBJECT_NAME_TEXT];
    hf_database_object(object, database, "writers/%s", name);
    hf_store_remove(database->repository->store, object, NULL);
}

static bool same_identity(const struct hf_writer *a, const struct hf_writer *b)
{
    return !memcmp(a->id, b->id, HF_ID_BYTES);
}

static bool same_place(const struct hf_writer *a, const struct hf_writer *b)
{
    return !strcmp(a->host, b->host) && !strcmp(a->path, b->path);
}

static int refuse(const struct hf_database *database, const struct hf_writer *rival, bool contested,
                  struct hf_error *err)
{
    hf_error_set(err, HF_REFUSED,
                 contested
                     ? "database '%s' of this repository was claimed by two Holdfasts at once, "
                       "this one and another: host '%s', file '%s'"
                     : "database '%s' of this repository is backed up by another Holdfast: "
                       "host '%s', file '%s'",
                 database->name, rival->host, rival->path);
    return hf_error_hint_typed(
        err, "--name, --take-over",
        "use another name for this file, or take over when the other one is gone for good");
}

/* Whose the highest epoch is, as far as its claims tell. */
struct owner {
    size_t claims;          /* that are still there */
    bool is_self;           /* all of them are ours: identity or place */
    bool goes_on;           /* and it can be gone on with */
    bool is_contested;      /* ours, and others' */
    struct hf_writer rival; /* one of the others */
};

/* Whether it is ours. */
static bool add_claim(struct owner *owner, const struct hf_writer *found,
                      const struct hf_writer *self)
{
    bool identity = same_identity(found, self), place = same_place(found, self);
    owner->goes_on = identity && place;
    if (!identity && !place)
        owner->rival = *found;
    return identity || place;
}

static int unreadable(enum hf_claim_manner manner, struct hf_error *found, struct hf_error *err)
{
    if (found->code != HF_CORRUPT)
        return hf_error_pass(err, found);
    if (manner == HF_CLAIM_TAKE_OVER)
        return 0;
    found->hint[0] = 0;
    hf_error_hint_typed(found, "--take-over",
                        "it says who writes this history; taking over goes on without it, and no "
                        "restore point is lost");
    return hf_error_pass(err, found);
}

static int find_owner(const struct hf_database *database, const struct claims *claims,
                      const struct hf_writer *self, enum hf_claim_manner manner, struct owner *out,
                      struct hf_error *err)
{
    size_t ours = 0;
    *out = (struct owner){0};
    for (size_t i = 0; i < claims->count && i < MOST_RIVALS; i++) {
        struct hf_writer found = {0};
        struct hf_error local = {0};
        bool is_read = !load_claim(database, claims->names[i], &found, &local);
        if (local.code == HF_NOT_FOUND)
            continue; /* withdrawn meanwhile */
        if (!is_read && unreadable(manner, &local, err))
            return -1;
        out->claims++;
        ours += is_read && add_claim(out, &found, self);
    }
    out->is_self = ours == out->claims;
    out->is_contested = ours && !out->is_self;
    out->goes_on = out->goes_on && out->claims == 1;
    if (ours && self->epoch == claims->epoch)
        out->is_self = out->goes_on = true; /* it has written in it: it won it */
    return 0;
}

/* Puts a claim and looks for others. 1: it is ours; 0: it was withdrawn; -1. */
static int try_claim(const struct hf_database *database, const struct hf_writer *self,
                     uint32_t epoch, struct hf_error *err)
{
    char name[NAME_TEXT];
    struct claims after;
    struct hf_error local = {0};
    if (name_claim(database, epoch, name, err))
        return -1;
    if (put_claim(database, name, self, &local))
        return local.code == HF_EXISTS ? 0 : hf_error_pass(err, &local);
    if (list_claims(database, &after, err))
        return -1;
    if (after.epoch == epoch && after.count == 1 && !strcmp(after.names[0], name))
        return 1;
    withdraw_claim(database, name);
    return 0;
}

int hf_writer_claim(const struct hf_database *database, const struct hf_writer *self,
                    enum hf_claim_manner manner, uint32_t seen, uint32_t *epoch,
                    struct hf_error *err)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        struct claims claims;
        struct owner owner;
        if (list_claims(database, &claims, err) ||
            find_owner(database, &claims, self, manner, &owner, err))
            return -1;
        if (claims.epoch && !owner.claims)
            continue;
        if (claims.epoch && claims.epoch >= seen && owner.goes_on) {
            *epoch = claims.epoch;
            return 0;
        }
        /* One identity at two places: a host that moved, or its copy. A new epoch shuts the other
         * out of what it has not finished. */
        if (claims.epoch && !owner.is_self && manner == HF_CLAIM_POLITE)
            return refuse(database, &owner.rival, owner.is_contested, err);
        uint32_t next = (claims.epoch > seen ? claims.epoch : seen) + 1;
        int claimed = try_claim(database, self, next, err);
        if (claimed < 0)
            return -1;
        if (claimed) {
            *epoch = next;
            return 0;
        }
    }
    hf_error_set(err, HF_LOCKED, "others claim database '%s' of this repository at the same time",
                 database->name);
    return hf_error_hint(err, "try again; only one Holdfast can write a history");
}

int hf_writer_confirm(const struct hf_database *database, uint32_t epoch, struct hf_error *err)
{
    struct claims claims;
    struct hf_writer rival = {0};
    if (list_claims(database, &claims, err))
        return -1;
    if (claims.epoch <= epoch)
        return 0;
    load_claim(database, claims.names[0], &rival, NULL);
    return hf_error_set(err, HF_LOCKED,
                        "another Holdfast (host '%s') took over database '%s' meanwhile: this "
                        "backup does not count",
                        rival.host, database->name);
}

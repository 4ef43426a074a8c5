#include "history/writer_claim.h"

#include <stdio.h>

#include "base/text.h"

static int keep_highest(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    uint32_t *highest = arg;
    const char *name = strrchr(object->key, '/') + 1;
    uint64_t epoch;
    (void)err;
    if (strlen(name) == 8 && hf_hex_number(name, 8, &epoch) && epoch > *highest)
        *highest = (uint32_t)epoch;
    return 0;
}

static int highest_epoch(const struct hf_database *database, uint32_t *epoch, struct hf_error *err)
{
    char prefix[HF_OBJECT_NAME_TEXT];
    hf_database_object(prefix, database, "writers/");
    *epoch = 0;
    return hf_store_list(database->repository->store, prefix, "", keep_highest, epoch, err);
}

static int load_claim(const struct hf_database *database, uint32_t epoch, struct hf_writer *out,
                      struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    char object[HF_OBJECT_NAME_TEXT];
    hf_database_object(object, database, "writers/%08x", epoch);
    if (hf_record_get(repository->store, object, HF_OBJECT_WRITER, &repository->keys, &body,
                      &fields, err) ||
        hf_fields_copy(&fields, HF_TAG_WRITER_ID, out->id, HF_ID_BYTES, err))
        return -1;
    hf_fields_text(&fields, HF_TAG_HOST, out->host, sizeof out->host);
    hf_fields_text(&fields, HF_TAG_PATH, out->path, sizeof out->path);
    return 0;
}

static int put_claim(const struct hf_database *database, uint32_t epoch,
                     const struct hf_writer *self, struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    char object[HF_OBJECT_NAME_TEXT];
    hf_database_object(object, database, "writers/%08x", epoch);
    if (hf_field_bytes(&body, HF_TAG_WRITER_ID, self->id, HF_ID_BYTES, err) ||
        hf_field_text(&body, HF_TAG_HOST, self->host, err) ||
        hf_field_text(&body, HF_TAG_PATH, self->path, err) ||
        hf_field_number(&body, HF_TAG_CREATED, 8, (uint64_t)hf_now(repository->keys.env), err))
        return -1;
    return hf_record_put(repository->store, object, HF_OBJECT_WRITER, &repository->keys, &body,
                         err);
}

static bool same_identity(const struct hf_writer *a, const struct hf_writer *b)
{
    return !memcmp(a->id, b->id, HF_ID_BYTES);
}

static bool same_place(const struct hf_writer *a, const struct hf_writer *b)
{
    return !strcmp(a->host, b->host) && !strcmp(a->path, b->path);
}

static int refuse(const struct hf_database *database, const struct hf_writer *rival,
                  struct hf_error *err)
{
    hf_error_set(err, HF_REFUSED,
                 "database '%s' of this repository is backed up by another Holdfast: host '%s', "
                 "file '%s'",
                 database->name, rival->host, rival->path);
    return hf_error_hint(err, "use another --name for this file, or --take-over when the other one "
                              "is gone for good");
}

int hf_writer_claim(const struct hf_database *database, const struct hf_writer *self,
                    enum hf_claim_manner manner, uint32_t seen, uint32_t *epoch,
                    struct hf_error *err)
{
    for (;;) {
        struct hf_writer last = {0};
        struct hf_error local = {0};
        uint32_t highest;
        if (highest_epoch(database, &highest, err))
            return -1;
        if (highest && load_claim(database, highest, &last, &local) &&
            (local.code != HF_CORRUPT || manner == HF_CLAIM_POLITE)) {
            if (local.code == HF_CORRUPT) {
                local.hint[0] = 0;
                hf_error_hint(&local, "it says who writes this history; --take-over goes on "
                                      "without it, and no restore point is lost");
            }
            return hf_error_pass(err, &local);
        }
        bool identity = same_identity(&last, self), place = same_place(&last, self);
        if (highest && highest >= seen && identity && place) {
            *epoch = highest;
            return 0;
        }
        /* One identity at two places: a host that moved, or its copy. A new epoch shuts the other
         * out of what it has not finished. */
        bool ours = identity || place;
        if (highest && !ours && manner == HF_CLAIM_POLITE)
            return refuse(database, &last, err);
        uint32_t next = (highest > seen ? highest : seen) + 1;
        if (!put_claim(database, next, self, &local)) {
            *epoch = next;
            return 0;
        }
        /* Somebody took that number first: look again at who it was. */
        if (local.code != HF_EXISTS) {
            return hf_error_pass(err, &local);
        }
    }
}

int hf_writer_confirm(const struct hf_database *database, uint32_t epoch, struct hf_error *err)
{
    uint32_t highest;
    struct hf_writer rival = {0};
    if (highest_epoch(database, &highest, err))
        return -1;
    if (highest <= epoch)
        return 0;
    load_claim(database, highest, &rival, NULL);
    return hf_error_set(err, HF_LOCKED,
                        "another Holdfast (host '%s') took over database '%s' meanwhile: this "
                        "backup does not count",
                        rival.host, database->name);
}

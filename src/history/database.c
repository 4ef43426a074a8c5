#include "history/database.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

bool hf_database_name_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    static const char others[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);
    return length && length < HF_DATABASE_NAME_TEXT && strspn(name, letters) &&
           strspn(name, others) == length;
}

void hf_database_object(char out[HF_OBJECT_NAME_TEXT], const struct hf_database *database,
                        const char *format, ...)
{
    int used = snprintf(out, HF_OBJECT_NAME_TEXT, "databases/%s/", database->id_text);
    va_list args;
    va_start(args, format);
    vsnprintf(out + used, HF_OBJECT_NAME_TEXT - (size_t)used, format, args);
    va_end(args);
}

static int keep_last(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    const char *number = strrchr(object->key, '/') + 1;
    uint64_t ignored;
    (void)err;
    if (strlen(number) == 8 && hf_hex_number(number, 8, &ignored))
        snprintf(arg, HF_OBJECT_NAME_TEXT, "%s", object->key);
    return 0;
}

int hf_database_newest_about(char out[HF_OBJECT_NAME_TEXT], const struct hf_database *database,
                             struct hf_error *err)
{
    char prefix[HF_OBJECT_NAME_TEXT];
    out[0] = 0;
    hf_database_object(prefix, database, "about/");
    return hf_store_list(database->repository->store, prefix, "", keep_last, out, err);
}

static int load_about(struct hf_database *database, const char *object, struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    if (hf_record_get(repository->store, object, HF_OBJECT_ABOUT, &repository->keys, &body, &fields,
                      err) ||
        hf_fields_copy(&fields, HF_TAG_FINGERPRINT_SECRET, database->fingerprints.secret,
                       HF_FINGERPRINT_SECRET, err))
        return -1;
    hf_fields_text(&fields, HF_TAG_NAME, database->name, sizeof database->name);
    return 0;
}

static int put_about(const struct hf_database *database, const char *object, const char *name,
                     const uint8_t secret[HF_FINGERPRINT_SECRET], struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    if (hf_field_text(&body, HF_TAG_NAME, name, err) ||
        hf_field_number(&body, HF_TAG_CREATED, 8, (uint64_t)hf_now(repository->keys.env), err) ||
        hf_field_bytes(&body, HF_TAG_FINGERPRINT_SECRET, secret, HF_FINGERPRINT_SECRET, err))
        return -1;
    return hf_record_put(repository->store, object, HF_OBJECT_ABOUT, &repository->keys, &body, err);
}

/* Where a put takes the place of what is there, two first runs must choose the same: what the one
 * has stored with its secret must stay right when the other's `about` replaces its own. */
static void derive_secret(const struct hf_database *database, uint8_t out[HF_FINGERPRINT_SECRET])
{
    uint8_t context[HF_ID_BYTES + 1];
    memcpy(context, database->id, HF_ID_BYTES);
    for (int i = 0; i < HF_FINGERPRINT_SECRET / HF_KEY_BYTES; i++) {
        hf_auto(hf_key) struct hf_key piece;
        context[HF_ID_BYTES] = (uint8_t)i;
        hf_key_derive(&piece, &database->repository->keys.master, "holdfast fingerprint secret",
                      context, sizeof context);
        memcpy(out + (size_t)i * HF_KEY_BYTES, piece.bytes, HF_KEY_BYTES);
    }
}

_Static_assert(HF_FINGERPRINT_SECRET % HF_KEY_BYTES == 0, "the secret is made of whole keys");

static int choose_secret(const struct hf_database *database, uint8_t out[HF_FINGERPRINT_SECRET],
                         struct hf_error *err)
{
    if (database->repository->store->ops->put_if_absent)
        return hf_random(database->repository->keys.env, out, HF_FINGERPRINT_SECRET, err);
    derive_secret(database, out);
    return 0;
}

static int create_about(struct hf_database *database, const char *name, struct hf_error *err)
{
    char object[HF_OBJECT_NAME_TEXT];
    uint8_t secret[HF_FINGERPRINT_SECRET];
    struct hf_error local = {0};
    hf_database_object(object, database, "about/%08x", 1);
    if (choose_secret(database, secret, err))
        return -1;
    /* When another host was faster, its `about` is the one: two keys would never agree. */
    if (put_about(database, object, name, secret, &local) && local.code != HF_EXISTS) {
        return hf_error_pass(err, &local);
    }
    return load_about(database, object, err);
}

static void set_id(struct hf_database *database, const char *name)
{
    hf_auto(hf_key) struct hf_key id;
    hf_key_derive(&id, &database->repository->keys.master, "holdfast database id", name,
                  strlen(name));
    memcpy(database->id, id.bytes, HF_ID_BYTES);
    hf_hex_encode(database->id_text, database->id, HF_ID_BYTES);
}

int hf_database_open(struct hf_database *database, const struct hf_repository *repository,
                     const char *name, enum hf_database_open how, struct hf_error *err)
{
    struct hf_database found = {.repository = repository};
    char object[HF_OBJECT_NAME_TEXT];
    if (!hf_database_name_valid(name)) {
        hf_error_set(err, HF_CONFIG, "'%s' cannot be the name of a database", name);
        return hf_error_hint(err, "use up to 64 letters, digits, '.', '_' and '-'");
    }
    set_id(&found, name);
    if (hf_database_newest_about(object, &found, err))
        return -1;
    if (!object[0] && how == HF_DATABASE_EXISTING) {
        hf_error_set(err, HF_NOT_FOUND,
                     "the repository has no restore points of a database "
                     "named '%s'",
                     name);
        return hf_error_hint_typed(err, "holdfast list", "look at which databases it has");
    }
    if (object[0] ? load_about(&found, object, err) : create_about(&found, name, err))
        return hf_error_wrap(err, "database '%s'", name);
    *database = found;
    return 0;
}

int hf_database_repair_about(const struct hf_database *database, const struct hf_fields *fields,
                             struct hf_error *err)
{
    struct hf_database again = {.repository = database->repository};
    uint8_t secret[HF_FINGERPRINT_SECRET];
    char last[HF_OBJECT_NAME_TEXT], object[HF_OBJECT_NAME_TEXT];
    hf_fields_text(fields, HF_TAG_NAME, again.name, sizeof again.name);
    set_id(&again, again.name);
    if (memcmp(again.id, database->id, HF_ID_BYTES))
        return hf_error_set(err, HF_CORRUPT, "a full segment of another database");
    if (hf_fields_copy(fields, HF_TAG_FINGERPRINT_SECRET, secret, sizeof secret, err) ||
        hf_database_newest_about(last, database, err))
        return -1;
    uint64_t number = 0;
    if (last[0])
        hf_hex_number(strrchr(last, '/') + 1, 8, &number);
    hf_database_object(object, database, "about/%08x", (unsigned)number + 1);
    return put_about(database, object, again.name, secret, err);
}

struct database_walk {
    const struct hf_repository *repository;
    char last[2 * HF_ID_BYTES + 1];
    bool any;
};

enum { PREFIX = sizeof "databases/" - 1 };

static int take_next_id(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct database_walk *walk = arg;
    uint8_t id[HF_ID_BYTES];
    char text[2 * HF_ID_BYTES + 1];
    snprintf(text, sizeof text, "%s", object->key + PREFIX);
    if (!hf_hex_decode(id, sizeof id, text))
        return 0;
    memcpy(walk->last, text, sizeof text);
    walk->any = true;
    return hf_error_set(err, HF_EXISTS, "found");
}

int hf_repository_databases(const struct hf_repository *repository,
                            int (*each)(void *arg, const struct hf_database *database,
                                        const struct hf_error *damaged, struct hf_error *err),
                            void *arg, struct hf_error *err)
{
    struct database_walk walk = {.repository = repository};
    char after[HF_OBJECT_NAME_TEXT] = "", object[HF_OBJECT_NAME_TEXT];
    for (;;) {
        struct hf_error local = {0};
        walk.any = false;
        if (hf_store_list(repository->store, "databases/", after, take_next_id, &walk, &local) &&
            !walk.any) {
            return hf_error_pass(err, &local);
        }
        if (!walk.any)
            return 0;
        struct hf_database database = {.repository = repository};
        struct hf_error damaged = {0};
        memcpy(database.id_text, walk.last, sizeof walk.last);
        hf_hex_decode(database.id, HF_ID_BYTES, walk.last);
        /* No part of a database's folder begins with a z: the next listing begins at the next id.
         */
        snprintf(after, sizeof after, "databases/%s/z", walk.last);
        if (hf_database_newest_about(object, &database, err))
            return -1;
        if (!object[0])
            hf_error_set(&damaged, HF_NOT_FOUND, "its 'about' object is missing");
        else if (load_about(&database, object, &damaged) && damaged.code != HF_CORRUPT &&
                 damaged.code != HF_UNSUPPORTED && damaged.code != HF_NOT_FOUND) {
            return hf_error_pass(err, &damaged);
        }
        if (each(arg, &database, damaged.code ? &damaged : NULL, err))
            return -1;
    }
}

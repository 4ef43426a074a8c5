#include "history/repository.h"

#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>

#include "base/text.h"
#include "codec/digest.h"

static const char head_name[] = "holdfast.json";
enum { HEAD_LIMIT = 64 << 10 };

struct head {
    uint8_t id[HF_ID_BYTES];
    uint8_t key_id[HF_ID_BYTES];
    int64_t created;
};

/* The checksum is the last member, over every byte before its comma. */
static int append_checksum(struct hf_buf *text, const uint8_t *bytes, size_t length,
                           struct hf_error *err)
{
    uint8_t digest[HF_DIGEST_BYTES];
    char hex[2 * HF_DIGEST_BYTES + 1], line[128];
    hf_digest_of(digest, bytes, length);
    hf_hex_encode(hex, digest, sizeof digest);
    int made = snprintf(line, sizeof line, ",\n  \"blake2b-256\": \"%s\"\n}\n", hex);
    return hf_buf_append(text, line, (size_t)made, err);
}

static int format_head(struct hf_buf *text, const struct head *head, struct hf_error *err)
{
    char id[2 * HF_ID_BYTES + 1], key_id[2 * HF_ID_BYTES + 1], json[512];
    hf_hex_encode(id, head->id, HF_ID_BYTES);
    hf_hex_encode(key_id, head->key_id, HF_ID_BYTES);
    int made = snprintf(json, sizeof json,
                        "{\n  \"format\": %d,\n  \"id\": \"%s\",\n  \"key_id\": \"%s\",\n"
                        "  \"created_ms\": %" PRId64
                        ",\n  \"required_features\": 0,\n  \"optional_features\": 0",
                        HF_FORMAT_VERSION, id, key_id, head->created);
    if (hf_buf_append(text, json, (size_t)made, err))
        return -1;
    return append_checksum(text, text->data, text->length, err);
}

static int64_t json_number(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static bool json_id(const json_t *root, const char *name, uint8_t out[HF_ID_BYTES])
{
    const char *text = json_string_value(json_object_get(root, name));
    return text && strlen(text) == 2 * HF_ID_BYTES && hf_hex_decode(out, HF_ID_BYTES, text);
}

static int read_members(struct head *head, const json_t *root, struct hf_error *err)
{
    int64_t format = json_number(root, "format");
    if (format > HF_FORMAT_VERSION || json_number(root, "required_features") > 0) {
        hf_error_set(err, HF_UNSUPPORTED,
                     "the repository was made by a newer Holdfast (format %" PRId64 ")", format);
        return hf_error_hint(err, "use the version of Holdfast that made it, or a later one");
    }
    head->created = json_number(root, "created_ms");
    if (format != HF_FORMAT_VERSION || !json_id(root, "id", head->id) ||
        !json_id(root, "key_id", head->key_id))
        return hf_error_set(err, HF_CORRUPT, "%s is not that of a Holdfast repository", head_name);
    return 0;
}

static int verify_checksum(const struct hf_buf *text, bool *whole, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf tail = {0};
    static const char opening[] = ",\n  \"blake2b-256\": \"";
    const size_t tail_length = sizeof opening - 1 + 2 * HF_DIGEST_BYTES + 4;
    size_t body = text->length < tail_length ? 0 : text->length - tail_length;
    if (append_checksum(&tail, text->data, body, err))
        return -1;
    *whole =
        text->length - body == tail.length && !memcmp(text->data + body, tail.data, tail.length);
    return 0;
}

static _Thread_local bool json_ran_out;

static void *allocate_for_json(size_t size)
{
    void *memory = malloc(size);
    json_ran_out |= !memory;
    return memory;
}

static void watch_json(void)
{
    json_set_alloc_funcs(allocate_for_json, free);
}

/* Jansson goes on without the bytes that it found no memory for, and would find damage that is
 * none: so its allocations are watched. 0 with `*root` NULL: not JSON. */
static int load_json(json_t **root, const struct hf_buf *text, struct hf_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_json);
    json_ran_out = false;
    *root = json_loadb((const char *)text->data, text->length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_ran_out)
        return 0;
    json_decref(*root);
    return hf_error_memory(err);
}

static int parse_head(struct head *head, const struct hf_buf *text, struct hf_error *err)
{
    bool whole;
    json_t *root;
    if (verify_checksum(text, &whole, err) || load_json(&root, text, err))
        return -1;
    /* Members first: a newer format may keep its checksum elsewhere. */
    int result = root ? read_members(head, root, err)
                      : hf_error_set(err, HF_CORRUPT, "%s is damaged: not JSON", head_name);
    json_decref(root);
    if (!result && !whole)
        result =
            hf_error_set(err, HF_CORRUPT, "%s is damaged: its checksum does not match", head_name);
    if (result && err && err->code == HF_CORRUPT)
        hf_error_hint(err, "'holdfast check --repair' writes it again from the key slots");
    return result;
}

static int load_head(struct hf_store *store, struct head *head, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    if (hf_store_get(store, head_name, HEAD_LIMIT, &text, err))
        return -1;
    return parse_head(head, &text, err);
}

static int stop_at_first(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    snprintf(arg, 128, "%s", object->key);
    return hf_error_set(err, HF_EXISTS, "found");
}

/* The first key under `prefix`, or "" when there is none. */
static int first_key(struct hf_store *store, const char *prefix, char name[128],
                     struct hf_error *err)
{
    struct hf_error local = {0};
    name[0] = 0;
    if (hf_store_list(store, prefix, "", stop_at_first, name, &local) && !name[0]) {
        if (local.code == HF_NOT_FOUND)
            return 0;
        return hf_error_pass(err, &local);
    }
    return 0;
}

/* Without its head, what is there decides what to say. */
static int explain_missing_head(struct hf_store *store, struct hf_error *err)
{
    char name[128];
    if (first_key(store, "databases/", name, err))
        return -1;
    if (name[0]) {
        hf_error_set(err, HF_CORRUPT, "%s is missing from the repository", head_name);
        return hf_error_hint(err, "'holdfast check --repair' writes it again from the key slots");
    }
    if (first_key(store, "", name, err))
        return -1;
    if (name[0] && strncmp(name, "keys/", 5)) {
        hf_error_set(err, HF_CORRUPT, "not a Holdfast repository: it holds '%s'", name);
        return hf_error_hint(err, "name an empty or new directory");
    }
    hf_error_set(err, HF_NOT_FOUND, "there is no repository yet");
    return hf_error_hint_typed(err, "holdfast init, holdfast backup", "the first backup makes one");
}

static struct hf_repository *repository_new(struct hf_store *store, const struct hf_env *env,
                                            struct hf_error *err)
{
    struct hf_repository *repository = calloc(1, sizeof *repository);
    if (!repository) {
        hf_store_free(store);
        hf_error_memory(err);
        return NULL;
    }
    repository->store = store;
    repository->keys.env = env;
    return repository;
}

static int unlock(struct hf_repository *repository, const struct head *head,
                  const struct hf_unlock *secret, struct hf_error *err)
{
    struct hf_record_keys *keys = &repository->keys;
    memcpy(keys->repository, head->id, HF_ID_BYTES);
    memcpy(repository->key_id, head->key_id, HF_ID_BYTES);
    repository->created = head->created;
    return hf_keyring_unlock(repository->store, head->id, head->key_id, secret, &keys->master,
                             repository->opened_with, err);
}

/* When somebody was faster, or our own reply was lost, what is there counts. A store that cannot
 * put if absent is looked at before and after: two first runs at the very same moment are told
 * there but for the time that one put takes. */
static int put_head(struct hf_store *store, const struct hf_buf *text, struct head *head,
                    struct hf_error *err)
{
    struct hf_error local = {0};
    bool looks = !store->ops->put_if_absent;
    if (looks && !load_head(store, head, &local))
        return 0;
    if (looks && local.code != HF_NOT_FOUND)
        return hf_error_pass(err, &local);
    local = (struct hf_error){0};
    if (hf_store_put(store, head_name, text->data, text->length, &local) && local.code != HF_EXISTS)
        return hf_error_pass(err, &local);
    return looks || local.code == HF_EXISTS ? load_head(store, head, err) : 0;
}

/* The slot first, then the head that makes it a repository: a crash in between leaves a slot that
 * nothing refers to. */
static int create(struct hf_repository *repository, const struct hf_new_slot *wanted,
                  struct hf_error *err)
{
    struct hf_record_keys *keys = &repository->keys;
    hf_auto(hf_buf) struct hf_buf text = {0};
    struct head head;
    struct hf_slot slot;
    char name[128];
    if (first_key(repository->store, "", name, err))
        return -1;
    if (name[0] && strncmp(name, "keys/", 5)) {
        if (!load_head(repository->store, &head, NULL))
            return hf_error_set(err, HF_EXISTS, "there is a repository already");
        hf_error_set(err, HF_REFUSED, "cannot make a repository here: it holds '%s'", name);
        return hf_error_hint(err, "name an empty or new directory");
    }
    if (hf_random(keys->env, keys->repository, HF_ID_BYTES, err) ||
        hf_random(keys->env, keys->master.bytes, HF_KEY_BYTES, err) ||
        hf_keyring_add(repository->store, keys, wanted, &slot, err))
        return -1;
    memcpy(head.id, keys->repository, HF_ID_BYTES);
    hf_key_id(head.key_id, &keys->master);
    head.created = hf_now(keys->env);
    if (format_head(&text, &head, err))
        return -1;
    if (put_head(repository->store, &text, &head, err))
        return -1;
    return unlock(repository, &head, wanted->secret, err);
}

struct hf_repository *hf_repository_create(struct hf_store *store, const struct hf_env *env,
                                           const struct hf_new_slot *slot, struct hf_error *err)
{
    struct hf_repository *repository = repository_new(store, env, err);
    if (repository && create(repository, slot, err)) {
        hf_repository_free(repository);
        return NULL;
    }
    return repository;
}

struct hf_repository *hf_repository_open(struct hf_store *store, const struct hf_env *env,
                                         const struct hf_unlock *secret, struct hf_error *err)
{
    struct hf_repository *repository = repository_new(store, env, err);
    struct hf_error local = {0};
    struct head head;
    if (!repository)
        return NULL;
    int failed = load_head(store, &head, &local);
    if (failed && local.code == HF_NOT_FOUND)
        explain_missing_head(store, &local);
    if (!failed)
        failed = unlock(repository, &head, secret, &local);
    if (failed) {
        hf_repository_free(repository);
        if (err)
            *err = local;
        return NULL;
    }
    return repository;
}

static int notice_plain(void *arg, const struct hf_slot *slot, struct hf_error *err)
{
    (void)err;
    if (slot->kind == HF_SLOT_PLAIN)
        *(bool *)arg = false;
    return 0;
}

int hf_repository_is_encrypted(const struct hf_repository *repository, bool *encrypted,
                               struct hf_error *err)
{
    bool found = true;
    if (hf_keyring_list(repository->store, repository->keys.repository, notice_plain, &found, err))
        return -1;
    *encrypted = found;
    return 0;
}

struct head_search {
    struct hf_store *store;
    struct head head;
    bool found, several;
    uint8_t used[HF_ID_BYTES]; /* id of the key that segments are sealed with */
    bool knows_used;
};

/* Every segment's header names its key in the open. */
static int key_from_segment(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct head_search *search = arg;
    uint8_t bytes[1024];
    struct hf_fields fields;
    size_t header, length = object->size < sizeof bytes ? (size_t)object->size : sizeof bytes;
    (void)err;
    if (search->knows_used || !strstr(object->key, "/segments/") ||
        hf_store_read(search->store, object->key, 0, bytes, length, NULL))
        return 0;
    search->knows_used =
        !hf_header_parse(bytes, length, HF_OBJECT_SEGMENT, &fields, &header, NULL) &&
        !hf_fields_copy(&fields, HF_TAG_KEY_ID, search->used, HF_ID_BYTES, NULL);
    return 0;
}

/* A key slot carries both ids in the open, bound to it by its checksum. Two hosts that made the
 * repository at once left slots of two, of which one is in use. */
static int head_from_slot(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct head_search *search = arg;
    hf_auto(hf_buf) struct hf_buf slot = {0};
    struct hf_fields fields;
    struct head head = {0};
    size_t header;
    (void)err;
    if (hf_object_load(search->store, object->key, &slot, NULL) ||
        hf_header_parse(slot.data, slot.length - HF_DIGEST_BYTES, HF_OBJECT_KEY_SLOT, &fields,
                        &header, NULL) ||
        hf_fields_copy(&fields, HF_TAG_REPOSITORY_ID, head.id, HF_ID_BYTES, NULL) ||
        hf_fields_copy(&fields, HF_TAG_KEY_ID, head.key_id, HF_ID_BYTES, NULL) ||
        (search->knows_used && memcmp(head.key_id, search->used, HF_ID_BYTES)))
        return 0;
    head.created = (int64_t)hf_fields_number_or(&fields, HF_TAG_CREATED, 0);
    if (search->found) {
        search->several |= memcmp(head.id, search->head.id, HF_ID_BYTES) != 0;
        return 0;
    }
    search->head = head;
    search->found = true;
    return 0;
}

int hf_repository_repair_head(struct hf_store *store, bool really, struct hf_error *err)
{
    struct hf_error local = {0};
    struct head_search search = {.store = store};
    hf_auto(hf_buf) struct hf_buf text = {0};
    if (!load_head(store, &search.head, &local))
        return 0;
    if (local.code != HF_NOT_FOUND && local.code != HF_CORRUPT) {
        return hf_error_pass(err, &local);
    }
    if (hf_store_list(store, "databases/", "", key_from_segment, &search, err) ||
        hf_store_list(store, "keys/", "", head_from_slot, &search, err))
        return -1;
    if (!search.found)
        return hf_error_set(err, HF_CORRUPT, "%s cannot be written again: no key slot is whole",
                            head_name);
    if (search.several)
        return hf_error_set(err, HF_CORRUPT,
                            "%s cannot be written again: the key slots are of several "
                            "repositories, and no segment says which one this is",
                            head_name);
    if (!really)
        return 1;
    if (format_head(&text, &search.head, err) ||
        (local.code == HF_CORRUPT && hf_store_remove(store, head_name, err)) ||
        hf_store_put(store, head_name, text.data, text.length, err))
        return hf_error_wrap(err, "write %s again", head_name);
    return 1;
}

void hf_repository_free(struct hf_repository *repository)
{
    if (!repository)
        return;
    hf_store_free(repository->store);
    hf_key_release(&repository->keys.master);
    free(repository);
}

#include "history/archive.h"

#include <stdio.h>

#include "store/kinds.h"
#include "support/scratch.h"

/* One of several handles of the memory. */
struct handle {
    struct hf_store store;
    struct archive *archive;
};

static struct hf_store *memory_of(struct hf_store *store)
{
    return ((struct handle *)store)->archive->memory;
}

static void tell_put(struct hf_store *store, const char *key)
{
    struct archive *archive = ((struct handle *)store)->archive;
    void (*tell)(struct archive *, const char *) = archive->before_put;
    archive->before_put = NULL;
    if (tell)
        tell(archive, key);
}

static int handle_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                      struct hf_error *err)
{
    tell_put(store, key);
    return hf_store_put(memory_of(store), key, bytes, length, err);
}

static struct hf_upload *handle_upload(struct hf_store *store, const char *key,
                                       struct hf_error *err)
{
    tell_put(store, key);
    return hf_store_upload(memory_of(store), key, err);
}

static int handle_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                       size_t length, struct hf_error *err)
{
    return hf_store_read(memory_of(store), key, offset, out, length, err);
}

static int handle_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                       struct hf_error *err)
{
    return hf_store_stat(memory_of(store), key, out, err);
}

static int handle_list(struct hf_store *store, const char *prefix, const char *after,
                       int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                       void *arg, struct hf_error *err)
{
    return hf_store_list(memory_of(store), prefix, after, each, arg, err);
}

/* Who lists again, on behalf of whom, and what that one knows. */
struct listing {
    const struct hf_store_known *known;
    int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err);
    void *arg;
};

static int give_as_known(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    const struct listing *listing = arg;
    struct hf_stored given = {.key = object->key};
    bool is_known = listing->known->find(listing->known->arg, &given);
    return listing->each(listing->arg, is_known ? &given : object, err);
}

static int handle_list_again(struct hf_store *store, const char *prefix,
                             const struct hf_store_known *known,
                             int (*each)(void *arg, const struct hf_stored *object,
                                         struct hf_error *err),
                             void *arg, struct hf_error *err)
{
    struct listing listing = {known, each, arg};
    return hf_store_list(memory_of(store), prefix, "", give_as_known, &listing, err);
}

static int handle_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    return hf_store_remove(memory_of(store), key, err);
}

static void handle_free(struct hf_store *store)
{
    free(store);
}

#define HANDLE_OPS(put_if_absent_)                                                                 \
    {                                                                                              \
        .kind = "memory", .put_if_absent = put_if_absent_, .put = handle_put,                      \
        .upload_begin = handle_upload, .read = handle_read, .stat = handle_stat,                   \
        .list = handle_list, .list_again = handle_list_again, .remove = handle_remove,             \
        .free = handle_free,                                                                       \
    }

struct hf_store *archive_store(struct archive *archive)
{
    static const struct hf_store_ops kinds[] = {HANDLE_OPS(false), HANDLE_OPS(true)};
    const struct hf_store_ops *ops = &kinds[archive->memory->ops->put_if_absent];
    struct handle *handle = calloc(1, sizeof *handle);
    assert_non_null(handle);
    *handle = (struct handle){{ops}, archive};
    return &handle->store;
}

static int set_up(void **state,
                  struct hf_store *(*memory)(const struct hf_env *env, struct hf_error *err))
{
    struct archive *archive = calloc(1, sizeof *archive);
    const struct hf_unlock none = {0};
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .secret = &none};
    struct hf_error err = {0};
    assert_int_equal(hf_codec_init(&err), 0);
    archive->world = hf_fault_env_new(hf_env_system());
    hf_fault_env_set_clock(archive->world, (int64_t)ARCHIVE_TIME * 1000);
    archive->env = hf_fault_env_get(archive->world);
    archive->memory = memory(archive->env, &err);
    archive->pool = hf_pool_new(2, 4, &err);
    assert_non_null(archive->pool);
    archive->repository = hf_repository_create(archive_store(archive), archive->env, &slot, &err);
    if (!archive->repository ||
        hf_database_open(&archive->database, archive->repository, "app", HF_DATABASE_CREATE, &err))
        fail_msg("%s", err.text);
    *state = archive;
    return 0;
}

int archive_setup(void **state)
{
    return set_up(state, hf_store_memory_new);
}

int archive_setup_replacing(void **state)
{
    return set_up(state, hf_store_memory_replacing_new);
}

int archive_teardown(void **state)
{
    struct archive *archive = *state;
    hf_repository_free(archive->repository);
    hf_pool_free(archive->pool);
    hf_store_free(archive->memory);
    hf_fault_env_free(archive->world);
    free(archive);
    return 0;
}

struct hf_repository *archive_open(struct archive *archive)
{
    const struct hf_unlock none = {0};
    struct hf_error err = {0};
    struct hf_repository *again =
        hf_repository_open(archive_store(archive), archive->env, &none, &err);
    if (!again)
        fail_msg("%s", err.text);
    return again;
}

void archive_page(uint8_t *out, uint32_t page_size, uint32_t page, uint32_t version)
{
    memset(out, 0, page_size);
    if (version)
        hf_scratch_fill(out, page_size / 2, (uint64_t)page << 32 | version);
}

uint64_t archive_term(const struct archive *archive, uint32_t page_size, uint32_t page,
                      uint32_t version)
{
    static uint8_t image[65536];
    archive_page(image, page_size, page, version);
    return hf_state_term(page,
                         hf_page_fingerprint(&archive->database.fingerprints, image, page_size));
}

static void write_pages(struct hf_segment_writer *writer, const struct archive_segment *segment,
                        uint32_t page_size)
{
    struct hf_error err = {0};
    for (uint32_t i = 0; i < segment->count; i++) {
        uint32_t room, page = segment->pages ? segment->pages[i] : segment->first + i;
        uint8_t *space = hf_segment_writer_space(writer, &room, &err);
        if (!space)
            fail_msg("%s", err.text);
        assert_true(room >= 1);
        archive_page(space, page_size, page, segment->version);
        assert_int_equal(hf_segment_writer_filled(writer, page, 1, &err), 0);
    }
}

uint64_t archive_write(struct archive *archive, const struct archive_segment *segment,
                       struct hf_segment_name *name)
{
    struct archive_segment made = *segment;
    uint32_t page_size = made.page_size ? made.page_size : 4096;
    uint64_t bytes;
    struct hf_error err = {0};
    if (!made.pages && made.last)
        made.count = made.last - made.first + 1;
    const struct hf_segment_spec spec = {
        .name = {.level = made.level,
                 .epoch = made.epoch ? made.epoch : 1,
                 .from = made.from,
                 .to = made.to,
                 .time = made.time ? made.time : (int64_t)ARCHIVE_TIME * 1000 + (int64_t)made.to},
        .page_size = page_size,
        .pages = made.count,
        .part_bytes = made.part_bytes,
    };
    struct hf_trailer trailer = {
        .page_size = page_size,
        .page_count = made.page_count,
        .page_min = made.page_min ? made.page_min : made.page_count,
        .lock_byte_page = made.lock_byte_page ? made.lock_byte_page : 0x40000000 / page_size + 1,
        .state_before = made.state_before,
        .state_after = made.state_after,
        .flags = made.flags | (made.from == 1 ? HF_SEGMENT_FULL : 0),
        .reason = "test",
    };
    snprintf(trailer.label, sizeof trailer.label, "%s", made.label ? made.label : "");
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        hf_segment_writer_new(&archive->database, archive->pool, &spec, &err);
    assert_non_null(writer);
    if (made.dictionary)
        assert_int_equal(hf_segment_writer_dictionary(writer, made.dictionary->data,
                                                      made.dictionary->length, &err),
                         0);
    write_pages(writer, &made, page_size);
    if (hf_segment_writer_finish(writer, &trailer, &bytes, &err))
        fail_msg("%s", err.text);
    if (name)
        *name = spec.name;
    return bytes;
}

void archive_points(struct archive *archive, uint64_t count)
{
    uint64_t state = 0;
    for (uint64_t seq = 1; seq <= count; seq++) {
        struct archive_segment segment = {
            .from = seq,
            .to = seq,
            .page_count = 6,
            .first = seq == 1 ? 1 : (uint32_t)(seq % 6) + 1,
            .version = (uint32_t)seq,
            .state_before = state,
        };
        segment.last = seq == 1 ? 6 : segment.first;
        for (uint32_t page = segment.first; page <= segment.last; page++) {
            uint64_t before = 0; /* the version that this page had */
            for (uint64_t old = 1; old < seq; old++)
                if (old == 1 || old % 6 + 1 == page)
                    before = old;
            if (before)
                state -= archive_term(archive, 4096, page, (uint32_t)before);
            state += archive_term(archive, 4096, page, (uint32_t)seq);
        }
        segment.state_after = state;
        archive_write(archive, &segment, NULL);
    }
}

void archive_key(const struct archive *archive, char out[HF_OBJECT_NAME_TEXT],
                 const struct hf_segment_name *name, uint16_t part)
{
    struct hf_segment_name object = *name;
    char text[HF_SEGMENT_NAME_TEXT];
    object.part = part;
    hf_segment_name_format(text, &object);
    hf_database_object(out, &archive->database, "segments/%s", text);
}

void archive_get(struct archive *archive, const char *key, struct hf_buf *out)
{
    struct hf_error err = {0};
    if (hf_store_get(archive->memory, key, SIZE_MAX / 2, out, &err))
        fail_msg("%s", err.text);
}

void archive_replace(struct archive *archive, const char *key, const void *bytes, size_t length)
{
    struct hf_error err = {0};
    archive_remove(archive, key);
    if (hf_store_put(archive->memory, key, bytes, length, &err))
        fail_msg("%s", err.text);
}

void archive_flip(struct archive *archive, const char *key, size_t byte, int bit)
{
    hf_auto(hf_buf) struct hf_buf object = {0};
    archive_get(archive, key, &object);
    assert_true(byte < object.length);
    object.data[byte] ^= (uint8_t)(1 << bit);
    archive_replace(archive, key, object.data, object.length);
}

void archive_remove(struct archive *archive, const char *key)
{
    struct hf_error err = {0};
    if (hf_store_remove(archive->memory, key, &err))
        fail_msg("%s", err.text);
}

bool archive_has(struct archive *archive, const char *key)
{
    struct hf_stored stored;
    return hf_store_stat(archive->memory, key, &stored, NULL) == 0;
}

static int count_one(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    (void)object, (void)err;
    ++*(int *)arg;
    return 0;
}

int archive_count(struct archive *archive, const char *prefix)
{
    int count = 0;
    assert_int_equal(hf_store_list(archive->memory, prefix, "", count_one, &count, NULL), 0);
    return count;
}

static int keep_key(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    char ***next = arg;
    (void)err;
    *(*next)++ = strdup(object->key);
    return 0;
}

char **archive_keys(struct archive *archive)
{
    char **keys = calloc((size_t)archive_count(archive, "") + 1, sizeof(char *));
    char **next = keys;
    assert_non_null(keys);
    assert_int_equal(hf_store_list(archive->memory, "", "", keep_key, &next, NULL), 0);
    return keys;
}

void archive_keys_free(char **keys)
{
    for (char **key = keys; *key; key++)
        free(*key);
    free(keys);
}

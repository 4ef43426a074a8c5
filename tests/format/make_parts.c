/*
 * usage: make_parts DIRECTORY
 * Makes a repository there with one point of a database "app" in four parts, as a database of many
 * gigabytes has: 100 pages of 4096 bytes, each its number in little-endian, over and over.
 */
#include <stdio.h>

#include "history/page_index.h"
#include "history/segment_writer.h"
#include "store/kinds.h"

enum { PAGE_SIZE = 4096, PAGES = 100 };

static void fill_page(uint8_t *out, uint32_t page)
{
    for (size_t i = 0; i < PAGE_SIZE; i += 4)
        hf_put_le(out + i, 4, page);
}

static int write_pages(const struct hf_database *database, struct hf_segment_writer *writer,
                       uint64_t *state, struct hf_error *err)
{
    for (uint32_t page = 1; page <= PAGES; page++) {
        uint32_t room;
        uint8_t *space = hf_segment_writer_space(writer, &room, err);
        if (!space)
            return -1;
        fill_page(space, page);
        *state +=
            hf_state_term(page, hf_page_fingerprint(&database->fingerprints, space, PAGE_SIZE));
        if (hf_segment_writer_filled(writer, page, 1, err))
            return -1;
    }
    return 0;
}

static int make(const char *directory, struct hf_error *err)
{
    const struct hf_env *env = hf_env_system();
    const struct hf_unlock none = {0};
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .secret = &none};
    const struct hf_segment_spec spec = {
        .name = {.epoch = 1, .from = 1, .to = 1, .time = hf_now(env)},
        .page_size = PAGE_SIZE,
        .pages = PAGES,
        .part_bytes = HF_FRAME_BYTES,
    };
    struct hf_trailer trailer = {.page_size = PAGE_SIZE,
                                 .page_count = PAGES,
                                 .page_min = PAGES,
                                 .lock_byte_page = 262145,
                                 .flags = HF_SEGMENT_FULL};
    struct hf_database database;
    uint64_t bytes;
    if (hf_codec_init(err))
        return -1;
    struct hf_store *store = hf_store_directory_new(env, directory, err);
    hf_auto_ptr(hf_repository) struct hf_repository *repository =
        store ? hf_repository_create(store, env, &slot, err) : NULL;
    if (!repository || hf_database_open(&database, repository, "app", HF_DATABASE_CREATE, err))
        return -1;
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(2, 4, err);
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        pool ? hf_segment_writer_new(&database, pool, &spec, err) : NULL;
    if (!writer || write_pages(&database, writer, &trailer.state_after, err))
        return -1;
    return hf_segment_writer_finish(writer, &trailer, &bytes, err);
}

int main(int argc, char **argv)
{
    struct hf_error err = {0};
    if (argc == 2 && !make(argv[1], &err))
        return 0;
    fprintf(stderr, "make_parts: %s\n", err.text);
    return 1;
}

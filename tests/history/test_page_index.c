#include "history/archive.h"

#include <stdio.h>

#include "history/page_index.h"

static uint64_t seed;

static uint32_t random_below(uint32_t limit)
{
    seed += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = seed;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((x ^ (x >> 31)) % limit);
}

/* A block with scattered pages and the row that describes it. */
static void make_block(struct hf_index_block *block, struct hf_index_row *row, uint32_t page_size)
{
    uint32_t page = 1 + random_below(1000), most = hf_frame_pages(page_size);
    uint32_t entries = 1 + random_below(HF_BLOCK_ENTRIES), spread = 1 + random_below(1 << 20);
    uint64_t offset = random_below(1 << 30);
    *block = (struct hf_index_block){.first_frame = random_below(1000)};
    *row = (struct hf_index_row){.first_page = page, .first_frame_offset = offset};
    while (block->entries < entries) {
        uint32_t count = 1 + random_below(most);
        if (count > entries - block->entries)
            count = entries - block->entries;
        uint32_t length = 1 + random_below(2 * HF_FRAME_BYTES);
        block->frame[block->frames++] =
            (struct hf_frame_ref){offset, length, (uint16_t)block->entries, (uint16_t)count};
        offset += length;
        for (uint32_t i = 0; i < count; i++) {
            block->pages[block->entries] = page;
            block->fingerprints[block->entries++] = (uint64_t)random_below(UINT32_MAX) << 32 | i;
            page += random_below(4) ? 1 : 1 + random_below(spread);
        }
    }
    row->last_page = block->pages[entries - 1];
    row->entries = entries;
    row->frames = block->frames;
    row->first_frame = block->first_frame;
}

static void assert_same(const struct hf_index_block *a, const struct hf_index_block *b)
{
    assert_int_equal(a->entries, b->entries);
    assert_int_equal(a->frames, b->frames);
    assert_int_equal(a->first_frame, b->first_frame);
    assert_memory_equal(a->pages, b->pages, a->entries * sizeof *a->pages);
    assert_memory_equal(a->fingerprints, b->fingerprints, a->entries * sizeof *a->fingerprints);
    for (uint32_t i = 0; i < a->frames; i++) {
        assert_int_equal(a->frame[i].offset, b->frame[i].offset);
        assert_int_equal(a->frame[i].length, b->frame[i].length);
        assert_int_equal(a->frame[i].first, b->frame[i].first);
        assert_int_equal(a->frame[i].count, b->frame[i].count);
    }
}

static void scattered_pages_of_every_page_size_come_back(void **state)
{
    (void)state;
    static struct hf_index_block block, again;
    struct hf_index_row row;
    struct hf_error err = {0};
    for (seed = 1; seed < 40; seed++)
        for (uint32_t size = 512; size <= 65536; size *= 2) {
            hf_auto(hf_buf) struct hf_buf bytes = {0};
            make_block(&block, &row, size);
            assert_int_equal(hf_index_block_encode(&bytes, &block, &err), 0);
            if (hf_index_block_decode(&again, bytes.data, bytes.length, &row, size, &err))
                fail_msg("seed %d, page size %u: %s", (int)seed, size, err.text);
            assert_same(&block, &again);
        }
}

/* Whatever the bytes are: an error, or a block that keeps what the header promises. */
static void decode_anything(const uint8_t *bytes, size_t length, const struct hf_index_row *row,
                            uint32_t size, bool must_fail)
{
    static struct hf_index_block out;
    struct hf_error err = {0};
    uint8_t *exact = malloc(length ? length : 1);
    memcpy(exact, bytes, length);
    int failed = hf_index_block_decode(&out, exact, length, row, size, &err);
    free(exact);
    if (failed)
        assert_int_equal(err.code, HF_CORRUPT);
    else {
        assert_false(must_fail);
        assert_int_equal(out.entries, row->entries);
        assert_int_equal(out.pages[0], row->first_page);
        for (uint32_t i = 1; i < out.entries; i++)
            assert_true(out.pages[i] > out.pages[i - 1] && out.pages[i] <= row->last_page);
        for (uint32_t i = 0, first = 0; i < out.frames; first += out.frame[i++].count)
            assert_true(out.frame[i].count && out.frame[i].count <= hf_frame_pages(size) &&
                        out.frame[i].first == first);
    }
}

static void a_block_cut_at_any_length_is_corrupt(void **state)
{
    (void)state;
    static struct hf_index_block block;
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    struct hf_index_row row;
    seed = 7;
    make_block(&block, &row, 4096);
    assert_int_equal(hf_index_block_encode(&bytes, &block, NULL), 0);
    for (size_t length = 0; length < bytes.length; length++)
        decode_anything(bytes.data, length, &row, 4096, true);
    assert_int_equal(hf_buf_append(&bytes, "\1", 1, NULL), 0);
    decode_anything(bytes.data, bytes.length, &row, 4096, true);
}

static void damage_gives_an_error_or_a_block_in_order(void **state)
{
    (void)state;
    static struct hf_index_block block;
    for (uint64_t round = 1; round <= 3000; round++) {
        hf_auto(hf_buf) struct hf_buf bytes = {0};
        struct hf_index_row row;
        seed = round;
        make_block(&block, &row, 4096);
        assert_int_equal(hf_index_block_encode(&bytes, &block, NULL), 0);
        for (uint32_t i = 1 + random_below(4); i; i--) {
            /* Half of the damage in the runs at the end, where the varints are. */
            size_t tail = bytes.length < 64 ? bytes.length : 64;
            size_t at = random_below(2) ? random_below((uint32_t)bytes.length)
                                        : bytes.length - 1 - random_below((uint32_t)tail);
            bytes.data[at] = (uint8_t)random_below(256);
        }
        decode_anything(bytes.data, bytes.length, &row, 4096, false);
    }
}

static void make_root(struct hf_index_root *root, struct hf_index_row *rows, uint32_t blocks)
{
    static struct hf_index_block block;
    uint32_t page = 0;
    uint64_t offset = 500;
    *root = (struct hf_index_root){.page_size = 4096, .blocks = blocks, .rows = rows};
    for (uint32_t i = 0; i < blocks; i++) {
        make_block(&block, &rows[i], 4096);
        rows[i].first_page += page;
        rows[i].last_page += page;
        page = rows[i].last_page;
        rows[i].first_frame_offset = offset;
        rows[i].length = 1000 + i;
        offset += 100;
        root->entries += rows[i].entries;
    }
}

static int decode_root(const uint8_t *bytes, size_t length, uint64_t index_length)
{
    hf_auto(hf_index_root) struct hf_index_root root = {0};
    struct hf_error err = {0};
    uint8_t *exact = malloc(length ? length : 1);
    memcpy(exact, bytes, length);
    int failed = hf_index_root_decode(&root, exact, length, 5000, index_length, &err);
    free(exact);
    if (failed)
        assert_int_equal(err.code, HF_CORRUPT);
    for (uint32_t i = 0; !failed && i < root.blocks; i++)
        assert_in_range(root.rows[i].entries, 1, HF_BLOCK_ENTRIES);
    return failed;
}

static void a_root_comes_back_and_damage_to_it_is_found(void **state)
{
    (void)state;
    struct hf_index_row rows[9];
    struct hf_index_root root;
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    seed = 3;
    make_root(&root, rows, 9);
    assert_int_equal(hf_index_root_encode(&bytes, &root, NULL), 0);
    assert_int_equal(decode_root(bytes.data, bytes.length, 9036), 0);
    assert_int_equal(decode_root(bytes.data, bytes.length, 9035), -1);
    for (size_t length = 0; length < bytes.length; length++)
        assert_int_equal(decode_root(bytes.data, length, 9036), -1);
    for (size_t i = 0; i < bytes.length * 8; i++) {
        bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
        decode_root(bytes.data, bytes.length, 9036);
        bytes.data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
}

static void a_root_without_blocks_is_one(void **state)
{
    (void)state;
    const struct hf_index_root none = {.page_size = 512};
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    assert_int_equal(hf_index_root_encode(&bytes, &none, NULL), 0);
    assert_int_equal(decode_root(bytes.data, bytes.length, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scattered_pages_of_every_page_size_come_back),
        cmocka_unit_test(a_block_cut_at_any_length_is_corrupt),
        cmocka_unit_test(damage_gives_an_error_or_a_block_in_order),
        cmocka_unit_test(a_root_comes_back_and_damage_to_it_is_found),
        cmocka_unit_test(a_root_without_blocks_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

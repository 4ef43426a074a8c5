/* Changed pages on their way: in memory, in a file, up to a bound. */
#include "engine/page_batch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fault_env.h"
#include "support/scratch.h"

enum { PIECE = 256 << 10, PAGE = 4096, A_PIECE = PIECE / PAGE };

static void fill(uint8_t *image, uint32_t page, uint32_t version, uint32_t size)
{
    hf_scratch_fill(image, size, (uint64_t)version << 32 | page);
}

static void put(struct hf_page_batch *batch, uint32_t page, uint32_t version)
{
    uint8_t image[PAGE];
    struct hf_error err = {0};
    fill(image, page, version, PAGE);
    if (hf_page_batch_put(batch, page, PAGE, image, &err))
        fail_msg("page %u: %s", page, err.text);
}

static void holds(const struct hf_page_batch *batch, uint32_t page, uint32_t version)
{
    uint8_t wanted[PAGE], got[PAGE];
    struct hf_error err = {0};
    fill(wanted, page, version, PAGE);
    assert_true(hf_page_batch_has(batch, page));
    if (hf_page_batch_get(batch, page, got, &err))
        fail_msg("page %u: %s", page, err.text);
    assert_memory_equal(got, wanted, PAGE);
}

static void assert_all_given_back(const struct hf_batch_budget *budget, size_t memory, size_t file)
{
    assert_int_equal(budget->memory, memory);
    assert_int_equal(budget->file, file);
}

static void the_newest_image_of_a_page_is_kept(void **state)
{
    struct hf_batch_budget budget;
    hf_auto(hf_page_batch) struct hf_page_batch batch;
    (void)state;
    hf_batch_budget_init(&budget, 4 * PIECE, 0);
    hf_page_batch_init(&batch, hf_env_system(), &budget);
    put(&batch, 7, 1);
    put(&batch, 3, 1);
    put(&batch, 7, 2);
    holds(&batch, 7, 2);
    holds(&batch, 3, 1);
    assert_int_equal(batch.count, 2);
    assert_false(hf_page_batch_has(&batch, 4));
}

static void pages_come_in_order(void **state)
{
    static const uint32_t wanted[] = {1, 2, 40, 900, UINT32_MAX - 1};
    struct hf_batch_budget budget;
    hf_auto(hf_page_batch) struct hf_page_batch batch;
    (void)state;
    hf_batch_budget_init(&budget, 4 * PIECE, 0);
    hf_page_batch_init(&batch, hf_env_system(), &budget);
    assert_null(hf_page_batch_pages(&batch));
    for (size_t i = 5; i--;)
        put(&batch, wanted[i], 1);
    hf_auto_free uint32_t *pages = hf_page_batch_pages(&batch);
    assert_memory_equal(pages, wanted, sizeof wanted);
}

static void what_memory_has_no_room_for_goes_to_a_file(void **state)
{
    struct hf_batch_budget budget;
    struct hf_page_batch batch;
    (void)state;
    hf_batch_budget_init(&budget, PIECE, 4 * PIECE);
    hf_page_batch_init(&batch, hf_env_system(), &budget);
    for (uint32_t page = 1; page <= 5 * A_PIECE; page++)
        put(&batch, page, 1);
    assert_int_equal(batch.pieces_in_file, 4);
    for (uint32_t page = 1; page <= 5 * A_PIECE; page += 3)
        put(&batch, page, 2);
    for (uint32_t page = 1; page <= 5 * A_PIECE; page++)
        holds(&batch, page, page % 3 == 1 ? 2 : 1);
    assert_all_given_back(&budget, 0, 0);
    hf_page_batch_release(&batch);
    assert_all_given_back(&budget, PIECE, 4 * PIECE);
}

static void past_the_bound_it_is_as_it_was(void **state)
{
    struct hf_batch_budget budget;
    struct hf_page_batch batch;
    uint8_t image[PAGE] = {0};
    struct hf_error err = {0};
    (void)state;
    hf_batch_budget_init(&budget, PIECE, PIECE);
    hf_page_batch_init(&batch, hf_env_system(), &budget);
    for (uint32_t page = 1; page <= 2 * A_PIECE; page++)
        put(&batch, page, 1);
    assert_int_equal(hf_page_batch_put(&batch, 9999, PAGE, image, &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
    assert_false(hf_page_batch_has(&batch, 9999));
    assert_int_equal(batch.count, 2 * A_PIECE);
    put(&batch, 5, 2); /* one that it has needs no room */
    holds(&batch, 5, 2);
    hf_page_batch_release(&batch);
    assert_all_given_back(&budget, PIECE, PIECE);
}

static void batches_share_a_budget(void **state)
{
    struct hf_batch_budget budget;
    struct hf_page_batch one, other;
    uint8_t image[PAGE] = {0};
    (void)state;
    hf_batch_budget_init(&budget, PIECE, 0);
    hf_page_batch_init(&one, hf_env_system(), &budget);
    hf_page_batch_init(&other, hf_env_system(), &budget);
    put(&one, 1, 1);
    assert_int_equal(hf_page_batch_put(&other, 1, PAGE, image, NULL), -1);
    hf_page_batch_release(&one);
    put(&other, 1, 1);
    hf_page_batch_release(&other);
    assert_all_given_back(&budget, PIECE, 0);
}

static void every_page_size_is_kept(void **state)
{
    (void)state;
    for (uint32_t size = 512; size <= 65536; size *= 2) {
        struct hf_batch_budget budget;
        struct hf_page_batch batch;
        hf_auto_free uint8_t *image = malloc(size), *got = malloc(size);
        hf_batch_budget_init(&budget, PIECE, 2 * PIECE);
        hf_page_batch_init(&batch, hf_env_system(), &budget);
        for (uint32_t page = 1; page <= 2 * PIECE / size; page++) {
            fill(image, page, 1, size);
            assert_int_equal(hf_page_batch_put(&batch, page, size, image, NULL), 0);
        }
        for (uint32_t page = 1; page <= 2 * PIECE / size; page++) {
            fill(image, page, 1, size);
            assert_int_equal(hf_page_batch_get(&batch, page, got, NULL), 0);
            assert_memory_equal(got, image, size);
        }
        hf_page_batch_release(&batch);
    }
}

static void another_page_size_is_no_increment(void **state)
{
    struct hf_batch_budget budget;
    hf_auto(hf_page_batch) struct hf_page_batch batch;
    uint8_t image[8192] = {0};
    struct hf_error err = {0};
    (void)state;
    hf_batch_budget_init(&budget, PIECE, 0);
    hf_page_batch_init(&batch, hf_env_system(), &budget);
    put(&batch, 1, 1);
    assert_int_equal(hf_page_batch_put(&batch, 2, 8192, image, &err), -1);
    assert_int_equal(err.code, HF_STALE);
    holds(&batch, 1, 1);
}

/* Every operation on the file fails once, as on a full disk: what was kept is there. */
static void a_full_disk_takes_nothing_that_was_kept(void **state)
{
    hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty = hf_fault_env_new(hf_env_system());
    (void)state;
    for (uint64_t at = 1; at <= 20; at++) {
        /* Where the removal of its name fails, the file stays. */
        hf_auto(hf_scratch) struct hf_scratch scratch;
        hf_scratch_init(&scratch);
        setenv("TMPDIR", scratch.path, 1);
        const struct hf_env_faults faults = {.at = at, .error = ENOSPC};
        struct hf_batch_budget budget;
        struct hf_page_batch batch;
        uint8_t image[PAGE];
        bool kept[2 * A_PIECE + 1] = {0};
        hf_batch_budget_init(&budget, 0, 4 * PIECE);
        hf_page_batch_init(&batch, hf_fault_env_get(faulty), &budget);
        hf_fault_env_set(faulty, &faults);
        for (uint32_t page = 1; page <= 16; page++) {
            struct hf_error err = {0};
            fill(image, page, 1, PAGE);
            kept[page] = !hf_page_batch_put(&batch, page, PAGE, image, &err);
            if (!kept[page] && err.code != HF_NO_SPACE)
                fail_msg("operation %llu: %d %s", (unsigned long long)at, err.code, err.text);
        }
        hf_fault_env_set(faulty, NULL);
        for (uint32_t page = 1; page <= 16; page++) {
            assert_int_equal(hf_page_batch_has(&batch, page), kept[page]);
            if (kept[page])
                holds(&batch, page, 1);
            put(&batch, page, 2);
            holds(&batch, page, 2);
        }
        hf_page_batch_release(&batch);
        assert_all_given_back(&budget, 0, 4 * PIECE);
        unsetenv("TMPDIR");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_image_of_a_page_is_kept),
        cmocka_unit_test(pages_come_in_order),
        cmocka_unit_test(what_memory_has_no_room_for_goes_to_a_file),
        cmocka_unit_test(past_the_bound_it_is_as_it_was),
        cmocka_unit_test(batches_share_a_budget),
        cmocka_unit_test(every_page_size_is_kept),
        cmocka_unit_test(another_page_size_is_no_increment),
        cmocka_unit_test(a_full_disk_takes_nothing_that_was_kept),
    };
    return cmocka_run_group_tests_name("engine/page_batch", tests, NULL, NULL);
}

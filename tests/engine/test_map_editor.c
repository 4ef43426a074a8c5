/* The map of fingerprints, changed in place. */
#include "engine/map_editor.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/fingerprint.h"
#include "support/fault_env.h"
#include "support/scratch.h"

enum { PAGES = 5000, IN_A_PIECE = 4096 / 8 };

struct desk {
    struct hf_scratch scratch;
    char *path;
    struct hf_fault_env *faulty;
    struct hf_state_file file;
};

static int setup(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    assert_non_null(desk);
    hf_scratch_init(&desk->scratch);
    desk->path = hf_scratch_path(&desk->scratch, "app.db-holdfast");
    desk->faulty = hf_fault_env_new(hf_env_system());
    if (hf_state_file_open(&desk->file, hf_fault_env_get(desk->faulty), desk->path, NULL))
        return -1;
    *state = desk;
    return 0;
}

static int teardown(void **state)
{
    struct desk *desk = *state;
    hf_state_file_release(&desk->file);
    hf_fault_env_free(desk->faulty);
    hf_scratch_release(&desk->scratch);
    free(desk->path);
    free(desk);
    return 0;
}

static uint64_t mark(uint32_t page)
{
    return (uint64_t)page * 0x9e3779b97f4a7c15u;
}

static void set_all(struct desk *desk, uint32_t step)
{
    struct hf_map_editor editor;
    hf_map_editor_init(&editor, &desk->file);
    for (uint32_t page = 1; page <= PAGES; page += step)
        assert_int_equal(hf_map_editor_set(&editor, page, mark(page), NULL), 0);
    assert_int_equal(hf_map_editor_flush(&editor, NULL), 0);
}

static uint64_t get(struct desk *desk, uint32_t page)
{
    struct hf_map_editor editor;
    uint64_t fingerprint = 1;
    hf_map_editor_init(&editor, &desk->file);
    assert_int_equal(hf_map_editor_get(&editor, page, &fingerprint, NULL), 0);
    return fingerprint;
}

static void what_was_set_is_read_again(void **state)
{
    set_all(*state, 3);
    for (uint32_t page = 1; page <= PAGES; page += 7)
        assert_true(get(*state, page) == (page % 3 == 1 ? mark(page) : 0));
}

static void pages_that_were_never_written_are_zero(void **state)
{
    assert_true(get(*state, 1) == 0);
    assert_true(get(*state, UINT32_MAX - 1) == 0);
}

static void any_order_will_do(void **state)
{
    struct desk *desk = *state;
    struct hf_map_editor editor;
    hf_map_editor_init(&editor, &desk->file);
    for (uint32_t i = 0; i < PAGES; i++) {
        uint32_t page = (uint32_t)((uint64_t)i * 2039 % PAGES) + 1;
        assert_int_equal(hf_map_editor_set(&editor, page, mark(page), NULL), 0);
    }
    assert_int_equal(hf_map_editor_flush(&editor, NULL), 0);
    for (uint32_t page = 1; page <= PAGES; page++)
        assert_true(get(desk, page) == mark(page));
}

/* Of a state that is known: its pages and no others, the lock-byte page left out. */
static void the_sum_is_that_of_the_known_states_pages(void **state)
{
    struct desk *desk = *state;
    uint64_t wanted = 0, terms;
    set_all(desk, 1);
    desk->file.known.page_size = 4096;
    desk->file.known.page_count = PAGES - 10;
    for (uint32_t page = 1; page <= PAGES - 10; page++)
        wanted += hf_state_term(page, mark(page));
    assert_int_equal(hf_map_sum(&desk->file, &terms, NULL), 0);
    assert_true(terms == wanted);
}

static void a_write_that_fails_is_told_by_whoever_came_next(void **state)
{
    struct desk *desk = *state;
    const struct hf_env_faults faults = {.at = 1, .kinds = HF_OP_PWRITE, .error = ENOSPC};
    struct hf_map_editor editor;
    struct hf_error err = {0};
    hf_map_editor_init(&editor, &desk->file);
    assert_int_equal(hf_map_editor_set(&editor, 1, mark(1), &err), 0);
    hf_fault_env_set(desk->faulty, &faults);
    assert_int_equal(hf_map_editor_set(&editor, IN_A_PIECE * 4, mark(2), &err), -1);
    assert_int_equal(err.code, HF_NO_SPACE);
    /* It is still held back, and not lost. */
    assert_int_equal(hf_map_editor_flush(&editor, NULL), 0);
    assert_true(get(desk, 1) == mark(1));
}

static void a_read_that_fails_is_an_error_and_never_a_zero(void **state)
{
    struct desk *desk = *state;
    const struct hf_env_faults faults = {.at = 1, .kinds = HF_OP_PREAD};
    struct hf_map_editor editor;
    uint64_t fingerprint = 77;
    set_all(desk, 1);
    hf_map_editor_init(&editor, &desk->file);
    hf_fault_env_set(desk->faulty, &faults);
    assert_int_equal(hf_map_editor_get(&editor, 9, &fingerprint, NULL), -1);
    assert_true(fingerprint == 77);
    assert_int_equal(hf_map_editor_get(&editor, 9, &fingerprint, NULL), 0);
    assert_true(fingerprint == mark(9));
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(what_was_set_is_read_again),
        DESK_TEST(pages_that_were_never_written_are_zero),
        DESK_TEST(any_order_will_do),
        DESK_TEST(the_sum_is_that_of_the_known_states_pages),
        DESK_TEST(a_write_that_fails_is_told_by_whoever_came_next),
        DESK_TEST(a_read_that_fails_is_an_error_and_never_a_zero),
    };
    return cmocka_run_group_tests_name("engine/map_editor", tests, NULL, NULL);
}

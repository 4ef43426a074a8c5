#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
/* after the four that it needs */
#include <cmocka.h>

#include "base/bytes.h"
#include "sqlite/replica_header.h"

static void make_header(uint8_t header[HF_DB_HEADER_BYTES])
{
    for (int i = 0; i < HF_DB_HEADER_BYTES; i++)
        header[i] = (uint8_t)(i * 7 + 1);
    header[18] = header[19] = 2;
    hf_put_be32(header + 24, 55);
    hf_put_be32(header + 40, 9);
    hf_put_be32(header + 92, 55);
}

static void only_a_replicas_own_fields_are_marked(void **state)
{
    (void)state;
    uint8_t before[HF_DB_HEADER_BYTES], after[HF_DB_HEADER_BYTES];
    const struct hf_replica_marks marks = {0x12345678, 0x9abcdef0};
    make_header(before);
    make_header(after);
    hf_replica_mark(after, &marks);
    for (int i = 0; i < HF_DB_HEADER_BYTES; i++)
        if (i != 18 && i != 19 && (i < 24 || i > 27) && (i < 40 || i > 43) && i < 92)
            assert_int_equal(after[i], before[i]);
    assert_int_equal(after[18], 1);
    assert_int_equal(after[19], 1);
    assert_int_equal(hf_get_be32(after + 24), marks.change_counter);
    assert_int_equal(hf_get_be32(after + 40), marks.schema_cookie);
    assert_int_equal(hf_get_be32(after + 92), marks.change_counter);
    assert_memory_equal(after + 96, before + 96, 4);
    struct hf_replica_marks found = hf_replica_marks_of(after);
    assert_int_equal(found.change_counter, marks.change_counter);
    assert_int_equal(found.schema_cookie, marks.schema_cookie);
    hf_replica_unmark(after, before);
    assert_memory_equal(after, before, sizeof before);
}

/* Written by SQLite before 3.7.0: the file's size counts, not the header's page count. */
static void a_page_count_that_does_not_count_stays_one(void **state)
{
    (void)state;
    uint8_t header[HF_DB_HEADER_BYTES];
    const struct hf_replica_marks marks = {1000, 1};
    make_header(header);
    hf_put_be32(header + 92, 54);
    hf_replica_mark(header, &marks);
    assert_int_equal(hf_get_be32(header + 24), 1000);
    assert_int_not_equal(hf_get_be32(header + 92), 1000);
    hf_replica_mark(header, &marks);
    assert_int_not_equal(hf_get_be32(header + 92), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_replicas_own_fields_are_marked),
        cmocka_unit_test(a_page_count_that_does_not_count_stays_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

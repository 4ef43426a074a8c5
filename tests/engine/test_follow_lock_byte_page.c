/*
 * A replica over the lock-byte page: SQLite's pending byte is moved for this whole program.
 */
#include "engine/follow_rig.h"

#include "sqlite/db_header.h"

enum { PENDING_BYTE = 1 << 16, LOCK_PAGE = PENDING_BYTE / 4096 + 1 };

static void growing_and_shrinking_over_it_is_followed(void **state)
{
    struct workshop *shop = *state;
    assert_int_equal(hf_lock_byte_page(4096), LOCK_PAGE);
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    for (int step = 0; step < 12; step++) {
        if (step)
            workshop_sql(shop, "DELETE FROM film; VACUUM");
        workshop_fill(shop, LOCK_PAGE - 5 + 2 * (step % 4) + 20 * (step / 4 % 2));
        uint64_t seq = workshop_backup(shop).seq;
        assert_int_equal(seq, step + 1);
        rig_follow(follower, step ? HF_FOLLOW_ADVANCED : HF_FOLLOW_CREATED);
        rig_assert_at(shop, seq);
    }
}

static void other_page_sizes_have_it_elsewhere(void **state)
{
    struct workshop *shop = *state;
    uint64_t seq = 0;
    hf_auto_ptr(hf_follower) struct hf_follower *follower = rig_follower(shop, false);
    workshop_fill(shop, 60);
    for (int size = 65536; size >= 512; size /= 2) {
        workshop_sql(shop, "PRAGMA page_size = %d; VACUUM", size);
        workshop_backup(shop);
        rig_follow(follower, seq++ ? HF_FOLLOW_COMPARED : HF_FOLLOW_CREATED);
        rig_assert_at(shop, seq);
        workshop_sql(shop, "UPDATE film SET data = randomblob(1700) WHERE id %% 3 = 1");
        workshop_backup(shop);
        rig_follow(follower, HF_FOLLOW_ADVANCED);
        rig_assert_at(shop, ++seq);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, workshop_setup, workshop_teardown)
    const struct CMUnitTest tests[] = {
        TEST(growing_and_shrinking_over_it_is_followed),
        TEST(other_page_sizes_have_it_elsewhere),
    };
    sqlite3_test_control(SQLITE_TESTCTRL_PENDING_BYTE, PENDING_BYTE);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

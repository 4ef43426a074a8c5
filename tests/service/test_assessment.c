/* How safe a database is: the weakest of five facts. */
#include "service/assessment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const int64_t NOW = 1800000000000, DAY = 24LL * 3600 * 1000;

/* All is well: each test takes one thing away. */
static struct hf_safety_evidence good(void)
{
    return (struct hf_safety_evidence){
        .now = NOW,
        .is_reachable = true,
        .newest = NOW - 500,
        .newest_snapshot = NOW - DAY,
        .tested = NOW - 2 * DAY,
        .proven = NOW - 2 * DAY,
        .is_encrypted = true,
        .kit_saved = NOW - 100 * DAY,
        .is_followed = true,
        .is_confirmed = true,
        .sync_interval = 1000,
    };
}

static struct hf_safety_verdict assess(const struct hf_safety_evidence *evidence)
{
    struct hf_safety_verdict verdict;
    hf_safety_assess(&verdict, evidence);
    return verdict;
}

static void expect(const struct hf_safety_evidence *evidence, enum hf_safety_fact fact,
                   enum hf_safety state, const char *cause)
{
    struct hf_safety_verdict verdict = assess(evidence);
    assert_int_equal(verdict.facts[fact], state);
    assert_int_equal(verdict.state, state);
    assert_string_equal(hf_safety_cause_words(verdict.causes[fact])->key, cause);
}

static void all_facts_good_is_protected_and_says_what_could_be_lost(void **state)
{
    struct hf_safety_evidence evidence = good();
    struct hf_safety_verdict verdict = assess(&evidence);
    (void)state;
    assert_int_equal(verdict.state, HF_SAFETY_GOOD);
    assert_int_equal(verdict.could_lose, 2000);
}

static void what_waits_adds_to_what_could_be_lost(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.pending_since = NOW - 5000;
    assert_int_equal(assess(&evidence).could_lose, 6000);
    assert_int_equal(assess(&evidence).state, HF_SAFETY_GOOD);
    evidence.pending_since = NOW - 12000;
    expect(&evidence, HF_FACT_NEWEST_POINT, HF_SAFETY_ATTENTION, "behind");
    evidence.pending_since = NOW - 61000;
    expect(&evidence, HF_FACT_NEWEST_POINT, HF_SAFETY_BAD, "behind");
    evidence.failing_since = NOW - 50000;
    expect(&evidence, HF_FACT_NEWEST_POINT, HF_SAFETY_BAD, "store_fails");
}

static void what_the_repository_does_not_confirm_is_not_believed(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.is_confirmed = false;
    expect(&evidence, HF_FACT_NEWEST_POINT, HF_SAFETY_BAD, "not_confirmed");
    assert_int_equal(assess(&evidence).could_lose, -1);
}

static void without_anybody_who_follows_nobody_knows_what_could_be_lost(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.is_followed = false;
    expect(&evidence, HF_FACT_NEWEST_POINT, HF_SAFETY_ATTENTION, "not_followed");
    assert_int_equal(assess(&evidence).could_lose, -1);
}

static void an_unreachable_repository_makes_everything_unknown(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.is_reachable = false;
    struct hf_safety_verdict verdict = assess(&evidence);
    assert_int_equal(verdict.state, HF_SAFETY_BAD);
    assert_int_equal(verdict.facts[HF_FACT_TEST_RESTORE], HF_SAFETY_UNKNOWN);
    assert_int_equal(verdict.facts[HF_FACT_NEWEST_POINT], HF_SAFETY_UNKNOWN);
    assert_int_equal(verdict.could_lose, -1);
}

static void without_a_repository_a_snapshot_is_to_be_taken(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.is_reachable = false;
    evidence.is_unmade = true;
    evidence.kit_saved = 0;
    struct hf_safety_verdict verdict = assess(&evidence);
    assert_int_equal(verdict.state, HF_SAFETY_BAD);
    for (int i = 0; i < HF_FACT_COUNT; i++)
        if (i != HF_FACT_TEST_RESTORE)
            assert_string_equal(hf_safety_cause_words(verdict.causes[i])->action, "snapshot");
}

static void unknown_is_never_good(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.tested = evidence.proven = 0;
    expect(&evidence, HF_FACT_TEST_RESTORE, HF_SAFETY_UNKNOWN, "never_tested");
}

static void tests_and_snapshots_grow_old(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.proven = evidence.tested = NOW - 32 * DAY;
    expect(&evidence, HF_FACT_TEST_RESTORE, HF_SAFETY_ATTENTION, "test_is_old");
    evidence.tested = NOW;
    expect(&evidence, HF_FACT_TEST_RESTORE, HF_SAFETY_BAD, "test_failed");
    evidence = good();
    evidence.newest_snapshot = NOW - 8 * DAY;
    expect(&evidence, HF_FACT_SNAPSHOT, HF_SAFETY_ATTENTION, "snapshot_is_old");
    evidence.newest_snapshot = 0;
    expect(&evidence, HF_FACT_SNAPSHOT, HF_SAFETY_ATTENTION, "no_snapshot");
}

static void a_key_is_to_be_saved_only_where_there_is_one(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.kit_saved = 0;
    expect(&evidence, HF_FACT_RECOVERY_KEY, HF_SAFETY_ATTENTION, "key_not_saved");
    evidence.is_encrypted = false;
    assert_int_equal(assess(&evidence).state, HF_SAFETY_GOOD);
}

static void nothing_stored_or_nothing_there_is_bad(void **state)
{
    struct hf_safety_evidence evidence = good();
    (void)state;
    evidence.is_missing = true;
    expect(&evidence, HF_FACT_NEWEST_POINT, HF_SAFETY_BAD, "database_missing");
    evidence = good();
    evidence.newest = 0;
    expect(&evidence, HF_FACT_NEWEST_POINT, HF_SAFETY_BAD, "no_point");
}

/* Every evidence that can be, as far as a cause hangs on it. */
static struct hf_safety_evidence variant(unsigned bits)
{
    struct hf_safety_evidence evidence = good();
    const int64_t ages[] = {0, 0, 12000, 61000};
    evidence.is_reachable = !(bits & 1);
    evidence.is_unmade = bits & 1 && bits & 2;
    evidence.newest = bits & 2 ? 0 : evidence.newest;
    evidence.is_missing = bits & 4;
    evidence.is_followed = !(bits & 8);
    evidence.is_confirmed = !(bits & 16);
    evidence.failing_since = bits & 32 ? NOW : 0;
    evidence.kit_saved = bits & 64 ? 0 : evidence.kit_saved;
    evidence.pending_since = NOW - ages[bits >> 7 & 3];
    evidence.newest_snapshot = (const int64_t[]){NOW, NOW, NOW - 8 * DAY, 0}[bits >> 9 & 3];
    evidence.proven = (const int64_t[]){NOW, NOW, NOW - 32 * DAY, 0}[bits >> 11 & 3];
    evidence.tested = bits & 1u << 13 ? NOW + 1 : evidence.proven;
    return evidence;
}

static void whatever_is_not_good_has_a_sentence_and_something_to_do(void **state)
{
    bool given[HF_CAUSE_COUNT] = {false};
    (void)state;
    for (unsigned bits = 0; bits < 1u << 14; bits++) {
        struct hf_safety_evidence evidence = variant(bits);
        struct hf_safety_verdict verdict = assess(&evidence);
        for (int i = 0; i < HF_FACT_COUNT; i++) {
            const struct hf_safety_cause_words *words = hf_safety_cause_words(verdict.causes[i]);
            given[verdict.causes[i]] = true;
            assert_int_equal(verdict.facts[i] == HF_SAFETY_GOOD, words == NULL);
            assert_true(!words || (words->key && words->text && words->action));
        }
    }
    for (int cause = 0; cause < HF_CAUSE_COUNT; cause++)
        assert_true(given[cause]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_facts_good_is_protected_and_says_what_could_be_lost),
        cmocka_unit_test(what_waits_adds_to_what_could_be_lost),
        cmocka_unit_test(what_the_repository_does_not_confirm_is_not_believed),
        cmocka_unit_test(without_anybody_who_follows_nobody_knows_what_could_be_lost),
        cmocka_unit_test(an_unreachable_repository_makes_everything_unknown),
        cmocka_unit_test(without_a_repository_a_snapshot_is_to_be_taken),
        cmocka_unit_test(unknown_is_never_good),
        cmocka_unit_test(tests_and_snapshots_grow_old),
        cmocka_unit_test(a_key_is_to_be_saved_only_where_there_is_one),
        cmocka_unit_test(nothing_stored_or_nothing_there_is_bad),
        cmocka_unit_test(whatever_is_not_good_has_a_sentence_and_something_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

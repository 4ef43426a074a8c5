#include <stdio.h>
#include <string.h>

#include "history/catalog.h"
#include "history/check.h"
#include "history/ledger.h"
#include "history/prune.h"
#include "support/fault_store.h"
#include "support/seeded.h"

enum { STEP = 15000 };

static struct hf_retention_rule rule_of(const char *text)
{
    struct hf_retention_rule rule;
    assert_int_equal(hf_retention_rule_parse(&rule, text, NULL), 0);
    return rule;
}

static struct ledger *ledger_of(void **state, uint64_t points)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    assert_non_null(ledger);
    ledger->archive = *state;
    ledger->seed = 5;
    ledger->step = STEP;
    ledger_points(ledger, points);
    return ledger;
}

static void turn_clock(struct ledger *ledger, int64_t milliseconds)
{
    const struct archive *archive = ledger->archive;
    hf_fault_env_set_clock(archive->world, hf_now(archive->env) + milliseconds);
}

static void prune(struct ledger *ledger, const char *rule, int64_t grace,
                  struct hf_prune_result *result)
{
    const struct hf_retention_rule parsed = rule_of(rule);
    const struct hf_prune_options options = {.rule = &parsed, .grace = grace};
    struct hf_error err = {0};
    if (hf_prune(&ledger->archive->database, &options, result, &err))
        fail_msg("%s", err.text);
}

/* All points that are there restore to what they were; returns how many there are. */
static size_t prove(struct ledger *ledger)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    size_t count = 0;
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    for (uint64_t seq = 1; seq <= ledger->seq; seq++)
        if (hf_timeline_at(&timeline, seq)) {
            ledger_prove(ledger, &timeline, seq);
            count++;
        }
    return count;
}

static bool has_point(struct ledger *ledger, uint64_t seq)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    return hf_timeline_at(&timeline, seq);
}

static int refuse_losses(void *arg, const struct hf_finding *finding, struct hf_error *err)
{
    (void)arg, (void)err;
    if (finding->severity == HF_CHECK_LOSS)
        fail_msg("%s: %s", finding->object, finding->problem);
    return 0;
}

static void check(struct ledger *ledger)
{
    const struct hf_check_options options = {.depth = HF_CHECK_DATA};
    struct hf_check_result result;
    assert_int_equal(
        hf_check(ledger->archive->repository, &options, refuse_losses, NULL, &result, NULL), 0);
    assert_int_equal(result.losses, 0);
}

static void history_thins_to_what_the_rule_keeps(void **state)
{
    struct ledger *ledger = ledger_of(state, 200); /* 50 minutes */
    struct hf_prune_result result;
    prune(ledger, "5m:all 20m:1m 40m:5m", 0, &result);
    assert_int_equal(result.points, 200);
    assert_true(result.merges > 10);
    check(ledger);
    prune(ledger, "5m:all 20m:1m 40m:5m", 0, &result);
    size_t left = prove(ledger);
    /* 21 points of the last five minutes, 15 minutes, 4 windows of five, and what is past them. */
    assert_true(left >= 38 && left <= 46);
    check(ledger);
    prune(ledger, "5m:all 20m:1m 40m:5m", 0, &result);
    assert_int_equal(result.merges + result.deleted.objects, 0);
    ledger_points(ledger, 40);
    prune(ledger, "5m:all 20m:1m 40m:5m", 0, &result);
    prune(ledger, "5m:all 20m:1m 40m:5m", 0, &result);
    prove(ledger);
    check(ledger);
    free(ledger);
}

static void what_expired_is_deleted_after_the_grace_though_nothing_new_comes(void **state)
{
    struct ledger *ledger = ledger_of(state, 20);
    struct hf_prune_result result;
    int objects = archive_count(ledger->archive, "");
    prune(ledger, "60s:all 600s:60s", 600000, &result);
    assert_int_equal(result.deleted.objects, 0);
    assert_true(result.waits.objects > 8);
    turn_clock(ledger, 599000);
    prune(ledger, "60s:all 600s:60s", 600000, &result);
    assert_int_equal(result.deleted.objects, 0);
    turn_clock(ledger, 1000);
    prune(ledger, "60s:all 600s:60s", 600000, &result);
    assert_true(result.deleted.objects > 8);
    assert_true(archive_count(ledger->archive, "") < objects);
    assert_int_equal(result.waits.objects, 0);
    prove(ledger);
    free(ledger);
}

static void a_dry_run_says_what_would_be_and_changes_nothing(void **state)
{
    struct ledger *ledger = ledger_of(state, 20);
    const struct hf_retention_rule rule = rule_of("60s:all 600s:60s");
    const struct hf_prune_options options = {.rule = &rule, .grace = 1000, .dry_run = true};
    struct hf_prune_result told, done;
    char **before = archive_keys(ledger->archive);
    assert_int_equal(hf_prune(&ledger->archive->database, &options, &told, NULL), 0);
    char **after = archive_keys(ledger->archive);
    for (size_t i = 0; before[i] || after[i]; i++)
        assert_string_equal(before[i], after[i]);
    archive_keys_free(before);
    archive_keys_free(after);
    prune(ledger, "60s:all 600s:60s", 1000, &done);
    assert_int_equal(told.merges, done.merges);
    assert_int_equal(told.merged_segments, done.merged_segments);
    turn_clock(ledger, 100000);
    assert_int_equal(hf_prune(&ledger->archive->database, &options, &told, NULL), 0);
    prune(ledger, "60s:all 600s:60s", 1000, &done);
    assert_true(told.deleted.objects > 5);
    assert_int_equal(told.deleted.objects, done.deleted.objects);
    assert_int_equal(told.deleted.bytes, done.deleted.bytes);
    free(ledger);
}

static void a_point_that_its_own_trailer_pins_is_kept(void **state)
{
    struct ledger *ledger = ledger_of(state, 6);
    struct hf_prune_result result;
    ledger_point(ledger, HF_SEGMENT_PINNED);
    ledger_points(ledger, 20);
    for (int i = 0; i < 4; i++)
        prune(ledger, "60s:all 240s:60s", 0, &result);
    assert_true(has_point(ledger, 7));
    /* The base ends at it: it stands in nobody's way. */
    assert_false(has_point(ledger, 6));
    prove(ledger);
    const struct hf_point_change unpin = {.pin = 0};
    assert_int_equal(hf_point_change(&ledger->archive->database, 7, &unpin, NULL), 0);
    for (int i = 0; i < 4; i++)
        prune(ledger, "60s:all 240s:60s", 0, &result);
    assert_false(has_point(ledger, 7));
    prove(ledger);
    free(ledger);
}

/* After a full backup nothing needs what was before it: its pins are looked up one by one. */
static void a_pinned_point_before_a_full_one_is_kept(void **state)
{
    struct ledger *ledger = ledger_of(state, 3);
    struct hf_prune_result result;
    ledger_point(ledger, HF_SEGMENT_PINNED);
    ledger_points(ledger, 2);
    struct hf_segment_name name;
    struct ledger_state *now = &ledger->states[7];
    *now = (struct ledger_state){.page_count = 2};
    now->version[1] = now->version[2] = 7;
    now->fingerprint =
        archive_term(*state, LEDGER_PAGE_SIZE, 1, 7) + archive_term(*state, LEDGER_PAGE_SIZE, 2, 7);
    archive_write(ledger->archive,
                  &(struct archive_segment){.from = 1,
                                            .to = 7,
                                            .page_size = LEDGER_PAGE_SIZE,
                                            .page_count = 2,
                                            .first = 1,
                                            .last = 2,
                                            .version = 7,
                                            .state_after = now->fingerprint,
                                            .time = hf_now(ledger->archive->env)},
                  &name);
    ledger->seq = 7;
    ledger_points(ledger, 20);
    for (int i = 0; i < 3; i++)
        prune(ledger, "60s:all", 0, &result);
    assert_true(has_point(ledger, 4));
    assert_false(has_point(ledger, 5));
    prove(ledger);
    check(ledger);
    free(ledger);
}

static void pinning_keeps_a_point_until_half_the_grace_has_passed(void **state)
{
    struct ledger *ledger = ledger_of(state, 20);
    const struct hf_retention_rule rule = rule_of("60s:all 600s:60s");
    const struct hf_prune_options options = {.rule = &rule, .grace = 100000};
    const struct hf_database *database = &ledger->archive->database;
    struct hf_prune_result result;
    struct hf_error err = {0};
    prune(ledger, "60s:all 600s:60s", 100000, &result);
    turn_clock(ledger, 49000);
    assert_int_equal(hf_prune_pin(database, &options, 6, &err), 0);
    turn_clock(ledger, 2000);
    assert_int_equal(hf_prune_pin(database, &options, 7, &err), -1);
    assert_int_equal(err.code, HF_REFUSED);
    assert_int_equal(hf_prune_pin(database, &options, 99, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    for (int i = 0; i < 3; i++) {
        turn_clock(ledger, 200000);
        prune(ledger, "60s:all 600s:60s", 100000, &result);
    }
    assert_true(has_point(ledger, 6));
    assert_false(has_point(ledger, 7));
    prove(ledger);
    free(ledger);
}

static void the_last_proven_point_is_kept(void **state)
{
    struct ledger *ledger = ledger_of(state, 20);
    const struct hf_point_change passed = {.pin = -1, .proof = HF_PROOF_PASSED, .proof_time = 1};
    const struct hf_point_change failed = {.pin = -1, .proof = HF_PROOF_FAILED, .proof_time = 1};
    struct hf_prune_result result;
    for (uint64_t seq = 3; seq <= 4; seq++)
        assert_int_equal(hf_point_change(&ledger->archive->database, seq, &passed, NULL), 0);
    assert_int_equal(hf_point_change(&ledger->archive->database, 11, &failed, NULL), 0);
    ledger_points(ledger, 20);
    for (int i = 0; i < 3; i++)
        prune(ledger, "60s:all", 0, &result);
    assert_true(has_point(ledger, 4));
    assert_false(has_point(ledger, 11));
    prove(ledger);
    free(ledger);
}

static void records_of_points_that_are_gone_go_as_well(void **state)
{
    struct ledger *ledger = ledger_of(state, 20);
    const struct hf_point_change label = {.label = "of no use", .pin = -1};
    struct hf_prune_result result;
    char prefix[HF_OBJECT_NAME_TEXT];
    hf_database_object(prefix, &ledger->archive->database, "points/");
    for (uint64_t seq = 5; seq <= 20; seq++)
        assert_int_equal(hf_point_change(&ledger->archive->database, seq, &label, NULL), 0);
    turn_clock(ledger, 1000);
    for (int i = 0; i < 3; i++)
        prune(ledger, "60s:all 600s:60s", 0, &result);
    /* Of the points from 5 on: 8 and 12 begin a minute, and 15 to 20 are of the last. */
    assert_int_equal(archive_count(ledger->archive, prefix), prove(ledger) - 2);
    free(ledger);
}

static void parts_that_nothing_closed_go_after_a_day(void **state)
{
    struct ledger *ledger = ledger_of(state, 3);
    struct hf_segment_name name;
    struct hf_prune_result result;
    char key[HF_OBJECT_NAME_TEXT];
    archive_write(*state,
                  &(struct archive_segment){.from = 9,
                                            .to = 9,
                                            .page_count = 600,
                                            .first = 1,
                                            .last = 600,
                                            .version = 9,
                                            .part_bytes = HF_PART_PAGE_BYTES >> 10},
                  &name);
    archive_key(*state, key, &name, 0);
    archive_remove(*state, key);
    archive_key(*state, key, &name, 1);
    turn_clock(ledger, INT64_C(23) * 3600 * 1000);
    prune(ledger, "60s:all", 0, &result);
    assert_true(archive_has(*state, key));
    turn_clock(ledger, INT64_C(2) * 3600 * 1000);
    prune(ledger, "60s:all", 0, &result);
    assert_false(archive_has(*state, key));
    free(ledger);
}

static void names_alone_say_that_nothing_is_due(void **state)
{
    struct ledger *ledger = ledger_of(state, 30);
    const struct hf_retention_rule rule = rule_of("1h:all 24h:1m");
    const struct hf_prune_options options = {.rule = &rule, .grace = -1, .quick = true};
    struct hf_prune_result result;
    struct hf_database database = ledger->archive->database;
    struct hf_repository repository = *ledger->archive->repository;
    repository.store = hf_fault_store_new(archive_store(*state), NULL);
    database.repository = &repository;
    assert_int_equal(hf_prune(&database, &options, &result, NULL), 0);
    assert_int_equal(hf_fault_store_operations(repository.store), 1);
    assert_int_equal(result.kept, 30);
    hf_store_free(repository.store);
    free(ledger);
}

static void many_merges_make_a_new_catalog(void **state)
{
    struct ledger *ledger = ledger_of(state, 380);
    struct hf_prune_result result;
    hf_auto(hf_points) struct hf_points catalog = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    prune(ledger, "60s:all forever:60s", 0, &result);
    assert_int_equal(hf_catalog_load(&catalog, &ledger->archive->database, NULL), 0);
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    const struct hf_timeline_entry *merged = hf_timeline_at(&timeline, 8);
    assert_int_equal(merged->name.level, 1);
    assert_non_null(hf_catalog_find(&catalog, &merged->name));
    free(ledger);
}

/* No point has come since the last catalog, which knows the points by segments that go. */
static void a_catalog_is_written_anew_though_no_point_has_come(void **state)
{
    struct ledger *ledger = ledger_of(state, 380);
    struct hf_prune_result result;
    hf_auto(hf_points) struct hf_points before = {0};
    hf_auto(hf_points) struct hf_points after = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_timeline) struct hf_timeline merged = {0};
    const struct hf_database *database = &ledger->archive->database;
    assert_int_equal(hf_timeline_load(&timeline, database, NULL), 0);
    assert_int_equal(hf_points_load(&points, database, &timeline, NULL), 0);
    assert_int_equal(hf_catalog_put(database, &points, timeline.epoch, NULL), 0);
    assert_int_equal(hf_catalog_load(&before, database, NULL), 0);
    prune(ledger, "60s:all forever:60s", 0, &result);
    assert_int_equal(hf_timeline_load(&merged, database, NULL), 0);
    assert_int_equal(hf_catalog_load(&after, database, NULL), 0);
    const struct hf_segment_name *name = &hf_timeline_at(&merged, 8)->name;
    assert_int_equal(name->level, 1);
    assert_null(hf_catalog_find(&before, name));
    assert_non_null(hf_catalog_find(&after, name));
    free(ledger);
}

static void damage_in_one_place_does_not_keep_the_rest_from_being_thinned(void **state)
{
    struct ledger *ledger = ledger_of(state, 30);
    struct hf_prune_result result;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    char key[HF_OBJECT_NAME_TEXT];
    assert_int_equal(hf_timeline_load(&timeline, &ledger->archive->database, NULL), 0);
    archive_key(*state, key, &timeline.entries[5].name, 0);
    archive_flip(*state, key, 230, 1);
    for (int i = 0; i < 2; i++)
        prune(ledger, "60s:all 600s:60s", 0, &result);
    assert_int_equal(result.merges_failed, 1);
    assert_true(archive_has(*state, key));
    assert_true(has_point(ledger, 5));
    assert_false(has_point(ledger, 10));
    free(ledger);
}

/*
 * Every operation of the store fails once, in every way. `kept`: what must restore after each.
 */
static bool fail_at(void **state, uint64_t n, enum hf_fault_moment moment, bool lasting)
{
    const struct hf_retention_rule rule = rule_of("60s:all 180s:60s");
    const struct hf_prune_options options = {.rule = &rule};
    bool came = false;
    archive_teardown(state);
    archive_setup(state);
    struct ledger *ledger = ledger_of(state, 14);
    struct hf_database database = ledger->archive->database;
    struct hf_repository repository = *ledger->archive->repository;
    const struct hf_store_faults faults = {
        .at = n, .moment = moment, .lasting = lasting, .came = &came};
    repository.store = hf_fault_store_new(archive_store(*state), NULL);
    database.repository = &repository;
    const struct hf_point_change passed = {.pin = 1, .proof = HF_PROOF_PASSED, .proof_time = 1};
    assert_int_equal(hf_point_change(&ledger->archive->database, 3, &passed, NULL), 0);
    hf_fault_store_set(repository.store, &faults);
    for (int round = 0; round < 2; round++) {
        struct hf_prune_result result;
        struct hf_error err = {0};
        if (hf_prune(&database, &options, &result, &err))
            assert_int_equal(err.code, HF_UNREACHABLE);
    }
    prove(ledger);
    assert_true(has_point(ledger, 3) && has_point(ledger, 4) && has_point(ledger, 8));
    for (uint64_t seq = 10; seq <= 14; seq++)
        assert_true(has_point(ledger, seq));
    check(ledger);
    /* It goes on where it was. */
    for (int round = 0; round < 3; round++) {
        struct hf_prune_result result;
        prune(ledger, "60s:all 180s:60s", 0, &result);
    }
    assert_int_equal(prove(ledger), 9);
    check(ledger);
    hf_store_free(repository.store);
    free(ledger);
    return came;
}

static void whatever_fails_every_kept_point_restores(void **state)
{
    uint64_t n = 1, tried = 0;
    for (n = 1; fail_at(state, n, HF_FAULT_BEFORE, false); n++, tried++)
        ;
    for (n = 1; fail_at(state, n, HF_FAULT_AFTER, false); n++, tried++)
        ;
    for (n = 1; fail_at(state, n, HF_FAULT_BEFORE, true); n++, tried++)
        ;
    printf("tried %d failing store operations\n", (int)tried);
    assert_true(tried > 100);
}

/* Random histories that are pruned as they grow, by rules that change, with pins that come and go.
 */
static void at_every_moment_of_a_random_life_all_points_restore(void **state)
{
    static const char *const rules[] = {"60s:all 300s:60s 1h:5m", "120s:30s 20m:2m", "last:5",
                                        "last:2 45s:all forever:10m"};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        archive_teardown(state);
        archive_setup(state);
        struct ledger *ledger = calloc(1, sizeof *ledger);
        assert_non_null(ledger);
        ledger->archive = *state;
        ledger->step = STEP;
        ledger->seed = seed;
        ledger->lock_byte_page = seed % 2 ? 0 : 11;
        while (ledger->seq < 150) {
            struct hf_prune_result result;
            uint64_t random = hf_seeded_next(&ledger->seed);
            ledger_points(ledger, 1 + random % 9);
            random >>= 8;
            const struct hf_point_change change = {.pin = (int)(random % 2)};
            if (random % 4 == 0 && has_point(ledger, ledger->seq / 2))
                assert_int_equal(
                    hf_point_change(&ledger->archive->database, ledger->seq / 2, &change, NULL), 0);
            prune(ledger, rules[(random >> 8) % 4], random % 3 ? 0 : 60000, &result);
            prove(ledger);
            assert_true(has_point(ledger, ledger->seq));
        }
        check(ledger);
        free(ledger);
    }
}

static struct ledger *other;

static void prune_meanwhile(struct archive *archive, const char *key)
{
    struct hf_prune_result result;
    (void)archive, (void)key;
    prune(other, "60s:all 180s:60s", 0, &result);
}

static void a_prune_within_another_does_no_harm(void **state)
{
    struct ledger *ledger = other = ledger_of(state, 30);
    struct hf_prune_result result;
    ledger->archive->before_put = prune_meanwhile;
    prune(ledger, "60s:all 180s:60s", 0, &result);
    assert_null(ledger->archive->before_put);
    prove(ledger);
    check(ledger);
    prune(ledger, "60s:all 180s:60s", 0, &result);
    assert_int_equal(prove(ledger), 8);
    free(ledger);
}

/* One has listed and planned, then another does all of it. */
static void a_plan_that_somebody_else_has_carried_out_does_no_harm(void **state)
{
    struct ledger *ledger = ledger_of(state, 30);
    const struct hf_retention_rule rule = rule_of("60s:all 180s:60s");
    const struct hf_prune_options options = {.rule = &rule};
    hf_auto(hf_prune) struct hf_prune late = {0};
    struct hf_prune_result result;
    struct hf_error err = {0};
    prune(ledger, "60s:all 180s:60s", 0, &result);
    assert_int_equal(hf_prune_look(&late, &ledger->archive->database, &options, &err), 0);
    prune(ledger, "60s:all 180s:60s", 0, &result);
    ledger_points(ledger, 6);
    prune(ledger, "60s:all 180s:60s", 0, &result);
    prune(ledger, "60s:all 180s:60s", 0, &result);
    if (hf_prune_act(&late, &result, &err))
        fail_msg("%s", err.text);
    prove(ledger);
    check(ledger);
    free(ledger);
}

/* Two whose rules differ agree on nothing but that what is newest stays. */
static void pruners_with_different_rules_keep_what_both_keep(void **state)
{
    struct ledger *ledger = ledger_of(state, 40);
    struct hf_prune_result result;
    for (int i = 0; i < 12; i++) {
        prune(ledger, i % 2 ? "60s:all 300s:60s" : "last:2 120s:120s", 0, &result);
        prove(ledger);
        ledger_points(ledger, 7);
        check(ledger);
    }
    assert_true(has_point(ledger, ledger->seq));
    free(ledger);
}

int main(void)
{
#define ON_ARCHIVE(test) cmocka_unit_test_setup_teardown(test, archive_setup, archive_teardown)
    const struct CMUnitTest tests[] = {
        ON_ARCHIVE(history_thins_to_what_the_rule_keeps),
        ON_ARCHIVE(what_expired_is_deleted_after_the_grace_though_nothing_new_comes),
        ON_ARCHIVE(a_dry_run_says_what_would_be_and_changes_nothing),
        ON_ARCHIVE(a_point_that_its_own_trailer_pins_is_kept),
        ON_ARCHIVE(a_pinned_point_before_a_full_one_is_kept),
        ON_ARCHIVE(pinning_keeps_a_point_until_half_the_grace_has_passed),
        ON_ARCHIVE(the_last_proven_point_is_kept),
        ON_ARCHIVE(records_of_points_that_are_gone_go_as_well),
        ON_ARCHIVE(parts_that_nothing_closed_go_after_a_day),
        ON_ARCHIVE(names_alone_say_that_nothing_is_due),
        ON_ARCHIVE(many_merges_make_a_new_catalog),
        ON_ARCHIVE(a_catalog_is_written_anew_though_no_point_has_come),
        ON_ARCHIVE(damage_in_one_place_does_not_keep_the_rest_from_being_thinned),
        ON_ARCHIVE(at_every_moment_of_a_random_life_all_points_restore),
        ON_ARCHIVE(whatever_fails_every_kept_point_restores),
        ON_ARCHIVE(a_prune_within_another_does_no_harm),
        ON_ARCHIVE(a_plan_that_somebody_else_has_carried_out_does_no_harm),
        ON_ARCHIVE(pruners_with_different_rules_keep_what_both_keep),
    };
    return cmocka_run_group_tests_name("prune", tests, NULL, NULL);
}

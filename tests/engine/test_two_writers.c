/*
 * Two Holdfasts that back up two files into one timeline, on stores with and without put-if-absent:
 * the second is refused or takes over, and whatever was acknowledged to either restores as it was.
 */
#include "history/archive.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "engine/backup.h"
#include "engine/restore.h"
#include "support/scratch.h"
#include "support/seeded.h"

enum { MOST_POINTS = 200 };

struct host {
    const char *name;
    char *db, *state;
    struct hf_repository *repository;
    struct hf_database database;
};

struct duel {
    struct archive *archive;
    struct hf_scratch scratch;
    struct host hosts[2];
    uint64_t points[MOST_POINTS]; /* acknowledged */
    int count;
    int interrupted; /* take-overs in the middle of the other's backup */
};

static struct duel *current; /* for the archive's hook, which is given the archive */

static void sql(const char *path, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static char *copy_of(const struct duel *duel, uint64_t seq)
{
    char name[64];
    snprintf(name, sizeof name, "copy-%" PRIu64 ".db", seq);
    return hf_scratch_path(&duel->scratch, name);
}

static enum hf_code back_up(struct duel *duel, struct host *host, enum hf_claim_manner manner)
{
    const struct hf_backup_options options = {
        .path = host->db, .state_path = host->state, .claim = manner, .label = "acknowledged"};
    struct hf_backup_result result;
    struct hf_error err = {0};
    if (hf_backup(&host->database, &options, &result, &err)) {
        if (err.code != HF_REFUSED && err.code != HF_LOCKED)
            fail_msg("%s", err.text);
        return err.code;
    }
    hf_auto_free char *copy = copy_of(duel, result.seq);
    hf_scratch_remove(copy);
    hf_scratch_copy(host->db, copy);
    assert_true(duel->count < MOST_POINTS);
    for (int i = 0; i < duel->count; i++)
        assert_int_not_equal(duel->points[i], result.seq);
    duel->points[duel->count++] = result.seq;
    return HF_OK;
}

static void change(struct host *host, uint64_t step)
{
    char text[200];
    snprintf(text, sizeof text,
             "UPDATE film SET title = '%s at step %" PRIu64 "' WHERE id %% 5 = %" PRIu64,
             host->name, step, step % 5);
    sql(host->db, text);
}

static void assert_all_restore(struct duel *duel)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto_free char *target = hf_scratch_path(&duel->scratch, "restored.db");
    const struct hf_restore_options options = {.target = target};
    const struct hf_database *database = &duel->hosts[0].database;
    struct hf_error err = {0};
    assert_int_equal(hf_timeline_load(&timeline, database, &err), 0);
    for (int i = 0; i < duel->count; i++) {
        hf_auto_free char *copy = copy_of(duel, duel->points[i]);
        struct hf_restore_result result;
        hf_scratch_remove(target);
        if (hf_restore(database, &timeline, duel->points[i], &options, &result, &err))
            fail_msg("%s", err.text);
        assert_true(hf_scratch_same(target, copy));
    }
}

static void begin(struct duel *duel, struct archive *archive)
{
    static const char *const names[] = {"attic", "cellar"};
    *duel = (struct duel){.archive = archive};
    hf_scratch_init(&duel->scratch);
    for (int i = 0; i < 2; i++) {
        struct host *host = &duel->hosts[i];
        char file[32];
        host->name = names[i];
        snprintf(file, sizeof file, "%s.db", names[i]);
        host->db = hf_scratch_path(&duel->scratch, file);
        snprintf(file, sizeof file, "%s.state", names[i]);
        host->state = hf_scratch_path(&duel->scratch, file);
        host->repository = archive_open(archive);
        assert_int_equal(
            hf_database_open(&host->database, host->repository, "app", HF_DATABASE_EXISTING, NULL),
            0);
        sql(host->db, "CREATE TABLE film(id INTEGER PRIMARY KEY, title, data BLOB);"
                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 60)"
                      "INSERT INTO film(title, data) SELECT 'film', randomblob(700) FROM n");
        change(host, 0);
    }
    current = duel;
}

static void end(struct duel *duel)
{
    for (int i = 0; i < 2; i++) {
        hf_repository_free(duel->hosts[i].repository);
        free(duel->hosts[i].db);
        free(duel->hosts[i].state);
    }
    hf_scratch_release(&duel->scratch);
    current = NULL;
}

static void the_second_is_refused_and_may_take_over(void **state)
{
    struct duel duel;
    begin(&duel, *state);
    struct host *attic = &duel.hosts[0], *cellar = &duel.hosts[1];
    assert_int_equal(back_up(&duel, attic, HF_CLAIM_POLITE), HF_OK);
    assert_int_equal(back_up(&duel, cellar, HF_CLAIM_POLITE), HF_REFUSED);
    change(attic, 1);
    assert_int_equal(back_up(&duel, attic, HF_CLAIM_POLITE), HF_OK);
    assert_int_equal(back_up(&duel, cellar, HF_CLAIM_TAKE_OVER), HF_OK);
    change(attic, 2);
    assert_int_equal(back_up(&duel, attic, HF_CLAIM_POLITE), HF_REFUSED);
    change(cellar, 3);
    assert_int_equal(back_up(&duel, cellar, HF_CLAIM_POLITE), HF_OK);
    assert_int_equal(back_up(&duel, attic, HF_CLAIM_TAKE_OVER), HF_OK);
    assert_int_equal(duel.count, 5);
    assert_all_restore(&duel);
    end(&duel);
}

/* The other one takes over when this one has begun to store its point. */
static void take_over_meanwhile(struct archive *archive, const char *key)
{
    struct duel *duel = current;
    (void)archive;
    assert_non_null(strstr(key, "/segments/"));
    duel->interrupted++;
    assert_int_equal(back_up(duel, &duel->hosts[1], HF_CLAIM_TAKE_OVER), HF_OK);
}

static void who_is_taken_over_from_in_the_middle_acknowledges_nothing(void **state)
{
    struct duel duel;
    begin(&duel, *state);
    struct host *attic = &duel.hosts[0], *cellar = &duel.hosts[1];
    assert_int_equal(back_up(&duel, attic, HF_CLAIM_POLITE), HF_OK);
    for (uint64_t step = 1; step < 5; step++) {
        change(attic, step);
        change(cellar, step);
        duel.archive->before_put = take_over_meanwhile;
        assert_int_equal(back_up(&duel, attic, HF_CLAIM_POLITE), HF_LOCKED);
        assert_int_equal(back_up(&duel, attic, HF_CLAIM_POLITE), HF_REFUSED);
        assert_int_equal(back_up(&duel, attic, HF_CLAIM_TAKE_OVER), HF_OK);
    }
    assert_int_equal(duel.interrupted, 4);
    assert_int_equal(duel.count, 9);
    assert_all_restore(&duel);
    end(&duel);
}

static void whatever_they_do_nothing_is_lost_or_mixed(void **state)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct duel duel;
        uint64_t chance = seed;
        archive_teardown(state);
        assert_int_equal(seed % 2 ? archive_setup(state) : archive_setup_replacing(state), 0);
        begin(&duel, *state);
        assert_int_equal(back_up(&duel, &duel.hosts[0], HF_CLAIM_POLITE), HF_OK);
        for (uint64_t step = 1; step < 40; step++) {
            uint64_t dice = hf_seeded_next(&chance);
            int host = (int)(dice & 1);
            bool interrupts = !host && (dice >> 8) % 4 == 0;
            change(&duel.hosts[host], step);
            if (interrupts) {
                assert_int_equal(back_up(&duel, &duel.hosts[0], HF_CLAIM_TAKE_OVER), HF_OK);
                change(&duel.hosts[0], step + 1);
                duel.archive->before_put = take_over_meanwhile;
            }
            enum hf_code code =
                back_up(&duel, &duel.hosts[host],
                        (dice >> 1) % 3 || interrupts ? HF_CLAIM_POLITE : HF_CLAIM_TAKE_OVER);
            assert_true(code != HF_LOCKED || interrupts);
            duel.archive->before_put = NULL;
        }
        if (duel.count < 12 || !duel.interrupted)
            fail_msg("seed %" PRIu64 ": %d points, %d take-overs in the middle", seed, duel.count,
                     duel.interrupted);
        assert_all_restore(&duel);
        end(&duel);
    }
}

int main(void)
{
#define BOTH(name)                                                                                 \
    {#name, name, archive_setup, archive_teardown, NULL},                                          \
    {                                                                                              \
#name " (no put-if-absent)", name, archive_setup_replacing, archive_teardown, NULL         \
    }
    const struct CMUnitTest tests[] = {
        BOTH(the_second_is_refused_and_may_take_over),
        BOTH(who_is_taken_over_from_in_the_middle_acknowledges_nothing),
        {"whatever_they_do_nothing_is_lost_or_mixed", whatever_they_do_nothing_is_lost_or_mixed,
         archive_setup, archive_teardown, NULL},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Writers that claim at once, in every order that their operations on the store can have: no epoch
 * has two winners, whatever the store can do.
 */
#include "history/archive.h"

#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "history/writer_claim.h"
#include "store/kinds.h"
#include "support/fault_store.h"
#include "support/seeded.h"

enum { MOST_CLAIMERS = 3, MOST_TURNS = 400, BY_CHANCE = 300, NOBODY = -1 };

/* Lets one claimer at a time do one operation: of all threads one runs, the others wait. */
struct gate {
    sem_t referee, turn[MOST_CLAIMERS];
    bool waits[MOST_CLAIMERS];
};

struct claimer {
    int number;
    struct gate *gate;
    struct hf_store *memory; /* borrowed */
    bool put_if_absent;
    enum hf_claim_manner manner;
    struct hf_writer self;
    struct hf_repository *repository;
    struct hf_database database;
    bool is_gated;
    pthread_t thread;
    bool won;
    uint32_t epoch;
    struct hf_error err;
};

/*
 * A claimer's view of the store.
 */
struct view {
    struct hf_store store;
    struct claimer *claimer;
};

static struct claimer *claimer_of(struct hf_store *store)
{
    return ((struct view *)store)->claimer;
}

static struct hf_store *pass(struct hf_store *store)
{
    struct claimer *claimer = claimer_of(store);
    struct gate *gate = claimer->gate;
    if (!claimer->is_gated)
        return claimer->memory;
    gate->waits[claimer->number] = true;
    sem_post(&gate->referee);
    sem_wait(&gate->turn[claimer->number]);
    gate->waits[claimer->number] = false;
    return claimer->memory;
}

static int view_put(struct hf_store *store, const char *key, const void *bytes, size_t length,
                    struct hf_error *err)
{
    return hf_store_put(pass(store), key, bytes, length, err);
}

static int view_read(struct hf_store *store, const char *key, uint64_t offset, void *out,
                     size_t length, struct hf_error *err)
{
    return hf_store_read(claimer_of(store)->memory, key, offset, out, length, err);
}

static int view_stat(struct hf_store *store, const char *key, struct hf_stored *out,
                     struct hf_error *err)
{
    return hf_store_stat(pass(store), key, out, err);
}

static int view_list(struct hf_store *store, const char *prefix, const char *after,
                     int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                     void *arg, struct hf_error *err)
{
    return hf_store_list(pass(store), prefix, after, each, arg, err);
}

static int view_remove(struct hf_store *store, const char *key, struct hf_error *err)
{
    return hf_store_remove(pass(store), key, err);
}

static void view_free(struct hf_store *store)
{
    free(store);
}

#define VIEW_OPS(put_if_absent_)                                                                   \
    {                                                                                              \
        .kind = "memory", .put_if_absent = put_if_absent_, .put = view_put, .read = view_read,     \
        .stat = view_stat, .list = view_list, .remove = view_remove, .free = view_free,            \
    }

static struct hf_store *view_new(struct claimer *claimer)
{
    static const struct hf_store_ops kinds[] = {VIEW_OPS(false), VIEW_OPS(true)};
    struct view *view = calloc(1, sizeof *view);
    assert_non_null(view);
    *view = (struct view){{&kinds[claimer->put_if_absent]}, claimer};
    return &view->store;
}

/*
 * One order after another.
 */
struct orders {
    int choice[MOST_TURNS], options[MOST_TURNS];
    int turns, decided; /* of this run; of it as the last run left them */
    int depth;          /* turns that are decided in every way; later ones go to the first */
    uint64_t chance;    /* not 0: all are decided by it */
};

struct claimers {
    struct gate gate;
    struct claimer all[MOST_CLAIMERS];
    int count;
};

static int choose(struct orders *orders, int options)
{
    int turn = orders->turns++;
    assert_true(turn < MOST_TURNS);
    if (turn >= orders->decided)
        orders->choice[turn] =
            orders->chance ? (int)(hf_seeded_next(&orders->chance) % (uint64_t)options) : 0;
    orders->options[turn] = turn < orders->depth ? options : 1;
    return orders->choice[turn];
}

/* The next order that has not been tried; false after the last. */
static bool next_order(struct orders *orders)
{
    int last = orders->turns - 1;
    while (last >= 0 && orders->choice[last] + 1 >= orders->options[last])
        last--;
    if (last < 0)
        return false;
    orders->choice[last]++;
    orders->decided = last + 1;
    return true;
}

static void *claim(void *arg)
{
    struct claimer *claimer = arg;
    claimer->won = !hf_writer_claim(&claimer->database, &claimer->self, claimer->manner, 0,
                                    &claimer->epoch, &claimer->err);
    if (claimer->is_gated)
        sem_post(&claimer->gate->referee);
    return NULL;
}

static void race(struct claimers *claimers, struct orders *orders)
{
    struct gate *gate = &claimers->gate;
    orders->turns = 0;
    for (int i = 0; i < claimers->count; i++) {
        struct claimer *claimer = &claimers->all[i];
        claimer->is_gated = true;
        claimer->err = (struct hf_error){0};
        assert_int_equal(pthread_create(&claimer->thread, NULL, claim, claimer), 0);
        sem_wait(&gate->referee);
    }
    for (;;) {
        int waiting[MOST_CLAIMERS], count = 0;
        for (int i = 0; i < claimers->count; i++)
            if (gate->waits[i])
                waiting[count++] = i;
        if (!count)
            break;
        sem_post(&gate->turn[waiting[choose(orders, count)]]);
        sem_wait(&gate->referee);
    }
    for (int i = 0; i < claimers->count; i++) {
        pthread_join(claimers->all[i].thread, NULL);
        claimers->all[i].is_gated = false;
    }
}

/*
 * What must hold.
 */
static int winners(const struct claimers *claimers)
{
    int count = 0;
    for (int i = 0; i < claimers->count; i++)
        count += claimers->all[i].won;
    return count;
}

static void prove_one_winner_an_epoch(const struct claimers *claimers)
{
    for (int i = 0; i < claimers->count; i++)
        for (int k = 0; k < i; k++)
            assert_false(claimers->all[i].won && claimers->all[k].won &&
                         claimers->all[i].epoch == claimers->all[k].epoch);
}

/* Of those who won, the last one only may acknowledge what it writes. */
static void prove_the_last_one_counts(const struct claimers *claimers)
{
    uint32_t last = 0;
    int confirmed = 0;
    for (int i = 0; i < claimers->count; i++)
        if (claimers->all[i].won && claimers->all[i].epoch > last)
            last = claimers->all[i].epoch;
    for (int i = 0; i < claimers->count; i++) {
        const struct claimer *claimer = &claimers->all[i];
        if (!claimer->won)
            assert_true(claimer->err.code == HF_REFUSED || claimer->err.code == HF_LOCKED);
        else if (!hf_writer_confirm(&claimer->database, claimer->epoch, NULL)) {
            assert_int_equal(claimer->epoch, last);
            confirmed++;
        }
    }
    assert_true(confirmed <= 1);
}

/* Nobody is in anybody's way for good: one after the other, one of them can go on. */
static void prove_it_goes_on(struct claimers *claimers)
{
    int before = winners(claimers), after = 0;
    for (int i = 0; i < claimers->count; i++) {
        struct claimer *claimer = &claimers->all[i];
        struct hf_error err = {0};
        uint32_t epoch;
        bool goes_on =
            !hf_writer_claim(&claimer->database, &claimer->self, HF_CLAIM_POLITE, 0, &epoch, &err);
        after += goes_on;
        if (before == 1 && claimer->won)
            assert_true(goes_on && epoch == claimer->epoch);
    }
    assert_int_equal(after, 1);
}

static void set_up(struct claimers *claimers, struct archive *archive, int count)
{
    const struct hf_unlock none = {0};
    *claimers = (struct claimers){.count = count};
    sem_init(&claimers->gate.referee, 0, 0);
    for (int i = 0; i < count; i++) {
        struct claimer *claimer = &claimers->all[i];
        struct hf_error err = {0};
        sem_init(&claimers->gate.turn[i], 0, 0);
        claimer->number = i;
        claimer->gate = &claimers->gate;
        claimer->memory = archive->memory;
        claimer->put_if_absent = archive->memory->ops->put_if_absent;
        claimer->self.id[0] = (uint8_t)(i + 1);
        snprintf(claimer->self.host, sizeof claimer->self.host, "host-%d", i);
        snprintf(claimer->self.path, sizeof claimer->self.path, "/data/app.db");
        claimer->repository = hf_repository_open(view_new(claimer), hf_env_system(), &none, &err);
        if (!claimer->repository || hf_database_open(&claimer->database, claimer->repository, "app",
                                                     HF_DATABASE_EXISTING, &err))
            fail_msg("%s", err.text);
    }
}

static void tear_down(struct claimers *claimers)
{
    for (int i = 0; i < claimers->count; i++)
        hf_repository_free(claimers->all[i].repository);
}

/* A store with what it held before, and no claims but these. */
static void forget_claims(struct archive *archive)
{
    char **keys = archive_keys(archive);
    for (char **key = keys; *key; key++)
        if (strstr(*key, "/writers/"))
            archive_remove(archive, *key);
    archive_keys_free(keys);
}

/* Whoever had the history before: claimer `owner`, or nobody. */
static void begin(struct claimers *claimers, struct archive *archive, int owner)
{
    uint32_t epoch;
    forget_claims(archive);
    if (owner != NOBODY)
        assert_int_equal(hf_writer_claim(&claimers->all[owner].database, &claimers->all[owner].self,
                                         HF_CLAIM_POLITE, 0, &epoch, NULL),
                         0);
}

typedef void (*prove_order)(struct claimers *claimers);

static void try_order(struct claimers *claimers, struct archive *archive, int owner,
                      prove_order prove, struct orders *orders)
{
    begin(claimers, archive, owner);
    race(claimers, orders);
    prove_one_winner_an_epoch(claimers);
    prove_the_last_one_counts(claimers);
    prove(claimers);
}

/* Every order of the first turns, in which all of them claim and look; then some by chance, for
 * those who try again and again. */
static void try_orders(struct claimers *claimers, struct archive *archive, int owner,
                       prove_order prove)
{
    struct orders *orders = calloc(1, sizeof *orders);
    uint64_t tried = 0;
    assert_non_null(orders);
    orders->depth = claimers->count == 2 ? 10 : 7;
    do {
        try_order(claimers, archive, owner, prove, orders);
        tried++;
    } while (next_order(orders));
    for (uint64_t seed = 1; seed <= BY_CHANCE; seed++, tried++) {
        orders->decided = 0;
        orders->chance = seed;
        try_order(claimers, archive, owner, prove, orders);
    }
    printf("%" PRIu64 " orders\n", tried);
    free(orders);
}

static void one_at_most_and_it_goes_on(struct claimers *claimers)
{
    assert_true(winners(claimers) <= 1);
    prove_it_goes_on(claimers);
}

static void of_polite_ones_one_at_most_wins(void **state)
{
    struct archive *archive = *state;
    struct claimers claimers;
    for (int count = 2; count <= MOST_CLAIMERS; count++) {
        set_up(&claimers, archive, count);
        try_orders(&claimers, archive, NOBODY, one_at_most_and_it_goes_on);
        tear_down(&claimers);
    }
}

static void nothing_more(struct claimers *claimers)
{
    (void)claimers;
}

static void of_two_who_take_over_each_has_an_epoch_of_its_own(void **state)
{
    struct archive *archive = *state;
    struct claimers claimers;
    set_up(&claimers, archive, 3);
    claimers.count = 2; /* the third one had it */
    claimers.all[0].manner = claimers.all[1].manner = HF_CLAIM_TAKE_OVER;
    claimers.all[2].is_gated = false;
    try_orders(&claimers, archive, 2, nothing_more);
    claimers.count = 3;
    tear_down(&claimers);
}

/* The owner goes on while the other takes over: it ends at its confirmation, not before. */
static void the_taker_wins(struct claimers *claimers)
{
    assert_true(claimers->all[1].won);
    assert_int_equal(hf_writer_confirm(&claimers->all[1].database, claimers->all[1].epoch, NULL),
                     0);
    if (claimers->all[0].won)
        assert_int_equal(
            hf_writer_confirm(&claimers->all[0].database, claimers->all[0].epoch, NULL), -1);
}

static void a_take_over_from_an_owner_that_goes_on(void **state)
{
    struct archive *archive = *state;
    struct claimers claimers;
    set_up(&claimers, archive, 2);
    claimers.all[1].manner = HF_CLAIM_TAKE_OVER;
    try_orders(&claimers, archive, 0, the_taker_wins);
    tear_down(&claimers);
}

/* One folder, by two ways: as a directory, and through a server that cannot put if absent. */
static void two_ways_to_one_store_exclude_each_other_too(void **state)
{
    struct archive *archive = *state;
    struct claimers claimers;
    for (int way = 0; way < 2; way++) {
        set_up(&claimers, archive, 2);
        hf_repository_free(claimers.all[way].repository);
        claimers.all[way].put_if_absent = !claimers.all[way].put_if_absent;
        const struct hf_unlock none = {0};
        claimers.all[way].repository =
            hf_repository_open(view_new(&claimers.all[way]), hf_env_system(), &none, NULL);
        assert_int_equal(hf_database_open(&claimers.all[way].database, claimers.all[way].repository,
                                          "app", HF_DATABASE_EXISTING, NULL),
                         0);
        try_orders(&claimers, archive, NOBODY, one_at_most_and_it_goes_on);
        tear_down(&claimers);
    }
}

static int do_not_wait(void *context, int64_t milliseconds)
{
    (void)context, (void)milliseconds;
    return 0;
}

/* Every operation is done and its reply lost, once. */
static void a_lost_reply_is_no_rival(void **state)
{
    struct archive *archive = *state;
    const struct hf_unlock none = {0};
    const struct hf_retry_options patient = {
        .attempts = 3, .first_wait = 1, .longest_wait = 1, .wait = do_not_wait};
    for (int retries = 0; retries < 2; retries++)
        for (uint64_t n = 1; n < 12; n++) {
            struct hf_error err = {0};
            const struct hf_writer self = {.id = {7}, .host = "attic", .path = "/data/app.db"};
            struct hf_store *faulty = hf_fault_store_new(archive_store(archive), &err);
            struct hf_store *store =
                retries ? hf_store_retry_new(faulty, hf_env_system(), &patient, &err) : faulty;
            hf_auto_ptr(hf_repository) struct hf_repository *repository =
                hf_repository_open(store, hf_env_system(), &none, &err);
            struct hf_database database;
            uint32_t epoch = 0;
            assert_non_null(repository);
            assert_int_equal(
                hf_database_open(&database, repository, "app", HF_DATABASE_EXISTING, &err), 0);
            forget_claims(archive);
            hf_fault_store_set(faulty,
                               &(struct hf_store_faults){.at = n, .moment = HF_FAULT_AFTER});
            int failed = hf_writer_claim(&database, &self, HF_CLAIM_POLITE, 0, &epoch, &err);
            assert_true(!failed || (!retries && err.code == HF_UNREACHABLE));
            /* Whatever was left, it is its own. */
            hf_fault_store_set(faulty, &(struct hf_store_faults){0});
            assert_int_equal(hf_writer_claim(&database, &self, HF_CLAIM_POLITE, 0, &epoch, NULL),
                             0);
            assert_int_equal(epoch, 1);
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, archive_setup, archive_teardown)
#define BOTH(name)                                                                                 \
    TEST(name),                                                                                    \
    {                                                                                              \
#name " (no put-if-absent)", name, archive_setup_replacing, archive_teardown, NULL         \
    }
    const struct CMUnitTest tests[] = {
        BOTH(of_polite_ones_one_at_most_wins),
        BOTH(of_two_who_take_over_each_has_an_epoch_of_its_own),
        BOTH(a_take_over_from_an_owner_that_goes_on),
        TEST(two_ways_to_one_store_exclude_each_other_too),
        BOTH(a_lost_reply_is_no_rival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

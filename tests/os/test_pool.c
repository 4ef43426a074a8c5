#include "os/pool.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct counted {
    struct hf_job job;
    atomic_int *total;
    int seen; /* plain on purpose: what a job wrote must be visible after wait */
    int worker;
};

static void count(struct hf_job *job, int worker)
{
    struct counted *self = (struct counted *)job;
    self->seen++;
    self->worker = worker;
    atomic_fetch_add(self->total, 1);
}

static void every_job_runs_once_on_a_known_worker(void **state)
{
    (void)state;
    enum { JOBS = 2000 };
    static struct counted jobs[JOBS];
    atomic_int total = 0;
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(4, 8, NULL);
    assert_non_null(pool);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct counted){.job.run = count, .total = &total};
        hf_pool_submit(pool, &jobs[i].job);
    }
    hf_pool_drain(pool);
    assert_int_equal(atomic_load(&total), JOBS);
    for (int i = 0; i < JOBS; i++) {
        assert_int_equal(jobs[i].seen, 1);
        assert_in_range(jobs[i].worker, 0, 3);
    }
}

static void waiting_for_a_job_shows_what_it_wrote(void **state)
{
    (void)state;
    atomic_int total = 0;
    struct counted ring[3] = {0};
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(2, 1, NULL);
    assert_non_null(pool);
    for (int i = 0; i < 3; i++)
        ring[i] = (struct counted){.job.run = count, .total = &total};
    for (int i = 0; i < 600; i++) {
        struct counted *slot = &ring[i % 3];
        hf_pool_wait(pool, &slot->job);
        assert_int_equal(slot->seen, i / 3);
        hf_pool_submit(pool, &slot->job);
    }
}

static void a_job_never_submitted_counts_as_done(void **state)
{
    (void)state;
    struct hf_job job = {.run = NULL};
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(1, 1, NULL);
    assert_non_null(pool);
    hf_pool_wait(pool, &job);
    hf_pool_drain(pool);
}

/* A gate that jobs stand at until the test opens it. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int arrived;
    bool open;
};

struct gated {
    struct hf_job job;
    struct gate *gate;
};

static void stand_at_gate(struct hf_job *job, int worker)
{
    (void)worker;
    struct gate *gate = ((struct gated *)job)->gate;
    pthread_mutex_lock(&gate->lock);
    gate->arrived++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void all_workers_work_at_the_same_time(void **state)
{
    (void)state;
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false};
    struct gated jobs[3];
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(3, 3, NULL);
    assert_non_null(pool);
    for (int i = 0; i < 3; i++) {
        jobs[i] = (struct gated){{.run = stand_at_gate}, &gate};
        hf_pool_submit(pool, &jobs[i].job);
    }
    pthread_mutex_lock(&gate.lock);
    while (gate.arrived < 3) /* never ends if the pool had fewer threads */
        pthread_cond_wait(&gate.changed, &gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    hf_pool_drain(pool);
}

struct feeder {
    struct hf_pool *pool;
    struct gated *jobs;
    atomic_int submitted;
};

static void *feed(void *arg)
{
    struct feeder *feeder = arg;
    for (int i = 0; i < 4; i++) {
        hf_pool_submit(feeder->pool, &feeder->jobs[i].job);
        atomic_fetch_add(&feeder->submitted, 1);
    }
    return NULL;
}

static void submission_blocks_while_the_queue_is_full(void **state)
{
    (void)state;
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false};
    struct gated jobs[4];
    for (int i = 0; i < 4; i++)
        jobs[i] = (struct gated){{.run = stand_at_gate}, &gate};
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(1, 2, NULL);
    assert_non_null(pool);
    struct feeder feeder = {.pool = pool, .jobs = jobs};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, feed, &feeder), 0);
    /* One runs, two wait: the fourth can only enter when the gate opens. */
    while (atomic_load(&feeder.submitted) < 3)
        sched_yield();
    for (int i = 0; i < 1000; i++) {
        sched_yield();
        assert_int_equal(atomic_load(&feeder.submitted), 3);
    }
    pthread_mutex_lock(&gate.lock);
    gate.open = true;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.lock);
    pthread_join(thread, NULL);
    hf_pool_drain(pool);
    assert_int_equal(gate.arrived, 4);
}

struct freed {
    struct hf_job job;
    atomic_int *total;
};

static void count_and_free(struct hf_job *job, int worker)
{
    (void)worker;
    struct freed *self = (struct freed *)job;
    atomic_fetch_add(self->total, 1);
    free(self);
}

static void a_job_may_free_itself(void **state)
{
    (void)state;
    atomic_int total = 0;
    struct hf_pool *pool = hf_pool_new(2, 4, NULL);
    assert_non_null(pool);
    for (int i = 0; i < 200; i++) {
        struct freed *job = malloc(sizeof *job);
        assert_non_null(job);
        *job = (struct freed){{.run = count_and_free}, &total};
        hf_pool_submit(pool, &job->job);
    }
    hf_pool_free(pool); /* drains */
    assert_int_equal(atomic_load(&total), 200);
}

struct looked {
    struct hf_job job;
    char name[16];
    sigset_t blocked;
};

static void look_at_thread(struct hf_job *job, int worker)
{
    (void)worker;
    struct looked *self = (struct looked *)job;
    pthread_getname_np(pthread_self(), self->name, sizeof self->name);
    pthread_sigmask(SIG_SETMASK, NULL, &self->blocked);
}

static void workers_have_names_and_leave_signals_to_others(void **state)
{
    (void)state;
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(1, 1, NULL);
    assert_non_null(pool);
    struct looked looked = {.job.run = look_at_thread};
    hf_pool_submit(pool, &looked.job);
    hf_pool_wait(pool, &looked.job);
    assert_string_equal(looked.name, "hf-worker-0");
    assert_true(sigismember(&looked.blocked, SIGTERM));
    assert_true(sigismember(&looked.blocked, SIGINT));
    sigset_t ours;
    pthread_sigmask(SIG_SETMASK, NULL, &ours);
    assert_false(sigismember(&ours, SIGTERM));
}

static void no_number_means_as_many_workers_as_processors(void **state)
{
    (void)state;
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(0, 1, NULL);
    assert_non_null(pool);
    assert_in_range(hf_pool_workers(pool), 1, 16);
}

static void freeing_no_pool_is_fine(void **state)
{
    (void)state;
    hf_pool_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_runs_once_on_a_known_worker),
        cmocka_unit_test(waiting_for_a_job_shows_what_it_wrote),
        cmocka_unit_test(a_job_never_submitted_counts_as_done),
        cmocka_unit_test(all_workers_work_at_the_same_time),
        cmocka_unit_test(submission_blocks_while_the_queue_is_full),
        cmocka_unit_test(a_job_may_free_itself),
        cmocka_unit_test(workers_have_names_and_leave_signals_to_others),
        cmocka_unit_test(no_number_means_as_many_workers_as_processors),
        cmocka_unit_test(freeing_no_pool_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

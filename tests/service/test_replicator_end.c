/* The replicator's end, asked for by an order and by a signal at once, as its guard does. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "service/floor.h"

/* Shared with the replicator. */
struct bell {
    int reads; /* of the clock by its loop, from the order on, until the signal comes; 0: none */
    bool has_rung;
};

static struct bell *bell;

static int64_t read_clock(void *context)
{
    bool is_loop = syscall(SYS_gettid) == getpid();
    if (is_loop && bell->reads && !--bell->reads) {
        bell->has_rung = true;
        raise(SIGTERM);
    }
    return hf_env_system()->now(context);
}

static bool looks_through(const json_t *entry)
{
    return !strcmp(hf_member_text(entry, "capture", ""), "scan");
}

/* It may come when everything is done, and nobody waits for signals any more. */
static void a_signal_at_any_moment_of_an_end_is_no_failure(void **state)
{
    struct floor *floor = *state;
    struct hf_env env = *hf_env_system();
    bell = mmap(NULL, sizeof *bell, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(bell != MAP_FAILED);
    env.now = read_clock;
    floor->env = &env;
    snprintf(floor->settings, sizeof floor->settings, "sync-interval: 1h\ncapture: scan\n");
    int moment = 0;
    do {
        floor_start(floor);
        floor_until(floor, "app", looks_through);
        *bell = (struct bell){.reads = ++moment};
        assert_int_equal(floor_stop(floor), 0);
    } while (bell->has_rung);
    assert_true(moment > 2);
    munmap(bell, sizeof *bell);
}

#define FLOOR_TEST(name) cmocka_unit_test_setup_teardown(name, floor_setup, floor_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {FLOOR_TEST(a_signal_at_any_moment_of_an_end_is_no_failure)};
    return cmocka_run_group_tests_name("service/replicator_end", tests, NULL, NULL);
}

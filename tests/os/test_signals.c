#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "os/process.h"
#include "os/signals.h"

enum { LONGEST = 60000 };

static struct hf_happening next(struct hf_signals *signals)
{
    struct hf_happening happening;
    assert_int_equal(hf_signals_wait(signals, hf_monotonic() + LONGEST, &happening, NULL), 0);
    return happening;
}

static int end_at_once(void *context)
{
    (void)context;
    return 3;
}

static void a_descriptor_that_can_be_read_is_told_as_long_as_it_can(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    int fds[2];
    char byte;
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(hf_signals_watch(&signals, fds[0], HF_TO_READ, NULL), 0);
    assert_int_equal(write(fds[1], "ab", 2), 2);
    for (int i = 0; i < 2; i++) {
        struct hf_happening happening = next(&signals);
        assert_int_equal(happening.kind, HF_READABLE);
        assert_int_equal(happening.fd, fds[0]);
        assert_int_equal(read(fds[0], &byte, 1), 1);
    }
    struct hf_happening happening;
    assert_int_equal(hf_signals_wait(&signals, hf_monotonic() + 1, &happening, NULL), 0);
    assert_int_equal(happening.kind, HF_DEADLINE);
    close(fds[1]); /* its end is something to be read as well */
    assert_int_equal(next(&signals).kind, HF_READABLE);
    hf_signals_forget(&signals, fds[0]);
    close(fds[0]);
    assert_int_equal(hf_signals_wait(&signals, hf_monotonic() + 1, &happening, NULL), 0);
    assert_int_equal(happening.kind, HF_DEADLINE);
}

static void a_descriptor_that_can_be_written_is_told_when_that_is_wanted(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    int fds[2];
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(hf_signals_watch(&signals, fds[1], HF_TO_WRITE, NULL), 0);
    struct hf_happening happening = next(&signals);
    assert_int_equal(happening.kind, HF_WRITABLE);
    assert_int_equal(happening.fd, fds[1]);
    close(fds[0]);
    close(fds[1]);
}

static void of_several_that_are_never_silent_each_has_its_turn(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    int fds[3][2], told[3] = {0};
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
        assert_int_equal(write(fds[i][1], "a", 1), 1);
        assert_int_equal(hf_signals_watch(&signals, fds[i][0], HF_TO_READ, NULL), 0);
    }
    for (int i = 0; i < 30; i++) {
        int fd = next(&signals).fd;
        for (int k = 0; k < 3; k++)
            told[k] += fd == fds[k][0];
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(told[i], 10);
        close(fds[i][0]);
        close(fds[i][1]);
    }
}

static void a_descriptor_that_is_never_silent_keeps_nothing_else_waiting(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_happening happening;
    int fds[2];
    pid_t pid;
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(write(fds[1], "a", 1), 1);
    assert_int_equal(hf_signals_watch(&signals, fds[0], HF_TO_READ, NULL), 0);
    assert_int_equal(hf_signals_wait(&signals, 1, &happening, NULL), 0);
    assert_int_equal(happening.kind, HF_DEADLINE);
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_int_equal(next(&signals).kind, HF_SIGNALLED);
    assert_int_equal(hf_child_fork(&pid, end_at_once, NULL, NULL), 0);
    do
        happening = next(&signals);
    while (happening.kind == HF_READABLE);
    assert_int_equal(happening.kind, HF_CHILD_ENDED);
    assert_int_equal(happening.pid, pid);
    close(fds[0]);
    close(fds[1]);
}

static void more_than_can_be_watched_is_an_error(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_error err = {0};
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    for (int fd = 1000; fd < 1000 + HF_MOST_WATCHED; fd++)
        assert_int_equal(hf_signals_watch(&signals, fd, HF_TO_READ, NULL), 0);
    assert_int_equal(hf_signals_watch(&signals, 5000, HF_TO_READ, &err), -1);
    hf_signals_forget(&signals, 1000);
    assert_int_equal(hf_signals_watch(&signals, 5000, HF_TO_READ, &err), 0);
    assert_int_equal(hf_signals_watch(&signals, 5000, HF_TO_BOTH, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_that_can_be_read_is_told_as_long_as_it_can),
        cmocka_unit_test(a_descriptor_that_can_be_written_is_told_when_that_is_wanted),
        cmocka_unit_test(of_several_that_are_never_silent_each_has_its_turn),
        cmocka_unit_test(a_descriptor_that_is_never_silent_keeps_nothing_else_waiting),
        cmocka_unit_test(more_than_can_be_watched_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

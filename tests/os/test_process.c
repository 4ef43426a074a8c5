#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/identity.h"
#include "os/process.h"
#include "os/signals.h"

extern char **environ;

enum { SOON = 20000 };

static pid_t started(enum hf_child_group group, const char *script)
{
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL};
    const struct hf_child_options options = {.argv = argv, .environment = environ, .group = group};
    struct hf_error err = {0};
    pid_t pid = 0;
    if (hf_child_start(&pid, &options, &err))
        fail_msg("%s", err.text);
    assert_true(pid > 0);
    return pid;
}

static int status_of(pid_t pid)
{
    int status = -1;
    assert_int_equal(hf_child_wait(pid, &status, NULL), 0);
    return hf_exit_status(status);
}

static void an_exit_code_is_handed_on(void **state)
{
    (void)state;
    assert_int_equal(status_of(started(HF_CHILD_SAME_GROUP, "exit 0")), 0);
    assert_int_equal(status_of(started(HF_CHILD_OWN_GROUP, "exit 42")), 42);
}

static void a_signal_is_128_and_its_number(void **state)
{
    (void)state;
    assert_int_equal(status_of(started(HF_CHILD_OWN_GROUP, "kill -9 $$")), 137);
}

static int refusal(const char *program, struct hf_error *err)
{
    char *const argv[] = {(char *)(uintptr_t)program, NULL};
    const struct hf_child_options options = {.argv = argv, .environment = environ};
    pid_t pid = 7;
    assert_int_equal(hf_child_start(&pid, &options, err), -1);
    assert_int_equal(pid, 7);
    /* What was forked for it is gone. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return err->code;
}

static void a_program_that_is_not_there_is_told_from_one_that_cannot_run(void **state)
{
    (void)state;
    struct hf_error err = {0};
    assert_int_equal(refusal("/nowhere/at/all", &err), HF_NOT_FOUND);
    assert_int_equal(refusal("no-such-program-anywhere", &err), HF_NOT_FOUND);
    assert_int_equal(refusal("/etc/passwd", &err), HF_IO);
    assert_int_equal(err.sys, EACCES);
}

static void a_child_may_have_a_group_of_its_own(void **state)
{
    (void)state;
    pid_t same = started(HF_CHILD_SAME_GROUP, "read x");
    pid_t own = started(HF_CHILD_OWN_GROUP, "sleep 100 & sleep 100");
    assert_int_equal(getpgid(same), getpgrp());
    assert_int_equal(getpgid(own), own);
    assert_int_equal(kill(-own, SIGKILL), 0);
    assert_int_equal(status_of(own), 137);
    kill(same, SIGKILL);
    status_of(same);
}

/* One line of what a shell says of itself. */
static void ask(char *out, size_t size, const char *script)
{
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    int before = dup(STDOUT_FILENO);
    dup2(pipe_fds[1], STDOUT_FILENO);
    close(pipe_fds[1]);
    pid_t pid = started(HF_CHILD_OWN_GROUP, script);
    dup2(before, STDOUT_FILENO);
    close(before);
    ssize_t got = read(pipe_fds[0], out, size - 1);
    assert_true(got >= 0);
    out[got] = 0;
    close(pipe_fds[0]);
    assert_int_equal(status_of(pid), 0);
}

static void a_child_begins_with_no_signal_blocked_and_pipes_that_break(void **state)
{
    (void)state;
    char blocked[128], ignored[128];
    hf_auto(hf_signals) struct hf_signals signals = {0};
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    ask(blocked, sizeof blocked, "exec sed -n 's/^SigBlk:.//p' /proc/self/status");
    ask(ignored, sizeof ignored, "exec sed -n 's/^SigIgn:.//p' /proc/self/status");
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    assert_string_equal(blocked, "0000000000000000\n");
    /* Only HUP, as nohup wants it. */
    assert_string_equal(ignored, "0000000000000001\n");
}

static void no_descriptor_of_ours_reaches_a_child(void **state)
{
    (void)state;
    char open_ones[256], script[64];
    hf_auto(hf_signals) struct hf_signals signals = {0};
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    snprintf(script, sizeof script, "test -e /dev/fd/%d && echo open || echo closed", signals.fd);
    ask(open_ones, sizeof open_ones, script);
    assert_string_equal(open_ones, "closed\n");
}

static void signals_are_waited_for(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_happening happening;
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    static const int all[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        kill(getpid(), all[i]);
        assert_int_equal(hf_signals_wait(&signals, hf_monotonic() + SOON, &happening, NULL), 0);
        assert_int_equal(happening.kind, HF_SIGNALLED);
        assert_int_equal(happening.signal, all[i]);
    }
}

static void the_end_of_a_child_is_waited_for(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_happening happening;
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    pid_t pid = started(HF_CHILD_OWN_GROUP, "exit 5");
    assert_int_equal(hf_signals_wait(&signals, hf_monotonic() + SOON, &happening, NULL), 0);
    assert_int_equal(happening.kind, HF_CHILD_ENDED);
    assert_int_equal(happening.pid, pid);
    assert_int_equal(hf_exit_status(happening.status), 5);
}

static void a_deadline_ends_the_waiting(void **state)
{
    (void)state;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_happening happening;
    assert_int_equal(hf_signals_open(&signals, NULL), 0);
    int64_t deadline = hf_monotonic() + 30;
    assert_int_equal(hf_signals_wait(&signals, deadline, &happening, NULL), 0);
    assert_int_equal(happening.kind, HF_DEADLINE);
    assert_true(hf_monotonic() >= deadline);
}

/* The orphan says that it runs, and the wait for its end says the rest. */
static int live_as_a_parent(void *context)
{
    (void)context;
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_happening happening;
    hf_adopt_orphans();
    if (hf_signals_open(&signals, NULL))
        return 1;
    pid_t child = started(HF_CHILD_OWN_GROUP, "(exec sh -c 'exit 9') & exit 4");
    bool child_ended = false, orphan_ended = false;
    while (!child_ended || !orphan_ended) {
        if (hf_signals_wait(&signals, hf_monotonic() + SOON, &happening, NULL) ||
            happening.kind != HF_CHILD_ENDED)
            return 2;
        if (happening.pid == child)
            child_ended = hf_exit_status(happening.status) == 4;
        else
            orphan_ended = hf_exit_status(happening.status) == 9;
    }
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : 3;
}

static void orphans_are_reaped(void **state)
{
    (void)state;
    pid_t pid;
    assert_int_equal(hf_child_fork(&pid, live_as_a_parent, NULL, NULL), 0);
    assert_int_equal(status_of(pid), 0);
}

static int wait_for_ever(void *context)
{
    (void)context;
    hf_signals_end_process();
    ssize_t put = write(*(int *)context, "x", 1);
    for (;;)
        pause();
    return (int)put;
}

static void signals_can_end_the_process_with_their_number(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    pid_t pid;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(hf_child_fork(&pid, wait_for_ever, &ready[1], NULL), 0);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kill(pid, SIGTERM);
    assert_int_equal(status_of(pid), 143);
    close(ready[0]);
    close(ready[1]);
}

/* Starts something that would wait for ever, and is killed. */
static int be_a_parent_that_dies(void *context)
{
    int *fds = context;
    close(fds[0]);
    int before = dup(STDOUT_FILENO);
    dup2(fds[1], STDOUT_FILENO);
    close(fds[1]);
    started(HF_CHILD_OWN_GROUP, "echo x; exec tail -f /dev/null");
    close(STDOUT_FILENO);
    close(before);
    for (;;)
        pause();
    return 0;
}

static void a_child_does_not_outlive_its_parent(void **state)
{
    (void)state;
    int fds[2];
    char bytes[4];
    pid_t pid;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(hf_child_fork(&pid, be_a_parent_that_dies, fds, NULL), 0);
    close(fds[1]);
    assert_int_equal(read(fds[0], bytes, 2), 2);
    kill(pid, SIGKILL);
    status_of(pid);
    /* The end of the file: nobody has its other end any more. */
    assert_int_equal(read(fds[0], bytes, 1), 0);
    close(fds[0]);
}

static void numbers_need_no_entry_for_the_user(void **state)
{
    (void)state;
    struct hf_identity identity;
    struct hf_error err = {0};
    assert_int_equal(hf_identity_parse(&identity, "54321:54322", &err), 0);
    assert_int_equal(identity.user, 54321);
    assert_int_equal(identity.group, 54322);
    assert_string_equal(identity.home, "/");
    assert_int_equal(hf_identity_parse(&identity, "54321", &err), 0);
    assert_int_equal(identity.group, 54321);
    assert_int_equal(hf_identity_parse(&identity, "root", &err), 0);
    assert_int_equal(identity.user, 0);
    assert_string_equal(identity.home, "/root");
}

static void a_name_that_is_not_known_is_a_wrong_setting(void **state)
{
    (void)state;
    struct hf_identity identity;
    struct hf_error err = {0};
    assert_int_equal(hf_identity_parse(&identity, "nobody-of-this-name", &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_int_equal(hf_identity_parse(&identity, "1000:no-such-group", &err), -1);
    assert_int_equal(hf_identity_parse(&identity, "4294967295", &err), -1);
    assert_int_equal(hf_identity_parse(&identity, "99999999999999999999", &err), -1);
}

static int become_and_try_back(void *context)
{
    (void)context;
    struct hf_identity identity;
    struct hf_error err = {0};
    gid_t groups[8];
    if (hf_identity_parse(&identity, "54321:54322", &err) || hf_identity_become(&identity, &err))
        return 1;
    if (getuid() != 54321 || geteuid() != 54321 || getgid() != 54322 || getegid() != 54322)
        return 2;
    if (getgroups(8, groups) != 1 || groups[0] != 54322)
        return 3;
    if (!setuid(0) || !seteuid(0) || !setgid(0) || !open("/etc/shadow", O_RDONLY))
        return 4;
    return strcmp(getenv("HOME"), "/") != 0;
}

static void becoming_somebody_else_is_for_good(void **state)
{
    (void)state;
    pid_t pid;
    if (geteuid())
        skip();
    assert_int_equal(hf_child_fork(&pid, become_and_try_back, NULL, NULL), 0);
    assert_int_equal(status_of(pid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exit_code_is_handed_on),
        cmocka_unit_test(a_signal_is_128_and_its_number),
        cmocka_unit_test(a_program_that_is_not_there_is_told_from_one_that_cannot_run),
        cmocka_unit_test(a_child_may_have_a_group_of_its_own),
        cmocka_unit_test(a_child_begins_with_no_signal_blocked_and_pipes_that_break),
        cmocka_unit_test(no_descriptor_of_ours_reaches_a_child),
        cmocka_unit_test(signals_are_waited_for),
        cmocka_unit_test(the_end_of_a_child_is_waited_for),
        cmocka_unit_test(a_deadline_ends_the_waiting),
        cmocka_unit_test(orphans_are_reaped),
        cmocka_unit_test(signals_can_end_the_process_with_their_number),
        cmocka_unit_test(a_child_does_not_outlive_its_parent),
        cmocka_unit_test(numbers_need_no_entry_for_the_user),
        cmocka_unit_test(a_name_that_is_not_known_is_a_wrong_setting),
        cmocka_unit_test(becoming_somebody_else_is_for_good),
    };
    return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/process.h"
#include "service/supervisor.h"
#include "support/scratch.h"

extern char **environ;

/* What a supervision told. */
struct told {
    int started;
    int ready;
    char notice[512]; /* the last */
};

/* Asks for the end, as an orchestrator does. */
static void end(void)
{
    kill(getpid(), SIGTERM);
}

static void take_started(void *context, pid_t pid)
{
    assert_true(pid > 0);
    ((struct told *)context)->started++;
}

static void take_ready(void *context, int64_t milliseconds)
{
    assert_true(milliseconds >= 0);
    ((struct told *)context)->ready++;
    end();
}

static void take_notice(void *context, const char *text)
{
    struct told *told = context;
    snprintf(told->notice, sizeof told->notice, "%s", text);
}

static void end_at_notice(void *context, const char *text)
{
    take_notice(context, text);
    end();
}

static const struct hf_supervision plain = {.stop_timeout = 60000, .ready_timeout = 20000};

/* Supervises a shell script. */
static struct hf_supervised supervise(const char *script, struct hf_supervision wanted,
                                      struct told *told)
{
    char *const command[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)script, NULL};
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_supervised out = {0};
    struct hf_error err = {0};
    *told = (struct told){0};
    wanted.command = command;
    wanted.environment = environ;
    wanted.context = told;
    wanted.started = take_started;
    wanted.became_ready = take_ready;
    wanted.notice = wanted.notice ? wanted.notice : take_notice;
    assert_int_equal(hf_signals_open(&signals, &err), 0);
    if (hf_supervise(&signals, &wanted, &out, &err))
        fail_msg("%s", err.text);
    return out;
}

static void the_exit_code_is_the_applications(void **state)
{
    (void)state;
    struct told told;
    assert_int_equal(supervise("exit 0", plain, &told).status, 0);
    assert_int_equal(supervise("exit 42", plain, &told).status, 42);
    assert_int_equal(supervise("kill -11 $$", plain, &told).status, 139);
    assert_int_equal(told.started, 1);
}

static void a_command_that_cannot_be_started_is_an_error(void **state)
{
    (void)state;
    char *const command[] = {(char *)"/nowhere", NULL};
    const struct hf_supervision wanted = {.command = command, .environment = environ};
    hf_auto(hf_signals) struct hf_signals signals = {0};
    struct hf_supervised out;
    struct hf_error err = {0};
    assert_int_equal(hf_signals_open(&signals, &err), 0);
    assert_int_equal(hf_supervise(&signals, &wanted, &out, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
}

static void signals_are_passed_on(void **state)
{
    (void)state;
    static const char *const names[] = {"TERM", "INT", "HUP", "QUIT", "USR1", "USR2"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char script[128];
        struct told told;
        snprintf(script, sizeof script,
                 "trap 'exit %d' %s; kill -%s $PPID; while :; do sleep 60 >&- 2>&- & wait; done",
                 (int)i + 60, names[i], names[i]);
        assert_int_equal(supervise(script, plain, &told).status, (int)i + 60);
    }
}

static void a_second_term_kills_all_of_the_group(void **state)
{
    (void)state;
    struct told told;
    struct hf_supervised out = supervise("trap 'kill -TERM $PPID' TERM; kill -TERM $PPID;"
                                         "while :; do sleep 60 >&- 2>&- & wait; done",
                                         plain, &told);
    assert_int_equal(out.status, 137);
    assert_true(out.asked);
}

static void an_application_that_does_not_stop_is_killed_in_time(void **state)
{
    (void)state;
    struct told told;
    struct hf_supervision wanted = plain;
    wanted.stop_timeout = 300;
    int64_t began = hf_monotonic();
    struct hf_supervised out =
        supervise("trap '' TERM; kill -TERM $PPID; while :; do sleep 60 >&- 2>&- & wait; done",
                  wanted, &told);
    int64_t ended = hf_monotonic();
    assert_int_equal(out.status, 137);
    assert_non_null(strstr(told.notice, "did not stop within"));
    assert_true(ended - began >= 200);
    /* Time is left for what comes after. */
    assert_true(out.stop_by > began + 250);
}

static void what_is_left_in_the_group_is_asked_to_end(void **state)
{
    (void)state;
    int fds[2];
    char byte;
    struct told told;
    char script[128];
    assert_int_equal(pipe(fds), 0);
    snprintf(script, sizeof script, "sleep 600 <&%d & exit 0", fds[1]);
    assert_int_equal(supervise(script, plain, &told).status, 0);
    close(fds[1]);
    /* The end of the file: the one that was left behind is gone. */
    assert_int_equal(read(fds[0], &byte, 1), 0);
    close(fds[0]);
}

static void an_application_is_started_again_as_the_policy_says(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch;
    hf_scratch_init(&scratch);
    hf_auto_free char *count = hf_scratch_path(&scratch, "count");
    char script[512];
    struct told told;
    struct hf_supervision wanted = plain;
    /* Fails once, then succeeds. */
    snprintf(script, sizeof script, "test -e %s && exit 0; touch %s; exit 3", count, count);
    assert_int_equal(supervise(script, wanted, &told).status, 3);
    hf_scratch_remove(count);
    wanted.restart = HF_RESTART_ON_FAILURE;
    assert_int_equal(supervise(script, wanted, &told).status, 0);
    assert_int_equal(told.started, 2);
    assert_non_null(strstr(told.notice, "ended with 3: it is started again in 1"));
    /* A success is started again as well, until somebody asks for the end. */
    hf_scratch_remove(count);
    wanted.restart = HF_RESTART_ALWAYS;
    snprintf(script, sizeof script,
             "test -e %s || { touch %s; exit 0; }; trap 'exit 5' TERM; kill -TERM $PPID;"
             "while :; do sleep 60 >&- 2>&- & wait; done",
             count, count);
    assert_int_equal(supervise(script, wanted, &told).status, 5);
    assert_int_equal(told.started, 2);
}

static int64_t processor_ms(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

static void being_late_between_two_starts_costs_no_time(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch;
    hf_scratch_init(&scratch);
    hf_auto_free char *count = hf_scratch_path(&scratch, "count");
    char script[512];
    struct told told;
    struct hf_supervision wanted = plain;
    wanted.restart = HF_RESTART_ON_FAILURE;
    wanted.ready = "http://127.0.0.1:9/";
    wanted.ready_timeout = 200; /* within the pause */
    snprintf(script, sizeof script, "test -e %s && exit 0; touch %s; exit 3", count, count);
    int64_t before = processor_ms();
    assert_int_equal(supervise(script, wanted, &told).status, 0);
    assert_true(processor_ms() - before < 300); /* of a pause of 1 s */
}

static void a_stop_during_the_pause_is_the_end(void **state)
{
    (void)state;
    struct told told;
    struct hf_supervision wanted = plain;
    wanted.restart = HF_RESTART_ALWAYS;
    /* What it leaves behind asks for the end once it is gone. */
    struct hf_supervised out =
        supervise("p=$PPID; trap '' TERM; (while kill -0 $$; do :; done; kill -TERM $p) 2>&- & "
                  "exit 6",
                  wanted, &told);
    assert_int_equal(out.status, 6);
    assert_int_equal(told.started, 1);
}

/* Listens on a free port and answers everything with `status`, in a process of its own. */
struct server {
    pid_t pid;
    char url[64];
    int socket, status;
};

static int answer(void *context)
{
    const struct server *server = context;
    for (;;) {
        char text[128], request[1024];
        int fd = accept(server->socket, NULL, NULL);
        if (fd < 0 || read(fd, request, sizeof request) <= 0)
            return 1;
        int length = snprintf(text, sizeof text,
                              "HTTP/1.1 %d It\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                              server->status);
        if (write(fd, text, (size_t)length) != length)
            return 1;
        close(fd);
    }
}

static void serve(struct server *server, int status)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->status = status;
    server->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->socket, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(server->socket, 8), 0);
    assert_int_equal(getsockname(server->socket, (struct sockaddr *)&address, &size), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/health",
             ntohs(address.sin_port));
    assert_int_equal(hf_child_fork(&server->pid, answer, server, NULL), 0);
}

static void stop_serving(struct server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->socket);
}

static void an_application_that_answers_is_ready(void **state)
{
    (void)state;
    struct server server;
    struct told told;
    struct hf_supervision wanted = plain;
    serve(&server, 204);
    wanted.ready = server.url;
    wanted.must_become_ready = true;
    struct hf_supervised out = supervise("exec sleep 600", wanted, &told);
    assert_int_equal(told.ready, 1);
    assert_int_equal(out.status, 143);
    assert_false(out.never_ready);
    stop_serving(&server);
}

static void an_application_that_is_never_ready_is_stopped(void **state)
{
    (void)state;
    struct server server;
    struct told told;
    struct hf_supervision wanted = plain;
    serve(&server, 503);
    wanted.ready = server.url;
    wanted.ready_timeout = 200;
    wanted.must_become_ready = true;
    struct hf_supervised out = supervise("exec sleep 600", wanted, &told);
    assert_true(out.never_ready);
    assert_int_equal(told.ready, 0);
    assert_non_null(strstr(told.notice, "was not ready within"));
    stop_serving(&server);
}

static void one_that_need_not_become_ready_goes_on(void **state)
{
    (void)state;
    struct server server;
    struct told told;
    struct hf_supervision wanted = plain;
    serve(&server, 503);
    wanted.ready = server.url;
    wanted.ready_timeout = 1;
    wanted.notice = end_at_notice;
    struct hf_supervised out = supervise("exec sleep 600", wanted, &told);
    assert_int_equal(out.status, 143);
    assert_true(out.asked);
    assert_false(out.never_ready);
    stop_serving(&server);
}

static void an_end_before_it_was_ready_is_never_ready(void **state)
{
    (void)state;
    struct server server;
    struct told told;
    struct hf_supervision wanted = plain;
    serve(&server, 503);
    wanted.ready = server.url;
    wanted.must_become_ready = true;
    wanted.restart = HF_RESTART_ALWAYS;
    struct hf_supervised out = supervise("exit 3", wanted, &told);
    assert_true(out.never_ready);
    assert_int_equal(out.status, 3);
    assert_int_equal(told.started, 1);
    stop_serving(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_code_is_the_applications),
        cmocka_unit_test(a_command_that_cannot_be_started_is_an_error),
        cmocka_unit_test(signals_are_passed_on),
        cmocka_unit_test(a_second_term_kills_all_of_the_group),
        cmocka_unit_test(an_application_that_does_not_stop_is_killed_in_time),
        cmocka_unit_test(what_is_left_in_the_group_is_asked_to_end),
        cmocka_unit_test(an_application_is_started_again_as_the_policy_says),
        cmocka_unit_test(a_stop_during_the_pause_is_the_end),
        cmocka_unit_test(an_application_that_answers_is_ready),
        cmocka_unit_test(an_application_that_is_never_ready_is_stopped),
        cmocka_unit_test(being_late_between_two_starts_costs_no_time),
        cmocka_unit_test(one_that_need_not_become_ready_goes_on),
        cmocka_unit_test(an_end_before_it_was_ready_is_never_ready),
    };
    return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}

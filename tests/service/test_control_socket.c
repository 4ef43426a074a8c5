#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "os/file.h"
#include "os/process.h"
#include "service/control_address.h"
#include "service/control_client.h"
#include "service/control_socket.h"
#include "support/scratch.h"

enum { LONGEST = 60000 };

struct room {
    struct hf_scratch scratch;
    char *state_path, *path; /* "app.db-holdfast" and its socket */
    struct hf_signals signals;
    struct hf_control_socket *control;
    int asked;
    char last[100];             /* what was asked last */
    hf_control_request pending; /* of "wait" */
};

static int setup(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    hf_scratch_init(&room->scratch);
    room->state_path = hf_scratch_path(&room->scratch, "app.db-holdfast");
    room->path = hf_control_path(room->state_path);
    assert_int_equal(hf_signals_open(&room->signals, NULL), 0);
    *state = room;
    return 0;
}

static int teardown(void **state)
{
    struct room *room = *state;
    hf_control_socket_free(room->control);
    hf_signals_release(&room->signals);
    hf_scratch_release(&room->scratch);
    free(room->state_path);
    free(room->path);
    free(room);
    return 0;
}

/* "echo" is answered at once, "wait" later, "much" with more than a slow reader may leave lying. */
static void take_request(void *context, hf_control_request request, const json_t *what)
{
    struct room *room = context;
    const char *wanted = hf_member_text(what, "do", "");
    room->asked++;
    snprintf(room->last, sizeof room->last, "%s", wanted);
    if (!strcmp(wanted, "wait")) {
        room->pending = request;
        return;
    }
    if (!strcmp(wanted, "much")) {
        static char text[100000];
        memset(text, 'x', sizeof text - 1);
        for (int i = 0; i < 100; i++)
            hf_control_tell(room->control, request,
                            json_pack("{s:s, s:s}", "event", "progress", "text", text));
    }
    hf_control_tell(room->control, request, json_pack("{s:s}", "event", "progress"));
    hf_control_close(
        room->control, request,
        json_pack("{s:s, s:s}", "event", "done", "text", hf_member_text(what, "text", "nothing")));
}

static void listen_at(struct room *room, const char *path)
{
    struct hf_error err = {0};
    room->control = hf_control_socket_open(&room->signals, path, take_request, room, &err);
    if (!room->control)
        fail_msg("%s", err.text);
}

/* What happens goes to the socket until a forked client ends; returns its status. */
static int serve(struct room *room, int (*client)(void *))
{
    pid_t pid;
    assert_int_equal(hf_child_fork(&pid, client, room, NULL), 0);
    for (;;) {
        struct hf_happening happening;
        assert_int_equal(
            hf_signals_wait(&room->signals, hf_monotonic() + LONGEST, &happening, NULL), 0);
        assert_int_not_equal(happening.kind, HF_DEADLINE);
        if (happening.kind == HF_CHILD_ENDED && happening.pid == pid)
            return hf_exit_status(happening.status);
        hf_control_take(room->control, &happening);
    }
}

/* And until nothing more happens at once. */
static void serve_all(struct room *room)
{
    struct hf_happening happening;
    for (;;) {
        assert_int_equal(hf_signals_wait(&room->signals, hf_monotonic() + 20, &happening, NULL), 0);
        if (happening.kind == HF_DEADLINE)
            return;
        hf_control_take(room->control, &happening);
    }
}

/* In a client: asks, and expects progress and this end. */
static int converse(const struct room *room, const char *text)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    struct hf_error err = {0};
    if (hf_control_client_open(&client, room->state_path, &err))
        return 10;
    for (int i = 0; i < 2; i++) {
        if (hf_control_ask(&client, json_pack("{s:s, s:s}", "do", "echo", "text", text), &err))
            return 11;
        json_t *progress = hf_control_answer(&client, LONGEST, &err);
        json_t *done = hf_control_answer(&client, LONGEST, &err);
        if (strcmp(hf_member_text(progress, "event", ""), "progress") != 0 ||
            strcmp(hf_member_text(done, "text", ""), text) != 0)
            return 12;
        json_decref(progress);
        json_decref(done);
    }
    return client.process == getppid() ? 0 : 13;
}

static int ask_well(void *context)
{
    return converse(context, "\xc3\xa4 \"quoted\"\nline");
}

static void a_client_asks_and_is_answered(void **state)
{
    struct room *room = *state;
    struct stat status;
    listen_at(room, room->path);
    assert_int_equal(serve(room, ask_well), 0);
    assert_int_equal(room->asked, 2);
    assert_int_equal(stat(room->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    hf_control_socket_free(room->control);
    room->control = NULL;
    assert_false(hf_scratch_exists(room->path));
    assert_int_equal(hf_scratch_count(room->scratch.path), 0);
}

static void where_nobody_listens_nobody_is_found(void **state)
{
    struct room *room = *state;
    struct hf_control_client client;
    struct hf_error err = {0};
    assert_int_equal(hf_control_client_open(&client, room->state_path, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    int fd = hf_control_listen(room->path, NULL);
    close(fd); /* as a killed process leaves it */
    err = (struct hf_error){0};
    assert_int_equal(hf_control_client_open(&client, room->state_path, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
}

static void what_a_dead_process_left_is_replaced(void **state)
{
    struct room *room = *state;
    close(hf_control_listen(room->path, NULL));
    assert_true(hf_scratch_exists(room->path));
    listen_at(room, room->path);
    assert_int_equal(serve(room, ask_well), 0);
}

static void one_that_lives_is_not_robbed(void **state)
{
    struct room *room = *state;
    struct hf_error err = {0};
    listen_at(room, room->path);
    assert_null(hf_control_socket_open(&room->signals, room->path, take_request, room, &err));
    assert_int_equal(err.code, HF_LOCKED);
    assert_int_equal(serve(room, ask_well), 0);
}

static void a_file_that_is_no_socket_stays(void **state)
{
    struct room *room = *state;
    struct hf_error err = {0};
    hf_scratch_write(room->path, "precious", 8);
    assert_null(hf_control_socket_open(&room->signals, room->path, take_request, room, &err));
    assert_int_equal(err.code, HF_EXISTS);
    assert_int_equal(hf_scratch_size(room->path), 8);
}

static void a_name_that_became_another_ones_stays(void **state)
{
    struct room *room = *state;
    listen_at(room, room->path);
    assert_int_equal(unlink(room->path), 0);
    int fd = hf_control_listen(room->path, NULL);
    hf_control_socket_free(room->control);
    room->control = NULL;
    assert_true(hf_scratch_exists(room->path));
    close(fd);
}

static void paths_may_be_as_long_as_files_may(void **state)
{
    struct room *room = *state;
    char name[256];
    memset(name, 'n', 230);
    strcpy(name + 230, "-holdfast");
    for (int i = 0; i < 3; i++) {
        memset(name, 'a' + i, 200);
        hf_auto_free char *folder = hf_path_join(room->state_path, name);
        *strrchr(folder, '/') = 0;
        hf_auto_free char *deeper = NULL;
        assert_true(asprintf(&deeper, "%s.%d", folder, i) > 0);
        assert_int_equal(mkdir(deeper, 0700), 0);
        free(room->state_path);
        room->state_path = hf_path_join(deeper, name);
    }
    hf_auto_free char *path = hf_control_path(room->state_path);
    assert_true(strlen(path) > 250);
    listen_at(room, path);
    assert_int_equal(serve(room, ask_well), 0);
}

static void one_socket_serves_several_databases(void **state)
{
    struct room *room = *state;
    struct hf_error err = {0};
    hf_auto_free char *other = hf_scratch_path(&room->scratch, "other.db-holdfast");
    hf_auto_free char *other_path = hf_control_path(other);
    hf_auto_free char *live = hf_scratch_path(&room->scratch, "live");
    close(hf_control_listen(other_path, NULL)); /* left by a dead one */
    int fd = hf_control_listen(live, NULL);
    listen_at(room, room->path);
    assert_int_equal(hf_control_socket_also(room->control, other_path, NULL), 0);
    assert_int_equal(hf_control_socket_also(room->control, other_path, NULL), 0);
    assert_int_equal(hf_control_socket_also(room->control, live, &err), -1);
    assert_int_equal(err.code, HF_LOCKED);
    close(fd);
    hf_auto_free char *first = room->state_path;
    room->state_path = strdup(other);
    assert_int_equal(serve(room, ask_well), 0);
    hf_control_socket_free(room->control);
    room->control = NULL;
    assert_false(hf_scratch_exists(room->path));
    assert_false(hf_scratch_exists(other_path));
}

static int connect_to(const struct room *room)
{
    int fd = hf_control_connect(room->path, NULL);
    assert_true(fd >= 0);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    const struct timeval longest = {.tv_sec = 30};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest), 0);
    return fd;
}

static void put(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What came, up to the end of the stream; the server drops who misbehaves. */
static void read_to_end(int fd, char out[200])
{
    size_t used = 0;
    char byte;
    while (recv(fd, &byte, 1, 0) == 1) {
        if (used + 1 < 200)
            out[used++] = byte;
    }
    out[used] = 0;
}

static void a_line_without_end_costs_the_client_its_connection(void **state)
{
    struct room *room = *state;
    static char piece[70001];
    char byte;
    listen_at(room, room->path);
    int fd = connect_to(room);
    memset(piece, 'x', sizeof piece - 1);
    put(fd, piece);
    serve_all(room);
    assert_true(recv(fd, &byte, 1, 0) <= 0);
    close(fd);
    assert_int_equal(serve(room, ask_well), 0);
}

static void garbage_is_answered_and_dropped(void **state)
{
    struct room *room = *state;
    char said[200];
    listen_at(room, room->path);
    int fd = connect_to(room);
    put(fd, "GET / HTTP/1.1\r\n");
    serve_all(room);
    read_to_end(fd, said);
    assert_non_null(strstr(said, "no JSON object"));
    assert_int_equal(room->asked, 0);
    close(fd);
}

static void half_a_line_and_silence_keep_nobody_waiting(void **state)
{
    struct room *room = *state;
    int fds[64];
    listen_at(room, room->path);
    /* More than there are places: the longest silent ones go. */
    for (size_t i = 0; i < 64; i++) {
        fds[i] = connect_to(room);
        put(fds[i], "{\"do\":");
        serve_all(room);
    }
    assert_int_equal(serve(room, ask_well), 0);
    for (size_t i = 0; i < 64; i++)
        close(fds[i]);
    serve_all(room);
    assert_int_equal(serve(room, ask_well), 0);
}

static void a_client_that_is_gone_in_the_middle_changes_nothing(void **state)
{
    struct room *room = *state;
    listen_at(room, room->path);
    int fd = connect_to(room);
    put(fd, "{\"do\":\"wait\"}\n");
    serve_all(room);
    assert_string_equal(room->last, "wait");
    close(fd);
    serve_all(room);
    hf_control_tell(room->control, room->pending, json_object());
    hf_control_tell(room->control, room->pending, json_object());
    hf_control_close(room->control, room->pending, json_object());
    serve_all(room);
    assert_int_equal(serve(room, ask_well), 0);
}

static void who_has_said_all_is_answered_still(void **state)
{
    struct room *room = *state;
    char said[200];
    listen_at(room, room->path);
    int fd = connect_to(room);
    put(fd, "{\"do\":\"wait\"}\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    serve_all(room);
    hf_control_close(room->control, room->pending, json_pack("{s:s}", "event", "done"));
    serve_all(room); /* sees its end, and lets go */
    read_to_end(fd, said);
    assert_string_equal(said, "{\"event\":\"done\"}\n");
    close(fd);
}

static void a_client_that_does_not_read_is_dropped(void **state)
{
    struct room *room = *state;
    listen_at(room, room->path);
    int fd = connect_to(room);
    put(fd, "{\"do\":\"much\"}\n");
    serve_all(room);
    assert_string_equal(room->last, "much");
    assert_int_equal(serve(room, ask_well), 0);
    close(fd);
}

static void a_second_request_waits_for_the_end_of_the_first(void **state)
{
    struct room *room = *state;
    char said[200];
    listen_at(room, room->path);
    int fd = connect_to(room);
    put(fd, "{\"do\":\"wait\"}\n{\"do\":\"echo\",\"text\":\"second\"}\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    serve_all(room);
    assert_int_equal(room->asked, 1);
    hf_control_close(room->control, room->pending, json_pack("{s:s}", "event", "first"));
    serve_all(room);
    assert_int_equal(room->asked, 2);
    read_to_end(fd, said);
    assert_string_equal(said, "{\"event\":\"first\"}\n{\"event\":\"progress\"}\n"
                              "{\"event\":\"done\",\"text\":\"second\"}\n");
    close(fd);
}

static int asks_somebody_who_dies(void *context)
{
    const struct room *room = context;
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    struct hf_error err = {0};
    if (hf_control_client_open(&client, room->state_path, &err) ||
        hf_control_ask(&client, json_pack("{s:s}", "do", "wait"), &err))
        return 10;
    if (hf_control_answer(&client, 50, &err) || err.code != HF_UNREACHABLE)
        return 11;
    if (hf_control_ask(&client, json_pack("{s:s}", "do", "end"), &err))
        return 12;
    return 0;
}

static void a_process_that_does_not_answer_is_waited_for_no_longer_than_wanted(void **state)
{
    struct room *room = *state;
    listen_at(room, room->path);
    assert_int_equal(serve(room, asks_somebody_who_dies), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_client_asks_and_is_answered),
        TEST(where_nobody_listens_nobody_is_found),
        TEST(what_a_dead_process_left_is_replaced),
        TEST(one_that_lives_is_not_robbed),
        TEST(a_file_that_is_no_socket_stays),
        TEST(a_name_that_became_another_ones_stays),
        TEST(paths_may_be_as_long_as_files_may),
        TEST(one_socket_serves_several_databases),
        TEST(a_line_without_end_costs_the_client_its_connection),
        TEST(garbage_is_answered_and_dropped),
        TEST(half_a_line_and_silence_keep_nobody_waiting),
        TEST(a_client_that_is_gone_in_the_middle_changes_nothing),
        TEST(who_has_said_all_is_answered_still),
        TEST(a_client_that_does_not_read_is_dropped),
        TEST(a_second_request_waits_for_the_end_of_the_first),
        TEST(a_process_that_does_not_answer_is_waited_for_no_longer_than_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/confine.h"
#include "service/guard.h"
#include "service/json_channel.h"
#include "support/scratch.h"

enum { LONGEST = 60000 };

/* One guard with its task, and what it told. */
struct room {
    struct hf_signals signals;
    struct hf_guard *guard;
    struct hf_scratch scratch;
    char *mark; /* a file by which a task knows that it is not the first */
    char notices[4000];
    int notice_count;
    char answer[200]; /* "done ..." or "failed ..." */
};

static void take_notice(void *context, const char *text)
{
    struct room *room = context;
    size_t used = strlen(room->notices);
    snprintf(room->notices + used, sizeof room->notices - used, "%s\n", text);
    room->notice_count++;
}

static void take_answer(void *context, const json_t *answer)
{
    struct room *room = context;
    snprintf(room->answer, sizeof room->answer, "%s %s", hf_member_text(answer, "event", "?"),
             hf_member_text(answer, "text", ""));
}

static int setup(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    hf_scratch_init(&room->scratch);
    room->mark = hf_scratch_path(&room->scratch, "mark");
    assert_int_equal(hf_signals_open(&room->signals, NULL), 0);
    *state = room;
    return 0;
}

static int teardown(void **state)
{
    struct room *room = *state;
    hf_guard_free(room->guard);
    hf_signals_release(&room->signals);
    hf_scratch_release(&room->scratch);
    free(room->mark);
    free(room);
    return 0;
}

static void guard(struct room *room, int (*task)(void *, int), int64_t patience)
{
    const struct hf_guard_options options = {.name = "the task",
                                             .task = task,
                                             .notice = take_notice,
                                             .context = room,
                                             .patience = patience,
                                             .first_pause = 20,
                                             .longest_pause = 200};
    room->guard = hf_guard_new(&room->signals, &options, NULL);
    assert_non_null(room->guard);
    assert_int_equal(hf_guard_start(room->guard, NULL), 0);
}

/* What happens goes to the guard until `what` is so. */
static void until(struct room *room, bool (*what)(const struct room *room))
{
    int64_t limit = hf_monotonic() + LONGEST;
    while (!what(room)) {
        struct hf_happening happening;
        int64_t own = hf_guard_deadline(room->guard);
        assert_int_equal(
            hf_signals_wait(&room->signals, own && own < limit ? own : limit, &happening, NULL), 0);
        if (hf_monotonic() >= limit)
            fail_msg("in vain; told: %s", room->notices);
        hf_guard_take(room->guard, &happening);
    }
}

static bool has_status(const struct room *room)
{
    json_t *databases = hf_guard_databases(room->guard);
    bool some = json_array_size(databases) > 0;
    json_decref(databases);
    return some;
}

static bool is_stopped(const struct room *room)
{
    return hf_guard_state(room->guard) == HF_GUARD_STOPPED;
}

static bool has_answer(const struct room *room)
{
    return room->answer[0];
}

/* In the task: one line to the guard. */
static void say(int channel, const char *line)
{
    if (send(channel, line, strlen(line), MSG_NOSIGNAL) < 0)
        _exit(90);
}

/* In the task: waits for a line that has `part`; what it asks for may be answered meanwhile. */
static void hear(int channel, const char *part, void (*each)(int channel, const char *line))
{
    char line[512];
    size_t length = 0;
    while (read(channel, line + length, 1) == 1) {
        if (line[length] != '\n') {
            length += length + 2 < sizeof line;
            continue;
        }
        line[length] = 0;
        length = 0;
        if (strstr(line, part))
            return;
        if (each)
            each(channel, line);
    }
    _exit(91);
}

static void answer_request(int channel, const char *line)
{
    char text[200];
    const char *id = strstr(line, "\"id\":");
    if (!id)
        _exit(92);
    if (strstr(line, "\"die\""))
        raise(SIGKILL);
    snprintf(text, sizeof text, "{\"event\":\"%s\",\"id\":%d,\"text\":\"so\"}\n",
             strstr(line, "\"refuse\"") ? "failed" : "done", atoi(id + 5));
    say(channel, text);
}

static int obedient(void *context, int channel)
{
    (void)context;
    signal(SIGTERM, SIG_IGN);
    say(channel, "{\"event\":\"status\",\"databases\":[{\"name\":\"app\"},{\"name\":\"b\"}]}\n"
                 "{\"event\":\"status\",\"databases\":[{\"name\":\"app\",\"lag_ms\":7}]}\n");
    hear(channel, "\"stop\"", answer_request);
    return 0;
}

static void what_the_task_says_last_is_kept(void **state)
{
    struct room *room = *state;
    guard(room, obedient, 0);
    until(room, has_status);
    json_t *databases = hf_guard_databases(room->guard);
    assert_int_equal(json_array_size(databases), 2);
    const json_t *first = json_array_get(databases, 0);
    assert_string_equal(hf_member_text(first, "name", ""), "app");
    assert_int_equal(hf_member_integer(first, "lag_ms", -1), 7);
    json_decref(databases);
    hf_guard_stop(room->guard, hf_monotonic() + LONGEST);
    assert_int_equal(hf_guard_state(room->guard), HF_GUARD_STOPPING);
    until(room, is_stopped);
    assert_true(hf_guard_ended_well(room->guard));
    assert_true(has_status(room));
    assert_int_equal(room->notice_count, 0);
}

static void ask(struct room *room, const char *what)
{
    room->answer[0] = 0;
    assert_int_equal(
        hf_guard_ask(room->guard, json_pack("{s:s}", "do", what), take_answer, room, NULL), 0);
    until(room, has_answer);
}

static void a_request_is_answered(void **state)
{
    struct room *room = *state;
    guard(room, obedient, 0);
    ask(room, "snapshot");
    assert_string_equal(room->answer, "done so");
    ask(room, "refuse");
    assert_string_equal(room->answer, "failed so");
}

static void a_request_fails_when_the_task_dies_over_it(void **state)
{
    struct room *room = *state;
    struct hf_error err = {0};
    guard(room, obedient, 0);
    ask(room, "die");
    assert_string_equal(room->answer, "failed the task ended before it was done");
    assert_int_equal(hf_guard_state(room->guard), HF_GUARD_PAUSING);
    assert_int_equal(hf_guard_ask(room->guard, json_object(), take_answer, room, &err), -1);
    assert_non_null(strstr(err.text, "does not run"));
    /* The next one is heard by the one that was started again. */
    json_t *seen = hf_guard_describe(room->guard);
    assert_non_null(strstr(hf_member_text(seen, "last_end", ""), "signal 9"));
    json_decref(seen);
}

static int toil(void *context, int channel)
{
    (void)context;
    (void)channel;
    if (hf_confine_time(0, NULL))
        return 1;
    for (volatile unsigned i = 0;; i++)
        ;
}

static void a_request_that_takes_all_of_its_processor_time_says_so(void **state)
{
    struct room *room = *state;
    guard(room, toil, LONGEST);
    ask(room, "toil");
    assert_string_equal(room->answer, "failed the task took more processor time than it may");
}

static void what_nobody_waits_for_any_more_harms_nothing(void **state)
{
    struct room *room = *state;
    guard(room, obedient, 0);
    assert_int_equal(
        hf_guard_ask(room->guard, json_pack("{s:s}", "do", "snapshot"), take_answer, room, NULL),
        0);
    hf_guard_forget(room->guard, room);
    assert_int_equal(
        hf_guard_ask(room->guard, json_pack("{s:s}", "do", "refuse"), take_answer, room, NULL), 0);
    until(room, has_answer);
    assert_string_equal(room->answer, "failed so");
}

/* The first time it dies. */
static int dies_once(void *context, int channel)
{
    const struct room *room = context;
    if (!hf_scratch_exists(room->mark)) {
        hf_scratch_write(room->mark, "", 0);
        signal(SIGSEGV, SIG_DFL); /* cmocka has its own */
        raise(SIGSEGV);
    }
    return obedient(context, channel);
}

static void a_task_that_dies_is_started_again(void **state)
{
    struct room *room = *state;
    guard(room, dies_once, 0);
    until(room, has_status);
    assert_non_null(strstr(room->notices, "the task was ended by signal 11"));
    assert_non_null(strstr(room->notices, "it is started again in 0.02 s"));
    assert_int_equal(room->notice_count, 1);
}

static int dies_always(void *context, int channel)
{
    (void)context;
    (void)channel;
    return 3;
}

static bool has_paused_longest(const struct room *room)
{
    return strstr(room->notices, "0.20 s, and so on");
}

static void pauses_double_and_then_no_more_is_said(void **state)
{
    struct room *room = *state;
    guard(room, dies_always, 0);
    until(room, has_paused_longest);
    const char *at = room->notices;
    static const char *const pauses[] = {"in 0.02 s", "in 0.04 s", "in 0.08 s", "in 0.16 s",
                                         "in 0.20 s"};
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        at = strstr(at, pauses[i]);
        assert_non_null(at);
    }
    hf_guard_stop(room->guard, hf_monotonic() + LONGEST);
    assert_true(is_stopped(room));
    assert_int_equal(hf_guard_deadline(room->guard), 0);
}

static int sleep_for_ever(void)
{
    while (pause() < 0)
        ;
    return 0;
}

/* The first time it hears nothing and says nothing. */
static int hangs_once(void *context, int channel)
{
    const struct room *room = context;
    if (!hf_scratch_exists(room->mark)) {
        hf_scratch_write(room->mark, "", 0);
        signal(SIGTERM, SIG_IGN);
        return sleep_for_ever();
    }
    return obedient(context, channel);
}

static void a_task_that_is_stuck_is_ended_and_started_again(void **state)
{
    struct room *room = *state;
    int64_t began = hf_monotonic();
    guard(room, hangs_once, 300);
    until(room, has_status);
    assert_true(hf_monotonic() - began >= 300);
    assert_non_null(strstr(room->notices, "no sign of life for 0.30 s"));
    assert_non_null(strstr(room->notices, "signal 9"));
}

/* Says nothing but that it is alive, for three times the patience. */
static int beats(void *context, int channel)
{
    (void)context;
    for (int i = 0; i < 30; i++) {
        poll(NULL, 0, 30);
        say(channel, "{\"event\":\"alive\"}\n");
    }
    return obedient(context, channel);
}

static void a_task_that_works_long_and_says_so_is_left_alone(void **state)
{
    struct room *room = *state;
    guard(room, beats, 300);
    until(room, has_status);
    assert_string_equal(room->notices, "");
}

static void time_in_which_the_guard_stood_still_does_not_count(void **state)
{
    struct room *room = *state;
    guard(room, obedient, 300);
    until(room, has_status);
    /* As if all of the machine had been stopped: whoever was silent then had no choice. */
    for (int i = 0; i < 4; i++) {
        poll(NULL, 0, 250);
        hf_guard_take(room->guard, &(struct hf_happening){.kind = HF_DEADLINE});
    }
    assert_int_equal(hf_guard_state(room->guard), HF_GUARD_RUNNING);
    assert_string_equal(room->notices, "");
}

static int hangs(void *context, int channel)
{
    (void)context;
    signal(SIGTERM, SIG_IGN);
    say(channel, "{\"event\":\"status\",\"databases\":[{\"name\":\"app\"}]}\n");
    return sleep_for_ever();
}

static void what_does_not_stop_in_time_is_killed(void **state)
{
    struct room *room = *state;
    guard(room, hangs, 0);
    until(room, has_status);
    int64_t began = hf_monotonic();
    hf_guard_stop(room->guard, began + 150);
    until(room, is_stopped);
    assert_true(hf_monotonic() - began >= 150);
    assert_false(hf_guard_ended_well(room->guard));
    assert_non_null(strstr(room->notices, "did not stop in time"));
}

static int fails_to_stop(void *context, int channel)
{
    (void)context;
    signal(SIGTERM, SIG_IGN);
    say(channel, "{\"event\":\"status\",\"databases\":[{\"name\":\"app\"}]}\n");
    hear(channel, "\"stop\"", NULL);
    say(channel, "{\"event\":\"notice\",\"text\":\"the store refuses\",\"database\":\"app\"}\n");
    return 1;
}

static void what_it_says_at_last_is_heard(void **state)
{
    struct room *room = *state;
    guard(room, fails_to_stop, 0);
    until(room, has_status);
    hf_guard_stop(room->guard, hf_monotonic() + LONGEST);
    until(room, is_stopped);
    assert_false(hf_guard_ended_well(room->guard));
    assert_non_null(strstr(room->notices, "app: the store refuses\n"));
}

static int crashes_as_it_stops(void *context, int channel)
{
    (void)context;
    signal(SIGTERM, SIG_IGN);
    signal(SIGSEGV, SIG_DFL);
    say(channel, "{\"event\":\"status\",\"databases\":[{\"name\":\"app\"}]}\n");
    hear(channel, "\"stop\"", NULL);
    return raise(SIGSEGV);
}

static void a_crash_as_it_stops_is_told(void **state)
{
    struct room *room = *state;
    guard(room, crashes_as_it_stops, 0);
    until(room, has_status);
    hf_guard_stop(room->guard, hf_monotonic() + LONGEST);
    until(room, is_stopped);
    assert_false(hf_guard_ended_well(room->guard));
    assert_non_null(strstr(room->notices, "as it stopped\n"));
}

static int babbles(void *context, int channel)
{
    (void)context;
    say(channel, "}\n\n[1]\n\"text\"\n{\"event\":7}\n{\"event\":\"done\",\"id\":999}\n\xff\xfe\n");
    return obedient(context, channel);
}

static void what_is_not_understood_is_ignored(void **state)
{
    struct room *room = *state;
    guard(room, babbles, 0);
    until(room, has_status);
    assert_non_null(strstr(room->notices, "says what is not understood"));
    assert_int_equal(room->notice_count, 1);
}

static int floods_with_one_line(void *context, int channel)
{
    const struct room *room = context;
    static char piece[4096];
    if (hf_scratch_exists(room->mark))
        return obedient(context, channel);
    hf_scratch_write(room->mark, "", 0);
    memset(piece, 'x', sizeof piece - 1);
    for (;;)
        say(channel, piece);
}

static void a_line_without_end_ends_the_task(void **state)
{
    struct room *room = *state;
    guard(room, floods_with_one_line, 0);
    until(room, has_status);
    assert_non_null(strstr(room->notices, "says too much at once"));
}

static int floods_with_notices(void *context, int channel)
{
    for (int i = 0; i < 10000; i++)
        say(channel, "{\"event\":\"notice\",\"text\":\"again\"}\n");
    return obedient(context, channel);
}

static void a_flood_of_notices_is_cut(void **state)
{
    struct room *room = *state;
    guard(room, floods_with_notices, 0);
    until(room, has_status);
    assert_int_equal(room->notice_count, 60);
    assert_non_null(strstr(room->notices, "again (more is left out for a minute)"));
}

static int does_not_listen(void *context, int channel)
{
    (void)context;
    say(channel, "{\"event\":\"status\",\"databases\":[{\"name\":\"app\"}]}\n");
    return sleep_for_ever();
}

static void requests_to_a_task_that_does_not_listen_end_somewhere(void **state)
{
    struct room *room = *state;
    static char label[200000];
    struct hf_error err = {0};
    memset(label, 'x', sizeof label - 1);
    guard(room, does_not_listen, 0);
    until(room, has_status);
    int count = 0;
    while (!hf_guard_ask(room->guard, json_pack("{s:s}", "label", label), NULL, NULL, &err))
        assert_true(++count < 64);
    assert_non_null(strstr(err.text, "does not listen"));
}

static int ends_at_once(void *context, int channel)
{
    (void)context;
    say(channel, "{\"event\":\"notice\",\"text\":\"that was all\"}\n");
    return 0;
}

static void a_task_for_once_is_not_started_again(void **state)
{
    struct room *room = *state;
    const struct hf_guard_options options = {.name = "the job",
                                             .task = ends_at_once,
                                             .notice = take_notice,
                                             .context = room,
                                             .once = true};
    room->guard = hf_guard_new(&room->signals, &options, NULL);
    assert_non_null(room->guard);
    assert_int_equal(hf_guard_start(room->guard, NULL), 0);
    until(room, is_stopped);
    assert_true(hf_guard_ended_well(room->guard));
    assert_int_equal(hf_guard_deadline(room->guard), 0);
    assert_string_equal(room->notices, "that was all\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_the_task_says_last_is_kept),
        TEST(a_request_is_answered),
        TEST(a_request_fails_when_the_task_dies_over_it),
        TEST(a_request_that_takes_all_of_its_processor_time_says_so),
        TEST(what_nobody_waits_for_any_more_harms_nothing),
        TEST(a_task_that_dies_is_started_again),
        TEST(pauses_double_and_then_no_more_is_said),
        TEST(a_task_that_is_stuck_is_ended_and_started_again),
        TEST(a_task_that_works_long_and_says_so_is_left_alone),
        TEST(time_in_which_the_guard_stood_still_does_not_count),
        TEST(what_does_not_stop_in_time_is_killed),
        TEST(what_it_says_at_last_is_heard),
        TEST(a_crash_as_it_stops_is_told),
        TEST(what_is_not_understood_is_ignored),
        TEST(a_line_without_end_ends_the_task),
        TEST(a_flood_of_notices_is_cut),
        TEST(requests_to_a_task_that_does_not_listen_end_somewhere),
        TEST(a_task_for_once_is_not_started_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

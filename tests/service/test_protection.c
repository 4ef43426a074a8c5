/* The replicator beside an application, by a task that speaks its channel. */
#include "service/rig.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/process.h"
#include "service/control_client.h"
#include "service/protection.h"

enum { LONGEST = 60000 };

/* In a task: a line, or a request's fields. */
static void say(int channel, const char *line)
{
    if (send(channel, line, strlen(line), MSG_NOSIGNAL) < 0)
        _exit(90);
}

static void say_status(int channel)
{
    say(channel, "{\"event\":\"status\",\"databases\":[{\"name\":\"app\",\"capture\":\"wal\","
                 "\"why\":\"\",\"lag_ms\":0,\"point\":{\"seq\":1}}]}\n");
}

/* Answers snapshots until it is to stop. */
static void serve(int channel)
{
    struct hf_json_channel link;
    hf_json_channel_init(&link, channel, 65536, 65536);
    for (;;) {
        json_t *order = hf_json_channel_next(&link, NULL);
        const char *what = hf_member_text(order, "do", "");
        int64_t id = hf_member_integer(order, "id", 0);
        if (!strcmp(what, "stop"))
            break;
        if (!strcmp(what, "snapshot") && !strcmp(hf_member_text(order, "label", ""), "bad"))
            hf_json_channel_send(&link, json_pack("{s:s, s:I, s:i, s:s, s:s}", "event", "failed",
                                                  "id", (json_int_t)id, "code", (int)HF_NO_SPACE,
                                                  "text", "the disk is full", "hint", ""));
        else if (!strcmp(what, "snapshot"))
            hf_json_channel_send(&link, json_pack("{s:s, s:I, s:i}", "event", "done", "id",
                                                  (json_int_t)id, "point", 7));
        json_decref(order);
        if (order)
            continue;
        struct pollfd fd = {.fd = channel, .events = POLLIN};
        if (poll(&fd, 1, -1) < 1 || (!hf_json_channel_receive(&link) && link.ended))
            _exit(91);
    }
}

static int obedient(void *context, int channel)
{
    (void)context;
    signal(SIGTERM, SIG_IGN);
    say_status(channel);
    serve(channel);
    return 0;
}

static const char *mark_of(const struct rig *rig, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", rig->data, name);
    return path;
}

/* The rig of the boot that runs; the task is forked from it. */
static struct rig *current;

static void touch(const char *name)
{
    FILE *file = fopen(mark_of(current, name), "a");
    if (!file || fputs("x", file) < 0 || fclose(file))
        _exit(92);
}

static int marks_its_beginning_and_end(void *context, int channel)
{
    touch("follows");
    obedient(context, channel);
    touch("let-go");
    return 0;
}

static int dies_at_once(void *context, int channel)
{
    (void)context;
    (void)channel;
    return 3;
}

static int does_not_stop(void *context, int channel)
{
    (void)context;
    signal(SIGTERM, SIG_IGN);
    say_status(channel);
    touch("follows");
    while (pause() < 0)
        ;
    return 0;
}

static int setup(void **state)
{
    int failed = rig_setup(state);
    current = *state;
    if (!failed)
        rig_fill(current, 50);
    return failed;
}

/* The application ends once the replicator is there, or has had the time to die. */
#define AFTER_IT_FOLLOWS "while ! test -e follows; do :; done; sleep 0.3"
#define AFTER_A_WHILE "sleep 1"

static int64_t points(const struct rig *rig)
{
    char folder[512];
    int64_t count = 0;
    FILE *found;
    snprintf(folder, sizeof folder, "find %s -path '*/segments/*' -type f | wc -l",
             rig->repository);
    found = popen(folder, "r");
    assert_non_null(found);
    assert_int_equal(fscanf(found, "%" SCNd64, &count), 1);
    pclose(found);
    return count;
}

static void the_replicator_has_the_last_word_instead_of_a_last_point(void **state)
{
    struct rig *rig = *state;
    rig->replicate = marks_its_beginning_and_end;
    rig_boots(rig, AFTER_IT_FOLLOWS);
    rig_said(rig, "all that was committed is in the repository");
    assert_int_equal(hf_scratch_size(mark_of(rig, "let-go")), 1);
    assert_int_equal(points(rig), 1);
}

static void without_a_replicator_that_lives_there_is_a_last_point(void **state)
{
    struct rig *rig = *state;
    rig->replicate = dies_at_once;
    rig_boots(rig, AFTER_A_WHILE);
    rig_said(rig, "the replicator ended with 3");
    assert_null(strstr((const char *)rig->log.data, "all that was committed"));
}

static void a_replicator_that_does_not_stop_costs_no_more_than_the_stop_timeout(void **state)
{
    struct rig *rig = *state;
    rig_set(rig, "HOLDFAST_STOP_TIMEOUT=400ms");
    rig->replicate = does_not_stop;
    int64_t began = hf_monotonic();
    rig_boots(rig, AFTER_IT_FOLLOWS);
    assert_true(hf_monotonic() - began < 20000);
    rig_said(rig, "did not stop in time");
}

/* A protection of its own, without an application. */
struct room {
    struct hf_scratch scratch;
    char *state_path;
    struct hf_signals signals;
    struct hf_protection protection;
    char notice[500];
};

static void take_notice(void *context, const char *text)
{
    struct room *room = context;
    snprintf(room->notice, sizeof room->notice, "%s", text);
}

static int setup_room(void **state)
{
    struct room *room = calloc(1, sizeof *room);
    assert_non_null(room);
    hf_scratch_init(&room->scratch);
    room->state_path = hf_scratch_path(&room->scratch, "app.db-holdfast");
    assert_int_equal(hf_signals_open(&room->signals, NULL), 0);
    *state = room;
    return 0;
}

static int teardown_room(void **state)
{
    struct room *room = *state;
    hf_protection_release(&room->protection);
    hf_signals_release(&room->signals);
    hf_scratch_release(&room->scratch);
    free(room->state_path);
    free(room);
    return 0;
}

static void protect(struct room *room, int (*replicate)(void *, int))
{
    const struct hf_protected database = {"app", room->state_path};
    const struct hf_protection_options options = {.command = "replicate",
                                                  .databases = &database,
                                                  .database_count = 1,
                                                  .replicate = replicate,
                                                  .notice = take_notice,
                                                  .context = room};
    struct hf_error err = {0};
    if (hf_protection_start(&room->protection, &room->signals, &options, &err))
        fail_msg("%s", err.text);
}

/* Serves until a forked client has ended. */
static int converse(struct room *room, int (*client)(void *))
{
    pid_t pid;
    assert_int_equal(hf_child_fork(&pid, client, room, NULL), 0);
    for (;;) {
        struct hf_happening happening;
        assert_int_equal(hf_protection_wait(&room->protection, &room->signals,
                                            hf_monotonic() + LONGEST, &happening, NULL),
                         0);
        assert_int_not_equal(happening.kind, HF_DEADLINE);
        if (happening.kind == HF_CHILD_ENDED && happening.pid == pid)
            return hf_exit_status(happening.status);
    }
}

/* In a client: the closing line, or NULL. */
static json_t *ask(const struct room *room, json_t *request, struct hf_error *err)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    json_t *answer = NULL;
    if (!hf_control_client_open(&client, room->state_path, err) &&
        !hf_control_ask(&client, request, err))
        answer = hf_control_answer(&client, LONGEST, err);
    return answer;
}

static int asks_for_status(void *context)
{
    struct hf_error err = {0};
    for (;;) {
        json_t *answer = ask(context, json_pack("{s:s}", "do", "status"), &err);
        const json_t *databases = json_object_get(answer, "databases");
        if (!answer || hf_member_integer(answer, "process", 0) != getppid() ||
            strcmp(hf_member_text(answer, "command", ""), "replicate") != 0 ||
            strcmp(hf_member_text(json_object_get(answer, "replicator"), "state", ""), "running"))
            return 10;
        if (json_array_size(databases)) /* it has said it by now */
            return strcmp(hf_member_text(json_array_get(databases, 0), "capture", ""), "wal") != 0;
    }
}

static int asks_for_snapshots(void *context)
{
    struct hf_error err = {0};
    json_t *done = ask(
        context, json_pack("{s:s, s:s, s:s}", "do", "snapshot", "database", "app", "label", "good"),
        &err);
    if (hf_member_integer(done, "point", 0) != 7 || json_object_get(done, "id"))
        return 10;
    if (ask(context,
            json_pack("{s:s, s:s, s:s}", "do", "snapshot", "database", "app", "label", "bad"),
            &err))
        return 11;
    return err.code == HF_NO_SPACE && !strcmp(err.text, "the disk is full") ? 0 : 12;
}

static int asks_for_a_restore(void *context)
{
    struct hf_error err = {0};
    if (ask(context, json_pack("{s:s, s:s, s:i}", "do", "restore", "database", "app", "point", 1),
            &err))
        return 10;
    return err.code == HF_LOCKED && strstr(err.hint, "stop the application") ? 0 : 11;
}

static int asks_for_nonsense(void *context)
{
    struct hf_error err = {0};
    return !ask(context, json_pack("{s:s}", "do", "dance"), &err) && err.code == HF_UNSUPPORTED
               ? 0
               : 10;
}

static void clients_are_answered(void **state)
{
    struct room *room = *state;
    protect(room, obedient);
    assert_int_equal(converse(room, asks_for_status), 0);
    assert_int_equal(converse(room, asks_for_snapshots), 0);
    assert_int_equal(converse(room, asks_for_a_restore), 0);
    assert_int_equal(converse(room, asks_for_nonsense), 0);
    assert_true(hf_protection_stop_replicator(&room->protection, &room->signals,
                                              hf_monotonic() + LONGEST, NULL, NULL));
}

static int asks_in_vain(void *context)
{
    struct hf_error err = {0};
    return !ask(context, json_pack("{s:s, s:s}", "do", "snapshot", "database", "app"), &err) &&
                   err.code == HF_UNREACHABLE
               ? 0
               : 10;
}

static void a_snapshot_of_a_replicator_that_died_is_no_silence(void **state)
{
    struct room *room = *state;
    protect(room, dies_at_once);
    assert_int_equal(converse(room, asks_in_vain), 0);
}

static void a_second_one_is_told_that_there_is_a_first(void **state)
{
    struct room *room = *state;
    struct room second = {.state_path = room->state_path};
    protect(room, NULL);
    assert_int_equal(hf_signals_open(&second.signals, NULL), 0);
    protect(&second, NULL);
    assert_non_null(strstr(second.notice, "no control socket: another Holdfast"));
    hf_protection_release(&second.protection);
    hf_signals_release(&second.signals);
    assert_int_equal(converse(room, asks_for_nonsense), 0);
}

int main(void)
{
#define IN_BOOT(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
#define IN_ROOM(name) cmocka_unit_test_setup_teardown(name, setup_room, teardown_room)
    const struct CMUnitTest tests[] = {
        IN_BOOT(the_replicator_has_the_last_word_instead_of_a_last_point),
        IN_BOOT(without_a_replicator_that_lives_there_is_a_last_point),
        IN_BOOT(a_replicator_that_does_not_stop_costs_no_more_than_the_stop_timeout),
        IN_ROOM(clients_are_answered),
        IN_ROOM(a_snapshot_of_a_replicator_that_died_is_no_silence),
        IN_ROOM(a_second_one_is_told_that_there_is_a_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

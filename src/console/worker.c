#include "console/worker.h"

#include <poll.h>
#include <string.h>

#include "os/process.h"
#include "os/signals.h"
#include "service/json_channel.h"

enum { LONGEST_LINE = 1 << 20, MOST_WAITING = 4 << 20, BEAT = 3000, PROGRESS_PAUSE = 200 };

struct serving {
    struct hf_json_channel channel;
    json_int_t id;  /* of the question that is being answered */
    int64_t told;   /* when progress was told last */
    char stage[64]; /* and of which stage */
};

/* Waits until all is written, or nobody reads. */
static void flush(struct hf_json_channel *channel)
{
    while (hf_json_channel_is_waiting(channel) && !channel->broken && !channel->ended) {
        struct pollfd wait = {.fd = channel->fd, .events = POLLOUT};
        if (poll(&wait, 1, -1) > 0)
            hf_json_channel_flush(channel);
        if (wait.revents & (POLLERR | POLLHUP))
            return;
    }
}

static void tell(struct serving *serving, json_t *event)
{
    hf_json_channel_send(&serving->channel, event);
    flush(&serving->channel);
}

static void tell_notice(void *context, const char *text)
{
    struct serving *serving = context;
    tell(serving, json_pack("{s:s, s:I, s:o}", "event", "notice", "id", serving->id, "text",
                            hf_text_value(text)));
}

static void tell_progress(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct serving *serving = context;
    int64_t now = hf_monotonic();
    if (now - serving->told < PROGRESS_PAUSE && !strcmp(stage, serving->stage))
        return;
    serving->told = now;
    size_t length = strnlen(stage, sizeof serving->stage - 1);
    memcpy(serving->stage, stage, length);
    serving->stage[length] = '\0';
    tell(serving, json_pack("{s:s, s:I, s:s, s:I, s:I}", "event", "progress", "id", serving->id,
                            "stage", stage, "done", (json_int_t)done, "total", (json_int_t)total));
}

static void answer_one(struct serving *serving, const json_t *question, hf_worker_answer answer,
                       void *context)
{
    const struct hf_events events = {serving, tell_notice, tell_progress};
    struct hf_error err = {0};
    serving->id = hf_member_integer(question, "id", 0);
    serving->stage[0] = '\0';
    json_t *said = answer(context, question, &events, &err);
    if (said)
        json_object_set_new(said, "event", json_string("done"));
    else
        said = hf_json_failed(&err);
    json_object_set_new(said, "id", json_integer(serving->id));
    tell(serving, said);
}

json_t *hf_worker_result(const json_t *answer, struct hf_error *err)
{
    if (strcmp(hf_member_text(answer, "event", ""), "done") != 0) {
        hf_json_failure(answer, err);
        return NULL;
    }
    json_t *result = json_copy((json_t *)(uintptr_t)answer);
    if (!result)
        hf_error_memory(err);
    json_object_del(result, "event");
    json_object_del(result, "id");
    return result;
}

int hf_worker_serve(int channel, hf_worker_answer answer, void *context)
{
    struct serving serving = {0};
    hf_close_others(channel);
    hf_signals_reset();
    hf_json_channel_init(&serving.channel, channel, LONGEST_LINE, MOST_WAITING);
    while (!serving.channel.ended && !serving.channel.broken) {
        json_t *question = hf_json_channel_next(&serving.channel, NULL);
        if (question && strcmp(hf_member_text(question, "do", ""), "stop") == 0) {
            json_decref(question);
            break;
        }
        if (question) {
            answer_one(&serving, question, answer, context);
            json_decref(question);
            continue;
        }
        struct pollfd wait = {.fd = channel, .events = POLLIN};
        if (poll(&wait, 1, BEAT) > 0)
            hf_json_channel_receive(&serving.channel);
        else
            tell(&serving, json_pack("{s:s}", "event", "alive"));
    }
    hf_json_channel_release(&serving.channel);
    return 0;
}

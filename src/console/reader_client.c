#include "console/reader_client.h"

#include <stdlib.h>

#include "console/console_state.h"
#include "console/reader.h"
#include "console/worker.h"

enum { PATIENCE = 60000 };

struct hf_reader_client {
    struct hf_console *console;
    struct hf_guard *guard;
    bool is_old; /* what the reader has */
};

static int read_repository(void *context, int channel)
{
    const struct hf_reader_client *client = context;
    return hf_reader_run(client->console->options, channel);
}

static void pass_notice(void *context, const char *text)
{
    const struct hf_reader_client *client = context;
    hf_console_notice(client->console, "%s", text);
}

struct hf_reader_client *hf_reader_client_new(struct hf_console *console, struct hf_error *err)
{
    struct hf_reader_client *client = calloc(1, sizeof *client);
    if (!client) {
        hf_error_memory(err);
        return NULL;
    }
    client->console = console;
    const struct hf_guard_options options = {.name = "the console's reader",
                                             .task = read_repository,
                                             .notice = pass_notice,
                                             .context = client,
                                             .patience = PATIENCE};
    client->guard = hf_guard_new(&console->signals, &options, err);
    if (client->guard)
        return client;
    free(client);
    return NULL;
}

void hf_reader_client_free(struct hf_reader_client *client)
{
    if (!client)
        return;
    hf_guard_free(client->guard);
    free(client);
}

void hf_reader_touch(struct hf_reader_client *client)
{
    client->is_old = true;
}

int hf_reader_ask(struct hf_reader_client *client, json_t *question, hf_guard_answer take,
                  void *context, struct hf_error *err)
{
    if (client->is_old)
        json_object_set_new(question, "fresh", json_true());
    if (hf_guard_state(client->guard) == HF_GUARD_STOPPED && hf_guard_start(client->guard, err)) {
        json_decref(question);
        return -1;
    }
    if (hf_guard_ask(client->guard, question, take, context, err))
        return -1;
    client->is_old = false;
    return 0;
}

static void pass_answer(void *context, const json_t *answer)
{
    struct hf_exchange *exchange = context;
    struct hf_error err = {0};
    json_t *result = hf_worker_result(answer, &err);
    if (result)
        hf_exchange_reply(exchange, 200, result);
    else
        hf_exchange_fail(exchange, &err);
}

void hf_reader_answer(struct hf_exchange *exchange, json_t *question)
{
    struct hf_error err = {0};
    hf_exchange_wait(exchange);
    if (hf_reader_ask(exchange->console->reader, question, pass_answer, exchange, &err))
        hf_exchange_fail(exchange, &err);
}

int64_t hf_reader_client_deadline(const struct hf_reader_client *client)
{
    return hf_guard_deadline(client->guard);
}

bool hf_reader_client_take(struct hf_reader_client *client, const struct hf_happening *happening)
{
    return hf_guard_take(client->guard, happening);
}

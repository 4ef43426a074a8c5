/*
 * Who asks the reader (console/reader.h): starts it when something is asked, and has it read again
 * what was changed. Single-threaded.
 */
#ifndef HF_CONSOLE_READER_CLIENT_H
#define HF_CONSOLE_READER_CLIENT_H

#include "console/exchange.h"
#include "os/signals.h"
#include "service/guard.h"

struct hf_reader_client;

/* Nothing is started before something is asked. */
struct hf_reader_client *hf_reader_client_new(struct hf_console *console, struct hf_error *err);
void hf_reader_client_free(struct hf_reader_client *client);

/* Something was changed just now: the next question has the repository read again. */
void hf_reader_touch(struct hf_reader_client *client);

/* Asks anything (`question` is taken over); `take` hears the answer unless this fails. */
int hf_reader_ask(struct hf_reader_client *client, json_t *question, hf_guard_answer take,
                  void *context, struct hf_error *err);

/* Asks, and answers the exchange with what the console's reader says. */
void hf_reader_answer(struct hf_exchange *exchange, json_t *question);

int64_t hf_reader_client_deadline(const struct hf_reader_client *client);
bool hf_reader_client_take(struct hf_reader_client *client, const struct hf_happening *happening);

#endif

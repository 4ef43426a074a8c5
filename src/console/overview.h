/*
 * What the reader said last, for everybody who looks: asked again when somebody wants to know and
 * it is not fresh, never more often than its cost allows. Single-threaded.
 */
#ifndef HF_CONSOLE_OVERVIEW_H
#define HF_CONSOLE_OVERVIEW_H

#include <jansson.h>

#include "console/exchange.h"

struct hf_overview;

/* Nothing is read before somebody asks. */
struct hf_overview *hf_overview_new(struct hf_console *console, struct hf_error *err);
void hf_overview_free(struct hf_overview *overview);

/* Answers with the overview: at once with one that is a few seconds old, else as soon as there is
 * one. */
void hf_overview_answer(struct hf_overview *overview, struct hf_exchange *exchange);

/* Tells this exchange of each overview that differs from the one before, as a stream. */
void hf_overview_stream(struct hf_overview *overview, struct hf_exchange *exchange);

/* The last one, or NULL; read again in the background when it is not fresh. Borrowed until the next
 * event. */
const json_t *hf_overview_last(struct hf_overview *overview);

/* Something was changed just now: what is known is old. */
void hf_overview_touch(struct hf_overview *overview);

/* Sends every stream an event ("jobs"). */
void hf_overview_tell(struct hf_overview *overview, const char *event, const char *data);

int64_t hf_overview_deadline(const struct hf_overview *overview);
/* Reads again for who watches, when that is due. */
void hf_overview_tick(struct hf_overview *overview);

#endif

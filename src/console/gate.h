/*
 * Whether a request may be handled at all: by its Host, its path, who asks, and where the page that
 * asks is from. Default: no.
 */
#ifndef HF_CONSOLE_GATE_H
#define HF_CONSOLE_GATE_H

#include "console/exchange.h"

/* Sets `route` and `visitor`, or answers. Before the body is read. */
void hf_gate_admit(struct hf_exchange *exchange);

/* Is who was signed in when it was admitted still? For what is done after a wait. */
bool hf_gate_is_still_in(struct hf_exchange *exchange);
/* The same, and it has been answered when not. */
bool hf_gate_require_still_in(struct hf_exchange *exchange);

/* Gives the visitor's browser the cookie, or takes it away (NULL). After the answer was made. */
void hf_gate_set_cookie(struct hf_exchange *exchange, const char *cookie);

#endif

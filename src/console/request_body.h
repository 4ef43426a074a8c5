/*
 * The body of a request: JSON in memory, or a file on the disk, within the limits of its route.
 * What is too much, or finds no room, is read and thrown away, so that who sends it hears why.
 */
#ifndef HF_CONSOLE_REQUEST_BODY_H
#define HF_CONSOLE_REQUEST_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "console/exchange.h"

/* The head is there. A body that says at once that it is too large is refused at once. */
void hf_request_body_begin(struct hf_exchange *exchange);

/* A part of it. False: it goes on and on, and the connection must end. */
bool hf_request_body_take(struct hf_exchange *exchange, const char *bytes, size_t length);

/* It is whole: false when it has been refused. */
bool hf_request_body_end(struct hf_exchange *exchange);

/* Lets go of all of it; a file that nobody took over is removed. */
void hf_request_body_release(struct hf_exchange *exchange);

#endif

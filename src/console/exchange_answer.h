/*
 * Between an exchange and its server: what becomes of an answer.
 */
#ifndef HF_CONSOLE_EXCHANGE_ANSWER_H
#define HF_CONSOLE_EXCHANGE_ANSWER_H

#include "console/exchange.h"
#include "console/microhttpd_library.h"

/* Takes the response over and lets the connection go on with it. NULL: no memory, which closes the
 * connection. */
void hf_exchange_answer(struct hf_exchange *exchange, int status, struct MHD_Response *response);

#endif

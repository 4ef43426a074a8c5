/*
 * Databases that somebody looks into: each is a process of its own with one file open, live or
 * restored into scratch, for the login that opened it. It ends when it has been idle for long,
 * when a question takes it longer than five seconds, and the one idle longest makes room for
 * another. Single-threaded.
 */
#ifndef HF_CONSOLE_BROWSERS_H
#define HF_CONSOLE_BROWSERS_H

#include <jansson.h>

#include "console/credentials.h"
#include "console/exchange.h"
#include "os/signals.h"

struct hf_browsers;

enum { HF_BROWSER_IDLE = 5 * 60 * 1000 };

/* Each ends after `idle` milliseconds without use. */
struct hf_browsers *hf_browsers_new(struct hf_console *console, int64_t idle, struct hf_error *err);
void hf_browsers_free(struct hf_browsers *browsers);

/* Opens the database as it is now, and answers the exchange with its browser. */
void hf_browser_open(struct hf_browsers *browsers, struct hf_exchange *exchange,
                     const char *database);

/* Opens a file in scratch, which is taken over, for the login. The browser's id, or NULL. */
const char *hf_browser_open_scratch(struct hf_browsers *browsers, const char *login,
                                    const char *database, int64_t point, char *scratch,
                                    struct hf_error *err);

/* When a browser that is asked nothing more ends, in ms since 1970. */
int64_t hf_browser_expires(const struct hf_browsers *browsers);

/* Asks the browser that the exchange's path names, and answers with what it says. `question` is
 * taken over. */
void hf_browser_ask(struct hf_browsers *browsers, struct hf_exchange *exchange, json_t *question);

/* Ends the one that the exchange's path names, and answers. */
void hf_browser_close(struct hf_browsers *browsers, struct hf_exchange *exchange);

/* Closes what was opened by who is not signed in any more. */
void hf_browsers_expire(struct hf_browsers *browsers, const struct hf_credentials *credentials);

int64_t hf_browsers_deadline(const struct hf_browsers *browsers);
void hf_browsers_take(struct hf_browsers *browsers, const struct hf_happening *happening);

#endif

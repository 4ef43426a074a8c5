/*
 * Passwords: proven and hashed by a worker, as that takes a third of a second and 64 MiB, and
 * guessed at a bounded rate. Single-threaded.
 */
#ifndef HF_CONSOLE_SIGN_IN_H
#define HF_CONSOLE_SIGN_IN_H

#include "console/exchange.h"
#include "os/signals.h"

enum { HF_LEAST_PASSWORD = 10, HF_LONGEST_PASSWORD = 512 };

/* `fits`: the password is the console's. Or, of a new one, its hash; NULL: that failed, `err`. */
typedef void (*hf_password_proven)(struct hf_exchange *exchange, bool fits);
typedef void (*hf_password_hashed)(struct hf_exchange *exchange, const char *hash,
                                   const struct hf_error *err);

struct hf_sign_in;
struct hf_sign_in *hf_sign_in_new(struct hf_console *console, struct hf_error *err);
void hf_sign_in_free(struct hf_sign_in *sign_in);

/* True when this visitor may try a password or setup code now; else it has been answered (429). */
bool hf_sign_in_may_try(struct hf_exchange *exchange);

/* Calls `proven` later; the exchange waits. It counts as a try. */
void hf_password_prove(struct hf_exchange *exchange, const char *password,
                       hf_password_proven proven);
/* The same with the body's member `password`. */
void hf_password_ask(struct hf_exchange *exchange, hf_password_proven proven);
/* In `proven`, of who is signed in: it fits, and nothing that happened meanwhile signed the visitor
 * out. Else it has been answered. */
bool hf_password_accepted(struct hf_exchange *exchange, bool fits);
/* Whether a new one has as many bytes as it must; else it has been answered. */
bool hf_password_is_long(struct hf_exchange *exchange, const char *password);
/* Calls `hashed` later, of one that is long enough; else it has been answered. */
void hf_password_make(struct hf_exchange *exchange, const char *password,
                      hf_password_hashed hashed);

int64_t hf_sign_in_deadline(const struct hf_sign_in *sign_in);
bool hf_sign_in_take(struct hf_sign_in *sign_in, const struct hf_happening *happening);

#endif

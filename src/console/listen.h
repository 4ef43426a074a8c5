/*
 * The socket that a server listens on.
 */
#ifndef HF_CONSOLE_LISTEN_H
#define HF_CONSOLE_LISTEN_H

#include "base/error.h"

/* Listens at "127.0.0.1:8420", "[::1]:8420", "name:8420" or "8420", which is 127.0.0.1. Returns a
 * descriptor, and the port that it got. HF_LOCKED: somebody else listens there. HF_CONFIG: this
 * host has no such address. */
int hf_listen(const char *where, int *port, struct hf_error *err);

#endif

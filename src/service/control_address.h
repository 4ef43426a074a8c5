/*
 * Addresses of unix sockets at paths of any length: an address holds 107 bytes, a path 4,095. What
 * does not fit is reached through a descriptor, "/proc/self/fd/N".
 */
#ifndef HF_SERVICE_CONTROL_ADDRESS_H
#define HF_SERVICE_CONTROL_ADDRESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* Connects; non-blocking, close-on-exec. HF_NOT_FOUND when nobody listens there, HF_LOCKED when so
 * many wait to be heard that no more are taken. Returns the descriptor, or -1. */
int hf_control_connect(const char *path, struct hf_error *err);

/* A listening socket with mode 0600 that appears at `path` at once, in the place of what is there.
 * Returns the descriptor, or -1. */
int hf_control_listen(const char *path, struct hf_error *err);

/* Who is at the other end. */
bool hf_control_peer(int fd, uid_t *user, pid_t *process);

#endif

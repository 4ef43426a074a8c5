/*
 * kill -9 at every step: a process is ended just before its n-th system call that changes a file,
 * whichever of its threads makes it, SQLite's as well as the program's own.
 */
#ifndef HF_TESTS_SERVICE_KILLER_H
#define HF_TESTS_SERVICE_KILLER_H

#include <stdbool.h>
#include <stdint.h>

/* Runs `task` in a child of this process, which ends with what it returns. True when it was killed,
 * false when it made fewer such calls. What the child itself starts runs freely. */
bool kill_at(int (*task)(void *context), void *context, uint64_t n);

#endif

/*
 * A process that is stopped just before its n-th step, or ended there (kill -9): a system call that
 * changes a file or, when asked for, a lock of one, whichever of its threads makes it, SQLite's as
 * well as the program's own.
 */
#ifndef HF_TESTS_SERVICE_KILLER_H
#define HF_TESTS_SERVICE_KILLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum steps { STEPS_CHANGE_FILES, STEPS_CHANGE_FILES_AND_LOCKS };

/* Runs `task` in a child of this process, which ends with what it returns. True when it was killed,
 * false when it made fewer such calls. What the child itself starts runs freely. */
bool kill_at(int (*task)(void *context), void *context, uint64_t n);

/* The same in single steps. */
struct stepped {
    pid_t child, stopped; /* which of its threads */
    enum steps what;
    uint64_t count; /* steps so far, the one that it is stopped at among them */
    int status;     /* its end, as of waitpid */
};

struct stepped step_begin(int (*task)(void *context), void *context, enum steps what);

/* Lets it run until it is about to make the next step, and stops it there with all the locks that
 * it has. Of several threads the others go on. False when it has ended. */
bool step_next(struct stepped *self);

/* Kills it where it is stopped. */
void step_kill(struct stepped *self);

#endif

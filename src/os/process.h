/*
 * Child processes: started, waited for, ended. What happens to them while others matter too is
 * waited for in os/signals.h. Single-threaded.
 */
#ifndef HF_OS_PROCESS_H
#define HF_OS_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum hf_child_group {
    HF_CHILD_SAME_GROUP,
    /* A process group of its own, so that all of it can be ended at once. Where this process has
     * the terminal the child gets it: what a person types (Ctrl-C) goes to the child alone. */
    HF_CHILD_OWN_GROUP,
};

struct hf_child_options {
    char *const *argv;        /* argv[0] is looked up in PATH; ends with NULL */
    char *const *environment; /* ends with NULL */
    enum hf_child_group group;
    /* With OWN_GROUP: set to a listener (os/terminal.h) that is there before the program begins, or
     * 0 where the child has no terminal. NULL: none is wanted. */
    pid_t *listener;
};

/*
 * Starts a program with this process's standard input, output and error. Every signal is unblocked
 * in it, SIGPIPE and SIGXFSZ have their defaults, ignored ones stay ignored (nohup). It is asked to
 * end (SIGTERM) when this process dies. `*pid` is set only when the program really runs:
 * HF_NOT_FOUND when there is none of that name, HF_IO (with `sys`) when it cannot be run.
 */
int hf_child_start(pid_t *pid, const struct hf_child_options *options, struct hf_error *err);

/* Runs `task` in a copy of this process, which ends with what it returns and may be killed. Only
 * while this process has no other threads. */
int hf_child_fork(pid_t *pid, int (*task)(void *context), void *context, struct hf_error *err);

/* When a process began, in the kernel's own units: tells it from a later one with the same number.
 * 0: there is no such process. */
uint64_t hf_process_birth(pid_t pid);

/* In a forked child: it goes on when its parent dies, where others are asked to end then, and what
 * a terminal sends to the parent's group is not for it. */
void hf_outlive_parent(void);

/* In a forked child: closes every descriptor but the standard ones and `keep`, so that nothing of
 * its parent's stays open because the child lives. */
void hf_close_others(int keep);

/* Waits for this one child. `*status` as of waitpid. */
int hf_child_wait(pid_t pid, int *status, struct hf_error *err);

/* Kills what is left of a process group, and waits for those of them that are children of this
 * process, as orphans become (hf_adopt_orphans). */
void hf_group_end(pid_t group);

/* What a shell would report: the exit code, or 128 + the signal. */
int hf_exit_status(int status);

/* Becomes the parent of orphans below it, as PID 1 is anyway. Best effort. */
void hf_adopt_orphans(void);

#endif

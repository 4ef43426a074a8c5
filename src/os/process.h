/*
 * Child processes, and the one place where a supervisor waits: for a signal, for the end of any
 * child, or for a moment. Nothing is polled.
 *
 * As PID 1 (or with hf_adopt_orphans) processes whose parents ended become this one's children;
 * hf_signals_wait reaps every child, whoever started it. Single-threaded.
 */
#ifndef HF_OS_PROCESS_H
#define HF_OS_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Milliseconds that only go on, for deadlines. */
int64_t hf_monotonic(void);

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

/* Waits for this one child. `*status` as of waitpid. */
int hf_child_wait(pid_t pid, int *status, struct hf_error *err);

/* Kills what is left of a process group, and waits for those of them that are children of this
 * process, as orphans become (hf_adopt_orphans). */
void hf_group_end(pid_t group);

/* What a shell would report: the exit code, or 128 + the signal. */
int hf_exit_status(int status);

/* Becomes the parent of orphans below it, as PID 1 is anyway. Best effort. */
void hf_adopt_orphans(void);

/* From here on TERM, INT, HUP and QUIT end this process at once with 128 + n, also as PID 1, which
 * the kernel protects from signals that it does not handle. What is ignored stays ignored; but the
 * ends of children are told. */
void hf_signals_end_process(void);

/* While it is open, TERM, INT, HUP, QUIT, USR1, USR2 and CHLD are not delivered but waited for. */
struct hf_signals {
    int fd;
    sigset_t before;
};

int hf_signals_open(struct hf_signals *out, struct hf_error *err);
void hf_signals_release(struct hf_signals *signals);
HF_AUTO_RELEASE(hf_signals)

struct hf_happening {
    enum {
        HF_DEADLINE,
        HF_SIGNALLED,
        HF_CHILD_ENDED,
        HF_CHILD_STOPPED, /* from the terminal, not by a plain SIGSTOP */
    } kind;
    int signal;
    pid_t pid; /* of the child, which is reaped; it may be an orphan that nobody knows */
    int status;
};

/* Waits for what happens next, until `deadline` (of hf_monotonic; 0: for ever). */
int hf_signals_wait(struct hf_signals *signals, int64_t deadline, struct hf_happening *out,
                    struct hf_error *err);

#endif

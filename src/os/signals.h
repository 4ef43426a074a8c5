/*
 * Signals, and the one place where a supervisor waits: for a signal, for the end of any child, for
 * a descriptor that can be read or written, or for a moment. Nothing is polled.
 *
 * As PID 1 (or with hf_adopt_orphans) processes whose parents ended become this one's children;
 * hf_signals_wait reaps every child, whoever started it. Single-threaded.
 */
#ifndef HF_OS_SIGNALS_H
#define HF_OS_SIGNALS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Milliseconds that only go on, for deadlines. */
int64_t hf_monotonic(void);

/* Sleeps for so many microseconds, under a second of them: for what another process does without
 * telling, like letting go of a lock. A signal ends it early. */
void hf_pause_us(long microseconds);

/* From here on TERM, INT, HUP and QUIT end this process at once with 128 + n, also as PID 1, which
 * the kernel protects from signals that it does not handle. What is ignored stays ignored; but the
 * ends of children are told. */
void hf_signals_end_process(void);

/* In a child before its program begins: TERM, INT, HUP and QUIT have their defaults, unless they
 * are ignored; so have SIGPIPE and SIGXFSZ; none is blocked. */
void hf_signals_reset(void);

enum { HF_MOST_WATCHED = 64 };

/* While it is open, TERM, INT, HUP, QUIT, USR1, USR2 and CHLD are not delivered but waited for. */
struct hf_signals {
    int fd;
    sigset_t before;
    struct pollfd watched[HF_MOST_WATCHED];
    size_t watched_count;
    size_t last; /* of `watched` that was told: the next ones come first */
};

int hf_signals_open(struct hf_signals *out, struct hf_error *err);
void hf_signals_release(struct hf_signals *signals);
HF_AUTO_RELEASE(hf_signals)

enum hf_readiness {
    HF_TO_READ = POLLIN,
    HF_TO_WRITE = POLLOUT,
    HF_TO_BOTH = POLLIN | POLLOUT,
};

/* hf_signals_wait tells of `fd` from here on: as long as it can be read (or its other end is gone),
 * or written. Again for the same descriptor: what is watched for changes. HF_FAILED when there are
 * HF_MOST_WATCHED. */
int hf_signals_watch(struct hf_signals *signals, int fd, enum hf_readiness what,
                     struct hf_error *err);

/* No more; to be called before it is closed. Fine when it is not watched. */
void hf_signals_forget(struct hf_signals *signals, int fd);

struct hf_happening {
    enum {
        HF_DEADLINE,
        HF_SIGNALLED,
        HF_CHILD_ENDED,
        HF_CHILD_STOPPED, /* from the terminal, not by a plain SIGSTOP */
        HF_READABLE,      /* `fd`, or its other end is gone: a read tells */
        HF_WRITABLE,      /* `fd` */
    } kind;
    int signal;
    int fd;
    pid_t pid; /* of the child, which is reaped; it may be an orphan that nobody knows */
    int status;
};

/*
 * Waits for what happens next, until `deadline` (of hf_monotonic; 0: for ever). Signals come first,
 * then ends of children, then the deadline, then descriptors, each in its turn: one that is never
 * silent keeps nothing else waiting.
 */
int hf_signals_wait(struct hf_signals *signals, int64_t deadline, struct hf_happening *out,
                    struct hf_error *err);

/* Somebody asks for the end: SIGTERM, SIGINT, SIGHUP (but for nohup), SIGQUIT. */
bool hf_asks_for_end(const struct hf_happening *happening);

#endif

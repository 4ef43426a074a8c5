#include "os/signals.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const int stopping_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

int64_t hf_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void hf_pause_us(long microseconds)
{
    const struct timespec pause = {.tv_nsec = microseconds * 1000};
    nanosleep(&pause, NULL);
}

/* As `nohup` makes it be. */
static bool is_ignored(int number)
{
    struct sigaction now;
    return !sigaction(number, NULL, &now) && now.sa_handler == SIG_IGN;
}

void hf_signals_reset(void)
{
    sigset_t none;
    for (size_t i = 0; i < sizeof stopping_signals / sizeof *stopping_signals; i++) {
        if (!is_ignored(stopping_signals[i]))
            signal(stopping_signals[i], SIG_DFL);
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void end_process(int number)
{
    _exit(128 + number);
}

void hf_signals_end_process(void)
{
    /* An ignored SIGCHLD would let children vanish with their exit codes. */
    signal(SIGCHLD, SIG_DFL);
    for (size_t i = 0; i < sizeof stopping_signals / sizeof *stopping_signals; i++) {
        const struct sigaction action = {.sa_handler = end_process};
        if (!is_ignored(stopping_signals[i]))
            sigaction(stopping_signals[i], &action, NULL);
    }
}

bool hf_asks_for_end(const struct hf_happening *happening)
{
    if (happening->kind != HF_SIGNALLED)
        return false;
    for (size_t i = 0; i < sizeof stopping_signals / sizeof *stopping_signals; i++)
        if (happening->signal == stopping_signals[i])
            return true;
    return false;
}

int hf_signals_open(struct hf_signals *out, struct hf_error *err)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] != SIGHUP || !is_ignored(SIGHUP))
            sigaddset(&set, numbers[i]);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return hf_error_sys(err, errno, "signalfd", "holdfast");
    *out = (struct hf_signals){.fd = fd};
    sigprocmask(SIG_BLOCK, &set, &out->before);
    return 0;
}

void hf_signals_release(struct hf_signals *signals)
{
    if (signals->fd <= 0)
        return;
    close(signals->fd);
    signals->fd = 0;
    sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

static bool is_from_terminal(int number)
{
    return number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static bool reap(struct hf_happening *out)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (WIFSTOPPED(status) && !is_from_terminal(WSTOPSIG(status)))
            continue;
        *out = (struct hf_happening){.kind = WIFSTOPPED(status) ? HF_CHILD_STOPPED : HF_CHILD_ENDED,
                                     .pid = pid,
                                     .status = status};
        return true;
    }
    return false;
}

/* True for a signal that is not only the news of a child. */
static bool take_signal(struct hf_signals *signals, struct hf_happening *out)
{
    struct signalfd_siginfo info;
    while (read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            continue;
        *out = (struct hf_happening){.kind = HF_SIGNALLED, .signal = (int)info.ssi_signo};
        return true;
    }
    return false;
}

static struct pollfd *find_watched(struct hf_signals *signals, int fd)
{
    for (size_t i = 0; i < signals->watched_count; i++) {
        if (signals->watched[i].fd == fd)
            return &signals->watched[i];
    }
    return NULL;
}

int hf_signals_watch(struct hf_signals *signals, int fd, enum hf_readiness what,
                     struct hf_error *err)
{
    struct pollfd *watched = find_watched(signals, fd);
    if (!watched && signals->watched_count == HF_MOST_WATCHED)
        return hf_error_set(err, HF_FAILED, "too many descriptors to wait for");
    if (!watched)
        watched = &signals->watched[signals->watched_count++];
    *watched = (struct pollfd){.fd = fd, .events = (short)what};
    return 0;
}

void hf_signals_forget(struct hf_signals *signals, int fd)
{
    struct pollfd *watched = find_watched(signals, fd);
    if (watched)
        *watched = signals->watched[--signals->watched_count];
}

/* The next one after the last that was told. */
static bool take_descriptor(struct hf_signals *signals, const struct pollfd *found,
                            struct hf_happening *out)
{
    for (size_t i = 1; i <= signals->watched_count; i++) {
        size_t at = (signals->last + i) % signals->watched_count;
        if (!found[at].revents)
            continue;
        signals->last = at;
        *out = (struct hf_happening){
            .kind = found[at].revents & ~POLLOUT ? HF_READABLE : HF_WRITABLE, .fd = found[at].fd};
        return true;
    }
    return false;
}

int hf_signals_wait(struct hf_signals *signals, int64_t deadline, struct hf_happening *out,
                    struct hf_error *err)
{
    struct pollfd all[HF_MOST_WATCHED + 1];
    for (;;) {
        /* Signals first: one that asked for the end is known before the end is seen. A child that
         * ends after the look makes the descriptor readable. */
        if (take_signal(signals, out) || reap(out))
            return 0;
        int64_t left = deadline ? deadline - hf_monotonic() : -1;
        if (deadline && left <= 0) {
            *out = (struct hf_happening){.kind = HF_DEADLINE};
            return 0;
        }
        size_t count = signals->watched_count;
        memcpy(all, signals->watched, count * sizeof *all);
        all[count] = (struct pollfd){.fd = signals->fd, .events = POLLIN};
        if (poll(all, (nfds_t)count + 1, left > INT_MAX ? INT_MAX : (int)left) < 0) {
            if (errno != EINTR)
                return hf_error_sys(err, errno, "poll", "signals");
            continue;
        }
        if (!all[count].revents && take_descriptor(signals, all, out))
            return 0;
    }
}

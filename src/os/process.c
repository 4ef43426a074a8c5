#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/terminal.h"

static const int stopping_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

int64_t hf_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int hf_exit_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void hf_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* In the child. A parent that died before the request is noticed by its number. */
static void end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        raise(SIGTERM);
}

/* The two ends of a start. */
struct start {
    int go[2];     /* the parent has done its part: the program may begin */
    int report[2]; /* closes when the program begins, else takes errno */
};

/* In the child; never returns. */
_Noreturn static void become(const struct hf_child_options *options, pid_t parent,
                             const struct start *start)
{
    sigset_t none;
    char byte;
    close(start->go[1]);
    if (read(start->go[0], &byte, 1) != 1)
        _exit(127);
    for (size_t i = 0; i < sizeof stopping_signals / sizeof *stopping_signals; i++) {
        struct sigaction now;
        if (!sigaction(stopping_signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
            signal(stopping_signals[i], SIG_DFL);
    }
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    end_with(parent);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(options->argv[0], options->argv, options->environment);
    int sys = errno;
    ssize_t ignored = write(start->report[1], &sys, sizeof sys);
    (void)ignored;
    _exit(127);
}

/* Reads what went wrong in the child: 0 when nothing did. */
static int failure_of(int report)
{
    int sys = 0;
    ssize_t got;
    do
        got = read(report, &sys, sizeof sys);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof sys ? sys : 0;
}

/* Signals wait until the child has its own dispositions, lest a handler of ours runs in it. */
static pid_t fork_quietly(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, before);
    return fork();
}

/* In the parent, before the program begins: it must find itself in its group, in the foreground
 * where this process was. */
static void set_up_group(pid_t child, const struct hf_child_options *options)
{
    if (options->group != HF_CHILD_OWN_GROUP)
        return;
    setpgid(child, child);
    hf_terminal_hand_over(child);
    if (options->listener)
        *options->listener = hf_listener_start(child);
}

static void tear_down_group(pid_t child, const struct hf_child_options *options)
{
    if (options->listener)
        hf_listener_end(*options->listener);
    if (options->group == HF_CHILD_OWN_GROUP)
        hf_terminal_take_back(child);
}

/* 0, or what kept the program from beginning. */
static int let_go(pid_t child, const struct start *start, const struct hf_child_options *options)
{
    close(start->report[1]); /* before there is a listener, which would keep it open */
    set_up_group(child, options);
    int sys = write(start->go[1], "", 1) == 1 ? 0 : errno;
    return sys ? sys : failure_of(start->report[0]);
}

static int open_start(struct start *start)
{
    if (pipe2(start->go, O_CLOEXEC))
        return -1;
    if (pipe2(start->report, O_CLOEXEC) == 0)
        return 0;
    int sys = errno;
    close(start->go[0]);
    close(start->go[1]);
    errno = sys;
    return -1;
}

int hf_child_start(pid_t *pid, const struct hf_child_options *options, struct hf_error *err)
{
    struct start start;
    sigset_t before;
    pid_t parent = getpid();
    if (open_start(&start))
        return hf_error_sys(err, errno, "pipe", options->argv[0]);
    pid_t child = fork_quietly(&before);
    if (child == 0)
        become(options, parent, &start);
    int sys = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child > 0)
        sys = let_go(child, &start, options);
    else
        close(start.report[1]);
    close(start.report[0]);
    close(start.go[0]);
    close(start.go[1]);
    if (child > 0 && !sys) {
        *pid = child;
        return 0;
    }
    if (child > 0) {
        hf_child_wait(child, &(int){0}, NULL);
        tear_down_group(child, options);
    }
    return hf_error_sys(err, sys, "start", options->argv[0]);
}

int hf_child_fork(pid_t *pid, int (*task)(void *context), void *context, struct hf_error *err)
{
    sigset_t before;
    pid_t parent = getpid();
    pid_t child = fork_quietly(&before);
    if (child == 0) {
        end_with(parent);
        sigprocmask(SIG_SETMASK, &before, NULL);
        _exit(task(context));
    }
    int sys = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child < 0)
        return hf_error_sys(err, sys, "fork", "holdfast");
    *pid = child;
    return 0;
}

int hf_child_wait(pid_t pid, int *status, struct hf_error *err)
{
    pid_t ended;
    do
        ended = waitpid(pid, status, 0);
    while (ended < 0 && errno == EINTR);
    return ended < 0 ? hf_error_sys(err, errno, "wait for", "child process") : 0;
}

void hf_group_end(pid_t group)
{
    kill(-group, SIGKILL);
    while (waitpid(-group, NULL, 0) > 0 || errno == EINTR)
        ;
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
        struct sigaction action = {.sa_handler = end_process}, now;
        if (!sigaction(stopping_signals[i], NULL, &now) && now.sa_handler != SIG_IGN)
            sigaction(stopping_signals[i], &action, NULL);
    }
}

int hf_signals_open(struct hf_signals *out, struct hf_error *err)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&set, numbers[i]);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return hf_error_sys(err, errno, "signalfd", "holdfast");
    out->fd = fd;
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

int hf_signals_wait(struct hf_signals *signals, int64_t deadline, struct hf_happening *out,
                    struct hf_error *err)
{
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
        struct pollfd fd = {.fd = signals->fd, .events = POLLIN};
        if (poll(&fd, 1, left > INT_MAX ? INT_MAX : (int)left) < 0 && errno != EINTR)
            return hf_error_sys(err, errno, "poll", "signals");
    }
}

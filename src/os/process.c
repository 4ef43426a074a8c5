#include "os/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/signals.h"
#include "os/terminal.h"

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
    char byte;
    close(start->go[1]);
    if (read(start->go[0], &byte, 1) != 1)
        _exit(127);
    end_with(parent);
    hf_signals_reset();
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

/* The 22nd field of /proc/<pid>/stat (proc(5)), counted from the one after the name, which may hold
 * anything. */
uint64_t hf_process_birth(pid_t pid)
{
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = '\0';
    char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || at[2] == 'Z')
        return 0;
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at + 1, NULL, 10) : 0;
}

void hf_outlive_parent(void)
{
    prctl(PR_SET_PDEATHSIG, 0);
    setsid();
}

void hf_close_others(int keep)
{
    if (keep > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned)keep - 1, 0);
    close_range((unsigned)keep + 1, ~0U, 0);
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

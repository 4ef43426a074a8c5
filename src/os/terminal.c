#include "os/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/process.h"

/* SIGTTOU would stop a process in the background that gives the terminal away. */
static void give_to(pid_t group)
{
    sigset_t output, before;
    sigemptyset(&output);
    sigaddset(&output, SIGTTOU);
    sigprocmask(SIG_BLOCK, &output, &before);
    tcsetpgrp(STDIN_FILENO, group);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void hf_terminal_hand_over(pid_t group)
{
    if (tcgetpgrp(STDIN_FILENO) == getpgrp())
        give_to(group);
}

/* It, or nobody any more: a job that the child had put in the foreground, and that is gone. */
static bool is_left_by(pid_t group)
{
    pid_t owner = tcgetpgrp(STDIN_FILENO);
    return owner == group || (owner > 0 && kill(-owner, 0) && errno == ESRCH);
}

void hf_terminal_take_back(pid_t group)
{
    if (is_left_by(group))
        give_to(getpgrp());
}

void hf_terminal_stop_with(pid_t group)
{
    hf_terminal_take_back(group);
    raise(SIGTSTP);
    /* Continued; in the background ("bg") the terminal is somebody else's. */
    hf_terminal_hand_over(group);
    kill(-group, SIGCONT);
}

/* Signals of processes are not heard: the group gets those as well when it is signalled as one. */
static int listen_to_terminal(void *unused)
{
    sigset_t heard;
    siginfo_t info;
    (void)unused;
    sigemptyset(&heard);
    sigaddset(&heard, SIGHUP);
    sigaddset(&heard, SIGINT);
    sigaddset(&heard, SIGQUIT);
    sigaddset(&heard, SIGTERM);
    for (;;) {
        /* The lowest of those that wait comes first, so that SIGTERM, which ends it, is the last.
         */
        int number = sigwaitinfo(&heard, &info);
        if (number == SIGTERM)
            return 0;
        if (number > 0 && info.si_code == SI_KERNEL)
            return number;
    }
}

pid_t hf_listener_start(pid_t group)
{
    pid_t listener;
    sigset_t all, before;
    if (tcgetpgrp(STDIN_FILENO) != group)
        return 0;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    int failed = hf_child_fork(&listener, listen_to_terminal, NULL, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return 0;
    if (setpgid(listener, group) == 0)
        return listener;
    hf_listener_end(listener);
    return 0;
}

int hf_listener_heard(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int hf_listener_end(pid_t listener)
{
    int status = 0;
    if (!listener)
        return 0;
    kill(listener, SIGTERM);
    return hf_child_wait(listener, &status, NULL) ? 0 : hf_listener_heard(status);
}

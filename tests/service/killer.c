#include "service/killer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
/* after <sys/ptrace.h>, whose names it would take */
#include <linux/ptrace.h>

static bool changes_a_file(const struct ptrace_syscall_info *call)
{
    switch (call->entry.nr) {
    case SYS_pwrite64:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_ftruncate:
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
    case SYS_link:
    case SYS_linkat:
    case SYS_unlink:
    case SYS_unlinkat:
    case SYS_mkdir:
    case SYS_mkdirat:
    case SYS_chmod:
    case SYS_fchmod:
    case SYS_utimensat:
        return true;
    case SYS_open:
        return call->entry.args[1] & O_CREAT;
    case SYS_openat:
        return call->entry.args[2] & O_CREAT;
    default:
        return false;
    }
}

static bool changes_a_lock(const struct ptrace_syscall_info *call)
{
    return call->entry.nr == SYS_fcntl &&
           (call->entry.args[1] == F_SETLK || call->entry.args[1] == F_SETLKW);
}

static bool is_step(pid_t thread, enum steps what)
{
    struct ptrace_syscall_info call = {0};
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof call, &call);
    return size > 0 && call.op == PTRACE_SYSCALL_INFO_ENTRY &&
           (changes_a_file(&call) ||
            (what == STEPS_CHANGE_FILES_AND_LOCKS && changes_a_lock(&call)));
}

/* Lets a stopped thread go on, with the signal that it was stopped for. */
static void go_on(pid_t thread, int status)
{
    int number = WSTOPSIG(status);
    bool is_event = status >> 16 || number == (SIGTRAP | 0x80) || number == SIGSTOP;
    ptrace(PTRACE_SYSCALL, thread, NULL, (void *)(intptr_t)(is_event ? 0 : number));
}

struct stepped step_begin(int (*task)(void *context), void *context, enum steps what)
{
    struct stepped self = {.what = what};
    self.child = fork();
    assert_true(self.child >= 0);
    if (self.child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(task(context));
    }
    assert_int_equal(waitpid(self.child, &self.status, 0), self.child);
    assert_true(WIFSTOPPED(self.status));
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, self.child, NULL, (void *)options), 0);
    self.stopped = self.child;
    return self;
}

bool step_next(struct stepped *self)
{
    go_on(self->stopped, self->status);
    for (;;) {
        int status;
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR)
            continue;
        assert_true(thread > 0);
        if (!WIFSTOPPED(status)) {
            self->status = status;
            if (thread == self->child)
                return false;
            continue;
        }
        if (WSTOPSIG(status) == (SIGTRAP | 0x80) && is_step(thread, self->what)) {
            self->stopped = thread;
            self->status = status;
            self->count++;
            return true;
        }
        go_on(thread, status);
    }
}

void step_kill(struct stepped *self)
{
    pid_t thread;
    kill(self->child, SIGKILL);
    do
        thread = waitpid(-1, &self->status, __WALL);
    while (thread >= 0 && (thread != self->child || WIFSTOPPED(self->status)));
}

bool kill_at(int (*task)(void *context), void *context, uint64_t n)
{
    struct stepped stepped = step_begin(task, context, STEPS_CHANGE_FILES);
    while (step_next(&stepped)) {
        if (stepped.count < n)
            continue;
        step_kill(&stepped);
        return true;
    }
    return false;
}

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

static bool is_such_a_call(pid_t thread)
{
    struct ptrace_syscall_info call = {0};
    long size = ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof call, &call);
    return size > 0 && call.op == PTRACE_SYSCALL_INFO_ENTRY && changes_a_file(&call);
}

static void end(pid_t child)
{
    int status;
    kill(child, SIGKILL);
    while (waitpid(-1, &status, __WALL) > 0)
        ;
}

/* Lets a stopped thread go on, with the signal that it was stopped for. */
static void go_on(pid_t thread, int status)
{
    int number = WSTOPSIG(status);
    bool is_event = status >> 16 || number == (SIGTRAP | 0x80) || number == SIGSTOP;
    ptrace(PTRACE_SYSCALL, thread, NULL, (void *)(intptr_t)(is_event ? 0 : number));
}

bool kill_at(int (*task)(void *context), void *context, uint64_t n)
{
    int status;
    uint64_t count = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        _exit(task(context));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)options), 0);
    ptrace(PTRACE_SYSCALL, child, NULL, NULL);
    for (;;) {
        pid_t thread = waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR)
            continue;
        assert_true(thread > 0);
        if (!WIFSTOPPED(status)) {
            if (thread == child)
                return false;
            continue;
        }
        bool at_call = WSTOPSIG(status) == (SIGTRAP | 0x80);
        if (at_call && is_such_a_call(thread) && ++count == n) {
            end(child);
            return true;
        }
        go_on(thread, status);
    }
}

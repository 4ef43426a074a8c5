#include "os/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What RLIMIT_DATA counts: proc_pid_statm(5), the sixth number. */
static int data_size(uint64_t *out, struct hf_error *err)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    int found = file ? fscanf(file, "%*u %*u %*u %*u %*u %lu", &pages) : 0;
    if (file)
        fclose(file);
    if (found != 1)
        return hf_error_sys(err, errno ? errno : EIO, "read", "/proc/self/statm");
    *out = (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return 0;
}

int hf_confine(uint64_t memory, struct hf_error *err)
{
    uint64_t has;
    struct rlimit data;
    const struct rlimit core = {0, 0};
    if (data_size(&has, err))
        return -1;
    if (getrlimit(RLIMIT_DATA, &data))
        return hf_error_sys(err, errno, "getrlimit", "a worker");
    data.rlim_max = data.rlim_max < has + memory ? data.rlim_max : has + memory;
    data.rlim_cur = data.rlim_max;
    if (setrlimit(RLIMIT_DATA, &data) || setrlimit(RLIMIT_CORE, &core))
        return hf_error_sys(err, errno, "setrlimit", "a worker");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return hf_error_sys(err, errno, "prctl", "a worker");
    return 0;
}

int hf_confine_time(int seconds, struct hf_error *err)
{
    struct rusage used;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &limit))
        return hf_error_sys(err, errno, "getrlimit", "a worker");
    limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 + seconds);
    /* At the harder one the end is SIGKILL, which does not say why. */
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max && limit.rlim_cur >= limit.rlim_max)
        limit.rlim_cur = limit.rlim_max - 1;
    return setrlimit(RLIMIT_CPU, &limit) ? hf_error_sys(err, errno, "setrlimit", "a worker") : 0;
}

int hf_confine_files(uint64_t largest, struct hf_error *err)
{
    const struct rlimit limit = {largest, largest};
    signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &limit) ? hf_error_sys(err, errno, "setrlimit", "a worker") : 0;
}

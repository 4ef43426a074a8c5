#include "fault/failing_memory.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool on, lasts; /* by lock, as are these: */
static uint64_t at, count, failures;

static bool runs_out(void)
{
    pthread_mutex_lock(&lock);
    bool fails = on && (++count == at || (lasts && count > at));
    failures += fails;
    pthread_mutex_unlock(&lock);
    if (fails)
        errno = ENOMEM;
    return fails;
}

void failing_memory_begin(uint64_t n, bool lasting)
{
    pthread_mutex_lock(&lock);
    at = n;
    lasts = lasting;
    count = failures = 0;
    on = true;
    pthread_mutex_unlock(&lock);
}

uint64_t failing_memory_end(void)
{
    pthread_mutex_lock(&lock);
    on = false;
    uint64_t came = failures;
    pthread_mutex_unlock(&lock);
    return came;
}

/* The linker gives every call of `f` to __wrap_f, and the library's own f the name __real_f. */
#define WRAPPED(result, name, parameters, arguments, failure)                                      \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters                                                                \
    {                                                                                              \
        return runs_out() ? failure : __real_##name arguments;                                     \
    }

WRAPPED(void *, malloc, (size_t size), (size), NULL)
WRAPPED(void *, calloc, (size_t number, size_t size), (number, size), NULL)
WRAPPED(void *, realloc, (void *old, size_t size), (old, size), NULL)
WRAPPED(char *, strdup, (const char *text), (text), NULL)
WRAPPED(char *, strndup, (const char *text, size_t most), (text, most), NULL)
WRAPPED(char *, realpath, (const char *path, char *out), (path, out), NULL)
WRAPPED(char *, __realpath_chk, (const char *path, char *out, size_t size), (path, out, size), NULL)
WRAPPED(int, vasprintf, (char **out, const char *format, va_list args), (out, format, args), -1)

int __wrap_asprintf(char **out, const char *format, ...);
int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = runs_out() ? -1 : __real_vasprintf(out, format, args);
    va_end(args);
    return length;
}

/* What _FORTIFY_SOURCE makes of it. */
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
{
    va_list args;
    (void)flag;
    va_start(args, format);
    int length = runs_out() ? -1 : __real_vasprintf(out, format, args);
    va_end(args);
    return length;
}

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
    return runs_out() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
    return runs_out() ? NULL : sqlite_memory.xRealloc(old, size);
}

void failing_memory_install(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) != SQLITE_OK)
        abort();
    sqlite3_mem_methods failing = sqlite_memory;
    failing.xMalloc = sqlite_malloc;
    failing.xRealloc = sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &failing) != SQLITE_OK)
        abort();
}

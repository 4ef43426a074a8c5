#include "actor_faults.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static sqlite3_vfs *real, vfs;
static const sqlite3_io_methods *real_database, *real_log;
static sqlite3_io_methods of_database, of_log;
static int steps_left; /* 0: it lives on */
static bool sync_fails;

static const sqlite3_io_methods *methods_of(const sqlite3_file *file)
{
    return file->pMethods == &of_log ? real_log : real_database;
}

static void step(void)
{
    if (steps_left && !--steps_left)
        kill(getpid(), SIGKILL);
}

static int write_step(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    step();
    return methods_of(file)->xWrite(file, bytes, length, offset);
}

static int truncate_step(sqlite3_file *file, sqlite3_int64 size)
{
    step();
    return methods_of(file)->xTruncate(file, size);
}

static int sync_step(sqlite3_file *file, int flags)
{
    step();
    return methods_of(file)->xSync(file, flags);
}

static int sync_log(sqlite3_file *file, int flags)
{
    if (!sync_fails)
        return sync_step(file, flags);
    sync_fails = false;
    return SQLITE_IOERR_FSYNC;
}

static void barrier_step(sqlite3_file *file)
{
    step();
    methods_of(file)->xShmBarrier(file);
}

static void count_steps(sqlite3_io_methods *methods)
{
    methods->xWrite = write_step;
    methods->xTruncate = truncate_step;
    methods->xSync = sync_step;
}

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)self;
    int rc = real->xOpen(real, name, file, flags, out);
    if (rc || !(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
        return rc;
    if (flags & SQLITE_OPEN_WAL) {
        real_log = file->pMethods;
        of_log = *real_log;
        count_steps(&of_log);
        of_log.xSync = sync_log;
        file->pMethods = &of_log;
    } else {
        real_database = file->pMethods;
        of_database = *real_database;
        count_steps(&of_database);
        of_database.xShmBarrier = barrier_step;
        file->pMethods = &of_database;
    }
    return rc;
}

void actor_faults_install(void)
{
    real = sqlite3_vfs_find(NULL);
    vfs = *real;
    vfs.zName = "faults";
    vfs.pNext = NULL;
    vfs.xOpen = open_file;
    sqlite3_vfs_register(&vfs, 1);
}

void actor_faults_order(const char *order)
{
    if (!strncmp(order, "die ", 4))
        steps_left = atoi(order + 4);
    else if (!strcmp(order, "fail-sync"))
        sync_fails = true;
}

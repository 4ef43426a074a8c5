#include "fault/fault_vfs.h"

#include <sqlite3.h>
#include <stddef.h>

static sqlite3_vfs *base, vfs;
static bool on, lasts;
static uint64_t at, count, failures;
/* A base has one table for databases and another for files that are never locked. */
static sqlite3_io_methods of_databases, of_others;

/* Behind the base's own part of a file. */
static const sqlite3_io_methods **base_of(sqlite3_file *file)
{
    size_t offset = ((size_t)base->szOsFile + 15) / 16 * 16;
    return (void *)((char *)file + offset);
}

static bool fails(void)
{
    bool now = on && (++count == at || (lasts && count > at));
    failures += now;
    return now;
}

/* Only once: a lock that somebody has forever is waited for as long as a busy timeout says. */
static bool is_taken(void)
{
    bool now = on && ++count == at;
    failures += now;
    return now;
}

static int fault_read(sqlite3_file *file, void *out, int length, sqlite3_int64 offset)
{
    return fails() ? SQLITE_IOERR_READ : (*base_of(file))->xRead(file, out, length, offset);
}

static int fault_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    return fails() ? SQLITE_IOERR_WRITE : (*base_of(file))->xWrite(file, bytes, length, offset);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return fails() ? SQLITE_IOERR_TRUNCATE : (*base_of(file))->xTruncate(file, size);
}

static int fault_sync(sqlite3_file *file, int flags)
{
    return fails() ? SQLITE_IOERR_FSYNC : (*base_of(file))->xSync(file, flags);
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return fails() ? SQLITE_IOERR_FSTAT : (*base_of(file))->xFileSize(file, size);
}

static int fault_lock(sqlite3_file *file, int level)
{
    return is_taken() ? SQLITE_BUSY : (*base_of(file))->xLock(file, level);
}

static int fault_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    return fails() ? SQLITE_IOERR_SHMMAP
                   : (*base_of(file))->xShmMap(file, region, size, extend, out);
}

/* To give one up never fails. */
static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return flags & SQLITE_SHM_LOCK && is_taken()
               ? SQLITE_BUSY
               : (*base_of(file))->xShmLock(file, offset, n, flags);
}

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)self;
    file->pMethods = NULL;
    if (fails())
        return SQLITE_CANTOPEN;
    int rc = base->xOpen(base, name, file, flags, out);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_io_methods *methods = flags & SQLITE_OPEN_MAIN_DB ? &of_databases : &of_others;
    *base_of(file) = file->pMethods;
    *methods = *file->pMethods;
    methods->xRead = fault_read;
    methods->xWrite = fault_write;
    methods->xTruncate = fault_truncate;
    methods->xSync = fault_sync;
    methods->xFileSize = fault_size;
    methods->xLock = fault_lock;
    methods->xShmMap = fault_shm_map;
    methods->xShmLock = fault_shm_lock;
    file->pMethods = methods;
    return SQLITE_OK;
}

void fault_vfs_install(void)
{
    base = sqlite3_vfs_find(NULL);
    vfs = *base;
    vfs.zName = "faults";
    vfs.pNext = NULL;
    vfs.szOsFile = base->szOsFile + 16 + (int)sizeof(void *);
    vfs.xOpen = open_file;
    sqlite3_vfs_register(&vfs, 1);
}

void fault_vfs_begin(uint64_t n, bool lasting)
{
    at = n;
    lasts = lasting;
    count = failures = 0;
    on = true;
}

uint64_t fault_vfs_end(void)
{
    on = false;
    return failures;
}

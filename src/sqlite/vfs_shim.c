#include "sqlite/vfs_shim.h"

#include <pthread.h>
#include <stdalign.h>
#include <stddef.h>

/* From https://www.sqlite.org/walformat.html#wal_locks: read slot n is lock 3 + n of the wal-index.
 */
enum { FIRST_READ_LOCK = 3 };

/* Kept behind the base VFS's own part of a file. */
struct lock_record {
    int read_slot; /* -1: none held */
};

/* A base VFS chooses its table of methods by the file system that it finds, so there may be
 * several. */
struct shim_methods {
    sqlite3_io_methods table; /* first: a file's pMethods leads here */
    const sqlite3_io_methods *base;
};

enum { MAX_TABLES = 16 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct shim_methods tables[MAX_TABLES];
static sqlite3_vfs *base_vfs;
static sqlite3_vfs shim_vfs;

static size_t record_offset(void)
{
    size_t unit = alignof(struct lock_record);
    return ((size_t)base_vfs->szOsFile + unit - 1) / unit * unit;
}

static struct lock_record *record_of(sqlite3_file *file)
{
    return (void *)((char *)file + record_offset());
}

static int shim_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    const struct shim_methods *methods = (const void *)file->pMethods;
    int rc = methods->base->xShmLock(file, offset, count, flags);
    if (rc != SQLITE_OK || offset < FIRST_READ_LOCK || !(flags & SQLITE_SHM_SHARED))
        return rc;
    /* Exclusive locks on slots are short ones, for moving a mark; a reader's is shared. */
    record_of(file)->read_slot = flags & SQLITE_SHM_LOCK ? offset - FIRST_READ_LOCK : -1;
    return rc;
}

/* The copy of a base table with our xShmLock; NULL when there are more tables than expected. */
static const sqlite3_io_methods *table_for(const sqlite3_io_methods *base)
{
    const sqlite3_io_methods *found = NULL;
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < MAX_TABLES && !found; i++) {
        if (!tables[i].base) {
            tables[i].table = *base;
            tables[i].table.xShmLock = shim_shm_lock;
            tables[i].base = base;
        }
        if (tables[i].base == base)
            found = &tables[i].table;
    }
    pthread_mutex_unlock(&mutex);
    return found;
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    (void)vfs;
    int rc = base_vfs->xOpen(base_vfs, name, file, flags, out_flags);
    if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_MAIN_DB))
        return rc;
    record_of(file)->read_slot = -1;
    if (file->pMethods->iVersion < 2 || !file->pMethods->xShmLock)
        return rc; /* a file system without shared memory: never in WAL mode */
    const sqlite3_io_methods *table = table_for(file->pMethods);
    if (!table) {
        file->pMethods->xClose(file);
        file->pMethods = NULL;
        return SQLITE_CANTOPEN;
    }
    file->pMethods = table;
    return rc;
}

static int register_once(void)
{
    if (base_vfs)
        return SQLITE_OK;
    sqlite3_vfs *base = sqlite3_vfs_find(NULL);
    if (!base)
        return SQLITE_ERROR;
    /* A copy, so that all but opening is the base's own code, working on the base's own data. */
    shim_vfs = *base;
    shim_vfs.pNext = NULL;
    shim_vfs.zName = HF_VFS_NAME;
    shim_vfs.xOpen = shim_open;
    base_vfs = base;
    shim_vfs.szOsFile = (int)(record_offset() + sizeof(struct lock_record));
    int rc = sqlite3_vfs_register(&shim_vfs, 0);
    if (rc != SQLITE_OK)
        base_vfs = NULL;
    return rc;
}

int hf_vfs_register(struct hf_error *err)
{
    int rc = sqlite3_initialize();
    if (rc == SQLITE_OK) {
        pthread_mutex_lock(&mutex);
        rc = register_once();
        pthread_mutex_unlock(&mutex);
    }
    if (rc == SQLITE_NOMEM)
        return hf_error_memory(err);
    if (rc != SQLITE_OK)
        return hf_error_set(err, HF_FAILED, "SQLite has no file system layer: %s",
                            sqlite3_errstr(rc));
    return 0;
}

int hf_vfs_read_slot(sqlite3_file *file)
{
    if (!file->pMethods || file->pMethods->iVersion < 2 ||
        file->pMethods->xShmLock != shim_shm_lock)
        return -1;
    return record_of(file)->read_slot;
}

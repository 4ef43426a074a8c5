#include "fault/crash_vfs.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/file.h"

/* Behind the base's own part of a file. */
struct record {
    const sqlite3_io_methods *base;
    const char *path;   /* SQLite's, as long as the file is open; NULL: not recorded */
    bool name_is_loose; /* it was made, and its directory not synced */
};

static sqlite3_vfs *base, vfs;
static struct hf_crash_env *recorder;
/* A base has one table for databases and another for files that are never locked. */
static sqlite3_io_methods of_databases, of_others;

static size_t record_offset(void)
{
    return ((size_t)base->szOsFile + 15) / 16 * 16;
}

static struct record *record_of(sqlite3_file *file)
{
    return (void *)((char *)file + record_offset());
}

static bool is_recorded(const struct record *record)
{
    return recorder && record->path;
}

static void note_directory(const char *path)
{
    hf_auto_free char *parent = hf_path_parent(path);
    if (!parent)
        abort();
    hf_crash_env_note_sync_dir(recorder, parent);
}

static int record_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    struct record *record = record_of(file);
    int rc = record->base->xWrite(file, bytes, length, offset);
    if (rc == SQLITE_OK && is_recorded(record))
        hf_crash_env_note_write(recorder, record->path, bytes, (size_t)length, (uint64_t)offset);
    return rc;
}

static int record_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct record *record = record_of(file);
    int rc = record->base->xTruncate(file, size);
    if (rc == SQLITE_OK && is_recorded(record))
        hf_crash_env_note_truncate(recorder, record->path, (uint64_t)size);
    return rc;
}

/* With the first sync of a new log or journal SQLite syncs the directory as well. */
static int record_sync(sqlite3_file *file, int flags)
{
    struct record *record = record_of(file);
    (void)flags; /* nobody loses power here */
    if (!is_recorded(record))
        return SQLITE_OK;
    hf_crash_env_note_sync(recorder, record->path);
    if (record->name_is_loose)
        note_directory(record->path);
    record->name_is_loose = false;
    return SQLITE_OK;
}

static void take_over(sqlite3_file *file, sqlite3_io_methods *methods)
{
    *methods = *file->pMethods;
    methods->xWrite = record_write;
    methods->xTruncate = record_truncate;
    methods->xSync = record_sync;
    file->pMethods = methods;
}

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)self;
    bool existed = name && !access(name, F_OK);
    int rc = base->xOpen(base, name, file, flags, out);
    if (rc != SQLITE_OK)
        return rc;
    struct record *record = record_of(file);
    *record = (struct record){.base = file->pMethods, .path = name, .name_is_loose = !existed};
    if (is_recorded(record) && !existed)
        hf_crash_env_note_create(recorder, name);
    take_over(file, flags & SQLITE_OPEN_MAIN_DB ? &of_databases : &of_others);
    return rc;
}

static int delete_file(sqlite3_vfs *self, const char *name, int sync_directory)
{
    (void)self;
    int rc = base->xDelete(base, name, 0);
    if (rc != SQLITE_OK || !recorder)
        return rc;
    hf_crash_env_note_unlink(recorder, name);
    if (sync_directory)
        note_directory(name);
    return rc;
}

void crash_vfs_install(void)
{
    base = sqlite3_vfs_find(NULL);
    vfs = *base;
    vfs.zName = "crash";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)(record_offset() + sizeof(struct record));
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    sqlite3_vfs_register(&vfs, 1);
}

void crash_vfs_record(struct hf_crash_env *crash)
{
    recorder = crash;
}

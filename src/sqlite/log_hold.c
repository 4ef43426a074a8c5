#include "sqlite/log_hold.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/signals.h"
#include "sqlite/connection.h"
#include "sqlite/log_hold_parts.h"
#include "sqlite/vfs_shim.h"

enum { ATTEMPTS = 5, LEAVE_PAUSE_US = 2000 };

static int open_reader(struct hf_log_hold *hold, struct hf_log_reader *reader, int busy_ms,
                       struct hf_error *err)
{
    reader->slot = -1;
    reader->db = hf_connection_open(hold->path, HF_VFS_NAME, busy_ms, err);
    if (!reader->db)
        return -1;
    reader->file = hf_connection_file(reader->db, SQLITE_FCNTL_FILE_POINTER);
    if (!reader->file)
        return hf_connection_error(reader->db, SQLITE_CANTOPEN, hold->path, err);
    /* The checkpointing connection's `synchronous` decides what a checkpoint syncs: the log before
     * frames are copied, the file before the log may be restarted. It stays what SQLite begins
     * with, as setting it would read and keep the whole schema. */
    int rc = sqlite3_db_config(reader->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    return rc == SQLITE_OK ? 0 : hf_connection_error(reader->db, rc, hold->path, err);
}

int hf_log_reader_begin(struct hf_log_hold *hold, struct hf_log_reader *reader,
                        struct hf_error *err)
{
    int rc = sqlite3_exec(reader->db, "BEGIN; PRAGMA schema_version", NULL, NULL, NULL);
    reader->slot = rc == SQLITE_OK ? hf_vfs_read_slot(reader->file) : -1;
    if (rc == SQLITE_OK && reader->slot >= 0)
        return 0;
    hf_log_reader_end(reader);
    if (rc != SQLITE_OK)
        return hf_connection_error(reader->db, rc, hold->path, err);
    hf_error_set(err, HF_UNSUPPORTED, "'%s' is not in WAL mode", hold->path);
    return hf_error_hint(err, "it is looked through as a whole instead");
}

void hf_log_reader_end(struct hf_log_reader *reader)
{
    if (!sqlite3_get_autocommit(reader->db))
        sqlite3_exec(reader->db, "ROLLBACK", NULL, NULL, NULL);
    reader->slot = -1;
}

int hf_log_checkpoint(struct hf_log_reader *reader)
{
    return sqlite3_wal_checkpoint_v2(reader->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* An empty file must not reach SQLite, which takes it for a new database. */
static int check_file(const char *path, struct hf_error *err)
{
    struct stat status;
    if (stat(path, &status))
        return hf_error_sys(err, errno, "open database", path);
    if (!S_ISREG(status.st_mode) || status.st_size == 0)
        return hf_error_set(err, HF_CORRUPT, "'%s' holds no database", path);
    return 0;
}

/* The file beside the database; SQLite's names, which are those of the file itself where the path
 * is a symbolic link. */
static int stat_beside(const struct hf_log_hold *hold, const char *ending, struct stat *out,
                       struct hf_error *err)
{
    char *path = NULL;
    const char *name = sqlite3_db_filename(hold->readers[0].db, "main");
    if (asprintf(&path, "%s%s", name, ending) < 0)
        return hf_error_memory(err);
    int failed = stat(path, out) ? hf_error_sys(err, errno, "look at", path) : 0;
    free(path);
    return failed;
}

static int start(struct hf_log_hold *hold, int busy_ms, struct hf_error *err)
{
    if (check_file(hold->path, err) || open_reader(hold, &hold->readers[0], busy_ms, err) ||
        hf_log_reader_begin(hold, &hold->readers[0], err))
        return -1;
    if (open_reader(hold, &hold->readers[1], 0, err))
        return -1;
    sqlite3_busy_timeout(hold->readers[0].db, 0);
    if (stat_beside(hold, "-shm", &hold->shm, err) || stat_beside(hold, "-wal", &hold->log, err))
        return -1;
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    hf_lock_table_load(&table);
    hold->table_knows =
        hf_lock_table_has(&table, &hold->shm, HF_LOCK_READ_0 + hold->readers[0].slot, getpid());
    return hf_log_hold_check(hold, &table, err);
}

struct hf_log_hold *hf_log_hold_open(const char *path, int busy_ms, struct hf_error *err)
{
    if (hf_vfs_register(err))
        return NULL;
    struct hf_log_hold *hold = calloc(1, sizeof *hold);
    if (!hold || !(hold->path = strdup(path))) {
        free(hold);
        hf_error_memory(err);
        return NULL;
    }
    if (!start(hold, busy_ms, err))
        return hold;
    hf_log_hold_release(hold, 0);
    return NULL;
}

static int keep_word(void *context, int columns, char **values, char **names)
{
    (void)names;
    if (columns && values[0])
        snprintf(context, 16, "%s", values[0]);
    return 0;
}

int hf_log_make_wal(const char *path, int busy_ms, struct hf_error *err)
{
    char mode[16] = "";
    if (check_file(path, err))
        return -1;
    sqlite3 *db = hf_connection_open(path, NULL, busy_ms, err);
    if (!db)
        return -1;
    int rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL", keep_word, mode, NULL);
    int failed = 0;
    if (rc != SQLITE_OK)
        failed = hf_connection_error(db, rc, path, err);
    else if (strcmp(mode, "wal"))
        failed = hf_error_set(err, HF_UNSUPPORTED, "'%s' cannot be put in WAL mode: it stays in %s",
                              path, mode);
    sqlite3_close(db);
    return failed;
}

/* Both copies of a header that a killed writer left differ until a transaction begins, which
 * recovers it from the log. */
static void mend_header(struct hf_log_hold *hold)
{
    struct hf_log_reader *other = hf_log_free(hold);
    if (other->slot < 0 && !hf_log_reader_begin(hold, other, NULL))
        hf_log_reader_end(other);
}

int hf_log_hold_index(struct hf_log_hold *hold, struct hf_wal_index *out, struct hf_error *err)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        switch (hf_wal_index_read(hf_log_pinned(hold)->file, out, err)) {
        case HF_WAL_INDEX_READ:
            return 0;
        case HF_WAL_INDEX_FAILED:
            return -1;
        case HF_WAL_INDEX_TORN:
            mend_header(hold);
        }
    }
    return hf_error_set(err, HF_LOCKED, "'%s': its -shm file does not come to rest", hold->path);
}

struct hf_log_position hf_log_hold_position(const struct hf_log_hold *hold)
{
    return hold->at;
}

static bool same_log(const struct hf_log_position *at, const struct hf_wal_index *index)
{
    return at->frame && !memcmp(at->salt, index->salt, sizeof at->salt);
}

static uint32_t unread_of(const struct hf_log_hold *hold, const struct hf_wal_index *index)
{
    if (!same_log(&hold->at, index))
        return index->max_frame;
    return index->max_frame > hold->at.frame ? index->max_frame - hold->at.frame : 0;
}

int hf_log_hold_look(struct hf_log_hold *hold, struct hf_log_look *out, struct hf_error *err)
{
    struct hf_wal_index index;
    if (hf_log_hold_index(hold, &index, err))
        return -1;
    *out = (struct hf_log_look){
        .page_size = index.page_size,
        .page_count = index.page_count,
        .frames = index.max_frame,
        .unread = unread_of(hold, &index),
        .not_in_file = index.max_frame -
                       (index.backfilled < index.max_frame ? index.backfilled : index.max_frame),
        .on_slot_0 = hf_log_pinned(hold)->slot == 0,
    };
    return 0;
}

static sqlite3_file *log_of(struct hf_log_hold *hold, struct hf_error *err)
{
    sqlite3_file *log = hf_connection_file(hf_log_pinned(hold)->db, SQLITE_FCNTL_JOURNAL_POINTER);
    if (!log)
        hf_error_set(err, HF_STALE, "the log of '%s' is not open any more", hold->path);
    return log;
}

/*
 * Which frames come next. Salts mean nothing while there is no frame. A log that was restarted is
 * read from its beginning: on slot 0 all that was before is in the file and was read, and this can
 * happen once at most; on a mark it cannot happen. That the log is again the one of before (a
 * writer was killed between restarting it and its first frame, and the index was recovered) is
 * seen by its salts and costs nothing.
 */
static int find_next(struct hf_log_hold *hold, const struct hf_wal_index *index,
                     struct hf_log_position *next, struct hf_error *err)
{
    *next = hold->at;
    if (!hold->at.frame || same_log(&hold->at, index))
        return 0;
    if (hf_log_pinned(hold)->slot > 0)
        return hf_error_set(err, HF_STALE, "the log of '%s' was restarted while it was held",
                            hold->path);
    *next = (struct hf_log_position){0};
    return 0;
}

int hf_log_hold_read(struct hf_log_hold *hold, hf_log_visit *take, void *context,
                     struct hf_error *err)
{
    struct hf_wal_index index;
    struct hf_log_position next;
    if (hf_log_hold_index(hold, &index, err))
        return -1;
    if (!index.max_frame)
        return 0;
    sqlite3_file *log = log_of(hold, err);
    if (!log || find_next(hold, &index, &next, err) ||
        hf_log_frames_visit(log, &index, &next, take, context, err))
        return -1;
    hold->at = next;
    hf_log_hold_prove(hold, &index);
    return 0;
}

bool hf_log_hold_resume(struct hf_log_hold *hold, const struct hf_log_position *at)
{
    struct hf_wal_index index;
    struct hf_log_position reached = {0};
    sqlite3_file *log = log_of(hold, NULL);
    if (!log || !at->frame || hf_log_hold_index(hold, &index, NULL) || !same_log(at, &index) ||
        at->frame > index.max_frame)
        return false;
    /* On slot 0 a writer may restart the log before what is new in it was read. */
    if (hf_log_pinned(hold)->slot == 0 && at->frame < index.max_frame)
        return false;
    index.max_frame = at->frame;
    memcpy(index.checksum, at->checksum, sizeof index.checksum);
    if (hf_log_frames_visit(log, &index, &reached, NULL, NULL, NULL))
        return false;
    hold->at = reached;
    return true;
}

static int note_frame(void *context, const struct hf_log_frame *frame, struct hf_error *err)
{
    return hf_page_map_put(context, frame->page, frame->number, err);
}

/* Which frame of the log, up to what was read and no further, has a page. */
static int learn_frames(struct hf_log_hold *hold, sqlite3_file *log,
                        const struct hf_wal_index *index, struct hf_error *err)
{
    struct hf_wal_index read = *index;
    struct hf_log_position from = {0};
    if (!memcmp(&hold->mapped, &hold->at, sizeof hold->at))
        return 0;
    hf_page_map_release(&hold->frames);
    hold->mapped = (struct hf_log_position){0};
    read.max_frame = hold->at.frame;
    memcpy(read.checksum, hold->at.checksum, sizeof read.checksum);
    if (hf_log_frames_visit(log, &read, &from, note_frame, &hold->frames, err))
        return -1;
    hold->mapped = hold->at;
    return 0;
}

int hf_log_hold_page(struct hf_log_hold *hold, uint32_t page, uint8_t *out, struct hf_error *err)
{
    struct hf_wal_index index;
    uint32_t frame = 0;
    sqlite3_file *file = log_of(hold, err);
    if (!file || hf_log_hold_index(hold, &index, err))
        return -1;
    if (same_log(&hold->at, &index)) {
        if (learn_frames(hold, file, &index, err))
            return -1;
        frame = hf_page_map_get(&hold->frames, page);
    }
    sqlite3_int64 offset = (sqlite3_int64)(page - 1) * index.page_size;
    if (frame)
        offset = hf_log_image_offset(frame, index.page_size);
    else
        file = hf_log_pinned(hold)->file;
    int rc = file->pMethods->xRead(file, out, (int)index.page_size, offset);
    /* SQLite gives zeros for what is past the end. */
    if (rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ)
        return 0;
    return hf_connection_error(hf_log_pinned(hold)->db, rc, hold->path, err);
}

const struct hf_log_hold_counts *hf_log_hold_counts(const struct hf_log_hold *hold)
{
    return &hold->counts;
}

static int stale(struct hf_error *err, const struct hf_log_hold *hold, const char *what)
{
    return hf_error_set(err, HF_STALE, "'%s': %s", hold->path, what);
}

/* Running out of memory says nothing about the file. */
static int check_beside(const struct hf_log_hold *hold, const char *ending, const struct stat *then,
                        struct hf_error *err)
{
    struct hf_error local = {0};
    struct stat now;
    int failed = stat_beside(hold, ending, &now, &local);
    if (failed && local.code == HF_NO_MEMORY)
        return hf_error_pass(err, &local);
    if (!failed && now.st_ino == then->st_ino && now.st_dev == then->st_dev)
        return 0;
    return hf_error_set(err, HF_STALE, "'%s': its %s file was replaced or deleted", hold->path,
                        ending);
}

static int check_log_size(struct hf_log_hold *hold, struct hf_error *err)
{
    struct hf_wal_index index;
    sqlite3_int64 size;
    if (hf_log_hold_index(hold, &index, err))
        return -1;
    sqlite3_file *log = index.max_frame ? log_of(hold, err) : NULL;
    if (!index.max_frame)
        return 0;
    if (!log || log->pMethods->xFileSize(log, &size) != SQLITE_OK)
        return stale(err, hold, "its log cannot be looked at");
    if (size < hf_log_image_offset(index.max_frame + 1, index.page_size) - HF_FRAME_HEADER_BYTES)
        return stale(err, hold, "something other than SQLite has cut its log");
    return 0;
}

int hf_log_hold_check(struct hf_log_hold *hold, const struct hf_lock_table *table,
                      struct hf_error *err)
{
    int moved = 0;
    struct hf_log_reader *pin = hf_log_pinned(hold);
    sqlite3_file_control(pin->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (moved)
        return stale(err, hold, "another file is in its place, or it was deleted");
    if (check_beside(hold, "-shm", &hold->shm, err) || check_beside(hold, "-wal", &hold->log, err))
        return -1;
    if (hold->table_knows && table->text.length &&
        !hf_lock_table_has(table, &hold->shm, HF_LOCK_READ_0 + pin->slot, getpid()))
        return stale(err, hold, "the lock on its log was lost");
    return check_log_size(hold, err);
}

void hf_log_hold_fold_at_end(struct hf_log_hold *hold)
{
    for (int i = 0; i < 2; i++)
        sqlite3_db_config(hold->readers[i].db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
}

/* Step 0 of a rotation counts for letting go as well. */
static void wait_until_safe(struct hf_log_hold *hold, int wait_ms)
{
    int64_t until = hf_monotonic() + wait_ms;
    struct hf_wal_index index;
    while (hf_log_pinned(hold)->slot == 0 && !hf_log_hold_index(hold, &index, NULL) &&
           hf_log_hold_prove(hold, &index) == HF_LEAVE_NOT_YET && hf_monotonic() < until)
        hf_pause_us(LEAVE_PAUSE_US);
}

void hf_log_hold_release(struct hf_log_hold *hold, int wait_ms)
{
    if (!hold)
        return;
    if (hf_log_pinned(hold)->db)
        wait_until_safe(hold, wait_ms);
    for (int i = 0; i < 2; i++) {
        if (hold->readers[i].db)
            hf_log_reader_end(&hold->readers[i]);
        sqlite3_close(hold->readers[i].db);
    }
    hf_page_map_release(&hold->frames);
    free(hold->path);
    free(hold);
}

#include "sqlite/page_source.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sqlite/connection.h"
#include "sqlite/db_header.h"
#include "sqlite/db_stamp.h"
#include "sqlite/log_frames.h"
#include "sqlite/page_map.h"
#include "sqlite/vfs_shim.h"
#include "sqlite/wal_index.h"

enum { MAX_READ_BYTES = 1 << 24, ATTEMPTS = 5 };

/* Where the state is that the transaction holds. */
enum place {
    IN_FILE,         /* rollback modes, or an empty or wholly copied log */
    IN_LOG_AND_FILE, /* frames 1 .. index.max_frame, else the file */
};

struct hf_page_source {
    char *path;
    sqlite3 *db;
    sqlite3_file *file; /* the connection's own */
    enum place place;
    struct hf_wal_index index; /* in WAL mode */
    struct hf_page_map frames; /* newest frame of each page in the log; filled by the first read */
    bool frames_known;
    struct hf_db_info info;
};

/* Whether there is a file that can be a database, without opening it. An empty one must not reach
 * SQLite, which takes it for a new database and deletes the log beside it. */
static int check_file(const char *path, struct hf_error *err)
{
    struct stat status;
    if (stat(path, &status)) {
        hf_error_sys(err, errno, "open database", path);
        return hf_error_hint(err, errno == ENOENT ? "check the path; the application may not have "
                                                    "made its database yet"
                                                  : "check the path and its permissions");
    }
    if (S_ISDIR(status.st_mode)) {
        hf_error_sys(err, EISDIR, "open database", path);
        return hf_error_hint(err, "name the database file inside it");
    }
    if (!S_ISREG(status.st_mode)) {
        hf_error_set(err, HF_IO, "open database '%s': not a regular file", path);
        return hf_error_hint(err, "name the database file");
    }
    if (status.st_size == 0) {
        hf_error_set(err, HF_CORRUPT, "'%s' is an empty file: it holds no database", path);
        return hf_error_hint(err, "the application has not written to it yet, or it was cut off");
    }
    return 0;
}

static int begin(struct hf_page_source *source, struct hf_error *err)
{
    /* Reading the version number starts the transaction and does not parse the schema, which may be
     * damaged. */
    int rc = sqlite3_exec(source->db, "BEGIN; PRAGMA schema_version", NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : hf_connection_error(source->db, rc, source->path, err);
}

static int begin_and_locate(struct hf_page_source *source, struct hf_error *err)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        if (begin(source, err))
            return -1;
        int slot = hf_vfs_read_slot(source->file);
        source->info.wal = slot >= 0;
        if (slot < 0)
            return 0;
        /* Read with the slot's lock held: from here on no published frame is overwritten, and
         * checkpoints copy frames up to our mark only, which is at most max_frame. So pages in the
         * log are read from the log, and the others do not change in the file. */
        switch (hf_wal_index_read(source->file, &source->index, err)) {
        case HF_WAL_INDEX_READ:
            if (slot > 0 && source->index.max_frame)
                source->place = IN_LOG_AND_FILE;
            return 0;
        case HF_WAL_INDEX_FAILED:
            return -1;
        case HF_WAL_INDEX_TORN:
            sqlite3_exec(source->db, "ROLLBACK", NULL, NULL, NULL);
        }
    }
    hf_error_set(err, HF_LOCKED, "'%s': its -shm file does not come to rest", source->path);
    return hf_error_hint(err, "try again");
}

static int truncated(const struct hf_page_source *source, struct hf_error *err)
{
    hf_error_set(err, HF_CORRUPT, "'%s' is truncated: pages of the database are missing",
                 source->path);
    return hf_error_hint(err, "restore it from a backup; 'sqlite3 FILE .recover' may save rows");
}

static int read_at(const struct hf_page_source *source, sqlite3_file *file, void *out,
                   size_t length, sqlite3_int64 offset, struct hf_error *err)
{
    assert(file);
    int rc = file->pMethods->xRead(file, out, (int)length, offset);
    if (rc == SQLITE_OK)
        return 0;
    if (rc == SQLITE_IOERR_SHORT_READ)
        return truncated(source, err);
    return hf_connection_error(source->db, rc, source->path, err);
}

static int file_size(const struct hf_page_source *source, uint64_t *size, struct hf_error *err)
{
    sqlite3_int64 bytes;
    int rc = source->file->pMethods->xFileSize(source->file, &bytes);
    if (rc != SQLITE_OK)
        return hf_connection_error(source->db, rc, source->path, err);
    *size = (uint64_t)bytes;
    return 0;
}

/* Page size and count as SQLite's own lockBtree() takes them. */
static int measure_file(struct hf_page_source *source, const struct hf_db_header *header,
                        struct hf_error *err)
{
    struct hf_db_info *info = &source->info;
    uint64_t size;
    if (file_size(source, &size, err))
        return -1;
    info->page_size = header->page_size;
    info->page_count = header->page_count;
    if (!header->counters_agree || !header->page_count)
        info->page_count = (uint32_t)((size + info->page_size - 1) / info->page_size);
    uint64_t needed = info->page_count;
    if (info->page_count == hf_lock_byte_page(info->page_size))
        needed--;
    return size < needed * info->page_size ? truncated(source, err) : 0;
}

static int measure(struct hf_page_source *source, struct hf_error *err)
{
    struct hf_db_info *info = &source->info;
    uint8_t bytes[HF_DB_HEADER_BYTES];
    struct hf_db_header header;
    if (read_at(source, source->file, bytes, sizeof bytes, 0, err))
        return -1;
    if (source->place == IN_LOG_AND_FILE) {
        info->page_size = source->index.page_size;
        info->page_count = source->index.page_count;
        /* Page 1 may be in the log, and the file's old one being replaced right now. */
        info->stamp.change_counter = hf_db_header_parse(&header, bytes) ? header.change_counter : 0;
    } else {
        if (!hf_db_header_parse(&header, bytes))
            return hf_connection_error(NULL, SQLITE_NOTADB, source->path, err);
        if (header.wal && !info->wal)
            return hf_error_set(err, HF_UNSUPPORTED, "'%s' is in WAL mode without shared memory",
                                source->path);
        if (measure_file(source, &header, err))
            return -1;
        info->stamp.change_counter = header.change_counter;
    }
    info->lock_byte_page = hf_lock_byte_page(info->page_size);
    return 0;
}

static void stamp_log(struct hf_page_source *source)
{
    struct hf_db_stamp *stamp = &source->info.stamp;
    const struct hf_wal_index *index = &source->index;
    if (!source->info.wal)
        return;
    /* On slot 0 a commit may have been published since the transaction began: then the index tells
     * of more than is read, and whoever went on from there would never see that commit. While slot
     * 0 is held nobody copies frames, so equality shows that there was none. */
    bool tells_of_more = source->place == IN_FILE && index->backfilled != index->max_frame;
    if (tells_of_more)
        stamp->settled = 0;
    if (tells_of_more || !index->max_frame)
        return;
    stamp->log_frames = index->max_frame;
    memcpy(stamp->log_salt, index->salt, sizeof stamp->log_salt);
    memcpy(stamp->log_checksum, index->checksum, sizeof stamp->log_checksum);
}

/* The path has another file by now: what is open is nobody's database any more. */
static bool was_replaced(const struct hf_page_source *source)
{
    int moved = 0;
    sqlite3_file_control(source->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved;
}

/* Opens, begins, measures. 1: the file was replaced meanwhile. */
static int start(struct hf_page_source *source, int busy_ms, struct hf_error *err)
{
    struct hf_db_watch watch;
    source->db = hf_connection_open(source->path, HF_VFS_NAME, busy_ms, err);
    if (!source->db)
        return -1;
    source->file = hf_connection_file(source->db, SQLITE_FCNTL_FILE_POINTER);
    if (!source->file)
        return hf_connection_error(source->db, SQLITE_CANTOPEN, source->path, err);
    /* SQLite's names: those of the file itself where the path is a symbolic link. */
    const char *name = sqlite3_db_filename(source->db, "main");
    if (hf_db_watch_begin(&watch, name, sqlite3_filename_wal(name), err) ||
        begin_and_locate(source, err) || hf_db_watch_end(&watch, &source->info.stamp, err))
        return -1;
    if (was_replaced(source))
        return 1;
    if (measure(source, err))
        return -1;
    stamp_log(source);
    return 0;
}

static void stop(struct hf_page_source *source)
{
    if (source->db)
        sqlite3_exec(source->db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(source->db);
    hf_page_map_release(&source->frames);
    *source = (struct hf_page_source){.path = source->path};
}

struct hf_page_source *hf_page_source_open(const char *path, int busy_ms, struct hf_error *err)
{
    if (hf_vfs_register(err))
        return NULL;
    struct hf_page_source *source = calloc(1, sizeof *source);
    if (!source || !(source->path = strdup(path))) {
        hf_page_source_free(source);
        hf_error_memory(err);
        return NULL;
    }
    int result = 1;
    for (int i = 0; i < ATTEMPTS && result > 0; i++) {
        stop(source);
        result = check_file(path, err) ? -1 : start(source, busy_ms, err);
    }
    if (result == 0)
        return source;
    if (result > 0) {
        hf_error_set(err, HF_LOCKED, "'%s' is replaced by another file again and again", path);
        hf_error_hint(err, "try again when the other program has finished");
    }
    hf_page_source_free(source);
    return NULL;
}

const struct hf_db_info *hf_page_source_info(const struct hf_page_source *source)
{
    return &source->info;
}

static int remember_frame(void *context, const struct hf_log_frame *frame, struct hf_error *err)
{
    struct hf_page_source *source = context;
    return hf_page_map_put(&source->frames, frame->page, frame->number, err);
}

/* Pages past the file's end must be in the log: they were never copied. */
static int check_end(const struct hf_page_source *source, struct hf_error *err)
{
    uint64_t size;
    if (file_size(source, &size, err))
        return -1;
    for (uint64_t page = size / source->info.page_size + 1; page <= source->info.page_count; page++)
        if (page != source->info.lock_byte_page &&
            !hf_page_map_get(&source->frames, (uint32_t)page))
            return truncated(source, err);
    return 0;
}

/* Not at opening: whoever finds the stamp unchanged has no use for the log. */
static int learn_frames(struct hf_page_source *source, sqlite3_file *log, struct hf_error *err)
{
    if (source->frames_known)
        return 0;
    hf_page_map_release(&source->frames);
    struct hf_log_position at = {0};
    if (hf_log_frames_visit(log, &source->index, &at, remember_frame, source, err))
        return hf_error_wrap(err, "'%s'", source->path);
    if (check_end(source, err))
        return -1;
    source->frames_known = true;
    return 0;
}

/* How many pages from `first` on can be read from the file in one piece. */
static uint32_t run_in_file(const struct hf_page_source *source, uint32_t first, uint32_t count)
{
    uint32_t most = MAX_READ_BYTES / source->info.page_size;
    uint32_t run = 1;
    while (run < count && run < most && first + run != source->info.lock_byte_page &&
           !hf_page_map_get(&source->frames, first + run))
        run++;
    return run;
}

int hf_page_source_read(struct hf_page_source *source, uint32_t first, uint32_t count, uint8_t *out,
                        struct hf_error *err)
{
    const size_t page_size = source->info.page_size;
    assert(first && count <= source->info.page_count &&
           first - 1 <= source->info.page_count - count);
    sqlite3_file *log = NULL;
    if (source->place == IN_LOG_AND_FILE) {
        log = hf_connection_file(source->db, SQLITE_FCNTL_JOURNAL_POINTER);
        if (!log)
            return hf_connection_error(source->db, SQLITE_CANTOPEN, source->path, err);
        if (learn_frames(source, log, err))
            return -1;
    }
    for (uint32_t page = first, end = first + count; page < end;) {
        uint32_t run = 1, frame = hf_page_map_get(&source->frames, page);
        if (page == source->info.lock_byte_page)
            memset(out, 0, page_size);
        else if (frame && read_at(source, log, out, page_size,
                                  hf_log_image_offset(frame, source->info.page_size), err))
            return -1;
        else if (!frame) {
            run = run_in_file(source, page, end - page);
            if (read_at(source, source->file, out, run * page_size,
                        (sqlite3_int64)(page - 1) * (sqlite3_int64)page_size, err))
                return -1;
        }
        page += run;
        out += run * page_size;
    }
    return 0;
}

void hf_page_source_free(struct hf_page_source *source)
{
    if (!source)
        return;
    stop(source);
    free(source->path);
    free(source);
}

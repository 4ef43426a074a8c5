#include "sqlite/hot_journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "sqlite/db_header.h"

/*
 * The journal: a header padded to a sector, then records of page number, image and checksum.
 * The sector size in the header is ours to choose. 4096 keeps the header's last write, the record
 * count, off the records on any usual disk.
 */
enum { SECTOR = 4096, HEADER_BYTES = 28, COUNT_OFFSET = 8, BUFFER_BYTES = 1 << 18 };
enum { CHECKSUM_STRIDE = 200 };

static const uint8_t magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};

struct hf_hot_journal {
    const struct hf_env *env;
    char *path;
    int fd;
    enum { FILLING, ARMED, REMOVED } state;
    uint32_t page_size, page_count, nonce, records;
    uint64_t written;
    struct hf_buf buffer;
};

/* The owner of the database must be able to play back what a process of root leaves behind. By
 * descriptor: whoever may write to the directory could put a link to another file at the name. */
static int take_after(const struct hf_hot_journal *journal, const struct stat *database,
                      struct hf_error *err)
{
    struct stat own;
    if (fstat(journal->fd, &own))
        return hf_error_sys(err, errno, "stat", journal->path);
    if (geteuid() == 0 && (own.st_uid != database->st_uid || own.st_gid != database->st_gid) &&
        fchown(journal->fd, database->st_uid, database->st_gid))
        return hf_error_sys(err, errno, "chown", journal->path);
    if ((own.st_mode & 0777) != (database->st_mode & 0777) &&
        fchmod(journal->fd, database->st_mode & 0777))
        return hf_error_sys(err, errno, "chmod", journal->path);
    return 0;
}

static int append_header(struct hf_hot_journal *journal, struct hf_error *err)
{
    uint8_t header[SECTOR] = {0};
    memcpy(header, magic, sizeof magic);
    /* The record count stays 0 until the records are durable. */
    hf_put_be32(header + 12, journal->nonce);
    hf_put_be32(header + 16, journal->page_count);
    hf_put_be32(header + 20, SECTOR);
    hf_put_be32(header + 24, journal->page_size);
    return hf_buf_append(&journal->buffer, header, sizeof header, err);
}

static int start(struct hf_hot_journal *journal, const char *database, struct hf_error *err)
{
    struct stat status;
    const struct hf_fs *fs = &journal->env->fs;
    if (fs->stat(fs->context, database, &status))
        return hf_error_sys(err, errno, "stat", database);
    if (hf_random(journal->env, &journal->nonce, sizeof journal->nonce, err))
        return -1;
    struct stat found;
    bool vacant = fs->stat(fs->context, journal->path, &found) != 0 && errno == ENOENT;
    journal->fd = hf_file_open(journal->env, journal->path, O_RDWR | O_CREAT | O_EXCL,
                               status.st_mode & 0777, err);
    if (journal->fd < 0) {
        /* On a network the file can have been made and the reply lost. The database is ours alone:
         * an empty file where there was none is that one. */
        if (vacant && fs->stat(fs->context, journal->path, &found) == 0 && found.st_size == 0)
            fs->unlink(fs->context, journal->path);
        return -1;
    }
    return take_after(journal, &status, err) || append_header(journal, err) ? -1 : 0;
}

struct hf_hot_journal *hf_hot_journal_begin(const struct hf_env *env, const char *path,
                                            uint32_t page_size, uint32_t page_count,
                                            struct hf_error *err)
{
    struct hf_hot_journal *journal = calloc(1, sizeof *journal);
    if (!journal) {
        hf_error_memory(err);
        return NULL;
    }
    *journal = (struct hf_hot_journal){
        .env = env, .fd = -1, .page_size = page_size, .page_count = page_count};
    /* SQLite looks beside the file, not beside a link to it. */
    hf_auto_free char *database = realpath(path, NULL);
    int result = -1;
    if (!database) {
        hf_error_sys(err, errno, "find", path);
    } else if (asprintf(&journal->path, "%s-journal", database) < 0) {
        journal->path = NULL;
        hf_error_memory(err);
    } else {
        result = start(journal, database, err);
    }
    if (result == 0)
        return journal;
    hf_hot_journal_free(journal);
    return NULL;
}

static int flush(struct hf_hot_journal *journal, struct hf_error *err)
{
    struct hf_buf *buffer = &journal->buffer;
    if (hf_file_write(journal->env, journal->fd, journal->path, buffer->data, buffer->length,
                      journal->written, err))
        return -1;
    journal->written += buffer->length;
    buffer->length = 0;
    return 0;
}

static void put_checksum(const struct hf_hot_journal *journal, const uint8_t *image, uint8_t out[4])
{
    uint32_t sum = journal->nonce;
    for (uint32_t i = journal->page_size - CHECKSUM_STRIDE; (int32_t)i > 0; i -= CHECKSUM_STRIDE)
        sum += image[i];
    hf_put_be32(out, sum);
}

int hf_hot_journal_add(struct hf_hot_journal *journal, uint32_t page, const uint8_t *image,
                       struct hf_error *err)
{
    uint8_t number[4], checksum[4];
    assert(journal->state == FILLING && page);
    /* SQLite ends playing back at a record of the lock-byte page. */
    if (page > journal->page_count || page == hf_lock_byte_page(journal->page_size))
        return 0;
    hf_put_be32(number, page);
    put_checksum(journal, image, checksum);
    if (hf_buf_append(&journal->buffer, number, sizeof number, err) ||
        hf_buf_append(&journal->buffer, image, journal->page_size, err) ||
        hf_buf_append(&journal->buffer, checksum, sizeof checksum, err))
        return -1;
    journal->records++;
    return journal->buffer.length >= BUFFER_BYTES ? flush(journal, err) : 0;
}

static int sync_file(struct hf_hot_journal *journal, struct hf_error *err)
{
    if (journal->env->fs.sync(journal->env->fs.context, journal->fd))
        return hf_error_sys(err, errno, "sync", journal->path);
    return 0;
}

int hf_hot_journal_arm(struct hf_hot_journal *journal, struct hf_error *err)
{
    uint8_t count[4];
    assert(journal->state == FILLING);
    hf_put_be32(count, journal->records);
    if (flush(journal, err) || sync_file(journal, err) ||
        hf_file_write(journal->env, journal->fd, journal->path, count, sizeof count, COUNT_OFFSET,
                      err) ||
        sync_file(journal, err) || hf_sync_parent(journal->env, journal->path, err))
        return -1;
    journal->state = ARMED;
    return 0;
}

int hf_hot_journal_commit(struct hf_hot_journal *journal, struct hf_error *err)
{
    assert(journal->state == ARMED);
    if (journal->env->fs.unlink(journal->env->fs.context, journal->path))
        return hf_error_sys(err, errno, "remove", journal->path);
    journal->state = REMOVED;
    return hf_sync_parent(journal->env, journal->path, err);
}

void hf_hot_journal_free(struct hf_hot_journal *journal)
{
    if (!journal)
        return;
    const struct hf_fs *fs = &journal->env->fs;
    if (journal->fd >= 0) {
        fs->close(fs->context, journal->fd);
        /* Durably, if it can be had: were the journal there again after a loss of power, SQLite
         * would undo with it what was committed since. */
        if (journal->state == FILLING && fs->unlink(fs->context, journal->path) == 0)
            hf_sync_parent(journal->env, journal->path, NULL);
    }
    hf_buf_release(&journal->buffer);
    free(journal->path);
    free(journal);
}

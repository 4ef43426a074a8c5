#include "engine/overwrite.h"

#include <errno.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/text.h"
#include "sqlite/hot_journal.h"

enum { STEP_BYTES = 256 << 10 };

/* The old database's pages, counted from 0, are the blocks that are compared and written: a journal
 * is of pages of the state that it brings back. */
struct overwrite {
    const struct hf_env *env;
    const char *path;
    const struct hf_new_file *proven;
    int fd;
    uint64_t size; /* that is wanted */
    uint32_t block, old_count;
    uint64_t count;           /* of both states */
    struct hf_bitmap differs; /* blocks that are written */
    uint64_t kept;            /* blocks that the journal holds */
    uint8_t *old, *fresh;     /* STEP_BYTES each */
};

static void overwrite_release(struct overwrite *self)
{
    hf_bitmap_release(&self->differs);
    free(self->old);
    free(self->fresh);
}
HF_AUTO_RELEASE(overwrite)

static int begin(struct overwrite *out, struct hf_restore_target *target,
                 const struct hf_new_file *proven, uint64_t size, struct hf_error *err)
{
    uint32_t block = hf_restore_target_page_size(target);
    uint64_t blocks = (size + block - 1) / block, old = hf_restore_target_page_count(target);
    *out = (struct overwrite){.env = proven->env,
                              .path = hf_restore_target_path(target),
                              .proven = proven,
                              .fd = hf_restore_target_fd(target, err),
                              .size = size,
                              .block = block,
                              .old_count = (uint32_t)old,
                              .count = blocks > old ? blocks : old,
                              .old = malloc(STEP_BYTES),
                              .fresh = malloc(STEP_BYTES)};
    if (out->fd < 0)
        return -1;
    return out->old && out->fresh ? hf_bitmap_init(&out->differs, out->count, err)
                                  : hf_error_memory(err);
}

/* Reads what is there; past the end of a file it is zeros. */
static int read_blocks(const struct overwrite *self, int fd, const char *path, uint64_t first,
                       uint32_t count, uint8_t *out, struct hf_error *err)
{
    size_t wanted = (size_t)count * self->block;
    int64_t got = hf_file_read(self->env, fd, path, out, wanted, first * self->block, err);
    if (got < 0)
        return -1;
    memset(out + got, 0, wanted - (size_t)got);
    return 0;
}

static int read_old(const struct overwrite *self, uint64_t first, uint32_t count,
                    struct hf_error *err)
{
    return read_blocks(self, self->fd, self->path, first, count, self->old, err);
}

static int read_fresh(const struct overwrite *self, uint64_t first, uint32_t count,
                      struct hf_error *err)
{
    return read_blocks(self, self->proven->fd, self->proven->temporary, first, count, self->fresh,
                       err);
}

/* How many blocks are taken at once from `first` on. */
static uint32_t step_from(const struct overwrite *self, uint64_t first)
{
    uint64_t most = STEP_BYTES / self->block, left = self->count - first;
    return (uint32_t)(left < most ? left : most);
}

static bool is_cut(const struct overwrite *self, uint64_t block)
{
    return (block + 1) * self->block > self->size;
}

static int compare(struct overwrite *self, struct hf_error *err)
{
    uint32_t count = 0;
    for (uint64_t first = 0; first < self->count; first += count) {
        count = step_from(self, first);
        if (read_old(self, first, count, err) || read_fresh(self, first, count, err))
            return -1;
        for (uint32_t i = 0; i < count; i++) {
            size_t at = (size_t)i * self->block;
            bool differs = memcmp(self->old + at, self->fresh + at, self->block) != 0;
            if (differs)
                hf_bitmap_set(&self->differs, first + i);
            self->kept += first + i < self->old_count && (differs || is_cut(self, first + i));
        }
    }
    return 0;
}

/* Better said now than after writing for minutes. */
static int require_room(const struct overwrite *self, struct hf_error *err)
{
    enum { RECORD = 8 }; /* bytes around a page in the journal */
    char wanted[16], there[16];
    uint64_t old_size = (uint64_t)self->old_count * self->block, room = hf_file_room(self->fd);
    uint64_t needed =
        self->kept * (self->block + RECORD) + (self->size > old_size ? self->size - old_size : 0);
    if (room >= needed)
        return 0;
    hf_error_set(err, HF_NO_SPACE, "'%s' needs %s to be changed safely, and its disk has %s left",
                 self->path, hf_format_bytes(wanted, sizeof wanted, needed),
                 hf_format_bytes(there, sizeof there, room));
    return hf_error_hint_typed(err, "--to", "make room, or restore to another disk");
}

static int keep_old(const struct overwrite *self, struct hf_hot_journal *journal,
                    struct hf_error *err)
{
    for (uint32_t block = 0; block < self->old_count; block++) {
        if (!hf_bitmap_get(&self->differs, block) && !is_cut(self, block))
            continue;
        if (read_old(self, block, 1, err) || hf_hot_journal_add(journal, block + 1, self->old, err))
            return -1;
    }
    return hf_hot_journal_arm(journal, err);
}

/* The stretch of blocks from `first` that differ, as far as one step goes. */
static uint32_t stretch_from(const struct overwrite *self, uint64_t first)
{
    uint32_t most = step_from(self, first), count = 0;
    while (count < most && hf_bitmap_get(&self->differs, first + count))
        count++;
    return count;
}

static int write_fresh(const struct overwrite *self, struct hf_error *err)
{
    uint32_t count = 0;
    for (uint64_t first = 0; first < self->count; first += count ? count : 1) {
        count = stretch_from(self, first);
        if (count && (read_fresh(self, first, count, err) ||
                      hf_file_write(self->env, self->fd, self->path, self->fresh,
                                    (size_t)count * self->block, first * self->block, err)))
            return -1;
    }
    const struct hf_fs *fs = &self->env->fs;
    if (fs->truncate(fs->context, self->fd, (off_t)self->size))
        return hf_error_sys(err, errno, "resize", self->path);
    if (fs->sync(fs->context, self->fd))
        return hf_error_sys(err, errno, "sync", self->path);
    return 0;
}

static int rewrite(const struct overwrite *self, bool *touched, struct hf_error *err)
{
    hf_auto_ptr(hf_hot_journal) struct hf_hot_journal *journal =
        hf_hot_journal_begin(self->env, self->path, self->block, self->old_count, err);
    if (!journal || keep_old(self, journal, err))
        return -1;
    *touched = true;
    if (write_fresh(self, err))
        return hf_error_hint(err,
                             "SQLite rolls the file back to what it was when it next opens it");
    return hf_hot_journal_commit(journal, err);
}

int hf_overwrite(struct hf_restore_target *target, const struct hf_new_file *proven, uint64_t size,
                 bool *touched, struct hf_error *err)
{
    hf_auto(overwrite) struct overwrite self = {0};
    *touched = false;
    if (begin(&self, target, proven, size, err) || compare(&self, err))
        return -1;
    bool is_same = !hf_bitmap_count(&self.differs) && !self.kept &&
                   size == (uint64_t)self.old_count * self.block;
    if (is_same)
        return 0;
    return require_room(&self, err) || rewrite(&self, touched, err) ? -1 : 0;
}

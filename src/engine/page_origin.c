#include "engine/page_origin.h"

#include <stdlib.h>
#include <string.h>

#include "os/file.h"

enum { PIECE_BYTES = 256 << 10, SPARE_PART = 8, RESERVE_BYTES = 16 << 20 };

static const char kept_file[] = "temporary file";

void hf_page_origin_init(struct hf_page_origin *self, const struct hf_env *env, const char *beside)
{
    *self = (struct hf_page_origin){.env = env, .beside = beside, .fd = -1};
}

static void forget_kept(struct hf_page_origin *self)
{
    if (self->fd >= 0)
        self->env->fs.close(self->env->fs.context, self->fd);
    self->fd = -1;
}

int hf_page_origin_open(struct hf_page_origin *self, const char *path, int busy_ms,
                        struct hf_error *err)
{
    hf_page_origin_let_go(self);
    forget_kept(self);
    self->lost = (struct hf_error){0};
    self->source = hf_page_source_open(path, busy_ms, err);
    if (!self->source)
        return -1;
    self->info = *hf_page_source_info(self->source);
    return 0;
}

static bool must_keep(const struct hf_page_origin *self)
{
    return hf_page_origin_delays_writers(self) && !self->lost.code;
}

static void lose(struct hf_page_origin *self, const struct hf_error *why)
{
    self->lost = *why;
    forget_kept(self);
}

static int no_room(struct hf_error *err)
{
    return hf_error_set(err, HF_NO_SPACE, "there is no room for a temporary copy of the pages");
}

/* A file with room for so many bytes and some more, which others may need. */
static int open_room(const struct hf_page_origin *self, const char *directory, uint64_t bytes,
                     struct hf_error *err)
{
    int fd = directory ? hf_file_open_unnamed_in(self->env, directory, err)
                       : hf_file_open_unnamed(self->env, err);
    if (fd < 0 || hf_file_room(fd) >= bytes + bytes / SPARE_PART)
        return fd;
    self->env->fs.close(self->env->fs.context, fd);
    return no_room(err);
}

/* Opened where temporary files are, else beside the state file, when it is not yet. */
static bool find_place(struct hf_page_origin *self, uint64_t bytes)
{
    struct hf_error first = {0};
    if (self->fd >= 0)
        return true;
    self->fd = open_room(self, NULL, bytes, &first);
    if (self->fd >= 0)
        return true;
    hf_auto_free char *directory = hf_path_parent(self->beside);
    self->fd = directory ? open_room(self, directory, bytes, NULL) : -1;
    if (self->fd < 0)
        lose(self, &first);
    return self->fd >= 0;
}

static uint64_t place_of(const struct hf_page_origin *self, uint32_t page)
{
    return (uint64_t)(page - 1) * self->info.page_size;
}

void hf_page_origin_keep(struct hf_page_origin *self, uint32_t first, uint32_t count,
                         const uint8_t *images)
{
    size_t length = (size_t)count * self->info.page_size;
    struct hf_error err = {0};
    if (!must_keep(self) || !find_place(self, length))
        return;
    /* The application may write to the same disk. */
    if (hf_file_room(self->fd) < length + RESERVE_BYTES) {
        no_room(&err);
        lose(self, &err);
    } else if (hf_file_write(self->env, self->fd, kept_file, images, length, place_of(self, first),
                             &err))
        lose(self, &err);
}

int hf_page_origin_keep_all(struct hf_page_origin *self, const struct hf_events *events,
                            struct hf_error *err)
{
    const uint32_t size = self->info.page_size, step = PIECE_BYTES / size;
    const uint64_t count = self->info.page_count, total = count * size;
    if (!must_keep(self) || !find_place(self, total))
        return 0;
    hf_auto_free uint8_t *images = malloc(PIECE_BYTES);
    if (!images)
        return hf_error_memory(err);
    for (uint64_t page = 1; page <= count && must_keep(self); page += step) {
        uint32_t now = count - page + 1 < step ? (uint32_t)(count - page + 1) : step;
        if (hf_page_source_read(self->source, (uint32_t)page, now, images, err))
            return -1;
        hf_page_origin_keep(self, (uint32_t)page, now, images);
        hf_progress(events, "scan", (page - 1 + now) * size, total);
    }
    return 0;
}

void hf_page_origin_let_go(struct hf_page_origin *self)
{
    hf_page_source_free(self->source);
    self->source = NULL;
}

int hf_page_origin_read(struct hf_page_origin *self, uint32_t first, uint32_t count, uint8_t *out,
                        struct hf_error *err)
{
    if (self->source)
        return hf_page_source_read(self->source, first, count, out, err);
    int64_t length = (int64_t)count * self->info.page_size;
    int64_t got = hf_file_read(self->env, self->fd, kept_file, out, (size_t)length,
                               place_of(self, first), err);
    if (got < 0)
        return -1;
    if (got < length)
        return hf_error_set(err, HF_IO, "a temporary file does not keep what is written to it");
    return 0;
}

void hf_page_origin_release(struct hf_page_origin *self)
{
    hf_page_origin_let_go(self);
    forget_kept(self);
}

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "os/file.h"
#include "support/crash_log.h"
#include "support/scratch.h"
#include "support/seeded.h"

enum { SECTOR = 512 };

struct entry {
    const char *path; /* relative */
    int inode;        /* -1: a directory */
};

/* The disk while the changes before `end` are replayed. */
struct disk {
    const struct hf_crash_env *crash;
    const struct hf_crash *how;
    size_t end;
    bool *durable; /* for each change */
    size_t pending_names, pending_data;
    size_t names_to_keep; /* of the pending ones, in their order */
    uint64_t names_seed, data_seed;
    int cut_inode;           /* -1: none */
    uint64_t cut_keeps;      /* of its pending changes, in their order */
    struct hf_buf *contents; /* for each inode */
    struct entry *entries;
    size_t entry_count;
};

static void release_disk(struct disk *disk)
{
    if (disk->contents)
        for (int i = 0; i < disk->crash->inodes; i++)
            hf_buf_release(&disk->contents[i]);
    free(disk->contents);
    free(disk->entries);
    free(disk->durable);
}

static void find_cut(struct disk *disk)
{
    const struct change *changes = disk->crash->changes;
    uint64_t pending = 0;
    disk->cut_inode = -1;
    if (disk->how->data != HF_DATA_CUT)
        return;
    for (size_t i = 0; i < disk->end; i++)
        if (changes[i].kind == CHANGE_CREATE && !strcmp(changes[i].path, disk->how->cut))
            disk->cut_inode = changes[i].inode;
    for (size_t i = 0; i < disk->end; i++)
        pending += is_about_data(changes[i].kind) && !disk->durable[i] &&
                   changes[i].inode == disk->cut_inode;
    disk->cut_keeps = pending > disk->how->seed ? pending - disk->how->seed : 0;
}

static int init_disk(struct disk *disk, const struct hf_crash_env *crash,
                     const struct hf_crash *how, struct hf_error *err)
{
    *disk = (struct disk){.crash = crash, .how = how, .end = crash->base + how->operation};
    if (disk->end > crash->count)
        return hf_error_set(err, HF_FAILED, "there was no operation %" PRIu64, how->operation);
    disk->durable = calloc(disk->end + 1, sizeof *disk->durable);
    disk->entries = calloc(disk->end + 1, sizeof *disk->entries);
    disk->contents = calloc((size_t)crash->inodes + 1, sizeof *disk->contents);
    if (!disk->durable || !disk->entries || !disk->contents)
        return hf_error_memory(err);
    for (size_t i = 0; i < disk->end; i++) {
        const struct change *change = &crash->changes[i];
        disk->durable[i] = change->synced_at < disk->end || is_sync(change->kind);
        if (!disk->durable[i])
            ++*(is_about_data(change->kind) ? &disk->pending_data : &disk->pending_names);
    }
    find_cut(disk);
    disk->names_seed = how->seed;
    disk->data_seed = ~how->seed;
    if (how->names == HF_NAMES_PREFIX)
        disk->names_to_keep =
            (size_t)(hf_seeded_next(&disk->names_seed) % (disk->pending_names + 1));
    return 0;
}

static bool flip_coin(uint64_t *seed)
{
    return hf_seeded_next(seed) & 1;
}

static bool keeps_name(struct disk *disk)
{
    switch (disk->how->names) {
    case HF_NAMES_KEPT:
        return true;
    case HF_NAMES_DROPPED:
        return false;
    case HF_NAMES_PREFIX:
        return disk->names_to_keep && disk->names_to_keep--;
    case HF_NAMES_SUBSET:
    default:
        return flip_coin(&disk->names_seed);
    }
}

static struct entry *find_entry(struct disk *disk, const char *path)
{
    for (size_t i = 0; i < disk->entry_count; i++)
        if (!strcmp(disk->entries[i].path, path))
            return &disk->entries[i];
    return NULL;
}

static void set_entry(struct disk *disk, const char *path, int inode)
{
    struct entry *entry = find_entry(disk, path);
    if (!entry)
        entry = &disk->entries[disk->entry_count++];
    *entry = (struct entry){.path = path, .inode = inode};
}

static void drop_entry(struct disk *disk, const char *path)
{
    struct entry *entry = find_entry(disk, path);
    if (entry)
        *entry = disk->entries[--disk->entry_count];
}

static void change_names(struct disk *disk, const struct change *change)
{
    const struct entry *from = change->path ? find_entry(disk, change->path) : NULL;
    switch (change->kind) {
    case CHANGE_CREATE:
    case CHANGE_MKDIR:
        set_entry(disk, change->path, change->inode);
        break;
    case CHANGE_RENAME:
        if (from && from->inode == change->inode)
            drop_entry(disk, change->path);
        set_entry(disk, change->to, change->inode);
        break;
    case CHANGE_LINK:
        set_entry(disk, change->to, change->inode);
        break;
    case CHANGE_UNLINK:
    default:
        drop_entry(disk, change->path);
        break;
    }
}

static int grow(struct hf_buf *content, uint64_t size, struct hf_error *err)
{
    return size > content->length
               ? hf_buf_append(content, NULL, (size_t)size - content->length, err)
               : 0;
}

static int write_part(struct hf_buf *content, const struct change *change, uint64_t from,
                      uint64_t to, struct hf_error *err)
{
    if (to == from)
        return 0;
    if (grow(content, to, err))
        return -1;
    memcpy(content->data + from, change->bytes + (from - change->offset), (size_t)(to - from));
    return 0;
}

/* Any sectors of it; and the file has grown over what is missing, or not. */
static int tear_write(struct disk *disk, const struct change *change, struct hf_error *err)
{
    struct hf_buf *content = &disk->contents[change->inode];
    uint64_t end = change->offset + change->length;
    for (uint64_t at = change->offset; at < end;) {
        uint64_t next = (at / SECTOR + 1) * SECTOR;
        next = next < end ? next : end;
        if (flip_coin(&disk->data_seed) && write_part(content, change, at, next, err))
            return -1;
        at = next;
    }
    return flip_coin(&disk->data_seed) ? grow(content, end, err) : 0;
}

static int set_size(struct hf_buf *content, uint64_t size, struct hf_error *err)
{
    if (grow(content, size, err))
        return -1;
    content->length = (size_t)size;
    return 0;
}

static int change_data(struct disk *disk, const struct change *change, bool durable,
                       struct hf_error *err)
{
    struct hf_buf *content = &disk->contents[change->inode];
    bool torn = !durable && disk->how->data == HF_DATA_TORN;
    if (!durable && disk->how->data == HF_DATA_DROPPED)
        return 0;
    if (!durable && change->inode == disk->cut_inode && !(disk->cut_keeps && disk->cut_keeps--))
        return 0;
    if (change->kind == CHANGE_TRUNCATE)
        return torn && flip_coin(&disk->data_seed) ? 0 : set_size(content, change->offset, err);
    return torn ? tear_write(disk, change, err)
                : write_part(content, change, change->offset, change->offset + change->length, err);
}

static int replay(struct disk *disk, struct hf_error *err)
{
    for (size_t i = 0; i < disk->end; i++) {
        const struct change *change = &disk->crash->changes[i];
        if (is_sync(change->kind))
            continue;
        if (is_about_data(change->kind)) {
            if (change_data(disk, change, disk->durable[i], err))
                return -1;
        } else if (disk->durable[i] || keeps_name(disk)) {
            change_names(disk, change);
        }
    }
    return 0;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

/* Names in a directory that has itself no name on the disk are lost with it: ENOENT. */
static int build_entry(struct disk *disk, const struct entry *entry, const char *directory,
                       const char **first_names, struct hf_error *err)
{
    const struct hf_env *system = hf_env_system();
    hf_auto_free char *path = hf_path_join(directory, entry->path);
    if (!path)
        return hf_error_memory(err);
    if (entry->inode < 0)
        return mkdir(path, 0700) && errno != ENOENT ? hf_error_sys(err, errno, "mkdir", path) : 0;
    const char **first = &first_names[entry->inode];
    if (*first) {
        hf_auto_free char *other = hf_path_join(directory, *first);
        if (!other)
            return hf_error_memory(err);
        return link(other, path) && errno != ENOENT ? hf_error_sys(err, errno, "link", path) : 0;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == ENOENT ? 0 : hf_error_sys(err, errno, "create", path);
    const struct hf_buf *content = &disk->contents[entry->inode];
    int result = hf_file_write(system, fd, path, content->data, content->length, 0, err);
    close(fd);
    *first = entry->path;
    return result;
}

static int build(struct disk *disk, const char *directory, struct hf_error *err)
{
    hf_auto_free const char **first_names =
        calloc((size_t)disk->crash->inodes + 1, sizeof *first_names);
    if (!first_names)
        return hf_error_memory(err);
    if (mkdir(directory, 0700))
        return hf_error_sys(err, errno, "mkdir", directory);
    qsort(disk->entries, disk->entry_count, sizeof *disk->entries, by_path);
    for (size_t i = 0; i < disk->entry_count; i++)
        if (build_entry(disk, &disk->entries[i], directory, first_names, err))
            return -1;
    return 0;
}

int hf_crash_image(const struct hf_crash_env *crash, const struct hf_crash *how,
                   const char *directory, struct hf_error *err)
{
    struct disk disk;
    int result = init_disk(&disk, crash, how, err);
    if (!result)
        result = replay(&disk, err);
    if (!result)
        result = build(&disk, directory, err);
    release_disk(&disk);
    return result;
}

struct tour {
    const struct hf_crash_env *crash;
    unsigned seeds;
    const char *directory;
    int (*check)(void *arg, const struct hf_crash *how, const char *directory);
    void *arg;
    int64_t accepted;
};

static int visit(struct tour *tour, const struct hf_crash *how, struct hf_error *err)
{
    if (hf_crash_image(tour->crash, how, tour->directory, err))
        return -1;
    int refused = tour->check(tour->arg, how, tour->directory);
    hf_scratch_remove(tour->directory);
    if (refused) {
        char text[512];
        return hf_error_set(err, HF_CORRUPT, "refused: %s",
                            hf_crash_describe(tour->crash, how, text, sizeof text));
    }
    tour->accepted++;
    return 0;
}

static int visit_seeds(struct tour *tour, struct hf_crash how, struct hf_error *err)
{
    bool chance = how.data == HF_DATA_TORN || how.names >= HF_NAMES_PREFIX;
    for (how.seed = 1; how.seed <= (chance ? tour->seeds : 1); how.seed++)
        if (visit(tour, &how, err))
            return -1;
    return 0;
}

static int visit_operation(struct tour *tour, uint64_t operation, struct hf_error *err)
{
    struct hf_crash how = {.operation = operation};
    struct disk disk;
    int failed = init_disk(&disk, tour->crash, &how, err);
    size_t names = disk.pending_names, data = disk.pending_data;
    release_disk(&disk);
    /* One pending change of a name can only be kept or dropped. */
    enum hf_crash_names last_names = names > 1 ? HF_NAMES_SUBSET
                                     : names   ? HF_NAMES_DROPPED
                                               : HF_NAMES_KEPT;
    enum hf_crash_data last_data = data ? HF_DATA_TORN : HF_DATA_KEPT;
    for (int i = HF_NAMES_KEPT; !failed && i <= (int)last_names; i++)
        for (int j = HF_DATA_KEPT; !failed && j <= (int)last_data; j++) {
            how.names = (enum hf_crash_names)i;
            how.data = (enum hf_crash_data)j;
            failed = visit_seeds(tour, how, err);
        }
    return failed;
}

int64_t hf_crash_images(const struct hf_crash_env *crash, unsigned seeds, const char *directory,
                        int (*check)(void *arg, const struct hf_crash *how, const char *directory),
                        void *arg, struct hf_error *err)
{
    struct tour tour = {
        .crash = crash, .seeds = seeds, .directory = directory, .check = check, .arg = arg};
    for (uint64_t n = 0; n <= hf_crash_env_operations(crash); n++)
        if (visit_operation(&tour, n, err))
            return -1;
    return tour.accepted;
}

const char *hf_crash_describe(const struct hf_crash_env *crash, const struct hf_crash *how,
                              char *out, size_t size)
{
    static const char *const kinds[] = {"create", "link",     "rename",
                                        "unlink", "mkdir",    "sync of directory",
                                        "write",  "truncate", "sync"};
    static const char *const data[] = {"kept", "dropped", "torn", "of one file cut"};
    static const char *const names[] = {"kept", "dropped", "prefix kept", "subset kept"};
    char last[300] = "the beginning";
    if (how->operation) {
        const struct change *change = &crash->changes[crash->base + how->operation - 1];
        snprintf(last, sizeof last, "%s '%.100s' %.100s", kinds[change->kind],
                 change->path ? change->path : "", change->to ? change->to : "");
    }
    snprintf(out, size, "after operation %" PRIu64 " (%s), data %s, names %s, seed %" PRIu64,
             how->operation, last, data[how->data], names[how->names], how->seed);
    return out;
}

#include "engine/follow_apply.h"

#include <errno.h>
#include <string.h>

#include "os/signals.h"
#include "sqlite/hot_journal.h"
#include "sqlite/replica_header.h"

enum { BUFFER_BYTES = 1 << 20 };

struct apply {
    const struct hf_applying *in;
    const struct hf_change *change;
    const struct hf_env *env;
    int fd;
    struct hf_position next;
    uint32_t old_size, old_count; /* of the file's pages: bytes, number */
    uint64_t old_terms;           /* of what is overwritten and cut off */
    uint8_t *images;              /* BUFFER_BYTES */
    uint64_t written;
};

static uint32_t higher(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* A segment that the tail of the log made cannot have changed the schema without its cookie. Any
 * other way may lead to another schema with the same cookie. */
static bool may_have_another_schema(const struct apply *apply)
{
    const struct hf_position *from = apply->in->from;
    const struct hf_segment_name *to = &apply->change->segment;
    return !from || to->level || to->from != from->segment.to + 1 ||
           strcmp(apply->change->reason, "continuous") != 0 ||
           hf_replica_marks_of(from->original).schema_cookie !=
               hf_replica_marks_of(apply->next.original).schema_cookie;
}

/* Above whatever a reader can have seen. */
static struct hf_replica_marks next_marks(const struct apply *apply)
{
    struct hf_replica_marks marks = hf_replica_marks_of(apply->in->found->header);
    for (int i = 0; i < 2; i++) {
        const struct hf_follow_slot *slot = &apply->in->state->slots[i];
        struct hf_replica_marks known = hf_replica_marks_of(slot->position.own);
        if (!slot->is_whole)
            continue;
        marks.change_counter = higher(marks.change_counter, known.change_counter);
        marks.schema_cookie = higher(marks.schema_cookie, known.schema_cookie);
    }
    marks.change_counter++;
    marks.schema_cookie += may_have_another_schema(apply);
    return marks;
}

static int describe_next(struct apply *apply, struct hf_error *err)
{
    const struct hf_change *change = apply->change;
    struct hf_position *next = &apply->next;
    struct stat status;
    if (apply->env->fs.stat(apply->env->fs.context, apply->in->path, &status))
        return hf_error_sys(err, errno, "stat", apply->in->path);
    *next = (struct hf_position){.segment = change->segment,
                                 .fingerprint = change->state.fingerprint,
                                 .page_size = change->state.page_size,
                                 .page_count = change->state.page_count,
                                 .device = status.st_dev,
                                 .inode = status.st_ino};
    if (!hf_bitmap_get(&change->rewritten, 1)) {
        memcpy(next->original, apply->in->from->original, sizeof next->original);
    } else {
        if (hf_change_read(change, 1, 1, apply->images, err))
            return -1;
        memcpy(next->original, apply->images, sizeof next->original);
    }
    struct hf_replica_marks marks = next_marks(apply);
    memcpy(next->own, next->original, sizeof next->own);
    hf_replica_mark(next->own, &marks);
    return 0;
}

static bool is_overwritten(const struct apply *apply, uint32_t page)
{
    const struct hf_change *change = apply->change;
    return page == 1 || apply->old_size != change->state.page_size ||
           page > change->state.page_count || hf_bitmap_get(&change->rewritten, page) ||
           hf_bitmap_get(&change->cleared, page);
}

static bool is_changed(const struct apply *apply, uint32_t page)
{
    return page != 1 || hf_bitmap_get(&apply->change->rewritten, 1);
}

/* Page 1 counts as the point had it. */
static uint64_t old_term(const struct apply *apply, uint32_t page, uint8_t *image)
{
    uint8_t own[HF_DB_HEADER_BYTES];
    if (page != 1)
        return hf_state_term(
            page, hf_page_fingerprint(&apply->in->database->fingerprints, image, apply->old_size));
    memcpy(own, image, sizeof own);
    hf_replica_unmark(image, apply->in->from->original);
    uint64_t term = hf_state_term(
        1, hf_page_fingerprint(&apply->in->database->fingerprints, image, apply->old_size));
    memcpy(image, own, sizeof own);
    return term;
}

static int keep_old_page(struct apply *apply, struct hf_hot_journal *journal, uint32_t page,
                         struct hf_error *err)
{
    uint64_t size = apply->old_size;
    int64_t got = hf_file_read(apply->env, apply->fd, apply->in->path, apply->images, (size_t)size,
                               (page - 1) * size, err);
    if (got < 0)
        return -1;
    memset(apply->images + got, 0, (size_t)(size - (uint64_t)got));
    if (apply->in->from && is_changed(apply, page))
        apply->old_terms += old_term(apply, page, apply->images);
    return hf_hot_journal_add(journal, page, apply->images, err);
}

static int keep_old_pages(struct apply *apply, struct hf_hot_journal *journal, struct hf_error *err)
{
    uint32_t lock_byte_page = hf_lock_byte_page(apply->old_size);
    for (uint32_t page = 1; page <= apply->old_count; page++)
        if (page != lock_byte_page && is_overwritten(apply, page) &&
            keep_old_page(apply, journal, page, err))
            return -1;
    const struct hf_position *from = apply->in->from;
    if (from && from->fingerprint - apply->old_terms + apply->change->terms !=
                    apply->change->state.fingerprint)
        return hf_error_set(err, HF_CORRUPT,
                            "what changed does not lead from what '%s' holds to point %llu",
                            apply->in->path, (unsigned long long)apply->change->segment.to);
    return 0;
}

static int write_pages(struct apply *apply, uint32_t first, uint32_t count, struct hf_error *err)
{
    uint64_t size = apply->change->state.page_size;
    apply->written += count;
    return hf_file_write(apply->env, apply->fd, apply->in->path, apply->images,
                         (size_t)(count * size), (first - 1) * size, err);
}

/* Page 1 is written at every step: it has the change counter. */
static int write_first_page(struct apply *apply, struct hf_error *err)
{
    uint32_t size = apply->change->state.page_size;
    if (hf_bitmap_get(&apply->change->rewritten, 1)) {
        if (hf_change_read(apply->change, 1, 1, apply->images, err))
            return -1;
    } else if (hf_file_read(apply->env, apply->fd, apply->in->path, apply->images, size, 0, err) <
               0) {
        return -1;
    }
    memcpy(apply->images, apply->next.own, sizeof apply->next.own);
    return write_pages(apply, 1, 1, err);
}

static uint32_t run_length(const struct hf_bitmap *pages, uint32_t first, uint32_t most)
{
    uint32_t count = 0;
    while (count < most && hf_bitmap_get(pages, (uint64_t)first + count))
        count++;
    return count;
}

static int write_others(struct apply *apply, struct hf_error *err)
{
    const struct hf_change *change = apply->change;
    uint32_t count = change->state.page_count, most = BUFFER_BYTES / change->state.page_size;
    for (uint64_t page = 2; page <= count;) {
        uint32_t run = run_length(&change->rewritten, (uint32_t)page, most);
        if (run && hf_change_read(change, (uint32_t)page, run, apply->images, err))
            return -1;
        if (!run) {
            run = run_length(&change->cleared, (uint32_t)page, most);
            memset(apply->images, 0, (size_t)run * change->state.page_size);
        }
        if (run && write_pages(apply, (uint32_t)page, run, err))
            return -1;
        page += run ? run : 1;
    }
    return 0;
}

static int rewrite(struct apply *apply, struct hf_error *err)
{
    const struct hf_fs *fs = &apply->env->fs;
    uint64_t size = (uint64_t)apply->next.page_size * apply->next.page_count;
    if (write_first_page(apply, err) || write_others(apply, err))
        return -1;
    if (size != apply->in->found->size && fs->truncate(fs->context, apply->fd, (off_t)size))
        return hf_error_sys(err, errno, "resize", apply->in->path);
    if (fs->sync(fs->context, apply->fd))
        return hf_error_sys(err, errno, "sync", apply->in->path);
    return 0;
}

/* From the first old image in the journal to the commit. Other writers are kept out. */
static int change_file(struct apply *apply, struct hf_applied *out, struct hf_error *err)
{
    const struct hf_applying *in = apply->in;
    hf_auto_ptr(hf_hot_journal) struct hf_hot_journal *journal =
        hf_hot_journal_begin(apply->env, in->path, apply->old_size, apply->old_count, err);
    if (!journal || keep_old_pages(apply, journal, err) ||
        hf_follow_state_put(in->state, in->slot, in->database, &apply->next, err) ||
        hf_hot_journal_arm(journal, err))
        return -1;
    int64_t entered = hf_monotonic();
    if (hf_shared_file_enter(in->file, in->patience, err)) {
        /* Nothing has been written: without its journal the file is what it was. */
        hf_hot_journal_commit(journal, NULL);
        return -1;
    }
    if (rewrite(apply, err) || hf_hot_journal_commit(journal, err))
        return -1;
    hf_shared_file_end(in->file);
    *out = (struct hf_applied){apply->written, hf_monotonic() - entered};
    return 0;
}

static int measure(struct apply *apply, struct hf_error *err)
{
    struct hf_db_header header;
    const struct hf_shared_look *found = apply->in->found;
    if (!hf_db_header_parse(&header, found->header))
        return hf_error_set(err, HF_CORRUPT, "'%s' is not a SQLite database", apply->in->path);
    apply->old_size = header.page_size;
    apply->old_count = (uint32_t)((found->size + header.page_size - 1) / header.page_size);
    return 0;
}

int hf_apply(const struct hf_applying *applying, const struct hf_change *change,
             struct hf_applied *out, struct hf_error *err)
{
    struct apply apply = {.in = applying,
                          .change = change,
                          .env = applying->database->repository->keys.env,
                          .fd = hf_shared_file_fd(applying->file)};
    struct hf_shared_look look;
    hf_auto_free uint8_t *images = malloc(BUFFER_BYTES);
    apply.images = images;
    if (!images)
        return hf_error_memory(err);
    if (measure(&apply, err) || describe_next(&apply, err) ||
        hf_shared_file_begin(applying->file, &look, err))
        return -1;
    int failed = memcmp(look.header, applying->found->header, sizeof look.header) != 0 ||
                 look.size != applying->found->size;
    if (failed)
        hf_error_set(err, HF_STALE, "somebody wrote to '%s' meanwhile", applying->path);
    else
        failed = change_file(&apply, out, err);
    hf_shared_file_end(applying->file);
    return failed ? -1 : 0;
}

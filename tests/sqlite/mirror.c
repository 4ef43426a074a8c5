#include "sqlite/mirror.h"

#include <stdlib.h>
#include <string.h>

static void grow(struct mirror *mirror, uint32_t page)
{
    if (page <= mirror->room)
        return;
    uint32_t room = page * 2;
    mirror->pages = realloc(mirror->pages, (size_t)room * mirror->page_size);
    mirror->given = realloc(mirror->given, room + 1);
    memset(mirror->given + mirror->room + 1, 0, room - mirror->room);
    mirror->room = room;
}

int mirror_take(void *context, const struct hf_log_frame *frame, struct hf_error *err)
{
    struct mirror *mirror = context;
    if (mirror->fails)
        return hf_error_set(err, HF_NO_SPACE, "no room");
    grow(mirror, frame->page);
    memcpy(mirror->pages + (size_t)(frame->page - 1) * mirror->page_size, frame->image,
           mirror->page_size);
    mirror->given[frame->page] = 1;
    if (frame->commit_pages) {
        mirror->count = frame->commit_pages;
        if (frame->commit_pages < mirror->lowest)
            mirror->lowest = frame->commit_pages;
    }
    return 0;
}

/* Pages that are new and were never written. */
static void fill(struct mirror *mirror)
{
    struct hf_error err = {0};
    grow(mirror, mirror->count);
    for (uint32_t page = mirror->lowest + 1; page <= mirror->count; page++)
        if (!mirror->given[page])
            assert_int_equal(
                hf_log_hold_page(mirror->hold, page,
                                 mirror->pages + (size_t)(page - 1) * mirror->page_size, &err),
                0);
    memset(mirror->given, 0, mirror->room + 1);
    mirror->lowest = mirror->count;
}

static void copy_state(struct mirror *mirror, const char *path)
{
    struct hf_error err = {0};
    struct hf_page_source *source = hf_page_source_open(path, 1000, &err);
    if (!source)
        fail_msg("%s", err.text);
    const struct hf_db_info *info = hf_page_source_info(source);
    mirror->page_size = info->page_size;
    mirror->count = mirror->lowest = info->page_count;
    mirror->pages = NULL;
    mirror->given = calloc(1, 1);
    mirror->room = 0;
    grow(mirror, info->page_count);
    assert_int_equal(hf_page_source_read(source, 1, info->page_count, mirror->pages, &err), 0);
    hf_page_source_free(source);
}

struct mirror mirror_begin(const char *path)
{
    struct mirror mirror = {0};
    struct hf_error err = {0};
    mirror.hold = hf_log_hold_open(path, 1000, &err);
    if (!mirror.hold)
        fail_msg("%s", err.text);
    copy_state(&mirror, path);
    return mirror;
}

void mirror_end(struct mirror *mirror)
{
    hf_log_hold_release(mirror->hold, 1000);
    free(mirror->pages);
    free(mirror->given);
}

void read_log(struct mirror *mirror)
{
    struct hf_error err = {0};
    if (hf_log_hold_read(mirror->hold, mirror_take, mirror, &err))
        fail_msg("%s", err.text);
    fill(mirror);
}

enum hf_rotation rotate(struct mirror *mirror, uint32_t force)
{
    struct hf_error err = {0};
    const struct hf_rotation_options options = {force, mirror_take, mirror};
    enum hf_rotation result = hf_log_hold_rotate(mirror->hold, &options, &err);
    if (result == HF_ROTATION_FAILED)
        fail_msg("%s", err.text);
    fill(mirror);
    return result;
}

struct hf_log_look look(struct mirror *mirror)
{
    struct hf_log_look found;
    struct hf_error err = {0};
    assert_int_equal(hf_log_hold_look(mirror->hold, &found, &err), 0);
    return found;
}

void assert_mirrors(struct mirror *mirror, const char *path)
{
    struct mirror now = {0};
    read_log(mirror);
    copy_state(&now, path);
    assert_int_equal(mirror->count, now.count);
    for (uint32_t page = 1; page <= now.count; page++)
        if (memcmp(mirror->pages + (size_t)(page - 1) * mirror->page_size,
                   now.pages + (size_t)(page - 1) * now.page_size, now.page_size))
            fail_msg("page %u differs", page);
    free(now.pages);
    free(now.given);
}

void make_wal(const struct scene *scene, int page_size)
{
    sql_in(scene->db,
           "PRAGMA page_size = %d; PRAGMA journal_mode = WAL; CREATE TABLE t(id INTEGER PRIMARY "
           "KEY, a); CREATE INDEX i ON t(a)",
           page_size);
}

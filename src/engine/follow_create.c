#include "engine/follow_create.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/page_writer.h"
#include "engine/put_in_place.h"
#include "sqlite/replica_header.h"

/* A counter that no other file has: that the file is this replica can be told by it. Far from its
 * end, and from the small ones of young databases. */
static int random_counter(const struct hf_env *env, uint32_t *counter, struct hf_error *err)
{
    if (hf_random(env, counter, sizeof *counter, err))
        return -1;
    *counter = (*counter & 0x3fffffff) | 0x10000000;
    return 0;
}

static int mark(const struct hf_new_file *file, struct hf_position *position, struct hf_error *err)
{
    uint8_t header[HF_DB_HEADER_BYTES];
    struct hf_replica_marks marks;
    int64_t got = hf_file_read(file->env, file->fd, file->temporary, header, sizeof header, 0, err);
    if (got < 0 || random_counter(file->env, &marks.change_counter, err))
        return -1;
    if (got < (int64_t)sizeof header)
        return hf_error_set(err, HF_CORRUPT, "the restore point is no SQLite database");
    memcpy(position->original, header, sizeof header);
    marks.schema_cookie = hf_replica_marks_of(header).schema_cookie;
    hf_replica_mark(header, &marks);
    memcpy(position->own, header, sizeof header);
    return hf_file_write(file->env, file->fd, file->temporary, header, sizeof header, 0, err);
}

static int write_all(const struct hf_creating *creating, const struct hf_plan *plan,
                     const struct hf_new_file *file, struct hf_position *position,
                     struct hf_error *err)
{
    struct hf_state state;
    uint64_t written;
    const struct hf_fs *fs = &file->env->fs;
    if (hf_plan_state(creating->database, plan, &state, err))
        return -1;
    const struct hf_page_file pages = {file->env, file->fd, file->temporary, state.page_size};
    if (fs->truncate(fs->context, file->fd, (off_t)((uint64_t)state.page_size * state.page_count)))
        return hf_error_sys(err, errno, "extend", file->temporary);
    *position = (struct hf_position){.segment = plan->steps[0]->name,
                                     .fingerprint = state.fingerprint,
                                     .page_size = state.page_size,
                                     .page_count = state.page_count};
    return hf_write_pages(&pages, creating->database, plan, NULL, state.page_count,
                          creating->events, &written, err);
}

static int put_in_place(const struct hf_creating *creating, struct hf_restore_target *target,
                        struct hf_new_file *file, uint64_t size, struct hf_error *err)
{
    char kept[HF_KEPT_PATH];
    if (hf_new_file_adopt(file, file->path, err) ||
        hf_put_in_place(target, file, size, false, kept, err))
        return -1;
    if (*kept)
        hf_notice(creating->events, "what was at '%s' is kept as '%s'", creating->path, kept);
    return 0;
}

/* Which file it is, once it is a replica: before, what is there is not to be taken for one. */
static int identify(struct hf_position *position, const struct hf_restore_target *target,
                    struct hf_error *err)
{
    struct stat status;
    const char *path = hf_restore_target_path(target);
    const struct hf_fs *fs = &hf_restore_target_env(target)->fs;
    if (fs->stat(fs->context, path, &status))
        return hf_error_sys(err, errno, "stat", path);
    position->device = status.st_dev;
    position->inode = status.st_ino;
    return 0;
}

static int put_state(const struct hf_creating *creating, const struct hf_position *position,
                     struct hf_error *err)
{
    return hf_follow_state_put(creating->state, creating->slot, creating->database, position, err);
}

int hf_create_replica(const struct hf_creating *creating, const struct hf_plan *plan,
                      uint64_t *pages, struct hf_error *err)
{
    const struct hf_env *env = creating->database->repository->keys.env;
    struct hf_position position;
    hf_auto(hf_new_file) struct hf_new_file file = {.fd = -1};
    hf_auto_ptr(hf_restore_target) struct hf_restore_target *target =
        hf_restore_target_take(env, creating->path, creating->busy_ms, err);
    if (!target)
        return -1;
    if (hf_restore_target_state(target) != HF_TARGET_ABSENT && !creating->replace) {
        hf_error_set(err, HF_REFUSED,
                     "there is a file at '%s' that is not a replica of this "
                     "database",
                     creating->path);
        return hf_error_hint_typed(err, "--to, --overwrite",
                                   "name another file, or replace this one");
    }
    if (hf_new_file_begin(&file, env, hf_restore_target_path(target), 0600, err))
        return -1;
    hf_new_file_remove_litter(&file, HF_LITTER_OF_FILE);
    if (write_all(creating, plan, &file, &position, err) || mark(&file, &position, err) ||
        put_state(creating, &position, err) ||
        put_in_place(creating, target, &file, (uint64_t)position.page_size * position.page_count,
                     err) ||
        identify(&position, target, err) || put_state(creating, &position, err))
        return -1;
    *pages = position.page_count;
    return 0;
}

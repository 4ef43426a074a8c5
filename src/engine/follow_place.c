#include "engine/follow_place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"

static const struct hf_env *env_of(const struct hf_follow_place *place)
{
    return place->database->repository->keys.env;
}

int hf_follow_place_init(struct hf_follow_place *place, const struct hf_database *database,
                         const char *path, int busy_ms, struct hf_error *err)
{
    *place = (struct hf_follow_place){.database = database,
                                      .path = hf_path_real(path),
                                      .busy_ms = busy_ms,
                                      .state = {.fd = -1},
                                      .slot = HF_NOWHERE};
    if (!place->path)
        return hf_error_memory(err);
    if (!hf_follow_state_open(&place->state, env_of(place), place->path, err))
        return 0;
    free(place->path);
    place->path = NULL;
    return -1;
}

void hf_follow_place_release(struct hf_follow_place *place)
{
    hf_shared_file_free(place->file);
    hf_follow_state_release(&place->state);
    free(place->path);
    *place = (struct hf_follow_place){.state = {.fd = -1}, .slot = HF_NOWHERE};
}

void hf_follow_place_leave(struct hf_follow_place *place)
{
    hf_shared_file_free(place->file);
    place->file = NULL;
    place->slot = HF_NOWHERE;
}

const struct hf_position *hf_follow_position(const struct hf_follow_place *place)
{
    return place->slot == HF_NOWHERE ? NULL : &place->state.slots[place->slot].position;
}

int hf_follow_free_slot(const struct hf_follow_place *place)
{
    if (place->slot != HF_NOWHERE)
        return !place->slot;
    return place->state.slots[0].is_whole && !place->state.slots[1].is_whole;
}

int hf_follow_place_remember(struct hf_follow_place *place)
{
    const struct hf_fs *fs = &env_of(place)->fs;
    return fs->stat(fs->context, place->path, &place->left);
}

bool hf_follow_place_is_as_left(const struct hf_follow_place *place)
{
    struct stat now;
    const struct hf_fs *fs = &env_of(place)->fs;
    const struct stat *left = &place->left;
    return !fs->stat(fs->context, place->path, &now) && now.st_ino == left->st_ino &&
           now.st_dev == left->st_dev && now.st_size == left->st_size &&
           now.st_mtim.tv_sec == left->st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == left->st_mtim.tv_nsec;
}

static bool is_ours(const struct hf_follow_place *place, const struct hf_follow_slot *slot)
{
    return slot->is_whole &&
           !memcmp(slot->repository, place->database->repository->keys.repository, HF_ID_BYTES) &&
           !memcmp(slot->database, place->database->id, HF_ID_BYTES);
}

static bool fits(const struct hf_follow_place *place, const struct hf_follow_slot *slot)
{
    const struct hf_position *at = &slot->position;
    return is_ours(place, slot) && !memcmp(at->own, place->found.header, sizeof at->own) &&
           (uint64_t)at->page_size * at->page_count == place->found.size;
}

/* The same file as it was, whatever is in it now. */
static bool is_known_file(const struct hf_follow_place *place, const struct stat *status)
{
    for (int i = 0; i < 2; i++) {
        const struct hf_position *at = &place->state.slots[i].position;
        if (is_ours(place, &place->state.slots[i]) && at->inode == status->st_ino &&
            at->device == status->st_dev)
            return true;
    }
    return false;
}

static int look(struct hf_follow_place *place, struct hf_error *err)
{
    struct hf_db_header header;
    if (!place->file)
        place->file = hf_shared_file_open(env_of(place), place->path, place->busy_ms, err);
    if (!place->file || hf_shared_file_look(place->file, &place->found, err))
        return -1;
    if (!hf_db_header_parse(&header, place->found.header))
        return hf_error_set(err, HF_CORRUPT, "'%s' is not a SQLite database", place->path);
    return 0;
}

/* To put it in WAL mode is to write to it as well. */
static int leave_log(struct hf_follow_place *place, struct hf_error *err)
{
    struct hf_db_header header;
    if (!hf_db_header_parse(&header, place->found.header) || !header.wal)
        return 0;
    if (hf_shared_file_leave_log(place->file, err))
        return -1;
    return look(place, err);
}

int hf_follow_place_settle(struct hf_follow_place *place, int slot, struct hf_error *err)
{
    if (look(place, err))
        return -1;
    place->slot = fits(place, &place->state.slots[slot]) ? slot : HF_NOWHERE;
    return 0;
}

int hf_follow_place_ask(struct hf_follow_place *place, enum hf_standing *standing,
                        struct hf_error *err)
{
    struct stat status;
    struct hf_error local = {0};
    const struct hf_fs *fs = &env_of(place)->fs;
    hf_follow_place_leave(place);
    if (fs->stat(fs->context, place->path, &status)) {
        *standing = HF_STANDS_ABSENT;
        return errno == ENOENT ? 0 : hf_error_sys(err, errno, "stat", place->path);
    }
    bool known = is_known_file(place, &status);
    int failed = S_ISREG(status.st_mode) ? look(place, &local)
                                         : hf_error_set(&local, HF_CORRUPT, "no regular file");
    if (failed && local.code != HF_CORRUPT)
        return hf_error_pass(err, &local);
    if (failed) {
        *standing = known ? HF_STANDS_RUINED : HF_STANDS_FOREIGN;
        return 0;
    }
    for (int i = 0; i < 2; i++)
        if (fits(place, &place->state.slots[i]))
            place->slot = i;
    *standing = place->slot != HF_NOWHERE ? HF_STANDS_AT_POINT
                : known                   ? HF_STANDS_WRITTEN
                                          : HF_STANDS_FOREIGN;
    return *standing == HF_STANDS_WRITTEN ? leave_log(place, err) : 0;
}

#include "engine/follow_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "codec/digest.h"
#include "history/object_header.h"
#include "os/file.h"

enum { SLOT_BYTES = 4096 };

static int encode(uint8_t out[SLOT_BYTES], const struct hf_database *database,
                  const struct hf_position *position, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf head = {0};
    char name[HF_SEGMENT_NAME_TEXT];
    hf_segment_name_format(name, &position->segment);
    if (hf_header_begin(&head, HF_OBJECT_HOST_STATE, err) ||
        hf_field_bytes(&head, HF_TAG_REPOSITORY_ID, database->repository->keys.repository,
                       HF_ID_BYTES, err) ||
        hf_field_bytes(&head, HF_TAG_DATABASE_ID, database->id, HF_ID_BYTES, err) ||
        hf_field_text(&head, HF_TAG_NAME, name, err) ||
        hf_field_number(&head, HF_TAG_STATE_AFTER, 8, position->fingerprint, err) ||
        hf_field_number(&head, HF_TAG_PAGE_SIZE, 4, position->page_size, err) ||
        hf_field_number(&head, HF_TAG_PAGE_COUNT, 4, position->page_count, err) ||
        hf_field_number(&head, HF_TAG_DEVICE, 8, position->device, err) ||
        hf_field_number(&head, HF_TAG_INODE, 8, position->inode, err) ||
        hf_field_bytes(&head, HF_TAG_OWN_HEADER, position->own, sizeof position->own, err) ||
        hf_field_bytes(&head, HF_TAG_ORIGINAL_HEADER, position->original, sizeof position->original,
                       err))
        return -1;
    hf_header_end(&head, 0);
    memset(out, 0, SLOT_BYTES);
    memcpy(out, head.data, head.length);
    hf_digest_of(out + SLOT_BYTES - HF_DIGEST_BYTES, out, SLOT_BYTES - HF_DIGEST_BYTES);
    return 0;
}

/* A slot that is not whole stays empty. */
static void decode(struct hf_follow_slot *slot, const uint8_t bytes[SLOT_BYTES])
{
    uint8_t digest[HF_DIGEST_BYTES];
    char name[HF_SEGMENT_NAME_TEXT];
    struct hf_follow_slot found = {.is_whole = true};
    struct hf_position *position = &found.position;
    struct hf_fields fields;
    size_t header;
    *slot = (struct hf_follow_slot){0};
    hf_digest_of(digest, bytes, SLOT_BYTES - HF_DIGEST_BYTES);
    if (memcmp(digest, bytes + SLOT_BYTES - HF_DIGEST_BYTES, sizeof digest) != 0 ||
        hf_header_parse(bytes, SLOT_BYTES, HF_OBJECT_HOST_STATE, &fields, &header, NULL))
        return;
    hf_fields_text(&fields, HF_TAG_NAME, name, sizeof name);
    if (hf_fields_copy(&fields, HF_TAG_REPOSITORY_ID, found.repository, HF_ID_BYTES, NULL) ||
        hf_fields_copy(&fields, HF_TAG_DATABASE_ID, found.database, HF_ID_BYTES, NULL) ||
        hf_fields_copy(&fields, HF_TAG_OWN_HEADER, position->own, sizeof position->own, NULL) ||
        hf_fields_copy(&fields, HF_TAG_ORIGINAL_HEADER, position->original,
                       sizeof position->original, NULL) ||
        !hf_segment_name_parse(&position->segment, name))
        return;
    position->fingerprint = hf_fields_number_or(&fields, HF_TAG_STATE_AFTER, 0);
    position->page_size = (uint32_t)hf_fields_number_or(&fields, HF_TAG_PAGE_SIZE, 0);
    position->page_count = (uint32_t)hf_fields_number_or(&fields, HF_TAG_PAGE_COUNT, 0);
    position->device = hf_fields_number_or(&fields, HF_TAG_DEVICE, 0);
    position->inode = hf_fields_number_or(&fields, HF_TAG_INODE, 0);
    *slot = found;
}

/* Locks what the path names: 1 locked, 0 removed meanwhile, -1 error. */
static int lock(const struct hf_follow_state *state, struct hf_error *err)
{
    struct stat open_file, named_file;
    if (flock(state->fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK)
            return hf_error_sys(err, errno, "lock", state->path);
        hf_error_set(err, HF_LOCKED,
                     "another holdfast keeps this replica up to date ('%s' is locked)",
                     state->path);
        return hf_error_hint(err, "let that one go on, or end it first");
    }
    if (fstat(state->fd, &open_file))
        return hf_error_sys(err, errno, "stat", state->path);
    return state->env->fs.stat(state->env->fs.context, state->path, &named_file) == 0 &&
           open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev;
}

static int open_locked(struct hf_follow_state *state, struct hf_error *err)
{
    for (;;) {
        state->fd = hf_file_open(state->env, state->path, O_RDWR | O_CREAT, 0600, err);
        if (state->fd < 0)
            return hf_error_hint(err, "Holdfast keeps a small file beside the replica");
        int locked = lock(state, err);
        state->is_locked = locked > 0;
        if (locked)
            return locked < 0 ? -1 : 0;
        state->env->fs.close(state->env->fs.context, state->fd);
    }
}

int hf_follow_state_open(struct hf_follow_state *state, const struct hf_env *env,
                         const char *replica, struct hf_error *err)
{
    uint8_t slot[SLOT_BYTES];
    *state = (struct hf_follow_state){.env = env, .fd = -1};
    if (asprintf(&state->path, "%s-holdfast-follow", replica) < 0) {
        state->path = NULL;
        return hf_error_memory(err);
    }
    if (open_locked(state, err))
        goto failed;
    for (int i = 0; i < 2; i++) {
        int64_t got = hf_file_read(env, state->fd, state->path, slot, sizeof slot,
                                   (uint64_t)i * SLOT_BYTES, err);
        if (got < 0) {
            state->is_locked = false; /* it may say a lot */
            goto failed;
        }
        if (got == SLOT_BYTES)
            decode(&state->slots[i], slot);
    }
    return 0;
failed:
    hf_follow_state_release(state);
    return -1;
}

int hf_follow_state_put(struct hf_follow_state *state, int which,
                        const struct hf_database *database, const struct hf_position *position,
                        struct hf_error *err)
{
    uint8_t bytes[SLOT_BYTES];
    const struct hf_fs *fs = &state->env->fs;
    if (encode(bytes, database, position, err))
        return -1;
    state->slots[which].is_whole = false;
    if (hf_file_write(state->env, state->fd, state->path, bytes, sizeof bytes,
                      (uint64_t)which * SLOT_BYTES, err))
        return -1;
    if (fs->sync(fs->context, state->fd))
        return hf_error_sys(err, errno, "sync", state->path);
    decode(&state->slots[which], bytes);
    return 0;
}

/* One that says nothing does not stay beside a file that may be somebody else's. */
void hf_follow_state_release(struct hf_follow_state *state)
{
    const struct hf_fs *fs = state->env ? &state->env->fs : NULL;
    if (state->fd >= 0 && fs) {
        if (state->is_locked && !state->slots[0].is_whole && !state->slots[1].is_whole)
            fs->unlink(fs->context, state->path);
        fs->close(fs->context, state->fd);
    }
    free(state->path);
    *state = (struct hf_follow_state){.fd = -1};
}

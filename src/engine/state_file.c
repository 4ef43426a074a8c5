#include "engine/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "codec/digest.h"

enum {
    HEADER_BYTES = 4096,
    PIECE = 4096,
};

void hf_known_state_belongs(struct hf_known_state *known, const struct hf_database *database)
{
    memcpy(known->repository, database->repository->keys.repository, HF_ID_BYTES);
    memcpy(known->key_id, database->repository->key_id, HF_ID_BYTES);
    memcpy(known->database, database->id, HF_ID_BYTES);
}

bool hf_known_state_is_of(const struct hf_known_state *known, const struct hf_database *database)
{
    return known->segment.to &&
           !memcmp(known->repository, database->repository->keys.repository, HF_ID_BYTES) &&
           !memcmp(known->database, database->id, HF_ID_BYTES);
}

uint64_t hf_map_offset(uint32_t page)
{
    return HEADER_BYTES + (uint64_t)(page - 1) * 8;
}

static int encode_header(uint8_t out[HEADER_BYTES], const uint8_t writer[HF_ID_BYTES],
                         const struct hf_known_state *known, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf head = {0};
    char name[HF_SEGMENT_NAME_TEXT];
    hf_segment_name_format(name, &known->segment);
    if (hf_header_begin(&head, HF_OBJECT_HOST_STATE, err) ||
        hf_field_bytes(&head, HF_TAG_WRITER_ID, writer, HF_ID_BYTES, err) ||
        hf_field_bytes(&head, HF_TAG_REPOSITORY_ID, known->repository, HF_ID_BYTES, err) ||
        hf_field_bytes(&head, HF_TAG_KEY_ID, known->key_id, HF_ID_BYTES, err) ||
        hf_field_bytes(&head, HF_TAG_DATABASE_ID, known->database, HF_ID_BYTES, err) ||
        hf_field_text(&head, HF_TAG_NAME, name, err) ||
        hf_field_number(&head, HF_TAG_STATE_AFTER, 8, known->fingerprint, err) ||
        hf_field_number(&head, HF_TAG_PAGE_SIZE, 4, known->page_size, err) ||
        hf_field_number(&head, HF_TAG_PAGE_COUNT, 4, known->page_count, err) ||
        hf_field_bytes(&head, HF_TAG_STAMP, &known->stamp, sizeof known->stamp, err))
        return -1;
    hf_header_end(&head, 0);
    memset(out, 0, HEADER_BYTES);
    memcpy(out, head.data, head.length);
    hf_digest_of(out + HEADER_BYTES - HF_DIGEST_BYTES, out, HEADER_BYTES - HF_DIGEST_BYTES);
    return 0;
}

/* A header that is not whole leaves everything as if the file were new. */
static void decode_header(uint8_t writer_out[HF_ID_BYTES], struct hf_known_state *out,
                          const uint8_t bytes[HEADER_BYTES])
{
    uint8_t digest[HF_DIGEST_BYTES], writer[HF_ID_BYTES];
    char name[HF_SEGMENT_NAME_TEXT];
    struct hf_known_state known = {0};
    struct hf_fields fields;
    size_t header;
    hf_digest_of(digest, bytes, HEADER_BYTES - HF_DIGEST_BYTES);
    if (memcmp(digest, bytes + HEADER_BYTES - HF_DIGEST_BYTES, sizeof digest) ||
        hf_header_parse(bytes, HEADER_BYTES, HF_OBJECT_HOST_STATE, &fields, &header, NULL) ||
        hf_fields_copy(&fields, HF_TAG_WRITER_ID, writer, sizeof writer, NULL))
        return;
    memcpy(writer_out, writer, sizeof writer);
    hf_fields_text(&fields, HF_TAG_NAME, name, sizeof name);
    if (hf_fields_copy(&fields, HF_TAG_REPOSITORY_ID, known.repository, HF_ID_BYTES, NULL) ||
        hf_fields_copy(&fields, HF_TAG_KEY_ID, known.key_id, HF_ID_BYTES, NULL) ||
        hf_fields_copy(&fields, HF_TAG_DATABASE_ID, known.database, HF_ID_BYTES, NULL) ||
        hf_fields_copy(&fields, HF_TAG_STAMP, &known.stamp, sizeof known.stamp, NULL) ||
        !hf_segment_name_parse(&known.segment, name))
        return;
    known.fingerprint = hf_fields_number_or(&fields, HF_TAG_STATE_AFTER, 0);
    known.page_size = (uint32_t)hf_fields_number_or(&fields, HF_TAG_PAGE_SIZE, 0);
    known.page_count = (uint32_t)hf_fields_number_or(&fields, HF_TAG_PAGE_COUNT, 0);
    *out = known;
}

/* Locks what the path names: 1 locked, 0 replaced meanwhile, -1 error. */
static int lock(struct hf_state_file *file, struct hf_error *err)
{
    struct stat open_file, named_file;
    if (flock(file->fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK)
            return hf_error_sys(err, errno, "lock", file->path);
        hf_error_set(err, HF_LOCKED,
                     "another holdfast is working on this database ('%s' is "
                     "locked)",
                     file->path);
        return hf_error_hint(err, "try again when it has finished");
    }
    if (fstat(file->fd, &open_file))
        return hf_error_sys(err, errno, "stat", file->path);
    return file->env->fs.stat(file->env->fs.context, file->path, &named_file) == 0 &&
           open_file.st_ino == named_file.st_ino && open_file.st_dev == named_file.st_dev;
}

static int open_locked(struct hf_state_file *file, struct hf_error *err)
{
    for (;;) {
        file->fd = hf_file_open(file->env, file->path, O_RDWR | O_CREAT, 0600, err);
        if (file->fd < 0)
            return hf_error_hint_typed(err, "--state-dir",
                                       "Holdfast keeps a small file beside the database; give it "
                                       "another place");
        int locked = lock(file, err);
        if (locked)
            return locked < 0 ? -1 : 0;
        file->env->fs.close(file->env->fs.context, file->fd);
    }
}

char *hf_state_file_path(const char *database_path, const char *wanted)
{
    char *path = NULL;
    if (wanted)
        return strdup(wanted);
    return asprintf(&path, "%s-holdfast", database_path) < 0 ? NULL : path;
}

void hf_state_file_peek(struct hf_known_state *known, const struct hf_env *env, const char *path)
{
    uint8_t header[HEADER_BYTES], writer[HF_ID_BYTES];
    *known = (struct hf_known_state){0};
    int fd = hf_file_open(env, path, O_RDONLY, 0, NULL);
    if (fd < 0)
        return;
    if (hf_file_read(env, fd, path, header, sizeof header, 0, NULL) == HEADER_BYTES)
        decode_header(writer, known, header);
    env->fs.close(env->fs.context, fd);
}

int hf_state_file_open(struct hf_state_file *file, const struct hf_env *env, const char *path,
                       struct hf_error *err)
{
    uint8_t header[HEADER_BYTES];
    *file = (struct hf_state_file){.env = env, .fd = -1, .path = strdup(path)};
    if (!file->path)
        return hf_error_memory(err);
    if (open_locked(file, err) || hf_random(env, file->writer, sizeof file->writer, err))
        goto failed;
    int64_t got = hf_file_read(env, file->fd, path, header, sizeof header, 0, err);
    if (got < 0)
        goto failed;
    if (got == HEADER_BYTES)
        decode_header(file->writer, &file->known, header);
    return 0;
failed:
    hf_state_file_release(file);
    return -1;
}

int hf_state_file_update(struct hf_state_file *file, const struct hf_known_state *known,
                         struct hf_error *err)
{
    uint8_t header[HEADER_BYTES];
    if (encode_header(header, file->writer, known, err) ||
        hf_file_write(file->env, file->fd, file->path, header, sizeof header, 0, err))
        return -1;
    file->known = *known;
    return 0;
}

void hf_state_file_release(struct hf_state_file *file)
{
    if (file->fd >= 0 && file->env)
        file->env->fs.close(file->env->fs.context, file->fd);
    free(file->path);
    *file = (struct hf_state_file){.fd = -1};
}

void hf_map_reader_init(struct hf_map_reader *reader, const struct hf_state_file *file)
{
    reader->file = file;
    reader->next = 1;
    reader->have = reader->at = 0;
}

int hf_map_reader_next(struct hf_map_reader *reader, uint64_t *fingerprint, struct hf_error *err)
{
    const struct hf_state_file *file = reader->file;
    if (reader->at == reader->have) {
        uint32_t count = file->known.page_count,
                 left = reader->next > count ? 0 : count - reader->next + 1;
        reader->have = left < PIECE ? left : PIECE;
        reader->at = 0;
        if (!reader->have) {
            *fingerprint = 0;
            return 0;
        }
        memset(reader->piece, 0, sizeof reader->piece);
        if (hf_file_read(file->env, file->fd, file->path, reader->piece, reader->have * 8,
                         hf_map_offset(reader->next), err) < 0)
            return -1;
        reader->next += reader->have;
    }
    *fingerprint = hf_get_le((const uint8_t *)&reader->piece[reader->at++], 8);
    return 0;
}

int hf_map_writer_begin(struct hf_map_writer *writer, const struct hf_state_file *file,
                        struct hf_error *err)
{
    writer->have = 0;
    writer->offset = HEADER_BYTES;
    if (hf_new_file_begin(&writer->file, file->env, file->path, 0600, err))
        return -1;
    hf_new_file_remove_litter(&writer->file, HF_LITTER_OF_FILE);
    return 0;
}

static int flush(struct hf_map_writer *writer, struct hf_error *err)
{
    if (hf_new_file_write(&writer->file, writer->piece, writer->have, writer->offset, err))
        return -1;
    writer->offset += writer->have;
    writer->have = 0;
    return 0;
}

int hf_map_writer_append(struct hf_map_writer *writer, uint64_t fingerprint, struct hf_error *err)
{
    if (writer->have == sizeof writer->piece && flush(writer, err))
        return -1;
    hf_put_le(writer->piece + writer->have, 8, fingerprint);
    writer->have += 8;
    return 0;
}

int hf_map_writer_put(struct hf_map_writer *writer, uint32_t first, const uint64_t *fingerprints,
                      uint32_t count, struct hf_error *err)
{
    for (uint32_t i = 0; i < count; i++)
        hf_put_le(writer->piece + 8 * (size_t)i, 8, fingerprints[i]);
    return hf_new_file_write(&writer->file, writer->piece, 8 * (size_t)count, hf_map_offset(first),
                             err);
}

int hf_map_writer_commit(struct hf_map_writer *writer, struct hf_state_file *file,
                         const struct hf_known_state *known, struct hf_error *err)
{
    uint8_t header[HEADER_BYTES];
    if ((writer->have && flush(writer, err)) || encode_header(header, file->writer, known, err) ||
        hf_new_file_write(&writer->file, header, sizeof header, 0, err) ||
        hf_new_file_commit(&writer->file, HF_COMMIT_REPLACE, err))
        return -1;
    /* The lock moves to the new file; whoever came first in between keeps it. */
    int old = file->fd;
    file->known = *known;
    int failed = open_locked(file, err);
    file->env->fs.close(file->env->fs.context, old);
    return failed;
}

void hf_map_writer_release(struct hf_map_writer *writer)
{
    hf_new_file_release(&writer->file);
}

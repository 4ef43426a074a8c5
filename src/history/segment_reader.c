#include "history/segment_reader.h"

#include <stdio.h>

#include "codec/seal.h"

enum { TAIL_BYTES = 64 << 10, HEADER_BYTES = 1 << 10, DIGEST_STEP = 1 << 20 };

static struct hf_store *store_of(const struct hf_segment_object *object)
{
    return object->database->repository->store;
}

/* Every error about an object names it, once, and says how to see what it means. */
static int object_error(const struct hf_segment_object *object, struct hf_error *err)
{
    if (err && (err->code == HF_CORRUPT || err->code == HF_UNSUPPORTED)) {
        hf_error_wrap(err, "segment '%s'", object->name);
        hf_error_hint_typed(err, "holdfast check --read-data",
                            "a check that reads the data says which restore points this concerns");
    }
    return -1;
}

/* Reads part of an object, from what was read with its end where that holds it. */
static int read_piece(const struct hf_segment_object *object, uint64_t offset, void *out,
                      size_t length, struct hf_error *err)
{
    uint64_t tail = object->length - object->tail.length;
    if (offset >= tail && offset + length <= object->length) {
        memcpy(out, object->tail.data + (offset - tail), length);
        return 0;
    }
    return hf_store_read(store_of(object), object->name, offset, out, length, err);
}

/* Reads and opens a sealed piece; `out` gets its plain bytes. */
static int open_piece(const struct hf_segment_object *object, uint64_t offset, uint32_t length,
                      const struct hf_key *key, uint64_t number, struct hf_buf *out,
                      struct hf_error *err)
{
    uint8_t nonce[HF_NONCE_BYTES], extra[8];
    if (length < HF_SEAL_BYTES)
        return hf_error_set(err, HF_CORRUPT, "a piece of impossible length");
    if (hf_buf_reserve(out, length, err) || read_piece(object, offset, out->data, length, err))
        return -1;
    hf_seal_nonce(nonce, number);
    hf_put_le(extra, 8, number);
    if (hf_open(out->data, key, nonce, extra, sizeof extra, out->data, length))
        return hf_error_set(err, HF_CORRUPT, "damaged or not written with this key");
    out->length = length - HF_SEAL_BYTES;
    return 0;
}

static int read_tail(struct hf_segment_object *object, struct hf_error *err)
{
    struct hf_stored stored;
    if (hf_store_stat(store_of(object), object->name, &stored, err))
        return -1;
    object->length = stored.size;
    if (stored.size < HF_OBJECT_HEADER_BYTES + HF_FOOTER_BYTES)
        return hf_error_set(err, HF_CORRUPT, "cut short");
    size_t length = stored.size < TAIL_BYTES ? (size_t)stored.size : TAIL_BYTES;
    if (hf_buf_reserve(&object->tail, length, err) ||
        hf_store_read(store_of(object), object->name, stored.size - length, object->tail.data,
                      length, err))
        return -1;
    object->tail.length = length;
    return 0;
}

static int read_header(struct hf_segment_object *object, const struct hf_segment_name *name,
                       struct hf_error *err)
{
    const struct hf_database *database = object->database;
    uint8_t header[HEADER_BYTES];
    size_t length = object->length < sizeof header ? (size_t)object->length : sizeof header;
    size_t header_length;
    if (read_piece(object, 0, header, length, err) ||
        hf_segment_header_check(header, length, name, database->id, database->repository->key_id,
                                &header_length, err))
        return -1;
    hf_segment_keys_derive(&object->keys, &database->repository->keys.master, header,
                           header_length);
    return 0;
}

/* Header, footer and keys: what everything else is reached through. */
static int locate(struct hf_segment_object *object, const struct hf_database *database,
                  const struct hf_segment_name *name, struct hf_error *err)
{
    char text[HF_SEGMENT_NAME_TEXT];
    object->database = database;
    hf_segment_name_format(text, name);
    hf_database_object(object->name, database, "segments/%s", text);
    if (read_tail(object, err) || read_header(object, name, err))
        return -1;
    const uint8_t *footer = object->tail.data + object->tail.length - HF_FOOTER_BYTES;
    memcpy(object->digest, footer + HF_FOOTER_BYTES - HF_DIGEST_BYTES, HF_DIGEST_BYTES);
    return hf_footer_decode(&object->footer, footer, object->length, err);
}

static int open_trailer_fields(const struct hf_segment_object *object, struct hf_buf *out,
                               struct hf_error *err)
{
    const struct hf_footer *footer = &object->footer;
    return open_piece(object, footer->root_offset + footer->root_length, footer->trailer_length,
                      &object->keys.trailer, 0, out, err);
}

static int open_trailer(const struct hf_segment_object *object, struct hf_trailer *out,
                        struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf plain = {0};
    if (open_trailer_fields(object, &plain, err))
        return -1;
    return hf_trailer_decode(out, plain.data, plain.length, err);
}

static int open_root(struct hf_segment_object *object, struct hf_error *err)
{
    const struct hf_footer *footer = &object->footer;
    hf_auto(hf_buf) struct hf_buf plain = {0};
    if (open_piece(object, footer->root_offset, footer->root_length, &object->keys.root, 0, &plain,
                   err))
        return -1;
    return hf_index_root_decode(&object->root, plain.data, plain.length, footer->index_offset,
                                footer->root_offset - footer->index_offset, err);
}

static int open_dictionary(struct hf_segment_object *object, struct hf_error *err)
{
    const struct hf_footer *footer = &object->footer;
    hf_auto(hf_buf) struct hf_buf plain = {0};
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    if (!footer->dictionary_length)
        return 0;
    if (open_piece(object, footer->dictionary_offset, footer->dictionary_length,
                   &object->keys.dictionary, 0, &plain, err))
        return -1;
    uint64_t length = plain.length < 4 ? 0 : hf_get_le(plain.data, 4);
    if (!length || length > HF_DICTIONARY_LIMIT)
        return hf_error_set(err, HF_CORRUPT, "dictionary of impossible length");
    hf_auto_ptr(hf_compressor) struct hf_compressor *compressor =
        hf_compressor_new(HF_COMPRESSION_LEVEL, err);
    if (!compressor || hf_buf_reserve(&bytes, (size_t)length, err) ||
        hf_decompress(compressor, NULL, plain.data + 4, plain.length - 4, bytes.data,
                      (size_t)length, err))
        return -1;
    object->dictionary = hf_dictionary_new_reader(bytes.data, (size_t)length, err);
    return object->dictionary ? 0 : -1;
}

static int open_object(struct hf_segment_object *object, const struct hf_database *database,
                       const struct hf_segment_name *name, struct hf_error *err)
{
    if (locate(object, database, name, err) || open_root(object, err) ||
        open_dictionary(object, err))
        return object_error(object, err);
    return 0;
}

static void release_object(struct hf_segment_object *object)
{
    hf_index_root_release(&object->root);
    hf_dictionary_free(object->dictionary);
    hf_buf_release(&object->tail);
    hf_segment_keys_release(&object->keys);
}

static int open_parts(struct hf_segment *segment, const struct hf_database *database,
                      struct hf_error *err)
{
    struct hf_segment_name name = segment->name;
    const struct hf_trailer *trailer = &segment->trailer;
    /* The closing part was opened first, and moves behind the others. */
    struct hf_segment_object *objects =
        realloc(segment->object, (trailer->parts + 1) * sizeof *objects);
    if (!objects)
        return hf_error_memory(err);
    segment->object = objects;
    objects[trailer->parts] = objects[0];
    segment->objects = trailer->parts + 1;
    memset(objects, 0, trailer->parts * sizeof *objects);
    for (uint32_t i = 0; i < trailer->parts; i++) {
        name.part = trailer->part[i].part;
        if (open_object(&objects[i], database, &name, err))
            return -1;
        if (objects[i].length != trailer->part[i].length ||
            memcmp(objects[i].digest, trailer->part[i].digest, HF_DIGEST_BYTES)) {
            hf_error_set(err, HF_CORRUPT, "not the part that its segment was closed with");
            return object_error(&objects[i], err);
        }
        segment->bytes += objects[i].length;
    }
    return 0;
}

struct hf_segment *hf_segment_open(const struct hf_database *database,
                                   const struct hf_segment_name *name, struct hf_error *err)
{
    struct hf_segment *segment = calloc(1, sizeof *segment);
    if (segment)
        segment->object = calloc(1, sizeof *segment->object);
    if (!segment || !segment->object) {
        free(segment);
        hf_error_memory(err);
        return NULL;
    }
    segment->references = 1;
    segment->name = *name;
    segment->name.part = 0;
    segment->objects = 1;
    if (open_object(segment->object, database, &segment->name, err) ||
        (open_trailer(segment->object, &segment->trailer, err) &&
         object_error(segment->object, err)))
        goto failed;
    segment->bytes = segment->object->length;
    if (segment->trailer.parts && open_parts(segment, database, err))
        goto failed;
    return segment;
failed:
    hf_segment_release(segment);
    return NULL;
}

struct hf_segment *hf_segment_hold(struct hf_segment *segment)
{
    __atomic_fetch_add(&segment->references, 1, __ATOMIC_RELAXED);
    return segment;
}

void hf_segment_release(struct hf_segment *segment)
{
    if (!segment || __atomic_sub_fetch(&segment->references, 1, __ATOMIC_ACQ_REL))
        return;
    for (uint32_t i = 0; i < segment->objects; i++)
        release_object(&segment->object[i]);
    free(segment->object);
    hf_trailer_release(&segment->trailer);
    free(segment);
}

void hf_segment_forget_ends(struct hf_segment *segment)
{
    for (uint32_t i = 0; i < segment->objects; i++)
        if (segment->object[i].tail.length < segment->object[i].length)
            hf_buf_release(&segment->object[i].tail);
}

int hf_segment_read_trailer_fields(const struct hf_database *database,
                                   const struct hf_segment_name *name, struct hf_buf *out,
                                   struct hf_error *err)
{
    struct hf_segment_object object = {0};
    struct hf_segment_name closing = *name;
    closing.part = 0;
    int failed = locate(&object, database, &closing, err) || open_trailer_fields(&object, out, err);
    if (failed)
        object_error(&object, err);
    release_object(&object);
    return failed ? -1 : 0;
}

int hf_segment_read_trailer(const struct hf_database *database, const struct hf_segment_name *name,
                            struct hf_trailer *out, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf plain = {0};
    if (hf_segment_read_trailer_fields(database, name, &plain, err))
        return -1;
    return hf_trailer_decode(out, plain.data, plain.length, err);
}

int hf_segment_read_block(const struct hf_segment_object *object, uint32_t number,
                          struct hf_index_block *out, struct hf_error *err)
{
    const struct hf_index_row *row = &object->root.rows[number];
    hf_auto(hf_buf) struct hf_buf plain = {0};
    if (open_piece(object, row->offset, row->length, &object->keys.index, number, &plain, err) ||
        hf_index_block_decode(out, plain.data, plain.length, row, object->root.page_size, err))
        return object_error(object, err);
    return 0;
}

struct hf_frame_reader *hf_frame_reader_new(struct hf_error *err)
{
    struct hf_frame_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        hf_error_memory(err);
        return NULL;
    }
    reader->compressor = hf_compressor_new(HF_COMPRESSION_LEVEL, err);
    if (reader->compressor)
        reader->images = hf_compressor_room(reader->compressor, err);
    if (!reader->images) {
        hf_frame_reader_free(reader);
        return NULL;
    }
    return reader;
}

void hf_frame_reader_free(struct hf_frame_reader *reader)
{
    if (!reader)
        return;
    hf_compressor_free(reader->compressor);
    hf_buf_release(&reader->sealed);
    hf_buf_release(&reader->opened);
    free(reader);
}

void hf_frame_reader_forget(struct hf_frame_reader *reader)
{
    reader->object = NULL;
}

int hf_frame_reader_fetch(struct hf_frame_reader *reader, const struct hf_segment_object *object,
                          const struct hf_frame_ref *first, const struct hf_frame_ref *last,
                          struct hf_error *err)
{
    size_t length = (size_t)(last->offset + last->length - first->offset);
    reader->sealed.length = 0;
    reader->object = NULL;
    if (hf_buf_reserve(&reader->sealed, length, err) ||
        read_piece(object, first->offset, reader->sealed.data, length, err))
        return object_error(object, err);
    reader->sealed.length = length;
    reader->offset = first->offset;
    reader->object = object;
    return 0;
}

static int check_pages(const struct hf_frame_reader *reader, const struct hf_segment_object *object,
                       const struct hf_index_block *block, const struct hf_frame_ref *frame,
                       struct hf_error *err)
{
    size_t page_size = object->root.page_size;
    for (uint32_t i = 0; i < frame->count; i++)
        if (hf_page_fingerprint(&object->database->fingerprints, reader->images + i * page_size,
                                page_size) != block->fingerprints[frame->first + i])
            return hf_error_set(err, HF_CORRUPT, "page %u is not what its index says",
                                block->pages[frame->first + i]);
    return 0;
}

int hf_segment_read_frame(struct hf_frame_reader *reader, const struct hf_segment_object *object,
                          const struct hf_index_block *block, uint32_t frame, struct hf_error *err)
{
    const struct hf_frame_ref *ref = &block->frame[frame];
    uint64_t number = block->first_frame + frame;
    uint8_t nonce[HF_NONCE_BYTES], extra[8];
    if (reader->object != object || ref->offset < reader->offset ||
        ref->offset + ref->length > reader->offset + reader->sealed.length) {
        if (hf_frame_reader_fetch(reader, object, ref, ref, err))
            return -1;
    }
    const uint8_t *sealed = reader->sealed.data + (ref->offset - reader->offset);
    reader->opened.length = 0;
    if (hf_buf_reserve(&reader->opened, ref->length, err))
        return -1;
    hf_seal_nonce(nonce, number);
    hf_put_le(extra, 8, number);
    if (ref->length < HF_SEAL_BYTES || hf_open(reader->opened.data, &object->keys.frames, nonce,
                                               extra, sizeof extra, sealed, ref->length)) {
        hf_error_set(err, HF_CORRUPT, "frame %llu is damaged", (unsigned long long)number);
        return object_error(object, err);
    }
    if (hf_decompress(reader->compressor, object->dictionary, reader->opened.data,
                      ref->length - HF_SEAL_BYTES, reader->images,
                      (size_t)ref->count * object->root.page_size, err) ||
        check_pages(reader, object, block, ref, err))
        return object_error(object, err);
    return 0;
}

int hf_segment_verify_digest(const struct hf_segment_object *object, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf step = {0};
    uint8_t digest[HF_DIGEST_BYTES];
    struct hf_digest sum;
    uint64_t end = object->length - HF_DIGEST_BYTES;
    hf_digest_init(&sum);
    if (hf_buf_reserve(&step, DIGEST_STEP, err))
        return -1;
    for (uint64_t at = 0; at < end;) {
        size_t length = end - at < DIGEST_STEP ? (size_t)(end - at) : DIGEST_STEP;
        if (hf_store_read(store_of(object), object->name, at, step.data, length, err))
            return -1;
        hf_digest_update(&sum, step.data, length);
        at += length;
    }
    hf_digest_final(&sum, digest);
    if (memcmp(digest, object->digest, sizeof digest)) {
        hf_error_set(err, HF_CORRUPT, "damaged: its checksum does not match");
        return object_error(object, err);
    }
    return 0;
}

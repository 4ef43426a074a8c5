#include "history/segment_writer.h"

#include <assert.h>
#include <stdio.h>

#include "codec/compress.h"
#include "codec/seal.h"
#include "history/page_index.h"

enum { MOST_FRAME_PAGES = HF_FRAME_BYTES / 512 };

/* One frame on its way: filled by the owner, worked on by the pool, written by the owner. */
struct frame_job {
    struct hf_job job;
    struct hf_segment_writer *writer;
    const struct hf_key *key;
    uint64_t number;
    uint32_t count;
    uint32_t pages[MOST_FRAME_PAGES];
    uint64_t fingerprints[MOST_FRAME_PAGES];
    uint8_t *images;
    uint8_t *sealed;
    size_t length;
    int failed;
    struct hf_error err;
};

/* The object being written. */
struct open_part {
    struct hf_upload *upload;
    struct hf_digest digest;
    struct hf_segment_keys keys;
    struct hf_footer footer;
    uint64_t offset;
    uint64_t frames, given; /* frames written, frames handed to the pool */
    uint64_t pages;         /* handed to the pool */
    uint16_t number;
};

struct hf_segment_writer {
    const struct hf_database *database;
    struct hf_pool *pool;
    struct hf_segment_spec spec;

    struct hf_compressor **compressors; /* one a worker */
    struct hf_dictionary *dictionary;
    struct hf_buf dictionary_section; /* plain bytes of it */

    struct frame_job *jobs; /* a ring */
    uint32_t ring;
    uint64_t head, tail; /* next to fill, next to write */

    struct open_part part;
    struct hf_index_block block; /* being filled */
    struct hf_buf index;         /* sealed blocks of the part */
    struct hf_index_root root;
    uint32_t row_capacity;

    uint64_t pages_left; /* not yet handed to the pool */
    uint64_t terms;
    uint64_t bytes;
    uint16_t parts_in_all;
    uint32_t parts_done;
    struct hf_part *parts;
    bool finished;
};

static void run_frame(struct hf_job *base, int worker)
{
    struct frame_job *job = (struct frame_job *)base;
    struct hf_segment_writer *writer = job->writer;
    size_t page_size = writer->spec.page_size, made;
    for (uint32_t i = 0; i < job->count; i++)
        job->fingerprints[i] = hf_page_fingerprint(&writer->database->fingerprints,
                                                   job->images + i * page_size, page_size);
    job->failed = hf_compress(writer->compressors[worker], writer->dictionary, job->images,
                              job->count * page_size, job->sealed,
                              hf_compress_bound(HF_FRAME_BYTES), &made, &job->err);
    if (job->failed)
        return;
    uint8_t nonce[HF_NONCE_BYTES], number[8];
    hf_seal_nonce(nonce, job->number);
    hf_put_le(number, 8, job->number);
    hf_seal(job->sealed, job->key, nonce, number, sizeof number, job->sealed, made);
    job->length = made + HF_SEAL_BYTES;
}

static int write_out(struct hf_segment_writer *writer, const void *bytes, size_t length,
                     struct hf_error *err)
{
    hf_digest_update(&writer->part.digest, bytes, length);
    if (hf_upload_write(writer->part.upload, bytes, length, err))
        return -1;
    writer->part.offset += length;
    return 0;
}

/* Seals a numbered piece in place behind `start` of `buf`. */
static int seal_tail(struct hf_buf *buf, size_t start, const struct hf_key *key, uint64_t number,
                     struct hf_error *err)
{
    uint8_t nonce[HF_NONCE_BYTES], extra[8];
    if (hf_buf_reserve(buf, HF_SEAL_BYTES, err))
        return -1;
    hf_seal_nonce(nonce, number);
    hf_put_le(extra, 8, number);
    hf_seal(buf->data + start, key, nonce, extra, sizeof extra, buf->data + start,
            buf->length - start);
    buf->length += HF_SEAL_BYTES;
    return 0;
}

static int write_dictionary(struct hf_segment_writer *writer, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf section = {0};
    struct open_part *part = &writer->part;
    part->footer.dictionary_offset = part->offset;
    if (!writer->dictionary)
        return 0;
    if (hf_buf_append(&section, writer->dictionary_section.data, writer->dictionary_section.length,
                      err) ||
        seal_tail(&section, 0, &part->keys.dictionary, 0, err))
        return -1;
    part->footer.dictionary_length = (uint32_t)section.length;
    return write_out(writer, section.data, section.length, err);
}

static void segment_object(char out[HF_OBJECT_NAME_TEXT], const struct hf_segment_writer *writer,
                           uint16_t part)
{
    struct hf_segment_name name = writer->spec.name;
    char text[HF_SEGMENT_NAME_TEXT];
    name.part = part;
    hf_segment_name_format(text, &name);
    hf_database_object(out, writer->database, "segments/%s", text);
}

static int begin_part(struct hf_segment_writer *writer, struct hf_error *err)
{
    const struct hf_repository *repository = writer->database->repository;
    struct open_part *part = &writer->part;
    uint16_t index = (uint16_t)writer->parts_done;
    struct hf_segment_name name = writer->spec.name;
    hf_auto(hf_buf) struct hf_buf header = {0};
    uint8_t salt[HF_SEGMENT_SALT_BYTES];
    char object[HF_OBJECT_NAME_TEXT];
    *part = (struct open_part){0};
    part->number = name.part = index + 1 < writer->parts_in_all ? (uint16_t)(index + 1) : 0;
    if (hf_random(repository->keys.env, salt, sizeof salt, err) ||
        hf_segment_header_encode(&header, &name, writer->database->id, repository->key_id, salt,
                                 err))
        return -1;
    hf_segment_keys_derive(&part->keys, &repository->keys.master, header.data, header.length);
    segment_object(object, writer, part->number);
    part->upload = hf_store_upload(repository->store, object, err);
    if (!part->upload)
        return -1;
    hf_digest_init(&part->digest);
    if (write_out(writer, header.data, header.length, err))
        return -1;
    return write_dictionary(writer, err);
}

static int end_block(struct hf_segment_writer *writer, struct hf_error *err)
{
    struct hf_index_block *block = &writer->block;
    struct hf_index_root *root = &writer->root;
    if (!block->entries)
        return 0;
    if (root->blocks == writer->row_capacity) {
        uint32_t capacity = writer->row_capacity ? 2 * writer->row_capacity : 64;
        struct hf_index_row *rows = realloc(root->rows, capacity * sizeof *rows);
        if (!rows)
            return hf_error_memory(err);
        root->rows = rows;
        writer->row_capacity = capacity;
    }
    size_t start = writer->index.length;
    if (hf_index_block_encode(&writer->index, block, err) ||
        seal_tail(&writer->index, start, &writer->part.keys.index, root->blocks, err))
        return -1;
    root->rows[root->blocks++] = (struct hf_index_row){
        .first_page = block->pages[0],
        .last_page = block->pages[block->entries - 1],
        .entries = block->entries,
        .frames = block->frames,
        .first_frame_offset = block->frame[0].offset,
        .length = (uint32_t)(writer->index.length - start),
    };
    root->entries += block->entries;
    block->entries = block->frames = 0;
    return 0;
}

/* Writes the oldest frame of the ring and puts it into the index. */
static int collect_frame(struct hf_segment_writer *writer, struct hf_error *err)
{
    struct frame_job *job = &writer->jobs[writer->tail % writer->ring];
    struct hf_index_block *block = &writer->block;
    hf_pool_wait(writer->pool, &job->job);
    writer->tail++;
    if (job->failed) {
        return hf_error_pass(err, &job->err);
    }
    if (block->entries + job->count > HF_BLOCK_ENTRIES && end_block(writer, err))
        return -1;
    block->frame[block->frames++] = (struct hf_frame_ref){
        writer->part.offset, (uint32_t)job->length, (uint16_t)block->entries, (uint16_t)job->count};
    for (uint32_t i = 0; i < job->count; i++) {
        block->pages[block->entries] = job->pages[i];
        block->fingerprints[block->entries++] = job->fingerprints[i];
        writer->terms += hf_state_term(job->pages[i], job->fingerprints[i]);
        if (writer->spec.on_page &&
            writer->spec.on_page(writer->spec.context, job->pages[i], job->fingerprints[i], err))
            return -1;
    }
    writer->part.frames++;
    job->count = 0;
    return write_out(writer, job->sealed, job->length, err);
}

static int collect_all(struct hf_segment_writer *writer, struct hf_error *err)
{
    while (writer->tail < writer->head)
        if (collect_frame(writer, err))
            return -1;
    return 0;
}

static int write_index(struct hf_segment_writer *writer, struct hf_error *err)
{
    struct open_part *part = &writer->part;
    hf_auto(hf_buf) struct hf_buf root = {0};
    if (end_block(writer, err))
        return -1;
    part->footer.index_offset = part->offset;
    if (write_out(writer, writer->index.data, writer->index.length, err) ||
        hf_index_root_encode(&root, &writer->root, err) ||
        seal_tail(&root, 0, &part->keys.root, 0, err))
        return -1;
    part->footer.root_offset = part->offset;
    part->footer.root_length = (uint32_t)root.length;
    return write_out(writer, root.data, root.length, err);
}

static int write_trailer(struct hf_segment_writer *writer, const struct hf_trailer *trailer,
                         struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf sealed = {0};
    if (hf_trailer_encode(&sealed, trailer, err) ||
        seal_tail(&sealed, 0, &writer->part.keys.trailer, 0, err))
        return -1;
    writer->part.footer.trailer_length = (uint32_t)sealed.length;
    return write_out(writer, sealed.data, sealed.length, err);
}

/* Index, trailer (when it closes the segment) and footer; then the object is durable. */
static int end_part(struct hf_segment_writer *writer, const struct hf_trailer *trailer,
                    struct hf_error *err)
{
    struct open_part *part = &writer->part;
    struct hf_part *done = &writer->parts[writer->parts_done];
    uint8_t footer[HF_FOOTER_BYTES - HF_DIGEST_BYTES];
    if (write_index(writer, err) || (trailer && write_trailer(writer, trailer, err)))
        return -1;
    hf_footer_encode(footer, &part->footer, part->offset + HF_FOOTER_BYTES);
    if (write_out(writer, footer, sizeof footer, err))
        return -1;
    hf_digest_final(&part->digest, done->digest);
    if (hf_upload_write(part->upload, done->digest, HF_DIGEST_BYTES, err) ||
        hf_upload_commit(part->upload, err))
        return -1;
    hf_upload_free(part->upload);
    part->upload = NULL;
    done->part = part->number;
    done->length = part->offset + HF_DIGEST_BYTES;
    writer->bytes += done->length;
    writer->parts_done++;
    writer->index.length = 0;
    writer->root.blocks = 0;
    writer->root.entries = 0;
    return 0;
}

static uint64_t part_pages(const struct hf_segment_writer *writer)
{
    return writer->spec.part_bytes / writer->spec.page_size;
}

static int allocate(struct hf_segment_writer *writer, struct hf_error *err)
{
    int workers = hf_pool_workers(writer->pool);
    int level = writer->spec.level ? writer->spec.level : HF_COMPRESSION_LEVEL;
    writer->compressors = calloc((size_t)workers, sizeof(struct hf_compressor *));
    writer->jobs = calloc(writer->ring, sizeof *writer->jobs);
    writer->parts = calloc(writer->parts_in_all, sizeof *writer->parts);
    if (!writer->compressors || !writer->jobs || !writer->parts)
        return hf_error_memory(err);
    for (int i = 0; i < workers; i++)
        if (!(writer->compressors[i] = hf_compressor_new(level, err)))
            return -1;
    for (uint32_t i = 0; i < writer->ring; i++) {
        struct frame_job *job = &writer->jobs[i];
        job->job.run = run_frame;
        job->writer = writer;
        job->images = malloc(HF_FRAME_BYTES);
        job->sealed = malloc(hf_compress_bound(HF_FRAME_BYTES) + HF_SEAL_BYTES);
        if (!job->images || !job->sealed)
            return hf_error_memory(err);
    }
    return 0;
}

struct hf_segment_writer *hf_segment_writer_new(const struct hf_database *database,
                                                struct hf_pool *pool,
                                                const struct hf_segment_spec *spec,
                                                struct hf_error *err)
{
    struct hf_segment_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        hf_error_memory(err);
        return NULL;
    }
    writer->database = database;
    writer->pool = pool;
    writer->spec = *spec;
    if (!spec->part_bytes)
        writer->spec.part_bytes = HF_PART_PAGE_BYTES;
    assert(writer->spec.part_bytes % HF_FRAME_BYTES == 0);
    writer->root.page_size = spec->page_size;
    writer->pages_left = spec->pages;
    writer->ring = 2 * (uint32_t)hf_pool_workers(pool) + 2;
    uint64_t parts = (spec->pages + part_pages(writer) - 1) / part_pages(writer);
    if (parts > UINT16_MAX) {
        hf_error_set(err, HF_REFUSED, "larger than what a segment can hold");
        free(writer);
        return NULL;
    }
    writer->parts_in_all = parts ? (uint16_t)parts : 1;
    if (allocate(writer, err)) {
        hf_segment_writer_free(writer);
        return NULL;
    }
    return writer;
}

int hf_segment_writer_dictionary(struct hf_segment_writer *writer, const void *bytes, size_t length,
                                 struct hf_error *err)
{
    struct hf_buf *section = &writer->dictionary_section;
    size_t made;
    if (!length)
        return 0;
    if (hf_buf_append_le(section, 4, length, err) ||
        hf_buf_reserve(section, hf_compress_bound(length), err) ||
        hf_compress(writer->compressors[0], NULL, bytes, length, section->data + section->length,
                    section->capacity - section->length, &made, err))
        return -1;
    section->length += made;
    writer->dictionary = hf_dictionary_new_writer(bytes, length, HF_COMPRESSION_LEVEL, err);
    return writer->dictionary ? 0 : -1;
}

uint8_t *hf_segment_writer_space(struct hf_segment_writer *writer, uint32_t *pages,
                                 struct hf_error *err)
{
    if (writer->head - writer->tail == writer->ring && collect_frame(writer, err))
        return NULL;
    struct frame_job *job = &writer->jobs[writer->head % writer->ring];
    if (!job->count) {
        if (writer->part.upload && writer->part.pages == part_pages(writer) &&
            (collect_all(writer, err) || end_part(writer, NULL, err)))
            return NULL;
        if (!writer->part.upload && begin_part(writer, err))
            return NULL;
        job->number = writer->part.given;
        job->key = &writer->part.keys.frames;
    }
    *pages = hf_frame_pages(writer->spec.page_size) - job->count;
    return job->images + (size_t)job->count * writer->spec.page_size;
}

int hf_segment_writer_filled(struct hf_segment_writer *writer, uint32_t first, uint32_t count,
                             struct hf_error *err)
{
    struct frame_job *job = &writer->jobs[writer->head % writer->ring];
    if (count > writer->pages_left)
        return hf_error_set(err, HF_FAILED, "more pages than were announced");
    for (uint32_t i = 0; i < count; i++)
        job->pages[job->count++] = first + i;
    writer->part.pages += count;
    writer->pages_left -= count;
    if (job->count == hf_frame_pages(writer->spec.page_size) || !writer->pages_left) {
        writer->part.given++;
        writer->head++;
        hf_pool_submit(writer->pool, &job->job);
    }
    return 0;
}

uint64_t hf_segment_writer_terms(const struct hf_segment_writer *writer)
{
    return writer->terms;
}

int hf_segment_writer_drain(struct hf_segment_writer *writer, struct hf_error *err)
{
    return collect_all(writer, err);
}

int hf_segment_writer_finish(struct hf_segment_writer *writer, struct hf_trailer *trailer,
                             uint64_t *bytes, struct hf_error *err)
{
    struct hf_trailer closing = *trailer;
    if (writer->pages_left)
        return hf_error_set(err, HF_FAILED, "fewer pages than were announced");
    if (collect_all(writer, err) || (!writer->part.upload && begin_part(writer, err)))
        return -1;
    closing.pages_stored = trailer->pages_stored = writer->spec.pages;
    closing.parts = writer->parts_done;
    closing.part = writer->parts;
    if (closing.flags & HF_SEGMENT_FULL) {
        closing.fingerprints = &writer->database->fingerprints;
        closing.database_name = writer->database->name;
    }
    if (end_part(writer, &closing, err))
        return -1;
    writer->finished = true;
    *bytes = writer->bytes;
    return 0;
}

/* Nothing refers to parts whose closing part was never written. Whether it was is not known when
 * the reply to its commit was lost. */
static void remove_parts(struct hf_segment_writer *writer)
{
    char object[HF_OBJECT_NAME_TEXT];
    struct hf_stored closing;
    struct hf_error err = {0};
    segment_object(object, writer, 0);
    if (!writer->parts_done ||
        !hf_store_stat(writer->database->repository->store, object, &closing, &err) ||
        err.code != HF_NOT_FOUND)
        return;
    for (uint32_t i = 0; i < writer->parts_done; i++) {
        segment_object(object, writer, writer->parts[i].part);
        hf_store_remove(writer->database->repository->store, object, NULL);
    }
}

void hf_segment_writer_free(struct hf_segment_writer *writer)
{
    if (!writer)
        return;
    hf_pool_drain(writer->pool);
    hf_upload_free(writer->part.upload);
    if (!writer->finished && writer->parts)
        remove_parts(writer);
    for (int i = 0; writer->compressors && i < hf_pool_workers(writer->pool); i++)
        hf_compressor_free(writer->compressors[i]);
    for (uint32_t i = 0; writer->jobs && i < writer->ring; i++) {
        free(writer->jobs[i].images);
        free(writer->jobs[i].sealed);
    }
    hf_dictionary_free(writer->dictionary);
    hf_buf_release(&writer->dictionary_section);
    hf_buf_release(&writer->index);
    hf_index_root_release(&writer->root);
    hf_segment_keys_release(&writer->part.keys);
    free(writer->compressors);
    free(writer->jobs);
    free(writer->parts);
    free(writer);
}

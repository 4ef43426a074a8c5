/*
 * Writes one segment: page images in page order become frames, compressed and sealed by a
 * pool while the next ones are read; then index, trailer and footer (docs/format.md, "Segments").
 * Memory does not depend on the segment's size but for 9 bytes a page of the part being written.
 * Single-owner.
 *
 *   writer = hf_segment_writer_new(...)
 *   hf_segment_writer_dictionary(...)              at most once, before the first page
 *   repeat: space = hf_segment_writer_space(&n); fill up to n pages; hf_segment_writer_filled(...)
 *   hf_segment_writer_finish(...)                  the segment is durable
 */
#ifndef HF_HISTORY_SEGMENT_WRITER_H
#define HF_HISTORY_SEGMENT_WRITER_H

#include "history/database.h"
#include "history/segment_format.h"
#include "os/pool.h"

struct hf_segment_writer;

struct hf_segment_spec {
    struct hf_segment_name name; /* its part is the writer's business */
    uint32_t page_size;
    uint64_t pages;      /* exactly how many will be written */
    uint64_t part_bytes; /* page images in one part, at most: whole frames. 0: HF_PART_PAGE_BYTES */
    int level;           /* of compression. 0: HF_COMPRESSION_LEVEL */
    /* Told of every page in order, once its frame is written; may be NULL. Non-zero ends the work.
     */
    int (*on_page)(void *context, uint32_t page, uint64_t fingerprint, struct hf_error *err);
    void *context;
};

/* `database` and `pool` (may be NULL, os/pool.h) are borrowed until free. HF_REFUSED for more than
 * 65,535 parts. */
struct hf_segment_writer *hf_segment_writer_new(const struct hf_database *database,
                                                struct hf_pool *pool,
                                                const struct hf_segment_spec *spec,
                                                struct hf_error *err);

/* Compresses all frames with these dictionary bytes, which every part carries. */
int hf_segment_writer_dictionary(struct hf_segment_writer *writer, const void *bytes, size_t length,
                                 struct hf_error *err);

/* Room for the next pages, `*pages` of them (1 or more), until the next call of filled. */
uint8_t *hf_segment_writer_space(struct hf_segment_writer *writer, uint32_t *pages,
                                 struct hf_error *err);

/* The first `count` pages of the room are now pages first .. first+count-1, all above the last. */
int hf_segment_writer_filled(struct hf_segment_writer *writer, uint32_t first, uint32_t count,
                             struct hf_error *err);

/* The sum of hf_state_term over the pages written so far, modulo 2^64. */
uint64_t hf_segment_writer_terms(const struct hf_segment_writer *writer);

/*
 * Waits until every page given so far is written and reported, then writes what closes the segment.
 * `trailer`: parts and pages_stored are filled in here. `*bytes` becomes the length of all its
 * objects.
 */
int hf_segment_writer_drain(struct hf_segment_writer *writer, struct hf_error *err);
int hf_segment_writer_finish(struct hf_segment_writer *writer, struct hf_trailer *trailer,
                             uint64_t *bytes, struct hf_error *err);

/* Without finish, what was written of the segment is removed as far as that can be done: not when
 * finish failed at its very end and the segment is there after all. */
void hf_segment_writer_free(struct hf_segment_writer *writer);
HF_AUTO_FREE(hf_segment_writer)

#endif

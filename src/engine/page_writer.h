/*
 * Places live pages of a plan in a file: fetched, opened, decompressed and written by a pool,
 * several blocks at once. Driven by one thread.
 */
#ifndef HF_ENGINE_PAGE_WRITER_H
#define HF_ENGINE_PAGE_WRITER_H

#include "base/bitmap.h"
#include "base/events.h"
#include "history/plan_walk.h"
#include "os/file.h"
#include "os/pool.h"

/* Where the pages go. Page p lies at (p-1) * page size. */
struct hf_page_file {
    const struct hf_env *env;
    int fd;
    const char *path; /* for errors */
};

struct hf_page_writer;

/* `wanted` NULL: every live page; else those whose bit (by page number) is set. Everything is
 * borrowed. */
struct hf_page_writer *hf_page_writer_new(const struct hf_page_file *file,
                                          const struct hf_bitmap *wanted,
                                          const struct hf_events *events, struct hf_error *err);

/* Takes a block (frees it when its pages are written). Fails when an earlier one has failed. */
int hf_page_writer_take(struct hf_page_writer *writer, struct hf_live_block *live,
                        struct hf_error *err);

/* How much there is to do, for progress. */
void hf_page_writer_expect(struct hf_page_writer *writer, uint64_t bytes);

/* Waits for all of it. -1 with the first failure. Writes how many pages were written. */
int hf_page_writer_finish(struct hf_page_writer *writer, uint64_t *pages, struct hf_error *err);

void hf_page_writer_free(struct hf_page_writer *writer);
HF_AUTO_FREE(hf_page_writer)

#endif

/*
 * Places the live pages of a plan in a file: fetched, opened, decompressed and written by several
 * threads. Driven by one.
 */
#ifndef HF_ENGINE_PAGE_WRITER_H
#define HF_ENGINE_PAGE_WRITER_H

#include "base/events.h"
#include "history/plan_walk.h"
#include "os/file.h"

/* Where the pages go. Page p lies at (p-1) * page size. */
struct hf_page_file {
    const struct hf_env *env;
    int fd;
    const char *path; /* for errors */
    uint32_t page_size;
};

/*
 * Walks the plan and writes its pages: every one, or only those whose bit in `wanted` is set. Pages
 * without an image are not written. `*pages` becomes how many were. `total` is for progress.
 */
int hf_write_pages(const struct hf_page_file *file, const struct hf_database *database,
                   const struct hf_plan *plan, const struct hf_bitmap *wanted, uint64_t total,
                   const struct hf_events *events, uint64_t *pages, struct hf_error *err);

#endif

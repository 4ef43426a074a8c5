/*
 * The pages of a state that a backup stores: all of them, or those that changed. Their way from
 * where they are into a segment.
 */
#ifndef HF_ENGINE_PAGE_SELECTION_H
#define HF_ENGINE_PAGE_SELECTION_H

#include "base/bitmap.h"
#include "base/events.h"
#include "engine/page_origin.h"
#include "history/segment_writer.h"

struct hf_page_selection {
    struct hf_page_origin *origin;
    const struct hf_bitmap *changed; /* by page number; NULL: all pages but the lock-byte page */
    uint64_t count;                  /* of the pages selected */
};

/* All pages, or the `count` ones whose bit is set. Everything is borrowed. */
struct hf_page_selection hf_page_selection_all(struct hf_page_origin *origin);
struct hf_page_selection hf_page_selection_changed(struct hf_page_origin *origin,
                                                   const struct hf_bitmap *changed, uint64_t count);

/* Gives the writer a dictionary made from a sample of the selection, when it is large enough for
 * one. */
int hf_page_selection_train(const struct hf_page_selection *selection,
                            struct hf_segment_writer *writer, struct hf_error *err);

/* Gives the writer every selected page, in order, and waits until all are written. */
int hf_page_selection_write(const struct hf_page_selection *selection,
                            struct hf_segment_writer *writer, const struct hf_events *events,
                            struct hf_error *err);

#endif

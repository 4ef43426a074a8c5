/*
 * The catalog: a sealed list of the points up to a sequence number, so that listing many needs one
 * read and not one each (docs/format.md, "Catalogs"). It only saves reads: without it, or with a
 * damaged one, the trailers say the same.
 */
#ifndef HF_HISTORY_CATALOG_H
#define HF_HISTORY_CATALOG_H

#include "history/point.h"

/* A new catalog is written when this many points have come since the last one, and a quarter of
 * all: reading those without one stays cheap, and so does writing it. */
enum { HF_CATALOG_EVERY = 64, HF_CATALOG_SHARE = 4 };

/* The newest whole catalog's points, by segment name; none is an empty list. */
int hf_catalog_load(struct hf_points *out, const struct hf_database *database,
                    struct hf_error *err);

/* The point whose segment has this name; NULL when the catalog does not list it. */
const struct hf_point *hf_catalog_find(const struct hf_points *catalog,
                                       const struct hf_segment_name *name);

/* Sets `*due`, from names alone. */
int hf_catalog_is_due(const struct hf_database *database, const struct hf_timeline *timeline,
                      bool *due, struct hf_error *err);

/* Writes a new catalog when one is due, `merged` more points being ones that older catalogs know
 * by other segments. */
int hf_catalog_refresh(const struct hf_database *database, const struct hf_timeline *timeline,
                       uint64_t merged, struct hf_error *err);

/* Writes catalog/<seq>.<epoch> with all of these points (one or more), or the next number that is
 * free, and removes older ones but the last. */
int hf_catalog_put(const struct hf_database *database, const struct hf_points *points,
                   uint32_t epoch, struct hf_error *err);

#endif

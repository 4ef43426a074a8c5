/*
 * A history without bytes: a timeline that grows, is planned for, merged and thinned as prune does
 * it, with a clock of the store that the test turns.
 */
#ifndef HF_TESTS_HISTORY_PAST_H
#define HF_TESTS_HISTORY_PAST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "history/retention_plan.h"

enum { PAST_MARKS = 64 };

struct past {
    struct hf_timeline timeline;
    struct hf_retention_rule rule;
    enum hf_retention_zone zone;
    struct hf_retention_mark marks[PAST_MARKS]; /* by seq */
    size_t mark_count;
    int64_t now; /* the store's */
    int64_t grace;
    uint64_t seq;
    uint32_t epoch;
};

void past_begin(struct past *past, const char *rule, int64_t grace);
void past_end(struct past *past);

/* The next point: an increment (a full one for the first), received `now`. */
void past_point(struct past *past, int64_t time);
void past_segment(struct past *past, const struct hf_segment_name *name, uint64_t bytes);

/* The mark of a point, made when there is none. */
struct hf_retention_mark *past_mark(struct past *past, uint64_t seq);

/* Plans; the caller releases. */
void past_plan(const struct past *past, struct hf_retention_plan *plan);

/* Carries a plan out: merged segments come, what goes goes. */
void past_carry_out(struct past *past, const struct hf_retention_plan *plan);

/* Takes one object away. */
void past_remove(struct past *past, const struct hf_segment_name *name);

/* Plans and carries out. */
void past_prune(struct past *past);

/* "1 5 9": the points that are kept, or that can still be restored. `out` holds 4096 bytes. */
const char *past_kept(const struct past *past, char *out);
const char *past_there(const struct past *past, char *out);

/* The level and range of every segment, in order: "0:1-1 1:2-5". */
const char *past_segments(const struct past *past, char *out);

bool past_restores(const struct past *past, uint64_t seq);

#endif

/*
 * Which points a rule keeps, and why. Pure: values in, values out.
 *
 * A point's age is counted from the newest point, by effective times, never by a clock of today: a
 * database that nobody backs up loses no history. The age that a pair's limit is compared with
 * counts no gap between two points for more than a quarter of that limit (or one window, when that
 * is more), so that a job that was dead, or a clock that jumped, costs at most that of what the
 * pair keeps.
 *
 * A point in a pair's time is kept when it is the first of its window there, or in that of any
 * later pair, for which it will be wanted.
 */
#ifndef HF_HISTORY_RETENTION_POINTS_H
#define HF_HISTORY_RETENTION_POINTS_H

#include "history/retention_rule.h"
#include "history/retention_window.h"
#include "history/timeline.h"

enum hf_pin_state { HF_PIN_UNKNOWN, HF_PIN_NO, HF_PIN_YES };

/* What is known of a point besides its segments' names. Times by the store's clock; 0: never. */
struct hf_retention_mark {
    uint64_t seq;
    enum hf_pin_state pin; /* unknown counts as no */
    int64_t pin_changed;   /* by a record of its own */
    int64_t passed;        /* its last test restore did */
};

enum hf_keep_reason {
    HF_KEEP_RULE = 1,
    HF_KEEP_LAST = 2, /* of the newest, as many as the rule says */
    HF_KEEP_PINNED = 4,
    HF_KEEP_PROVEN = 8, /* the newest that passed a test restore */
    HF_KEEP_NEWEST = 16,
};

struct hf_retention_point {
    const struct hf_timeline_entry *entry; /* as hf_timeline_at */
    uint64_t seq;
    int64_t effective;
    size_t pair;      /* that its age puts it in; rule->count: older than all */
    size_t of;        /* the pair whose window it stands for, rule->count: none */
    uint32_t windows; /* one bit a pair: it is the first of its window there */
    enum hf_pin_state pin;
    uint32_t keep; /* reasons; 0: it goes */
    /* From when on nothing keeps it, should points be made one after another from the view's `at`
     * on: a pause makes it later. Not after `at` when it goes already, or as soon as there is a
     * newer one; INT64_MAX when the rule keeps it for ever, or it stays for as long as it is
     * pinned, the newest that is proven, or one of the newest. */
    int64_t expires;
};

struct hf_retention_points {
    struct hf_retention_point *list; /* owned, oldest first */
    size_t count;
};

static inline void hf_retention_points_release(struct hf_retention_points *points)
{
    free(points->list);
    *points = (struct hf_retention_points){0};
}
HF_AUTO_RELEASE(hf_retention_points)

struct hf_retention_view {
    const struct hf_timeline *timeline; /* settled */
    const struct hf_retention_rule *rule;
    enum hf_retention_zone zone;
    const struct hf_retention_mark *marks; /* by seq */
    size_t mark_count;
    /* As things stood then, by the store's clock: what was pinned or proven then is so. */
    int64_t at;
};

/* Judges all points that can be restored. */
int hf_retention_points_judge(struct hf_retention_points *out, const struct hf_retention_view *view,
                              struct hf_error *err);

/* NULL when nothing is known. */
const struct hf_retention_mark *hf_retention_mark_of(const struct hf_retention_view *view,
                                                     uint64_t seq);

#endif

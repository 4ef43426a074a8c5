#include "history/retention_points.h"

const struct hf_retention_mark *hf_retention_mark_of(const struct hf_retention_view *view,
                                                     uint64_t seq)
{
    size_t low = 0, high = view->mark_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->marks[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low < view->mark_count && view->marks[low].seq == seq ? &view->marks[low] : NULL;
}

static int collect(struct hf_retention_points *out, const struct hf_timeline *timeline,
                   struct hf_error *err)
{
    uint64_t last = 0;
    out->list = calloc(timeline->count ? timeline->count : 1, sizeof *out->list);
    if (!out->list)
        return hf_error_memory(err);
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (!entry->restorable || entry->name.to == last)
            continue;
        last = entry->name.to;
        out->list[out->count++] =
            (struct hf_retention_point){.entry = entry, .seq = last, .effective = entry->effective};
    }
    return 0;
}

/* What a gap between two points counts for at most. */
static int64_t longest_gap(const struct hf_retention_pair *pair)
{
    int64_t quarter = hf_span_age(pair->age) / 4;
    int64_t window = pair->every.count ? hf_span_age(pair->every) : 0;
    return quarter > window ? quarter : window;
}

/* In the time of that pair, or before it. */
static bool is_kept_for(const struct hf_retention_point *point,
                        const struct hf_retention_rule *rule, size_t pair)
{
    return (pair == point->pair && !rule->pairs[pair].every.count) || point->windows >> pair & 1;
}

/* What points are of age for each pair's limit, from pair `pair` on. */
static void grow_older(int64_t age[HF_RETENTION_PAIRS], const struct hf_retention_rule *rule,
                       size_t pair, int64_t gap)
{
    for (size_t k = pair; k < rule->count; k++) {
        int64_t longest = longest_gap(&rule->pairs[k]);
        age[k] += gap < longest ? gap : longest;
    }
}

/* When its age has passed the limit of the last pair that it is kept for, and of those before: the
 * points that are still to come make it older by what has passed since `now`. */
static int64_t expiry(const struct hf_retention_point *point, const struct hf_retention_rule *rule,
                      const int64_t age[HF_RETENTION_PAIRS], const int64_t idle[HF_RETENTION_PAIRS],
                      int64_t now)
{
    int64_t latest = now, end = now;
    for (size_t k = point->pair; k < rule->count; k++) {
        int64_t limit = hf_span_age(rule->pairs[k].age);
        int64_t passed = limit == INT64_MAX ? INT64_MAX : now + limit - age[k] - idle[k] + 1;
        latest = passed > latest ? passed : latest;
        if (is_kept_for(point, rule, k))
            end = latest;
    }
    return end;
}

/* From the newest on back: a point's pair is the first whose limit its age is within. */
static void set_pairs(struct hf_retention_points *points, const struct hf_retention_view *view)
{
    const struct hf_retention_rule *rule = view->rule;
    int64_t age[HF_RETENTION_PAIRS] = {0}, idle[HF_RETENTION_PAIRS] = {0};
    int64_t newest = points->count ? points->list[points->count - 1].effective : view->at;
    int64_t later = newest, now = view->at > newest ? view->at : newest;
    size_t pair = 0;
    grow_older(idle, rule, 0, now - newest);
    for (size_t i = points->count; i--;) {
        struct hf_retention_point *point = &points->list[i];
        grow_older(age, rule, pair, later - point->effective);
        later = point->effective;
        while (pair < rule->count && age[pair] > hf_span_age(rule->pairs[pair].age))
            pair++;
        point->pair = pair;
        point->expires = expiry(point, rule, age, idle, now);
    }
}

static void set_windows(struct hf_retention_points *points, const struct hf_retention_view *view)
{
    for (size_t k = 0; k < view->rule->count; k++) {
        struct hf_span every = view->rule->pairs[k].every;
        int64_t last = INT64_MIN;
        for (size_t i = 0; every.count && i < points->count; i++) {
            int64_t window = hf_retention_window(points->list[i].effective, every, view->zone);
            if (window != last)
                points->list[i].windows |= UINT32_C(1) << k;
            last = window;
        }
    }
}

static void keep_by_rule(struct hf_retention_points *points, const struct hf_retention_rule *rule)
{
    for (size_t i = 0; i < points->count; i++) {
        struct hf_retention_point *point = &points->list[i];
        point->of = rule->count;
        for (size_t k = point->pair; k < rule->count && point->of == rule->count; k++)
            if (is_kept_for(point, rule, k))
                point->of = k;
        if (point->of < rule->count)
            point->keep |= HF_KEEP_RULE;
        if (points->count - i <= rule->last)
            point->keep |= HF_KEEP_LAST;
    }
}

/* An unpinned point counts as pinned for those who looked before. */
static void keep_by_marks(struct hf_retention_points *points, const struct hf_retention_view *view)
{
    bool proven = false;
    for (size_t i = points->count; i--;) {
        struct hf_retention_point *point = &points->list[i];
        const struct hf_retention_mark *mark = hf_retention_mark_of(view, point->seq);
        if (!mark)
            continue;
        point->pin = mark->pin;
        if (mark->pin == HF_PIN_YES || mark->pin_changed > view->at)
            point->keep |= HF_KEEP_PINNED;
        if (mark->passed && mark->passed <= view->at && !proven) {
            point->keep |= HF_KEEP_PROVEN;
            proven = true;
        }
    }
}

/* No time ends it, but what is done to other points, or to this one. */
static bool is_kept_by_others(const struct hf_retention_point *point)
{
    return point->keep & (HF_KEEP_LAST | HF_KEEP_PINNED | HF_KEEP_PROVEN) ||
           point->keep == HF_KEEP_NEWEST;
}

int hf_retention_points_judge(struct hf_retention_points *out, const struct hf_retention_view *view,
                              struct hf_error *err)
{
    struct hf_retention_points points = {0};
    if (collect(&points, view->timeline, err))
        return -1;
    set_windows(&points, view);
    set_pairs(&points, view);
    keep_by_rule(&points, view->rule);
    keep_by_marks(&points, view);
    if (points.count)
        points.list[points.count - 1].keep |= HF_KEEP_NEWEST;
    for (size_t i = 0; i < points.count; i++)
        if (is_kept_by_others(&points.list[i]))
            points.list[i].expires = INT64_MAX;
    *out = points;
    return 0;
}

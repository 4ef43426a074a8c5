#include "engine/undo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/plan_walk.h"

static const char verb[] = "restore ", over[] = " over ", nothing[] = "nothing";

const char *hf_restore_reason(char out[HF_REASON_TEXT], uint64_t seq, enum hf_replaced replaced,
                              uint64_t before)
{
    int length = HF_REASON_TEXT;
    if (replaced == HF_REPLACED_POINT)
        length = snprintf(out, HF_REASON_TEXT, "%s%" PRIu64 "%s%" PRIu64, verb, seq, over, before);
    else if (replaced == HF_REPLACED_NOTHING)
        length = snprintf(out, HF_REASON_TEXT, "%s%" PRIu64 "%s%s", verb, seq, over, nothing);
    if (length >= HF_REASON_TEXT)
        snprintf(out, HF_REASON_TEXT, "%s%" PRIu64, verb, seq);
    return out;
}

static bool read_number(const char **text, uint64_t *out)
{
    char *end;
    if (**text < '1' || **text > '9')
        return false;
    *out = strtoull(*text, &end, 10);
    *text = end;
    return true;
}

static bool read_reason(struct hf_undo *out, const char *reason)
{
    uint64_t restored, before = 0;
    enum hf_replaced replaced = HF_REPLACED_FILE;
    if (strncmp(reason, verb, strlen(verb)) != 0)
        return false;
    reason += strlen(verb);
    if (!read_number(&reason, &restored))
        return false;
    if (!strncmp(reason, over, strlen(over))) {
        reason += strlen(over);
        replaced = strcmp(reason, nothing) ? HF_REPLACED_POINT : HF_REPLACED_NOTHING;
        if (replaced == HF_REPLACED_NOTHING)
            reason += strlen(nothing);
        else if (!read_number(&reason, &before))
            return false;
    }
    if (*reason)
        return false;
    out->restored = restored;
    out->replaced = replaced;
    out->before = before;
    return true;
}

static bool is_kept(const struct hf_points *points, uint64_t seq)
{
    for (size_t i = 0; i < points->count; i++) {
        if (points->list[i].seq == seq)
            return true;
    }
    return false;
}

static int state_of(const struct hf_database *database, const struct hf_timeline *timeline,
                    uint64_t seq, struct hf_state *out, struct hf_error *err)
{
    hf_auto(hf_plan) struct hf_plan plan = {0};
    return hf_plan_make(&plan, timeline, seq, err) || hf_plan_state(database, &plan, out, err) ? -1
                                                                                               : 0;
}

/*
 * A restore that began after the last that is noted, and of which no end is noted. It did not take
 * place when the next point after its beginning is the same state or there is none: who could have
 * changed the database between is only an application.
 */
static int must_be_over(const struct hf_database *database, const struct hf_timeline *timeline,
                        const struct hf_points *points, size_t began, struct hf_error *err)
{
    struct hf_state before, after;
    if (state_of(database, timeline, points->list[began].seq, &before, err))
        return -1;
    if (began + 1 == points->count)
        after = (struct hf_state){0};
    else if (state_of(database, timeline, points->list[began + 1].seq, &after, err))
        return -1;
    if (began + 1 < points->count && after.fingerprint == before.fingerprint)
        return 0;
    hf_error_set(err, HF_REFUSED,
                 "a restore began after restore point %" PRIu64
                 ", and nothing says whether it came to its end",
                 points->list[began].seq);
    return hf_error_hint_typed(err, "--point",
                               "point %" PRIu64 " is what was there before it, and can be restored",
                               points->list[began].seq);
}

static int hint_others(struct hf_error *err)
{
    return hf_error_hint_typed(err, "holdfast list", "look at which points can be restored");
}

static int nothing_to_undo(const struct hf_database *database, struct hf_error *err)
{
    hf_error_set(err, HF_NOT_FOUND, "no restore of '%s' is noted that could be undone",
                 database->name);
    return hint_others(err);
}

static int not_kept(const struct hf_undo *found, struct hf_error *err)
{
    if (found->replaced == HF_REPLACED_NOTHING) {
        hf_error_set(err, HF_NOT_FOUND,
                     "before the last restore (of point %" PRIu64 ") there was no database: there "
                     "is nothing to bring back",
                     found->restored);
        return hf_error_hint(err, "to be without it again, move the file away yourself");
    }
    if (!found->before) {
        hf_error_set(err, HF_NOT_FOUND,
                     "before the last restore (of point %" PRIu64 ") there was nothing that could "
                     "be kept as a point",
                     found->restored);
        return hf_error_hint(err, "a damaged file is kept beside, as '...replaced-...'");
    }
    hf_error_set(err, HF_NOT_FOUND,
                 "what was there before the last restore (point %" PRIu64 ") is not kept any more",
                 found->before);
    return hint_others(err);
}

int hf_undo_find(struct hf_undo *out, const struct hf_database *database,
                 const struct hf_timeline *timeline, const struct hf_points *points,
                 struct hf_error *err)
{
    for (size_t i = points->count; i--;) {
        const struct hf_point *point = &points->list[i];
        struct hf_undo found = {.recorded = point->seq, .time = point->time};
        if (point->damaged)
            continue;
        if (read_reason(&found, point->reason)) {
            if (!found.before || !is_kept(points, found.before))
                return not_kept(&found, err);
            *out = found;
            return 0;
        }
        if (!strcmp(point->reason, HF_BEFORE_RESTORE) &&
            must_be_over(database, timeline, points, i, err))
            return -1;
    }
    return nothing_to_undo(database, err);
}

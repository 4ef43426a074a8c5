#include "history/past.h"

#include <stdio.h>
#include <string.h>

enum { TEXT = 4096 };

void past_begin(struct past *past, const char *rule, int64_t grace)
{
    struct hf_error err = {0};
    *past = (struct past){.grace = grace, .epoch = 1};
    if (hf_retention_rule_parse(&past->rule, rule, &err))
        fail_msg("%s", err.text);
}

void past_end(struct past *past)
{
    hf_timeline_release(&past->timeline);
}

/* Sorts and judges anew, as if it had been listed. */
static void list_again(struct past *past)
{
    for (size_t i = 0; i < past->timeline.count; i++)
        past->timeline.entries[i].restorable = past->timeline.entries[i].orphan = false;
    hf_timeline_settle(&past->timeline);
}

void past_segment(struct past *past, const struct hf_segment_name *name, uint64_t bytes)
{
    const struct hf_timeline_entry entry = {.name = *name, .bytes = bytes, .received = past->now};
    for (size_t i = 0; i < past->timeline.count; i++)
        if (hf_segment_name_same(&past->timeline.entries[i].name, name))
            return; /* somebody has put it already */
    assert_int_equal(hf_timeline_add(&past->timeline, &entry, NULL), 0);
    if (name->to > past->seq)
        past->seq = name->to;
    list_again(past);
}

void past_point(struct past *past, int64_t time)
{
    const struct hf_segment_name name = {
        .epoch = past->epoch, .from = past->seq + 1, .to = past->seq + 1, .time = time};
    past_segment(past, &name, name.from == 1 ? 1000 : 10);
}

struct hf_retention_mark *past_mark(struct past *past, uint64_t seq)
{
    size_t at = past->mark_count;
    for (size_t i = 0; i < past->mark_count; i++)
        if (past->marks[i].seq == seq)
            return &past->marks[i];
    assert_true(past->mark_count < PAST_MARKS);
    for (; at && past->marks[at - 1].seq > seq; at--)
        past->marks[at] = past->marks[at - 1];
    past->mark_count++;
    past->marks[at] = (struct hf_retention_mark){.seq = seq};
    return &past->marks[at];
}

void past_plan(const struct past *past, struct hf_retention_plan *plan)
{
    const struct hf_retention_task task = {
        .view = {&past->timeline, &past->rule, past->zone, past->marks, past->mark_count,
                 past->now},
        .grace = past->grace,
    };
    struct hf_error err = {0};
    if (hf_retention_plan_make(plan, &task, &err))
        fail_msg("%s", err.text);
}

void past_remove(struct past *past, const struct hf_segment_name *name)
{
    struct hf_timeline *timeline = &past->timeline;
    for (size_t i = 0; i < timeline->count; i++)
        if (hf_segment_name_same(&timeline->entries[i].name, name)) {
            timeline->entries[i] = timeline->entries[--timeline->count];
            break;
        }
    list_again(past);
}

void past_carry_out(struct past *past, const struct hf_retention_plan *plan)
{
    struct hf_segment_name *goes = calloc(past->timeline.count + 1, sizeof *goes);
    size_t count = 0;
    for (size_t i = 0; i < past->timeline.count; i++)
        if (plan->fates[i] == HF_FATE_GOES)
            goes[count++] = past->timeline.entries[i].name;
    for (size_t i = 0; i < plan->merge_count; i++)
        assert_true(plan->merges[i].name.level >= 1 && plan->merges[i].count >= 2);
    for (size_t i = 0; i < plan->merge_count; i++)
        past_segment(past, &plan->merges[i].name,
                     plan->merges[i].name.from == 1 ? 1000 : plan->merges[i].bytes);
    while (count--)
        past_remove(past, &goes[count]);
    free(goes);
}

void past_prune(struct past *past)
{
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    past_plan(past, &plan);
    past_carry_out(past, &plan);
}

const char *past_kept(const struct past *past, char *out)
{
    hf_auto(hf_retention_plan) struct hf_retention_plan plan = {0};
    size_t used = 0;
    past_plan(past, &plan);
    *out = 0;
    for (size_t i = 0; i < plan.points.count; i++)
        if (plan.points.list[i].keep)
            used += (size_t)snprintf(out + used, TEXT - used, "%s%d", used ? " " : "",
                                     (int)plan.points.list[i].seq);
    return out;
}

const char *past_there(const struct past *past, char *out)
{
    uint64_t last = 0;
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; i < past->timeline.count; i++) {
        const struct hf_timeline_entry *entry = &past->timeline.entries[i];
        if (!entry->restorable || entry->name.to == last)
            continue;
        last = entry->name.to;
        used += (size_t)snprintf(out + used, TEXT - used, "%s%d", used ? " " : "", (int)last);
    }
    return out;
}

const char *past_segments(const struct past *past, char *out)
{
    size_t used = 0;
    *out = 0;
    for (size_t i = 0; i < past->timeline.count; i++) {
        const struct hf_segment_name *name = &past->timeline.entries[i].name;
        used += (size_t)snprintf(out + used, TEXT - used, "%s%d:%d-%d", used ? " " : "",
                                 name->level, (int)name->from, (int)name->to);
    }
    return out;
}

bool past_restores(const struct past *past, uint64_t seq)
{
    hf_auto(hf_plan) struct hf_plan plan = {0};
    return !hf_plan_make(&plan, &past->timeline, seq, NULL);
}

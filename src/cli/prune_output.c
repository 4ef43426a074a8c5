#include "cli/prune_output.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/table.h"

static const struct hf_column kept_columns[] = {
    {"KEPT", HF_RIGHT}, {"BY", HF_LEFT}, {"FROM", HF_LEFT}, {"TO", HF_LEFT}, {0}};
static const struct hf_column gone_columns[] = {{"POINTS", HF_RIGHT}, {"OF", HF_LEFT},
                                                {"WHY", HF_LEFT},     {"FIRST", HF_RIGHT},
                                                {"LAST", HF_RIGHT},   {0}};

/* Points that are told of together. */
struct group {
    uint64_t count;
    const struct hf_retention_point *first, *last;
};

static void add_point(struct group *group, const struct hf_retention_point *point)
{
    group->first = group->first ? group->first : point;
    group->last = point;
    group->count++;
}

static const char *words_of(char *out, size_t size, const struct hf_retention_rule *rule, size_t k)
{
    char pair[32];
    hf_retention_pair_format(pair, sizeof pair, &rule->pairs[k]);
    snprintf(out, size,
             rule->pairs[k].every.count ? "%s, the first of each window" : "%s, all of them", pair);
    return out;
}

/* Reasons besides the rule, the weightiest first. */
static const struct reason {
    uint32_t bit;
    const char *text, *name;
} reasons[] = {
    {HF_KEEP_PINNED, "pinned", "pinned"},
    {HF_KEEP_LAST, "the newest, as many as the rule says", "last"},
    {HF_KEEP_PROVEN, "the newest that passed a test restore", "proven"},
    {HF_KEEP_NEWEST, "the newest", "newest"},
};
enum { REASONS = sizeof reasons / sizeof *reasons };

static struct group kept_by_pair(const struct hf_retention_points *points, size_t pair)
{
    struct group group = {0};
    for (size_t i = 0; i < points->count; i++)
        if (points->list[i].keep & HF_KEEP_RULE && points->list[i].of == pair)
            add_point(&group, &points->list[i]);
    return group;
}

/* Without those that a part of the rule keeps anyhow. */
static struct group kept_by_reason(const struct hf_retention_points *points, size_t reason)
{
    struct group group = {0};
    uint32_t weightier = HF_KEEP_RULE;
    for (size_t i = 0; i < reason; i++)
        weightier |= reasons[i].bit;
    for (size_t i = 0; i < points->count; i++)
        if (points->list[i].keep & reasons[reason].bit && !(points->list[i].keep & weightier))
            add_point(&group, &points->list[i]);
    return group;
}

static int add_kept(struct hf_table *table, const struct group *group, const char *by,
                    struct hf_error *err)
{
    char count[24], first[48], last[48];
    if (!group->count)
        return 0;
    snprintf(count, sizeof count, "%" PRIu64, group->count);
    const char *cells[] = {count, by, hf_time_local(first, sizeof first, group->first->effective),
                           hf_time_local(last, sizeof last, group->last->effective)};
    return hf_table_add(table, cells, err);
}

static int print_kept(const struct hf_prune *prune, struct hf_error *err)
{
    const struct hf_retention_rule *rule = prune->options.rule;
    const struct hf_retention_points *points = &prune->plan.points;
    hf_auto(hf_table) struct hf_table table;
    char words[64];
    hf_table_init(&table, kept_columns);
    for (size_t k = 0; k < rule->count; k++) {
        struct group group = kept_by_pair(points, k);
        if (add_kept(&table, &group, words_of(words, sizeof words, rule, k), err))
            return -1;
    }
    for (size_t i = 0; i < REASONS; i++) {
        struct group group = kept_by_reason(points, i);
        if (add_kept(&table, &group, reasons[i].text, err))
            return -1;
    }
    hf_table_print(&table, stdout);
    return 0;
}

/* Days for what is young, months for what is old: a few dozen rows, however many points. */
static struct hf_span told_by(const struct hf_retention_rule *rule, size_t pair)
{
    bool old = pair >= rule->count || rule->pairs[pair].every.unit >= HF_SPAN_DAY;
    return (struct hf_span){1, old ? HF_SPAN_MONTH : HF_SPAN_DAY};
}

static const char *why_gone(char *out, size_t size, const struct hf_retention_rule *rule,
                            size_t pair)
{
    char text[32];
    if (pair < rule->count)
        snprintf(out, size, "%s keeps an earlier one of the window",
                 hf_retention_pair_format(text, sizeof text, &rule->pairs[pair]));
    else
        snprintf(out, size, rule->count ? "older than the rule reaches" : "not among the newest");
    return out;
}

/* The group of points that go, from `*at` on: of one pair and one window of the calendar. */
static bool next_gone(const struct hf_prune *prune, size_t *at, struct group *out)
{
    const struct hf_retention_points *points = &prune->plan.points;
    const struct hf_retention_rule *rule = prune->options.rule;
    enum hf_retention_zone zone = prune->options.zone;
    *out = (struct group){0};
    for (; *at < points->count; ++*at) {
        const struct hf_retention_point *point = &points->list[*at];
        struct hf_span by = told_by(rule, point->pair);
        if (point->keep)
            continue;
        if (out->count && (point->pair != out->first->pair ||
                           hf_retention_window(point->effective, by, zone) !=
                               hf_retention_window(out->first->effective, by, zone)))
            return true;
        add_point(out, point);
    }
    return out->count;
}

static int print_gone(const struct hf_prune *prune, struct hf_error *err)
{
    const struct hf_retention_rule *rule = prune->options.rule;
    hf_auto(hf_table) struct hf_table table;
    struct group group;
    hf_table_init(&table, gone_columns);
    for (size_t at = 0; next_gone(prune, &at, &group);) {
        char count[24], window[32], why[80], first[24], last[24];
        size_t pair = group.first->pair;
        snprintf(count, sizeof count, "%" PRIu64, group.count);
        snprintf(first, sizeof first, "%" PRIu64, group.first->seq);
        snprintf(last, sizeof last, "%" PRIu64, group.last->seq);
        const char *cells[] = {count,
                               hf_retention_window_text(window, sizeof window,
                                                        group.first->effective, told_by(rule, pair),
                                                        prune->options.zone),
                               why_gone(why, sizeof why, rule, pair), first, last};
        if (hf_table_add(&table, cells, err))
            return -1;
    }
    hf_table_print(&table, stdout);
    return 0;
}

int hf_prune_tables(const struct hf_prune *prune, struct hf_error *err)
{
    return print_kept(prune, err) || print_gone(prune, err) ? -1 : 0;
}

static void group_to_json(json_t *item, const struct group *group)
{
    hf_json_integer(item, "points", (int64_t)group->count);
    hf_json_integer(item, "first_point", (int64_t)group->first->seq);
    hf_json_integer(item, "last_point", (int64_t)group->last->seq);
    hf_json_time(item, "first_time", group->first->effective);
    hf_json_time(item, "last_time", group->last->effective);
}

static void kept_to_json(json_t *list, const struct group *group, const char *by)
{
    if (!group->count)
        return;
    json_t *item = hf_json_item(list);
    hf_json_text(item, "by", by);
    group_to_json(item, group);
}

void hf_prune_lists(const struct hf_prune *prune, json_t *item)
{
    const struct hf_retention_rule *rule = prune->options.rule;
    char text[64];
    json_t *kept = hf_json_list(item, "kept_by");
    for (size_t k = 0; k < rule->count; k++) {
        struct group group = kept_by_pair(&prune->plan.points, k);
        kept_to_json(kept, &group, hf_retention_pair_format(text, sizeof text, &rule->pairs[k]));
    }
    for (size_t i = 0; i < REASONS; i++) {
        struct group group = kept_by_reason(&prune->plan.points, i);
        kept_to_json(kept, &group, reasons[i].name);
    }
    json_t *gone = hf_json_list(item, "goes");
    struct group group;
    for (size_t at = 0; next_gone(prune, &at, &group);) {
        json_t *row = hf_json_item(gone);
        size_t pair = group.first->pair;
        hf_json_text(row, "pair",
                     pair < rule->count
                         ? hf_retention_pair_format(text, sizeof text, &rule->pairs[pair])
                         : NULL);
        hf_json_text(row, "window",
                     hf_retention_window_text(text, sizeof text, group.first->effective,
                                              told_by(rule, pair), prune->options.zone));
        group_to_json(row, &group);
    }
}

static uint64_t merged_bytes(const struct hf_prune *prune)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < prune->plan.merge_count; i++)
        bytes += prune->plan.merges[i].bytes;
    return bytes;
}

static void tell_merges(const struct hf_prune *prune, const struct hf_prune_result *result)
{
    char windows[48], segments[48], bytes[16];
    bool dry = prune->options.dry_run;
    if (!result->merges)
        return;
    hf_format_count(windows, sizeof windows, result->merges, "window");
    hf_format_count(segments, sizeof segments, result->merged_segments, "segment");
    if (dry)
        printf("  would merge %s of %s, %s\n", windows, segments,
               hf_format_bytes(bytes, sizeof bytes, merged_bytes(prune)));
    else
        printf("  merged %s of %s, %s written\n", windows, segments,
               hf_format_bytes(bytes, sizeof bytes, result->bytes_written));
}

void hf_prune_told(const char *database, const struct hf_prune *prune,
                   const struct hf_prune_result *result)
{
    char rule[HF_RETENTION_TEXT], points[48], objects[48], bytes[16], grace[32];
    bool dry = prune->options.dry_run;
    hf_format_duration(grace, sizeof grace, prune->grace);
    printf("%s: %s, %" PRIu64 " kept by '%s'\n", database,
           hf_format_count(points, sizeof points, result->points, "restore point"), result->kept,
           hf_retention_rule_format(rule, sizeof rule, prune->options.rule));
    tell_merges(prune, result);
    if (result->deleted.objects)
        printf("  %s %s: frees %s\n", dry ? "would delete" : "deleted",
               hf_format_count(objects, sizeof objects, result->deleted.objects, "object"),
               hf_format_bytes(bytes, sizeof bytes, result->deleted.bytes));
    if (result->waits.objects)
        printf("  %s no kept point needs, %s: deleted when that has been so for %s\n",
               hf_format_count(objects, sizeof objects, result->waits.objects, "object"),
               hf_format_bytes(bytes, sizeof bytes, result->waits.bytes), grace);
    if (dry && result->merges)
        printf("  what would be merged follows after %s: less than %s\n", grace,
               hf_format_bytes(bytes, sizeof bytes, merged_bytes(prune)));
    if (!result->merges && !result->deleted.objects)
        puts("  nothing is due");
    if (result->more)
        puts("  there is more to do: prune again");
}

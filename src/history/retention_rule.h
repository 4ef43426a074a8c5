/*
 * The one rule by which history thins itself: "1h:all 24h:1m 7d:1h 30d:1d 1y:1w" keeps every point
 * for an hour, one a minute for a day, one an hour for a week, and so on; what is older than the
 * last pair's age goes. Pure.
 *
 * A rule is pairs AGE:EVERY, apart by spaces or commas, both growing from pair to pair. AGE is a
 * number with s, m, h, d, w, mo, y, or 'forever'; EVERY is the same, or 'all'. "last:N" before the
 * pairs keeps the N newest points besides.
 */
#ifndef HF_HISTORY_RETENTION_RULE_H
#define HF_HISTORY_RETENTION_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum hf_span_unit {
    HF_SPAN_SECOND,
    HF_SPAN_MINUTE,
    HF_SPAN_HOUR,
    HF_SPAN_DAY,
    HF_SPAN_WEEK,
    HF_SPAN_MONTH, /* as an age 31 days: twelve of them are never less than a year */
    HF_SPAN_YEAR,  /* as an age 366 days */
};

/* As an age, `count` 0 is for ever; as a granularity, every point. */
struct hf_span {
    uint32_t count;
    enum hf_span_unit unit;
};

struct hf_retention_pair {
    struct hf_span age, every;
};

enum { HF_RETENTION_PAIRS = 16, HF_RETENTION_TEXT = 512 };

struct hf_retention_rule {
    uint32_t last; /* this many of the newest points are kept, whatever their age */
    size_t count;  /* one or more pairs, unless `last` says all */
    struct hf_retention_pair pairs[HF_RETENTION_PAIRS];
};

/* Length in ms; INT64_MAX for ever. */
int64_t hf_span_age(struct hf_span age);

/* "15m"; false for anything else, and for none at all. */
bool hf_span_parse(struct hf_span *out, const char *text);

/* A rule, or the name of one: "light", "standard", "long". HF_CONFIG points at what is wrong. */
int hf_retention_rule_parse(struct hf_retention_rule *out, const char *text, struct hf_error *err);

/* The rules that have names: the first is 0, after the last comes NULL. */
const char *hf_retention_preset(size_t which, const char **rule);

/* What parse takes, in its shortest form. `out` holds HF_RETENTION_TEXT bytes. */
const char *hf_retention_rule_format(char *out, size_t size, const struct hf_retention_rule *rule);

/* "7d:1h": one pair. `out` holds 32 bytes or more. */
const char *hf_retention_pair_format(char *out, size_t size, const struct hf_retention_pair *pair);

/* So many points of so many units, as other tools say it. 0: none of these. */
struct hf_retention_counts {
    uint32_t last, hourly, daily, weekly, monthly, yearly;
};

/*
 * The rule that keeps what these counts ask for: hourly 24 is "24h:1h", last 10 is "last:10". A
 * count whose time lies within that of a finer one adds nothing, and is left out. HF_USAGE when
 * they ask for nothing.
 */
int hf_retention_rule_of_counts(struct hf_retention_rule *out,
                                const struct hf_retention_counts *counts, struct hf_error *err);

/*
 * Levels of segments: what was merged by pair `pair` (`rule->count`: past the last) is of this
 * level. Level 0 is what a writer wrote, so that a first pair that thins already is level 1.
 */
static inline uint8_t hf_retention_level(const struct hf_retention_rule *rule, size_t pair)
{
    bool keeps_all = rule->count && !rule->pairs[0].every.count;
    return (uint8_t)(pair + (keeps_all ? 0 : 1));
}

#endif

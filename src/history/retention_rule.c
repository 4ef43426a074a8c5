#include "history/retention_rule.h"

#include <stdio.h>
#include <string.h>

enum { SECOND = 1000, MOST_COUNT = 1000000 };

static const struct unit {
    const char *name;
    int64_t milliseconds;
} units[] = {
    [HF_SPAN_SECOND] = {"s", SECOND},
    [HF_SPAN_MINUTE] = {"m", INT64_C(60) * SECOND},
    [HF_SPAN_HOUR] = {"h", INT64_C(3600) * SECOND},
    [HF_SPAN_DAY] = {"d", INT64_C(86400) * SECOND},
    [HF_SPAN_WEEK] = {"w", INT64_C(7) * 86400 * SECOND},
    [HF_SPAN_MONTH] = {"mo", INT64_C(31) * 86400 * SECOND},
    [HF_SPAN_YEAR] = {"y", INT64_C(366) * 86400 * SECOND},
};

static const struct preset {
    const char *name, *rule;
} presets[] = {
    {"light", "1h:all 24h:1h 7d:1d 30d:1w"},
    {"standard", "1h:all 24h:1m 7d:1h 30d:1d 1y:1w"},
    {"long", "1h:all 24h:1m 30d:1h 1y:1d forever:1mo"},
};

int64_t hf_span_age(struct hf_span age)
{
    return age.count ? age.count * units[age.unit].milliseconds : INT64_MAX;
}

/* How fine a granularity is: every point is the finest. */
static int64_t coarseness(struct hf_span every)
{
    return every.count * units[every.unit].milliseconds;
}

/* A number from 1 on; what follows is at `*rest`. 0: there is none. */
static uint32_t number_of(const char *text, const char **rest)
{
    uint32_t value = 0;
    for (*rest = text; **rest >= '0' && **rest <= '9' && value <= MOST_COUNT; ++*rest)
        value = value * 10 + (uint32_t)(**rest - '0');
    return value <= MOST_COUNT ? value : 0;
}

bool hf_span_parse(struct hf_span *out, const char *text)
{
    const char *unit;
    uint32_t count = number_of(text, &unit);
    for (size_t i = 0; count && i < sizeof units / sizeof *units; i++)
        if (!strcmp(unit, units[i].name)) {
            *out = (struct hf_span){count, (enum hf_span_unit)i};
            return true;
        }
    return false;
}

/* Every complaint shows the word that it is about. */
static int wrong(const char *word, const char *what, struct hf_error *err)
{
    hf_error_set(err, HF_CONFIG, "in the rule: '%s' %s", word, what);
    return hf_error_hint(err, "a rule is pairs AGE:EVERY like '1h:all 24h:1m 7d:1h 30d:1d 1y:1w', "
                              "or one of light, standard, long");
}

static int parse_last(struct hf_retention_rule *rule, const char *word, struct hf_error *err)
{
    const char *rest;
    if (rule->count || rule->last)
        return wrong(word, "must stand once, before the pairs", err);
    rule->last = number_of(word + strlen("last:"), &rest);
    return rule->last && !*rest ? 0 : wrong(word, "has no number of points from 1 to 1000000", err);
}

static int parse_pair(struct hf_retention_pair *pair, char *word, struct hf_error *err)
{
    char *colon = strchr(word, ':');
    *pair = (struct hf_retention_pair){0};
    if (!colon)
        return wrong(word, "is no pair AGE:EVERY", err);
    *colon = 0;
    bool age_ok = !strcmp(word, "forever") || hf_span_parse(&pair->age, word);
    bool every_ok = !strcmp(colon + 1, "all") || hf_span_parse(&pair->every, colon + 1);
    if (!age_ok)
        return wrong(word, "is no age: a number with s, m, h, d, w, mo or y, or 'forever'", err);
    if (!every_ok)
        return wrong(colon + 1, "is no granularity: a number with s, m, h, d, w, mo or y, or 'all'",
                     err);
    *colon = ':';
    return 0;
}

static int append_pair(struct hf_retention_rule *rule, char *word, struct hf_error *err)
{
    struct hf_retention_pair pair;
    if (rule->count == HF_RETENTION_PAIRS)
        return wrong(word, "is one pair too many: at most 16", err);
    if (parse_pair(&pair, word, err))
        return -1;
    if (rule->count) {
        const struct hf_retention_pair *before = &rule->pairs[rule->count - 1];
        if (hf_span_age(before->age) >= hf_span_age(pair.age))
            return wrong(word, "must reach further back than the pair before it", err);
        if (coarseness(before->every) >= coarseness(pair.every))
            return wrong(word, "must keep fewer points than the pair before it", err);
    }
    rule->pairs[rule->count++] = pair;
    return 0;
}

const char *hf_retention_preset(size_t which, const char **rule)
{
    if (which >= sizeof presets / sizeof *presets)
        return NULL;
    *rule = presets[which].rule;
    return presets[which].name;
}

int hf_retention_rule_parse(struct hf_retention_rule *out, const char *text, struct hf_error *err)
{
    struct hf_retention_rule rule = {0};
    char words[HF_RETENTION_TEXT], *rest;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (!strcmp(text, presets[i].name))
            text = presets[i].rule;
    if (strlen(text) >= sizeof words)
        return wrong("...", "is too long", err);
    strcpy(words, text);
    for (char *word = strtok_r(words, " ,\t\n", &rest); word;
         word = strtok_r(NULL, " ,\t\n", &rest))
        if (!strncmp(word, "last:", 5) ? parse_last(&rule, word, err)
                                       : append_pair(&rule, word, err))
            return -1;
    if (!rule.count && !rule.last)
        return wrong(text, "keeps nothing", err);
    *out = rule;
    return 0;
}

static int print_span(char *out, size_t size, struct hf_span span, const char *none)
{
    return span.count ? snprintf(out, size, "%u%s", span.count, units[span.unit].name)
                      : snprintf(out, size, "%s", none);
}

const char *hf_retention_pair_format(char *out, size_t size, const struct hf_retention_pair *pair)
{
    char age[16], every[16];
    print_span(age, sizeof age, pair->age, "forever");
    print_span(every, sizeof every, pair->every, "all");
    snprintf(out, size, "%s:%s", age, every);
    return out;
}

const char *hf_retention_rule_format(char *out, size_t size, const struct hf_retention_rule *rule)
{
    char pair[32];
    size_t used = 0;
    *out = 0;
    if (rule->last)
        used = (size_t)snprintf(out, size, "last:%u", rule->last);
    for (size_t i = 0; i < rule->count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                                 hf_retention_pair_format(pair, sizeof pair, &rule->pairs[i]));
    return out;
}

int hf_retention_rule_of_counts(struct hf_retention_rule *out,
                                const struct hf_retention_counts *counts, struct hf_error *err)
{
    const struct hf_span wanted[] = {
        {counts->hourly, HF_SPAN_HOUR}, {counts->daily, HF_SPAN_DAY},
        {counts->weekly, HF_SPAN_WEEK}, {counts->monthly, HF_SPAN_MONTH},
        {counts->yearly, HF_SPAN_YEAR},
    };
    struct hf_retention_rule rule = {.last = counts->last};
    int64_t reached = 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (!wanted[i].count || hf_span_age(wanted[i]) <= reached)
            continue;
        reached = hf_span_age(wanted[i]);
        rule.pairs[rule.count++] = (struct hf_retention_pair){wanted[i], {1, wanted[i].unit}};
    }
    if (!rule.count && !rule.last)
        return hf_error_set(err, HF_USAGE, "these would keep no restore point at all");
    *out = rule;
    return 0;
}

#include "cli/keep_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/keep_settings.h"

enum { MOST_COUNT = 1000000 };

static int read_count(uint32_t *out, bool *any, const struct hf_cli *cli, const char *option,
                      struct hf_error *err)
{
    const char *text = hf_option_if_known(&cli->arguments, option);
    char *end;
    if (!text)
        return 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || value > MOST_COUNT)
        return hf_error_set(err, HF_USAGE, "--%s: '%s' is no number from 0 to 1000000", option,
                            text);
    *out = (uint32_t)value;
    *any = true;
    return 0;
}

/* `*any`: at least one count was given. */
static int read_counts(struct hf_retention_counts *out, bool *any, const struct hf_cli *cli,
                       struct hf_error *err)
{
    *any = false;
    *out = (struct hf_retention_counts){0};
    if (read_count(&out->last, any, cli, "keep-last", err) ||
        read_count(&out->hourly, any, cli, "keep-hourly", err) ||
        read_count(&out->daily, any, cli, "keep-daily", err) ||
        read_count(&out->weekly, any, cli, "keep-weekly", err) ||
        read_count(&out->monthly, any, cli, "keep-monthly", err) ||
        read_count(&out->yearly, any, cli, "keep-yearly", err))
        return -1;
    return 0;
}

static int choose_grace(int64_t *out, const struct hf_cli *cli, struct hf_error *err)
{
    const char *text = hf_option_if_known(&cli->arguments, "grace");
    struct hf_span span = {0};
    *out = -1;
    if (!text)
        return 0;
    if (strcmp(text, "0") && !hf_span_parse(&span, text)) {
        hf_error_set(err, HF_USAGE, "--grace: '%s' is no duration", text);
        return hf_error_hint(err, "for example 2h, 30m, or 0 when nobody else has the repository "
                                  "open");
    }
    *out = span.count ? hf_span_age(span) : 0;
    return 0;
}

int hf_choose_keep(struct hf_prune_options *out, struct hf_retention_rule *rule,
                   const struct hf_cli *cli, struct hf_error *err)
{
    struct hf_retention_counts counts;
    bool counted;
    *out = (struct hf_prune_options){
        .rule = rule, .zone = hf_keep_zone(&cli->config), .events = &cli->progress.events};
    if (choose_grace(&out->grace, cli, err) || read_counts(&counts, &counted, cli, err))
        return -1;
    if (!counted)
        return hf_keep_rule(rule, &cli->config, cli->env, err);
    if (hf_option_if_known(&cli->arguments, "keep"))
        return hf_error_set(err, HF_USAGE,
                            "--keep is a whole rule: it and counts do not go "
                            "together");
    return hf_retention_rule_of_counts(rule, &counts, err);
}

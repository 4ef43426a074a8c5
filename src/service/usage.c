#include "service/usage.h"

static const int64_t hour_ms = 3600000;

void hf_usage_add(struct hf_usage *usage, int64_t time, uint64_t requests, uint64_t bytes)
{
    int64_t hour = time / hour_ms;
    struct hf_usage_sum *sum = &usage->sums[hour % HF_USAGE_HOURS];
    if (usage->hour[hour % HF_USAGE_HOURS] != hour)
        *sum = (struct hf_usage_sum){0};
    usage->hour[hour % HF_USAGE_HOURS] = hour;
    sum->requests += requests;
    sum->bytes += bytes;
}

static struct hf_usage_sum since(const struct hf_usage *usage, int64_t first, int64_t last)
{
    struct hf_usage_sum all = {0};
    for (int i = 0; i < HF_USAGE_HOURS; i++) {
        if (usage->hour[i] < first || usage->hour[i] > last)
            continue;
        all.requests += usage->sums[i].requests;
        all.bytes += usage->sums[i].bytes;
    }
    return all;
}

struct hf_usage_sum hf_usage_of_day(const struct hf_usage *usage, int64_t time)
{
    return since(usage, time / hour_ms - 23, time / hour_ms);
}

struct hf_usage_sum hf_usage_of_today(const struct hf_usage *usage, int64_t time)
{
    return since(usage, time / hour_ms / 24 * 24, time / hour_ms);
}

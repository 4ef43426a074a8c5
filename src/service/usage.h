/*
 * What a database costs at its repository: requests and bytes by the hour, for the last day. Pure.
 */
#ifndef HF_SERVICE_USAGE_H
#define HF_SERVICE_USAGE_H

#include <stdint.h>

enum { HF_USAGE_HOURS = 25 }; /* the one that is going on, and the 24 before */

struct hf_usage_sum {
    uint64_t requests, bytes;
};

/* All zero is none. */
struct hf_usage {
    int64_t hour[HF_USAGE_HOURS]; /* since 1970 */
    struct hf_usage_sum sums[HF_USAGE_HOURS];
};

/* `time` in ms. */
void hf_usage_add(struct hf_usage *usage, int64_t time, uint64_t requests, uint64_t bytes);

/* Of the 24 hours up to `time`, in whole hours; and since midnight UTC. */
struct hf_usage_sum hf_usage_of_day(const struct hf_usage *usage, int64_t time);
struct hf_usage_sum hf_usage_of_today(const struct hf_usage *usage, int64_t time);

#endif

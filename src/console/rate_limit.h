/*
 * How often one address, and all together, may try what guessing would help with. Pure: the caller
 * tells the time.
 */
#ifndef HF_CONSOLE_RATE_LIMIT_H
#define HF_CONSOLE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { HF_RATE_ADDRESSES = 64 };

/* Tokens: a try takes one, and one comes back each `interval`, up to `burst`. */
struct hf_rate {
    char address[64];
    int64_t since; /* when it would have been full at the latest */
};

struct hf_rate_limit {
    int burst, interval;         /* of one address; ms */
    int all_burst, all_interval; /* of all */
    struct hf_rate all, rates[HF_RATE_ADDRESSES];
};

/* 0: go on, and it is counted; else how many seconds to wait. `is_known`: others' tries are not its
 * blame, and its are not theirs. `now` of hf_monotonic. */
int hf_rate_limit_try(struct hf_rate_limit *limit, const char *address, bool is_known, int64_t now);

/* It was the right one: what this address tried is forgotten. */
void hf_rate_limit_forget(struct hf_rate_limit *limit, const char *address);

#endif

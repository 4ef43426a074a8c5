#include "console/rate_limit.h"

#include <stdio.h>
#include <string.h>

/* `since` runs ahead of now by what was taken and has not come back yet. */
static int64_t debt(const struct hf_rate *rate, int64_t now)
{
    return rate->since > now ? rate->since - now : 0;
}

static int wait_for(const struct hf_rate *rate, int burst, int interval, int64_t now)
{
    int64_t over = debt(rate, now) - (int64_t)(burst - 1) * interval;
    return over > 0 ? (int)((over + 999) / 1000) : 0;
}

static void take(struct hf_rate *rate, int interval, int64_t now)
{
    rate->since = now + debt(rate, now) + interval;
}

/* The address's own, else the one that is emptiest of blame. */
static struct hf_rate *rate_of(struct hf_rate_limit *limit, const char *address)
{
    struct hf_rate *oldest = &limit->rates[0];
    for (int i = 0; i < HF_RATE_ADDRESSES; i++) {
        struct hf_rate *rate = &limit->rates[i];
        if (!strcmp(rate->address, address))
            return rate;
        oldest = rate->since < oldest->since ? rate : oldest;
    }
    *oldest = (struct hf_rate){0};
    snprintf(oldest->address, sizeof oldest->address, "%s", address);
    return oldest;
}

int hf_rate_limit_try(struct hf_rate_limit *limit, const char *address, bool is_known, int64_t now)
{
    struct hf_rate *own = rate_of(limit, address);
    int wait = wait_for(own, limit->burst, limit->interval, now);
    int all = is_known ? 0 : wait_for(&limit->all, limit->all_burst, limit->all_interval, now);
    if (wait || all)
        return wait > all ? wait : all;
    take(own, limit->interval, now);
    if (!is_known)
        take(&limit->all, limit->all_interval, now);
    return 0;
}

void hf_rate_limit_forget(struct hf_rate_limit *limit, const char *address)
{
    rate_of(limit, address)->since = 0;
}

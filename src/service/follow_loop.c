#include "service/follow_loop.h"

#include <string.h>

#include "os/signals.h"

enum {
    LONGEST_PAUSE = 60000,
    LONGEST_PAUSE_FOR_READERS = 2000, /* they come and go */
};

struct loop {
    const struct hf_follow_loop *in;
    struct hf_follower *follower;
    int64_t pause;           /* before the next look */
    struct hf_error trouble; /* what was told; its code is HF_OK when all is well */
};

static bool passes(enum hf_code code)
{
    switch (code) {
    case HF_UNREACHABLE:
    case HF_IO:
    case HF_NO_SPACE:
    case HF_LOCKED:
    case HF_CORRUPT:
    case HF_NOT_FOUND:
    case HF_STALE:
    case HF_FAILED:
        return true;
    default:
        return false;
    }
}

static void wait_longer(struct loop *loop, enum hf_code code)
{
    int64_t longest = code == HF_LOCKED ? LONGEST_PAUSE_FOR_READERS : LONGEST_PAUSE;
    int64_t interval = loop->in->interval;
    loop->pause = loop->pause < interval ? interval : 2 * loop->pause;
    if (loop->pause > longest)
        loop->pause = interval > longest ? interval : longest;
}

/* The same trouble, said again, is no news. */
static void tell_trouble(struct loop *loop, const struct hf_error *found)
{
    if (loop->trouble.code != found->code || strcmp(loop->trouble.text, found->text) != 0)
        hf_follow_log_error(loop->in->log, found);
    loop->trouble = *found;
}

static int step(struct loop *loop, struct hf_error *err)
{
    struct hf_follow_step done;
    struct hf_error found = {0};
    if (hf_follow(loop->follower, &done, &found)) {
        if (!passes(found.code))
            return hf_error_pass(err, &found);
        wait_longer(loop, found.code);
        tell_trouble(loop, &found);
        return 0;
    }
    loop->pause = done.is_newest ? loop->in->interval : 0;
    hf_follow_log_step(loop->in->log, &done);
    if (loop->trouble.code && done.is_newest) {
        loop->trouble = (struct hf_error){0};
        hf_follow_log_recovered(loop->in->log, hf_follower_point(loop->follower));
    }
    return 0;
}

/* Whether the end is asked for. */
static int pause_between(const struct loop *loop, struct hf_signals *signals, bool *end,
                         struct hf_error *err)
{
    struct hf_happening happening;
    int64_t deadline = hf_monotonic() + loop->pause + 1;
    do {
        if (hf_signals_wait(signals, deadline, &happening, err))
            return -1;
        *end = hf_asks_for_end(&happening);
    } while (!*end && happening.kind != HF_DEADLINE);
    return 0;
}

int hf_follow_loop_run(const struct hf_follow_loop *in, struct hf_error *err)
{
    struct loop loop = {.in = in};
    struct hf_follow_options options = in->options;
    bool end = false;
    options.events = &in->log->events;
    /* Before any thread is started: all of them are to leave signals to this one. */
    hf_auto(hf_signals) struct hf_signals signals = {0};
    if (hf_signals_open(&signals, err))
        return -1;
    hf_auto_ptr(hf_follower) struct hf_follower *follower =
        hf_follower_new(in->database, &options, err);
    loop.follower = follower;
    if (!follower)
        return -1;
    while (!end)
        if (step(&loop, err) || pause_between(&loop, &signals, &end, err))
            return -1;
    hf_follow_log_stopped(in->log, hf_follower_point(follower));
    return 0;
}

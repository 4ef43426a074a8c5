/*
 * Every n-th store operation fails: nothing was sent, or it was done and the reply lost. A store
 * that tries again makes one such failure none at all.
 */
#include <inttypes.h>
#include <stdio.h>

#include "fault/stage.h"
#include "store/kinds.h"
#include "support/fault_store.h"

struct way {
    const char *name;
    struct hf_store_faults faults;
    bool retries;
};

static const struct way ways[] = {
    {"is not sent", {.moment = HF_FAULT_BEFORE}, false},
    {"loses its reply", {.moment = HF_FAULT_AFTER}, false},
    {"and all later ones are not sent", {.moment = HF_FAULT_BEFORE, .lasting = true}, false},
    {"is not sent and is tried again", {.moment = HF_FAULT_BEFORE}, true},
    {"loses its reply and is tried again", {.moment = HF_FAULT_AFTER}, true},
};

static uint64_t tried;

struct rig {
    const struct way *way;
    uint64_t n;
    bool came;
};

static int wait_for_nothing(void *context, int64_t milliseconds)
{
    (void)context, (void)milliseconds;
    return 0;
}

static struct hf_store *wrap(void *context, struct hf_store *inner, struct hf_error *err)
{
    static const struct hf_retry_options options = {.attempts = 3, .wait = wait_for_nothing};
    struct rig *rig = context;
    struct hf_store_faults faults = rig->way->faults;
    faults.at = rig->n;
    faults.came = &rig->came;
    struct hf_store *store = hf_fault_store_new(inner, err);
    if (!store)
        return NULL;
    hf_fault_store_set(store, &faults);
    return rig->way->retries ? hf_store_retry_new(store, stage_env(), &options, err) : store;
}

static bool try(struct stage *stage, const struct way *way, uint64_t n)
{
    struct rig rig = {.way = way, .n = n};
    const struct stage_tools tools = {stage_env(), wrap, &rig};
    struct hf_error err = {0};
    snprintf(stage->where, sizeof stage->where, "store operation %" PRIu64 " %s", n, way->name);
    stage_reset(stage);
    int failed = stage_play(stage, &tools, &err);
    stage_must(stage, !failed || (rig.came && !way->retries), "%s", err.text);
    stage_prove(stage, !failed, STAGE_CLEAN);
    tried += rig.came;
    return rig.came;
}

static void fail_everywhere(void **state)
{
    struct stage stage;
    stage_open(&stage, *state);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (uint64_t n = 1; try(&stage, &ways[i], n); n += stage_stride(&stage, 1))
            ;
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    int failed = stage_play_all(argc > 1 ? argv[1] : "", "store faults", fail_everywhere);
    printf("tried %" PRIu64 " failing store operations\n", tried);
    return failed;
}

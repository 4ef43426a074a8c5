/*
 * Every allocation fails in turn.
 */
#include <inttypes.h>
#include <stdio.h>

#include "fault/failing_memory.h"
#include "fault/stage.h"

static uint64_t tried;

static bool try(struct stage *stage, uint64_t n, bool lasting)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    snprintf(stage->where, sizeof stage->where, "allocation %" PRIu64 " fails%s", n,
             lasting ? " and all later ones" : "");
    stage_reset(stage);
    failing_memory_begin(n, lasting);
    int failed = stage_play(stage, &tools, &err);
    bool came = failing_memory_end() > 0;
    stage_must(stage, !failed || (came && err.code == HF_NO_MEMORY), "%s", err.text);
    stage_prove(stage, !failed, lasting ? STAGE_MAY_LEAVE_TEMPORARIES : STAGE_CLEAN);
    tried += came;
    return came;
}

static void run_out_everywhere(void **state)
{
    struct stage stage;
    stage_open(&stage, *state);
    unsigned stride = stage_stride(&stage, 7);
    for (int lasting = 0; lasting <= 1; lasting++)
        for (uint64_t n = 1; try(&stage, n, lasting); n += stride)
            ;
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    failing_memory_install();
    int failed = stage_play_all(argc > 1 ? argv[1] : "", "no memory", run_out_everywhere);
    printf("tried %" PRIu64 " failing allocations\n", tried);
    return failed;
}

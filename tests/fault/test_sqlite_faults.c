/*
 * Every n-th operation of SQLite's on files and locks fails while a log is followed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fault/acts_capture.h"
#include "fault/fault_vfs.h"

static uint64_t tried;

static bool try(struct stage *stage, uint64_t n, bool lasting)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    snprintf(stage->where, sizeof stage->where, "SQLite's operation %" PRIu64 " fails%s", n,
             lasting ? " and all later ones" : "");
    stage_reset(stage);
    fault_vfs_begin(n, lasting);
    int failed = stage_play(stage, &tools, &err);
    bool came = fault_vfs_end() > 0;
    stage_must(stage, !failed || came, "%s", err.text);
    stage_must(stage, !strstr(err.text, "cannot be followed"), "the cause is not told");
    stage_prove(stage, !failed, STAGE_CLEAN);
    tried += came;
    return came;
}

static void fail_everywhere(void **state)
{
    struct stage stage;
    stage_open(&stage, *state);
    unsigned stride = stage_stride(&stage, 1);
    for (int lasting = 0; lasting <= 1; lasting++)
        for (uint64_t n = 1; try(&stage, n, lasting); n += stride)
            ;
    stage_close(&stage);
}

int main(void)
{
    fault_vfs_install();
    int failed = stage_play_all("follow the log", "faults of SQLite", fail_everywhere);
    printf("tried %" PRIu64 " failing operations of SQLite\n", tried);
    return failed;
}

/*
 * Every n-th file operation of the program fails.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "fault/stage.h"
#include "support/fault_env.h"

enum {
    WRITING = HF_OP_OPEN | HF_OP_PWRITE | HF_OP_TRUNCATE | HF_OP_SYNC | HF_OP_LINK | HF_OP_RENAME |
              HF_OP_MKDIR | HF_OP_SYNC_DIR
};

struct way {
    const char *name;
    struct hf_env_faults faults;
    bool is_no_failure; /* the act must succeed */
    unsigned stride;    /* of operations that are tried, unless all are */
};

static const struct way ways[] = {
    {"fails", {.error = EIO}, .stride = 1},
    {"is done and fails", {.error = EIO, .effect = HF_FAULT_DONE}, .stride = 1},
    {"and all later ones fail", {.error = EIO, .lasting = true}, .stride = 4},
    {"finds the disk full",
     {.error = ENOSPC, .kinds = WRITING, .effect = HF_FAULT_SHORT, .lasting = true},
     .stride = 3},
    {"is short",
     {.kinds = HF_OP_PREAD | HF_OP_PWRITE, .effect = HF_FAULT_SHORT},
     .is_no_failure = true,
     .stride = 3},
};

static uint64_t tried;

/* Whether the fault came: without one the act has come to its end. */
static bool try(struct stage *stage, struct hf_fault_env *faulty, const struct way *way, uint64_t n)
{
    const struct stage_tools tools = {.env = hf_fault_env_get(faulty)};
    struct hf_env_faults faults = way->faults;
    struct hf_error err = {0};
    faults.at = n;
    snprintf(stage->where, sizeof stage->where, "file operation %" PRIu64 " %s", n, way->name);
    stage_reset(stage);
    hf_fault_env_seed(faulty, n);
    hf_fault_env_set(faulty, &faults);
    int failed = stage_play(stage, &tools, &err);
    bool came = hf_fault_env_failures(faulty) > 0;
    /* A temporary that could not be removed stays. */
    bool stays = way->faults.lasting || hf_fault_env_failed_kinds(faulty) & HF_OP_UNLINK;
    hf_fault_env_set(faulty, NULL);
    stage_must(stage, !failed || (came && !way->is_no_failure), "%s", err.text);
    stage_prove(stage, !failed, stays ? STAGE_MAY_LEAVE_TEMPORARIES : STAGE_CLEAN);
    tried += came;
    return came;
}

static void fail_everywhere(void **state)
{
    const struct act *act = *state;
    struct stage stage;
    hf_auto_ptr(hf_fault_env) struct hf_fault_env *faulty = hf_fault_env_new(stage_env());
    assert_non_null(faulty);
    stage_open(&stage, act);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        unsigned stride = stage_stride(&stage, ways[i].stride);
        for (uint64_t n = 1; try(&stage, faulty, &ways[i], n); n += stride)
            ;
    }
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    int failed = stage_play_all(argc > 1 ? argv[1] : "", "file faults", fail_everywhere);
    printf("tried %" PRIu64 " failing file operations\n", tried);
    return failed;
}

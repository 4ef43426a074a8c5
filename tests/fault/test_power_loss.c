/*
 * Power is lost after every file operation that changes something, and of what was not synced any
 * part is on the disk afterwards.
 */
#include <inttypes.h>
#include <stdio.h>

#include "fault/seen_images.h"
#include "fault/stage.h"
#include "support/crash_env.h"

static uint64_t tried, different;

struct aftermath {
    struct stage *stage;
    const struct hf_crash_env *crash;
    uint64_t acknowledged_at; /* number of operations when the act returned */
    uint64_t made;
    struct seen_images seen;
};

static int prove_image(void *arg, const struct hf_crash *how, const char *directory)
{
    struct aftermath *self = arg;
    struct stage *stage = self->stage;
    bool succeeded = how->operation >= self->acknowledged_at;
    tried++;
    if (!seen_images_add(&self->seen, directory, succeeded))
        return 0;
    different++;
    hf_crash_describe(self->crash, how, stage->where, sizeof stage->where);
    stage->count = stage->prepared;
    stage->made = succeeded ? self->made : 0;
    stage_prove(stage, succeeded, STAGE_MAY_LEAVE_TEMPORARIES);
    return 0;
}

static void lose_power_everywhere(void **state)
{
    struct stage stage;
    struct hf_error err = {0};
    stage_open(&stage, *state);
    hf_auto_ptr(hf_crash_env) struct hf_crash_env *crash =
        hf_crash_env_new(stage_env(), stage.world, &err);
    assert_non_null(crash);
    const struct stage_tools tools = {.env = hf_crash_env_get(crash)};
    stage_must(&stage, !stage_play(&stage, &tools, &err), "%s", err.text);
    struct aftermath aftermath = {.stage = &stage,
                                  .crash = crash,
                                  .acknowledged_at = hf_crash_env_operations(crash),
                                  .made = stage.made};
    hf_scratch_remove(stage.world);
    if (hf_crash_images(crash, stage_exhaustive() ? 16 : 6, stage.world, prove_image, &aftermath,
                        &err) < 0)
        fail_msg("%s: %s", stage.act->name, err.text);
    seen_images_release(&aftermath.seen);
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    int failed = stage_play_all(argc > 1 ? argv[1] : "", "power loss", lose_power_everywhere);
    printf("tried %" PRIu64 " losses of power, %" PRIu64 " with different outcome\n", tried,
           different);
    return failed;
}

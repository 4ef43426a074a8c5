/*
 * Power is lost after every file operation that changes something, and of what was not synced any
 * part is on the disk afterwards.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "codec/digest.h"
#include "fault/stage.h"
#include "os/file.h"
#include "support/crash_env.h"

static uint64_t tried, different;

struct aftermath {
    struct stage *stage;
    const struct hf_crash_env *crash;
    uint64_t acknowledged_at; /* number of operations when the act returned */
    uint64_t made;
    struct hf_buf seen; /* digests of images that were proven already */
};

static int is_a_name(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void digest_files(struct hf_digest *digest, const char *path)
{
    struct dirent **entries;
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    hf_digest_update(digest, &status.st_mode, sizeof status.st_mode);
    if (!S_ISDIR(status.st_mode)) {
        hf_auto(hf_buf) struct hf_buf bytes = {0};
        hf_scratch_read(path, &bytes);
        hf_digest_update(digest, &bytes.length, sizeof bytes.length);
        hf_digest_update(digest, bytes.data, bytes.length);
        return;
    }
    int count = scandir(path, &entries, is_a_name, alphasort);
    assert_true(count >= 0);
    hf_digest_update(digest, &count, sizeof count);
    for (int i = 0; i < count; i++) {
        hf_auto_free char *inside = hf_path_join(path, entries[i]->d_name);
        hf_digest_update(digest, entries[i]->d_name, strlen(entries[i]->d_name) + 1);
        digest_files(digest, inside);
        free(entries[i]);
    }
    free(entries);
}

/* Two images with the same files have the same future. */
static bool is_new(struct aftermath *self, const char *directory, bool succeeded)
{
    struct hf_digest digest;
    uint8_t sum[HF_DIGEST_BYTES];
    hf_digest_init(&digest);
    hf_digest_update(&digest, &succeeded, sizeof succeeded);
    digest_files(&digest, directory);
    hf_digest_final(&digest, sum);
    for (size_t i = 0; i < self->seen.length; i += sizeof sum)
        if (!memcmp(self->seen.data + i, sum, sizeof sum))
            return false;
    assert_int_equal(hf_buf_append(&self->seen, sum, sizeof sum, NULL), 0);
    return true;
}

static int prove_image(void *arg, const struct hf_crash *how, const char *directory)
{
    struct aftermath *self = arg;
    struct stage *stage = self->stage;
    bool succeeded = how->operation >= self->acknowledged_at;
    tried++;
    if (!is_new(self, directory, succeeded))
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
    hf_buf_release(&aftermath.seen);
    stage_close(&stage);
}

int main(int argc, char **argv)
{
    int failed = stage_play_all(argc > 1 ? argv[1] : "", "power loss", lose_power_everywhere);
    printf("tried %" PRIu64 " losses of power, %" PRIu64 " with different outcome\n", tried,
           different);
    return failed;
}

#include "engine/target_proof.h"

#include "os/file.h"

enum { READ_BYTES = 256 << 10 };

/* The state's fingerprint, as the file has it now. */
static int sum_pages(const struct hf_database *database, struct hf_restore_target *target,
                     const struct hf_state *expected, uint64_t *terms, struct hf_error *err)
{
    const struct hf_env *env = database->repository->keys.env;
    const char *path = hf_restore_target_path(target);
    uint64_t size = expected->page_size, count = expected->page_count;
    uint32_t step = READ_BYTES / expected->page_size;
    hf_auto_free uint8_t *images = malloc(READ_BYTES);
    int fd = images ? hf_restore_target_fd(target, err) : hf_error_memory(err);
    if (fd < 0)
        return -1;
    *terms = 0;
    for (uint64_t page = 1; page <= count; page += step) {
        uint64_t wanted = count - page + 1 < step ? count - page + 1 : step;
        int64_t got =
            hf_file_read(env, fd, path, images, (size_t)(wanted * size), (page - 1) * size, err);
        if (got < 0)
            return -1;
        /* A file may end before its lock-byte page. */
        memset(images + got, 0, (size_t)(wanted * size - (uint64_t)got));
        *terms += hf_state_terms(&database->fingerprints, (uint32_t)page, (uint32_t)wanted, images,
                                 (size_t)size, expected->lock_byte_page);
    }
    return 0;
}

int hf_state_of_point(struct hf_state *out, const struct hf_database *database, uint64_t seq,
                      struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_plan) struct hf_plan plan = {0};
    if (hf_timeline_load(&timeline, database, err) || hf_plan_make(&plan, &timeline, seq, err))
        return -1;
    return hf_plan_state(database, &plan, out, err);
}

int hf_target_prove(const struct hf_database *database, struct hf_restore_target *target,
                    const struct hf_state *expected, struct hf_error *err)
{
    uint64_t terms = 0;
    bool same = hf_restore_target_state(target) == HF_TARGET_DATABASE &&
                hf_restore_target_page_size(target) == expected->page_size &&
                hf_restore_target_page_count(target) == expected->page_count;
    if (same && sum_pages(database, target, expected, &terms, err))
        return -1;
    if (same && terms == expected->fingerprint)
        return 0;
    return hf_error_set(err, HF_STALE, "it changed after it was made a restore point");
}

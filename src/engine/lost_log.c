#include "engine/lost_log.h"

#include <sys/stat.h>

#include "engine/state_file.h"

enum { PAGES_AT_ONCE = 64 };

/* A write within the same tick of the file system's clock (2 s on FAT) leaves the times as they
 * are. */
static const uint64_t long_before = UINT64_C(2000000000);

static bool was_in_the_log(const struct hf_known_state *known)
{
    uint64_t taken = (uint64_t)known->segment.time * 1000000;
    const struct hf_db_stamp *stamp = &known->stamp;
    return stamp->log_frames && stamp->modified + long_before < taken &&
           stamp->changed + long_before < taken;
}

static bool is_the_same_file(const struct hf_db_stamp *then, const struct hf_db_stamp *now)
{
    return then->device == now->device && then->inode == now->inode && then->size == now->size &&
           then->modified == now->modified && then->changed == now->changed;
}

/* The state's fingerprint, as the database has it now. */
static int sum_pages(const struct hf_database *database, struct hf_page_source *source,
                     uint64_t *terms, struct hf_error *err)
{
    const struct hf_db_info *info = hf_page_source_info(source);
    hf_auto_free uint8_t *images = malloc((size_t)info->page_size * PAGES_AT_ONCE);
    if (!images)
        return hf_error_memory(err);
    *terms = 0;
    for (uint32_t page = 1; page <= info->page_count; page += PAGES_AT_ONCE) {
        uint32_t left = info->page_count - page + 1;
        uint32_t count = left < PAGES_AT_ONCE ? left : PAGES_AT_ONCE;
        if (hf_page_source_read(source, page, count, images, err))
            return -1;
        *terms += hf_state_terms(&database->fingerprints, page, count, images, info->page_size,
                                 info->lock_byte_page);
    }
    return 0;
}

static int compare(const struct hf_database *database, const char *path,
                   const struct hf_known_state *known, uint64_t *seq, struct hf_error *err)
{
    uint64_t terms;
    hf_auto_ptr(hf_page_source) struct hf_page_source *source = hf_page_source_open(path, 0, err);
    if (!source)
        return -1;
    const struct hf_db_info *info = hf_page_source_info(source);
    if (info->stamp.log_frames || !is_the_same_file(&known->stamp, &info->stamp))
        return 0;
    if (sum_pages(database, source, &terms, err))
        return -1;
    if (info->page_count != known->page_count || terms != known->fingerprint)
        *seq = known->segment.to;
    return 0;
}

int hf_lost_log_find(const struct hf_database *database, const char *path, const char *state_path,
                     uint64_t *seq, struct hf_error *err)
{
    const struct hf_env *env = database->repository->keys.env;
    hf_auto(hf_state_file) struct hf_state_file state = {.fd = -1};
    hf_auto_free char *kept = hf_state_file_path(path, state_path);
    struct stat status;
    *seq = 0;
    if (!kept)
        return hf_error_memory(err);
    if (env->fs.stat(env->fs.context, kept, &status))
        return 0;
    if (hf_state_file_open(&state, env, kept, err))
        return -1;
    if (!hf_known_state_is_of(&state.known, database) || !was_in_the_log(&state.known))
        return 0;
    return compare(database, path, &state.known, seq, err);
}

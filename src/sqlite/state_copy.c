#include "sqlite/state_copy.h"

#include <fcntl.h>
#include <stdlib.h>

#include "os/file.h"

enum { PIECE = 1 << 20 };

int hf_state_copy_pages(const struct hf_env *env, struct hf_page_source *source, int fd,
                        const char *to, const struct hf_events *events, struct hf_error *err)
{
    const struct hf_db_info *info = hf_page_source_info(source);
    const uint32_t most = PIECE / info->page_size;
    hf_auto_free uint8_t *piece = malloc(PIECE);
    if (!piece)
        return hf_error_memory(err);
    for (uint32_t first = 1, count; first <= info->page_count; first += count) {
        uint32_t left = info->page_count - first + 1;
        uint64_t at = (uint64_t)(first - 1) * info->page_size;
        count = left < most ? left : most;
        hf_progress(events, "copy", at, (uint64_t)info->page_count * info->page_size);
        if (hf_page_source_read(source, first, count, piece, err) ||
            hf_file_write(env, fd, to, piece, (size_t)count * info->page_size, at, err))
            return -1;
    }
    return 0;
}

int hf_state_copy(const struct hf_env *env, const char *path, const char *to, int busy_ms,
                  const struct hf_events *events, struct hf_error *err)
{
    hf_auto_ptr(hf_page_source) struct hf_page_source *source =
        hf_page_source_open(path, busy_ms, err);
    if (!source)
        return -1;
    int fd = hf_file_open(env, to, O_WRONLY | O_CREAT | O_EXCL, 0600, err);
    if (fd < 0)
        return -1;
    int failed = hf_state_copy_pages(env, source, fd, to, events, err);
    if (hf_file_close(env, fd, to, failed ? NULL : err))
        failed = -1;
    if (failed)
        hf_file_remove(env, to, NULL);
    return failed;
}

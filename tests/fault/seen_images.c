#include "fault/seen_images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "codec/digest.h"
#include "os/file.h"
#include "support/scratch.h"

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

bool seen_images_add(struct seen_images *seen, const char *directory, uint64_t when)
{
    struct hf_digest digest;
    uint8_t sum[HF_DIGEST_BYTES];
    hf_digest_init(&digest);
    hf_digest_update(&digest, &when, sizeof when);
    digest_files(&digest, directory);
    hf_digest_final(&digest, sum);
    for (size_t i = 0; i < seen->digests.length; i += sizeof sum)
        if (!memcmp(seen->digests.data + i, sum, sizeof sum))
            return false;
    assert_int_equal(hf_buf_append(&seen->digests, sum, sizeof sum, NULL), 0);
    return true;
}

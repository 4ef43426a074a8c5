#include "support/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/file.h"
#include "support/seeded.h"

static void check(bool worked, const char *what, const char *path)
{
    if (!worked)
        fail_msg("%s '%s': %s", what, path, strerror(errno));
}

void hf_scratch_init(struct hf_scratch *scratch)
{
    const char *parent = getenv("TMPDIR");
    snprintf(scratch->path, sizeof scratch->path, "%s/holdfast-test-XXXXXX",
             parent && *parent ? parent : "/tmp");
    check(mkdtemp(scratch->path), "mkdtemp", scratch->path);
}

void hf_scratch_release(struct hf_scratch *scratch)
{
    if (scratch->path[0])
        hf_scratch_remove(scratch->path);
    scratch->path[0] = 0;
}

char *hf_scratch_path(const struct hf_scratch *scratch, const char *name)
{
    char *path = hf_path_join(scratch->path, name);
    assert_non_null(path);
    return path;
}

void hf_scratch_write(const char *path, const void *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    check(fd >= 0, "open", path);
    check(hf_file_write(hf_env_system(), fd, path, bytes, length, 0, NULL) == 0, "write", path);
    check(close(fd) == 0, "close", path);
}

void hf_scratch_read(const char *path, struct hf_buf *out)
{
    check(hf_file_read_all(hf_env_system(), path, SIZE_MAX / 4, out, NULL) == 0, "read", path);
}

bool hf_scratch_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

uint64_t hf_scratch_size(const char *path)
{
    struct stat status;
    check(stat(path, &status) == 0, "stat", path);
    return (uint64_t)status.st_size;
}

bool hf_scratch_same(const char *path, const char *other)
{
    if (hf_scratch_size(path) != hf_scratch_size(other))
        return false;
    FILE *a = fopen(path, "re"), *b = fopen(other, "re");
    check(a && b, "open", a ? other : path);
    int left, right;
    do {
        left = getc_unlocked(a);
        right = getc_unlocked(b);
    } while (left == right && left != EOF);
    fclose(a);
    fclose(b);
    return left == right;
}

int hf_scratch_count(const char *directory)
{
    DIR *dir = opendir(directory);
    int count = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    if (dir)
        closedir(dir);
    return count;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status, (void)type, (void)place;
    return remove(path);
}

void hf_scratch_remove(const char *path)
{
    check(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT, "remove", path);
}

static void copy_file(const char *from, const char *to)
{
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    hf_scratch_read(from, &bytes);
    hf_scratch_write(to, bytes.data, bytes.length);
}

void hf_scratch_copy(const char *from, const char *to)
{
    struct stat status;
    check(stat(from, &status) == 0, "stat", from);
    if (!S_ISDIR(status.st_mode)) {
        copy_file(from, to);
        return;
    }
    check(mkdir(to, 0700) == 0, "mkdir", to);
    DIR *dir = opendir(from);
    check(dir, "list", from);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        hf_auto_free char *source = hf_path_join(from, entry->d_name);
        hf_auto_free char *target = hf_path_join(to, entry->d_name);
        assert_true(source && target);
        hf_scratch_copy(source, target);
    }
    closedir(dir);
}

void hf_scratch_flip(const char *path, uint64_t byte, int bit)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t value;
    check(fd >= 0 && pread(fd, &value, 1, (off_t)byte) == 1, "read", path);
    value ^= (uint8_t)(1 << bit);
    check(pwrite(fd, &value, 1, (off_t)byte) == 1, "write", path);
    close(fd);
}

void hf_scratch_fill(void *out, size_t length, uint64_t seed)
{
    hf_seeded_fill(&seed, out, length);
}

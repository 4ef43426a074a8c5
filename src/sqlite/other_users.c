#include "sqlite/other_users.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool has_open(int pid, const struct stat *file)
{
    char path[300];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *dir = opendir(path);
    if (!dir)
        return false;
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir))) {
        struct stat status;
        found = isdigit((unsigned char)entry->d_name[0]) &&
                fstatat(dirfd(dir), entry->d_name, &status, 0) == 0 &&
                status.st_dev == file->st_dev && status.st_ino == file->st_ino;
    }
    closedir(dir);
    return found;
}

static void describe(int pid, struct hf_other_user *out)
{
    char path[64];
    *out = (struct hf_other_user){.pid = pid};
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *file = fopen(path, "re");
    if (file && fgets(out->command, sizeof out->command, file))
        out->command[strcspn(out->command, "\n")] = 0;
    if (file)
        fclose(file);
}

bool hf_find_other_user(const struct stat *file, struct hf_other_user *out)
{
    DIR *dir = opendir("/proc");
    if (!dir)
        return false;
    bool found = false;
    const struct dirent *entry;
    while (!found && (entry = readdir(dir))) {
        int pid = atoi(entry->d_name);
        found = pid > 0 && pid != getpid() && has_open(pid, file);
        if (found)
            describe(pid, out);
    }
    closedir(dir);
    return found;
}

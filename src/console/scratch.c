#include "console/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/file.h"

static char *folder_of(const struct hf_console *console)
{
    return hf_path_join(console->folder, "scratch");
}

char *hf_scratch_name(const struct hf_console *console, struct hf_error *err)
{
    hf_auto_free char *folder = folder_of(console);
    char name[HF_ID_TEXT], *path = NULL;
    if (!folder) {
        hf_error_memory(err);
        return NULL;
    }
    if (hf_make_directories(console->env, folder, 0700, err) ||
        hf_secret_make(name, (HF_ID_TEXT - 1) / 2, console->env, err))
        return NULL;
    path = hf_path_join(folder, name);
    if (!path)
        hf_error_memory(err);
    return path;
}

void hf_scratch_remove(char *path)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; path && i < sizeof endings / sizeof *endings; i++) {
        char *file = NULL;
        if (asprintf(&file, "%s%s", path, endings[i]) >= 0) {
            unlink(file);
            free(file);
        }
    }
    free(path);
}

struct clearing {
    const char *folder;
};

static int remove_one(void *context, const char *name)
{
    const struct clearing *clearing = context;
    hf_auto_free char *path = hf_path_join(clearing->folder, name);
    if (path)
        unlink(path);
    return 0;
}

void hf_scratch_clear(const struct hf_console *console)
{
    static const char *const folders[] = {"scratch", "uploads", "downloads"};
    const struct hf_fs *fs = &console->env->fs;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        hf_auto_free char *folder = hf_path_join(console->folder, folders[i]);
        if (folder)
            fs->list(fs->context, folder, remove_one, &(struct clearing){folder});
    }
}

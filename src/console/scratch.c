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
    char random[HF_ID_TEXT], *path = NULL;
    if (!folder) {
        hf_error_memory(err);
        return NULL;
    }
    if (hf_make_directories(console->env, folder, 0700, err) ||
        hf_secret_make(random, (HF_ID_TEXT - 1) / 2, console->env, err))
        return NULL;
    if (asprintf(&path, "%s/%s-%s", folder, console->job, random) >= 0)
        return path;
    hf_error_memory(err);
    return NULL;
}

char *hf_scratch_share(const struct hf_console *console, const char *whose, const char *path,
                       struct hf_error *err)
{
    const struct hf_env *env = console->env;
    hf_auto_free char *folder = folder_of(console);
    char *own = NULL;
    if (!folder || asprintf(&own, "%s/%s-input", folder, whose) < 0) {
        hf_error_memory(err);
        return NULL;
    }
    if (!hf_make_directories(env, folder, 0700, err) &&
        (!env->fs.link(env->fs.context, path, own) || !hf_file_copy(env, path, own, 0600, err)))
        return own;
    free(own);
    return NULL;
}

void hf_scratch_free(char *path)
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
    const char *folder, *beginning;
    const struct hf_jobs *jobs;
    hf_scratch_user goes_on; /* what belongs to such a job stays; NULL: nothing does */
};

static bool is_in_use(const struct clearing *clearing, const char *name)
{
    char whose[HF_ID_TEXT] = "";
    memcpy(whose, name, strnlen(name, sizeof whose - 1));
    return clearing->goes_on && clearing->goes_on(clearing->jobs, whose);
}

static int remove_one(void *context, const char *name)
{
    const struct clearing *clearing = context;
    hf_auto_free char *path = hf_path_join(clearing->folder, name);
    const char *own = name + (*name == '.'); /* of a file that is not complete */
    if (path && !strncmp(own, clearing->beginning, strlen(clearing->beginning)) &&
        !is_in_use(clearing, own))
        unlink(path);
    return 0;
}

static void clear(const struct hf_console *console, const char *name, const char *beginning,
                  hf_scratch_user goes_on)
{
    const struct hf_fs *fs = &console->env->fs;
    hf_auto_free char *folder = hf_path_join(console->folder, name);
    struct clearing clearing = {folder, beginning, console->jobs, goes_on};
    if (folder)
        fs->list(fs->context, folder, remove_one, &clearing);
}

void hf_scratch_clear_of(const struct hf_console *console, const char *whose)
{
    clear(console, "scratch", whose, NULL);
}

void hf_scratch_clear(const struct hf_console *console, hf_scratch_user goes_on)
{
    static const char *const folders[] = {"scratch", "uploads", "downloads"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        clear(console, folders[i], "", goes_on);
}

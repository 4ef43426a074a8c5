#include "store/directory_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "os/file.h"

struct walk {
    const struct hf_env *env;
    const char *root;
    const char *prefix, *after;
    const struct hf_store_known *known;
    int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err);
    void *arg;
    struct hf_error *err;
    char key[HF_KEY_MAX + 2]; /* of the directory that is walked: "" or "a/b/" */
};

/* A directory's name ends with a slash, so that names sort as the keys do that begin with them:
 * "a-b", "a/x", "a0". */
struct entry {
    char *name;
    uint64_t size;
    int64_t received;
};

struct level {
    struct walk *walk;
    struct entry *entries;
    size_t count, capacity;
    bool failed; /* `err` is filled */
};

static void release_level(struct level *level)
{
    for (size_t i = 0; i < level->count; i++)
        free(level->entries[i].name);
    free(level->entries);
}

int64_t hf_directory_received(const struct stat *status)
{
    return (int64_t)status->st_ctim.tv_sec * 1000 + status->st_ctim.tv_nsec / 1000000;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int add_entry(struct level *level, const char *name, const char *end,
                     const struct hf_stored *object)
{
    struct hf_error *err = level->walk->err;
    if (level->count == level->capacity) {
        size_t capacity = level->capacity ? 2 * level->capacity : 64;
        struct entry *entries = realloc(level->entries, capacity * sizeof *entries);
        if (!entries)
            return hf_error_memory(err);
        level->entries = entries;
        level->capacity = capacity;
    }
    struct entry *entry = &level->entries[level->count];
    if (asprintf(&entry->name, "%s%s", name, end) < 0)
        return hf_error_memory(err);
    entry->size = object->size;
    entry->received = object->received;
    level->count++;
    return 0;
}

/* Whether the object `key`, and whether any object in the directory `key`, is asked for. */
static bool wants_object(const struct walk *walk, const char *key)
{
    return strcmp(key, walk->after) > 0;
}

static bool wants_directory(const struct walk *walk, const char *key)
{
    char inside[HF_KEY_MAX + 2];
    int length = snprintf(inside, sizeof inside, "%s/", key);
    return strncmp(inside, walk->after, (size_t)length) >= 0;
}

/* What cannot matter is dropped before the system is asked about it: a listing that begins near
 * the end of a long history costs little more than reading the names. */
static int consider(struct level *level, const char *name)
{
    struct walk *walk = level->walk;
    char key[HF_KEY_MAX + 1];
    int length = snprintf(key, sizeof key, "%s%s", walk->key, name);
    if (length < 0 || (size_t)length >= sizeof key || !hf_key_is_valid(key) ||
        strncmp(key, walk->prefix, strlen(walk->prefix)) != 0 ||
        (!wants_object(walk, key) && !wants_directory(walk, key)))
        return 0;
    struct hf_stored object = {.key = key};
    if (walk->known && walk->known->find(walk->known->arg, &object))
        return add_entry(level, name, "", &object);
    hf_auto_free char *path = hf_path_join(walk->root, key);
    if (!path)
        return hf_error_memory(walk->err);
    struct stat status;
    if (walk->env->fs.stat(walk->env->fs.context, path, &status)) {
        if (errno == ENOENT)
            return 0;
        return hf_error_sys(walk->err, errno, "look at", path);
    }
    if (S_ISDIR(status.st_mode) ? !wants_directory(walk, key)
                                : !S_ISREG(status.st_mode) || !wants_object(walk, key))
        return 0;
    object.size = (uint64_t)status.st_size;
    object.received = hf_directory_received(&status);
    return add_entry(level, name, S_ISDIR(status.st_mode) ? "/" : "", &object);
}

static int collect(void *arg, const char *name)
{
    struct level *level = arg;
    level->failed = consider(level, name) != 0;
    return level->failed ? -1 : 0;
}

static int walk_directory(struct walk *walk);

static int visit(struct walk *walk, const struct entry *entry)
{
    size_t before = strlen(walk->key), length = strlen(entry->name);
    memcpy(walk->key + before, entry->name, length + 1);
    int result;
    if (entry->name[length - 1] == '/') {
        result = walk_directory(walk);
    } else {
        const struct hf_stored object = {
            .key = walk->key, .size = entry->size, .received = entry->received};
        result = walk->each(walk->arg, &object, walk->err) ? -1 : 0;
    }
    walk->key[before] = 0;
    return result;
}

static int walk_directory(struct walk *walk)
{
    struct level level = {.walk = walk};
    const struct hf_fs *fs = &walk->env->fs;
    hf_auto_free char *path = hf_path_join(walk->root, walk->key);
    if (!path)
        return hf_error_memory(walk->err);
    int result = fs->list(fs->context, path, collect, &level);
    if (result && !level.failed)
        result =
            errno == ENOENT || errno == ENOTDIR ? 0 : hf_error_sys(walk->err, errno, "list", path);
    if (!result && level.count)
        qsort(level.entries, level.count, sizeof *level.entries, compare_names);
    for (size_t i = 0; !result && i < level.count; i++)
        result = visit(walk, &level.entries[i]);
    release_level(&level);
    return result;
}

int hf_directory_list(const struct hf_env *env, const char *root, const char *prefix,
                      const char *after, const struct hf_store_known *known,
                      int (*each)(void *arg, const struct hf_stored *object, struct hf_error *err),
                      void *arg, struct hf_error *err)
{
    struct walk walk = {.env = env,
                        .root = root,
                        .prefix = prefix,
                        .after = after,
                        .known = known,
                        .each = each,
                        .arg = arg,
                        .err = err};
    /* Begins in the directory that the prefix names, not at the root. */
    const char *slash = strrchr(prefix, '/');
    if (slash)
        memcpy(walk.key, prefix, (size_t)(slash - prefix) + 1);
    return walk_directory(&walk);
}

#include "schema/sources.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "os/file.h"

enum {
    LARGEST_FILE = 64 << 20,
    DEEPEST_FOLDER = 32, /* also what ends a loop of symbolic links */
};

static bool ends_with(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length > tail && strcmp(path + length - tail, suffix) == 0;
}

/* Length of the UTF-8 sequence at `at`, or 0: overlong, surrogate, past U+10FFFF, cut off. */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
               (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f);
    return bad ? 0 : length;
}

static int check_text(const char *path, const uint8_t *text, size_t length, struct hf_error *err)
{
    size_t line = 1, step;
    for (size_t at = 0; at < length; at += step) {
        step = text[at] ? utf8_length(text + at, length - at) : 0;
        if (!step)
            return hf_error_set(err, HF_CONFIG, "'%s' line %zu: %s", path, line,
                                text[at] ? "not valid UTF-8" : "holds a NUL character");
        line += text[at] == '\n';
    }
    return 0;
}

/* Reads `path`, and takes `name` over, also on failure. */
static int add_source(struct hf_schema_sources *sources, const struct hf_env *env, const char *path,
                      char *name, struct hf_error *err)
{
    hf_auto_free char *owned = name;
    hf_auto(hf_buf) struct hf_buf text = {0};
    if (!owned)
        return hf_error_memory(err);
    if (hf_file_read_all(env, path, LARGEST_FILE, &text, err) ||
        check_text(owned, text.data, text.length, err) || hf_buf_append(&text, "", 1, err))
        return -1;
    struct hf_schema_source *list =
        realloc(sources->list, (sources->count + 1) * sizeof *sources->list);
    if (!list)
        return hf_error_memory(err);
    sources->list = list;
    list[sources->count++] = (struct hf_schema_source){
        .path = owned,
        .text = (char *)text.data,
        .length = text.length - 1,
    };
    owned = NULL;
    text = (struct hf_buf){0};
    return 0;
}

struct walk {
    struct hf_schema_sources *sources;
    const struct hf_env *env;
    const char *folder, *suffix;
    bool deep;
    int depth;
    struct hf_error *err;
};

static int walk_folder(const struct walk *walk);

static int visit(void *arg, const char *name)
{
    const struct walk *walk = arg;
    char *path = hf_path_join(walk->folder, name);
    struct stat status;
    if (!path)
        return hf_error_memory(walk->err);
    if (walk->env->fs.stat(walk->env->fs.context, path, &status)) {
        int sys = errno;
        int result = sys == ENOENT ? 0 : hf_error_sys(walk->err, sys, "stat", path);
        free(path);
        return result; /* a dangling link is no schema */
    }
    if (S_ISREG(status.st_mode) && ends_with(name, walk->suffix))
        return add_source(walk->sources, walk->env, path, path, walk->err);
    hf_auto_free char *below = path;
    if (!S_ISDIR(status.st_mode) || !walk->deep || name[0] == '.' || !strcmp(name, "node_modules"))
        return 0;
    struct walk next = *walk;
    next.folder = below;
    next.depth++;
    return walk_folder(&next);
}

static int walk_folder(const struct walk *walk)
{
    const struct hf_fs *fs = &walk->env->fs;
    if (walk->depth > DEEPEST_FOLDER)
        return hf_error_set(walk->err, HF_CONFIG, "folders at '%s' are nested too deeply",
                            walk->folder);
    struct hf_error local = {0};
    struct walk inner = *walk;
    inner.err = &local;
    int result = fs->list(fs->context, walk->folder, visit, &inner);
    if (result && !local.code)
        return hf_error_sys(walk->err, errno, "list", walk->folder);
    return result ? hf_error_pass(walk->err, &local) : 0;
}

static int by_path(const void *a, const void *b)
{
    const struct hf_schema_source *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static int load_folder(struct hf_schema_sources *sources, const struct hf_env *env,
                       const char *path, struct hf_error *err)
{
    struct walk walk = {sources, env, path, ".prisma", true, 0, err};
    sources->dialect = HF_SCHEMA_PRISMA;
    if (walk_folder(&walk))
        return -1;
    if (!sources->count) {
        walk.suffix = ".sql";
        walk.deep = false;
        sources->dialect = HF_SCHEMA_SQL;
        if (walk_folder(&walk))
            return -1;
    }
    if (!sources->count)
        return hf_error_set(err, HF_CONFIG, "folder '%s' holds no schema (.prisma or .sql files)",
                            path);
    qsort(sources->list, sources->count, sizeof *sources->list, by_path);
    return 0;
}

static int load(struct hf_schema_sources *sources, const struct hf_env *env, const char *path,
                struct hf_error *err)
{
    struct stat status;
    if (env->fs.stat(env->fs.context, path, &status))
        return hf_error_sys(err, errno, "read schema", path);
    if (S_ISDIR(status.st_mode))
        return load_folder(sources, env, path, err);
    if (!ends_with(path, ".prisma") && !ends_with(path, ".sql")) {
        hf_error_set(err, HF_CONFIG, "'%s' is no schema: its name ends neither in .prisma nor .sql",
                     path);
        return hf_error_hint(err, "rename it, or give the folder that the schema's files are in");
    }
    sources->dialect = ends_with(path, ".sql") ? HF_SCHEMA_SQL : HF_SCHEMA_PRISMA;
    return add_source(sources, env, path, strdup(path), err);
}

int hf_schema_sources_load(struct hf_schema_sources *out, const struct hf_env *env,
                           const char *path, struct hf_error *err)
{
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    if (load(&sources, env, path, err))
        return -1;
    *out = sources;
    sources = (struct hf_schema_sources){0};
    return 0;
}

int hf_schema_sources_load_as(struct hf_schema_sources *out, const struct hf_env *env,
                              const char *path, enum hf_schema_dialect dialect, const char *name,
                              struct hf_error *err)
{
    struct hf_schema_sources sources = {.dialect = dialect};
    if (add_source(&sources, env, path, strdup(name), err))
        return -1;
    *out = sources;
    return 0;
}

void hf_schema_sources_release(struct hf_schema_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        free(sources->list[i].path);
        free(sources->list[i].text);
    }
    free(sources->list);
    *sources = (struct hf_schema_sources){0};
}

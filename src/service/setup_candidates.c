#include "service/setup_candidates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "codec/digest.h"
#include "codec/key.h"
#include "os/file.h"
#include "service/json_channel.h"

enum { MOST_LOOKED_AT = 5000 };

struct finding {
    struct hf_setup_candidates *out;
    size_t capacity, looked_at;
    const char *directory;
    const char *folder; /* below it, "" at its top */
    const struct hf_env *env;
    struct hf_error *err;
    bool failed;
};

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), suffix_length = strlen(suffix);
    return length >= suffix_length && !strcmp(name + length - suffix_length, suffix);
}

/* What belongs to a database, or is being written. */
static bool is_side_file(const char *name)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal", "-holdfast", NULL};
    for (const char *const *suffix = suffixes; *suffix; suffix++)
        if (ends_with(name, *suffix))
            return true;
    return *name == '.';
}

static void make_id(char out[HF_CANDIDATE_ID], const char *name, const struct stat *status)
{
    struct hf_digest digest;
    uint8_t bytes[HF_DIGEST_BYTES];
    const int64_t facts[] = {(int64_t)status->st_dev, (int64_t)status->st_ino,
                             (int64_t)status->st_size, (int64_t)status->st_mtim.tv_sec,
                             (int64_t)status->st_mtim.tv_nsec};
    hf_digest_init(&digest);
    hf_digest_update(&digest, name, strlen(name) + 1);
    hf_digest_update(&digest, facts, sizeof facts);
    hf_digest_final(&digest, bytes);
    for (size_t i = 0; i + 1 < HF_CANDIDATE_ID; i += 2)
        snprintf(out + i, 3, "%02x", bytes[i / 2]);
}

static struct hf_setup_candidate *room_for_one(struct finding *finding)
{
    struct hf_setup_candidates *out = finding->out;
    if (out->count == finding->capacity) {
        size_t capacity = finding->capacity ? 2 * finding->capacity : 32;
        struct hf_setup_candidate *grown = realloc(out->list, capacity * sizeof *out->list);
        if (!grown)
            return NULL;
        out->list = grown;
        finding->capacity = capacity;
    }
    return &out->list[out->count];
}

/* Takes `name`. */
static int add(struct finding *finding, char *name, const struct stat *status,
               enum hf_file_kind kind)
{
    struct hf_setup_candidate *candidate = room_for_one(finding);
    if (!candidate) {
        free(name);
        return hf_error_memory(finding->err);
    }
    *candidate = (struct hf_setup_candidate){.name = name,
                                             .kind = kind,
                                             .size = (uint64_t)status->st_size,
                                             .time = (int64_t)status->st_mtim.tv_sec * 1000 +
                                                     status->st_mtim.tv_nsec / 1000000};
    make_id(candidate->id, name, status);
    finding->out->count++;
    return 0;
}

static int list_folder(struct finding *finding, const char *folder);

static int look_at(struct finding *finding, const char *name)
{
    hf_auto_free char *below =
        *finding->folder ? hf_path_join(finding->folder, name) : strdup(name);
    hf_auto_free char *path = below ? hf_path_join(finding->directory, below) : NULL;
    struct stat status;
    enum hf_file_kind kind;
    if (!path)
        return hf_error_memory(finding->err);
    if (lstat(path, &status))
        return 0;
    if (S_ISDIR(status.st_mode))
        return *finding->folder ? 0 : list_folder(finding, below);
    if (!S_ISREG(status.st_mode) || hf_file_kind_look(&kind, finding->env, path, NULL) ||
        kind == HF_FILE_OTHER)
        return 0;
    char *kept = below;
    below = NULL;
    return add(finding, kept, &status, kind);
}

static int each_name(void *context, const char *name)
{
    struct finding *finding = context;
    if (is_side_file(name) || finding->looked_at++ >= MOST_LOOKED_AT)
        return 0;
    if (!look_at(finding, name))
        return 0;
    finding->failed = true;
    return 1;
}

/* What cannot be listed has none. */
static int list_folder(struct finding *finding, const char *folder)
{
    const char *around = finding->folder;
    hf_auto_free char *path =
        *folder ? hf_path_join(finding->directory, folder) : strdup(finding->directory);
    if (!path)
        return hf_error_memory(finding->err);
    finding->folder = folder;
    finding->env->fs.list(finding->env->fs.context, path, each_name, finding);
    finding->folder = around;
    return finding->failed ? -1 : 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct hf_setup_candidate *one = a, *other = b;
    if (one->time != other->time)
        return one->time < other->time ? 1 : -1;
    return strcmp(one->name, other->name);
}

int hf_setup_candidates_find(struct hf_setup_candidates *out, const char *directory,
                             const struct hf_env *env, struct hf_error *err)
{
    struct hf_setup_candidates found = {0};
    struct finding finding = {
        .out = &found, .directory = directory, .folder = "", .env = env, .err = err};
    if (hf_codec_init(err))
        return -1;
    int failed = list_folder(&finding, "");
    if (failed) {
        hf_setup_candidates_release(&found);
        return -1;
    }
    if (found.count)
        qsort(found.list, found.count, sizeof *found.list, newest_first);
    while (found.count > HF_MOST_CANDIDATES)
        free(found.list[--found.count].name);
    *out = found;
    return 0;
}

void hf_setup_candidates_release(struct hf_setup_candidates *candidates)
{
    for (size_t i = 0; i < candidates->count; i++)
        free(candidates->list[i].name);
    free(candidates->list);
    *candidates = (struct hf_setup_candidates){0};
}

char *hf_setup_candidate_path(const char *directory, const char *id, const struct hf_env *env,
                              struct hf_error *err)
{
    hf_auto(hf_setup_candidates) struct hf_setup_candidates found = {0};
    if (hf_setup_candidates_find(&found, directory, env, err))
        return NULL;
    for (size_t i = 0; i < found.count; i++)
        if (!strcmp(found.list[i].id, id)) {
            char *path = hf_path_join(directory, found.list[i].name);
            if (!path)
                hf_error_memory(err);
            return path;
        }
    hf_error_set(err, HF_NOT_FOUND, "the file that was chosen is not there any more, or changed");
    return NULL;
}

static json_t *candidate_json(const struct hf_setup_candidate *candidate)
{
    char time[32];
    return json_pack("{s:s, s:o, s:s, s:I, s:s, s:I}", "id", candidate->id, "name",
                     hf_text_value(candidate->name), "kind", hf_file_kind_name(candidate->kind),
                     "size", (json_int_t)candidate->size, "time",
                     hf_time_iso(time, sizeof time, candidate->time), "time_ms",
                     (json_int_t)candidate->time);
}

json_t *hf_setup_candidates_json(const struct hf_setup_candidates *candidates)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < candidates->count; i++)
        if (hf_json_append(list, candidate_json(&candidates->list[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

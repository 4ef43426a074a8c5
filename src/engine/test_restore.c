#include "engine/test_restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/point.h"
#include "os/file.h"

static const char *const endings[] = {"", "-wal", "-shm", "-journal"};

/* With room behind for the endings of the files that SQLite may leave beside it. */
static int scratch_file(char **out, const struct hf_env *env, const char *scratch,
                        const struct hf_database *database, struct hf_error *err)
{
    const char *directory = scratch ? scratch : getenv("TMPDIR");
    uint64_t random;
    if (!directory || !*directory)
        directory = "/var/tmp";
    if (hf_random(env, &random, sizeof random, err))
        return -1;
    int length = asprintf(out, "%s/holdfast-test-%s-%016llx.db-journal", directory, database->name,
                          (unsigned long long)random);
    if (length < 0) {
        *out = NULL;
        return hf_error_memory(err);
    }
    (*out)[length - (int)strlen("-journal")] = 0;
    return 0;
}

/* Needs no memory: a large file must not stay because there is none. */
static void remove_scratch(const struct hf_env *env, char *path)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        strcpy(path + length, endings[i]);
        env->fs.unlink(env->fs.context, path);
    }
    path[length] = 0;
}

static int record(const struct hf_database *database, uint64_t seq, bool passed, int64_t began,
                  int64_t duration, struct hf_error *err)
{
    struct hf_point_change change = {
        .pin = -1,
        .proof = passed ? HF_PROOF_PASSED : HF_PROOF_FAILED,
        .proof_time = began,
        .proof_duration = duration,
    };
    return hf_point_change(database, seq, &change, err);
}

int hf_test_restore(const struct hf_database *database, const struct hf_timeline *timeline,
                    uint64_t seq, const char *scratch, const struct hf_events *events,
                    struct hf_test_restore_result *result, struct hf_error *err)
{
    const struct hf_env *env = database->repository->keys.env;
    struct hf_test_restore_result found = {0};
    struct hf_error local = {0};
    hf_auto_free char *path = NULL;
    int64_t began = hf_now(env);
    if (scratch_file(&path, env, scratch, database, err))
        return -1;
    const struct hf_restore_options options = {.target = path, .events = events};
    int failed = hf_restore(database, timeline, seq, &options, &found.restore, &local);
    if (!failed)
        hf_progress(events, "verify", 0, 0);
    if (!failed)
        failed = hf_integrity_check(path, &found.integrity, &local);
    remove_scratch(env, path);
    found.duration = hf_now(env) - began;
    found.passed = !failed && !found.integrity.problems;
    /* Only what says something about the point is recorded: a full scratch disk does not. */
    bool verdict = !failed || local.code == HF_CORRUPT;
    if (verdict && record(database, seq, found.passed, began, found.duration, err))
        return -1;
    if (failed) {
        return hf_error_pass(err, &local);
    }
    *result = found;
    return 0;
}

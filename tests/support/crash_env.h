/*
 * Loss of power, simulated.
 *
 * An environment that does every file operation for real and records those that change something
 * below one directory, the root. Afterwards it rebuilds, into another directory, the disk as it
 * might be found after losing power just after any of these operations.
 *
 * The model is what POSIX allows, which is worse than what ext4 does:
 * - What the root held when recording began is durable.
 * - A write or truncation is durable once a later sync of the same file returned. Until then it is
 *   kept, dropped, or torn: of each write any of its 512-byte sectors may be there, and the file
 *   may have grown over the others, which are then zeros; of truncations any may have happened.
 * - A change of names (create, link, rename, unlink, mkdir) is durable once a later sync of the
 *   directory returned; for a rename, the one of the new name. Until then it is kept or dropped:
 *   all of them, the first of them in the order they were made (a journal), or any of them.
 *   One change is never half done: a rename removes the old name and replaces the new one at once.
 * - Syncing a file says nothing about its name, syncing a directory nothing about its files' bytes
 *   or its own name.
 * - An operation that failed has changed nothing.
 * Power loss in the middle of a write is among the torn images just after it.
 *
 * Paths below the root are recognised as text: give the root as the program writes it. Directories
 * must not be renamed. Whatever changes the root must go through the environment, or be noted
 * (fault/crash_vfs.h does so for SQLite); a file that somebody else made counts as durable with
 * what it holds when it is first opened.
 */
#ifndef HF_TESTS_SUPPORT_CRASH_ENV_H
#define HF_TESTS_SUPPORT_CRASH_ENV_H

#include <stdint.h>

#include "base/cleanup.h"
#include "os/env.h"

enum hf_crash_data {
    HF_DATA_KEPT,
    HF_DATA_DROPPED,
    HF_DATA_TORN,
    HF_DATA_CUT, /* the last `seed` of one file's are dropped, all else is kept */
};
enum hf_crash_names { HF_NAMES_KEPT, HF_NAMES_DROPPED, HF_NAMES_PREFIX, HF_NAMES_SUBSET };

/* One way of losing power. */
struct hf_crash {
    uint64_t operation; /* just after this one; 0: before the first */
    enum hf_crash_data data;
    enum hf_crash_names names;
    uint64_t seed;   /* for torn data, and for a prefix or subset of names */
    const char *cut; /* which file's, by its path below the root */
};

struct hf_crash_env;

/* Around `inner` (which outlives it); recording begins. NULL: see `err`. */
struct hf_crash_env *hf_crash_env_new(const struct hf_env *inner, const char *root,
                                      struct hf_error *err);
void hf_crash_env_free(struct hf_crash_env *crash);
HF_AUTO_FREE(hf_crash_env)

const struct hf_env *hf_crash_env_get(const struct hf_crash_env *crash);

/* What somebody else has done just now: recorded as if it had gone through the environment. Of
 * files that are known; nothing for others. */
void hf_crash_env_note_create(struct hf_crash_env *crash, const char *path);
void hf_crash_env_note_write(struct hf_crash_env *crash, const char *path, const void *bytes,
                             size_t length, uint64_t offset);
void hf_crash_env_note_truncate(struct hf_crash_env *crash, const char *path, uint64_t size);
void hf_crash_env_note_sync(struct hf_crash_env *crash, const char *path);
void hf_crash_env_note_unlink(struct hf_crash_env *crash, const char *path);
void hf_crash_env_note_sync_dir(struct hf_crash_env *crash, const char *path);

/* Operations recorded so far. What a program acknowledges when this is k must be found in every
 * image of operation k or a later one. */
uint64_t hf_crash_env_operations(const struct hf_crash_env *crash);

/* Builds one image at `directory`, which must not be there. */
int hf_crash_image(const struct hf_crash_env *crash, const struct hf_crash *how,
                   const char *directory, struct hf_error *err);

/*
 * Builds an image at `directory` for every operation and every way of losing data (but for
 * HF_DATA_CUT) and names (where chance decides, for `seeds` seeds; ways that cannot differ are left
 * out), gives it to `check` and removes it. Ends when `check` returns non-zero. Returns how many
 * images `check` accepted; -1 when it refused one (its number of accepted images is lost) or one
 * could not be built (see `err`).
 */
int64_t hf_crash_images(const struct hf_crash_env *crash, unsigned seeds, const char *directory,
                        int (*check)(void *arg, const struct hf_crash *how, const char *directory),
                        void *arg, struct hf_error *err);

/* "after operation 17 (link '.a.tmp' to 'a'), data torn, names kept, seed 3". */
const char *hf_crash_describe(const struct hf_crash_env *crash, const struct hf_crash *how,
                              char *out, size_t size);

#endif

/*
 * A database file that is about to be replaced or rewritten: taken from everybody else first.
 *
 * Taking it folds its log into it (or rolls its hot journal back), removes -wal, -shm and -journal,
 * and holds SQLite's EXCLUSIVE lock until release, so that the file alone is the database and no
 * crash can pair it with another one's log. Single-owner.
 */
#ifndef HF_SQLITE_RESTORE_TARGET_H
#define HF_SQLITE_RESTORE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "os/env.h"

struct hf_restore_target;

enum hf_target_state {
    HF_TARGET_ABSENT,   /* no file (or an empty one) */
    HF_TARGET_DATABASE, /* taken: folded, exclusively locked */
    HF_TARGET_DAMAGED,  /* a file that SQLite cannot open as a database, or that is too short */
};

/*
 * HF_LOCKED when another connection or process has it open (locks; and on Linux, /proc for idle
 * connections of processes that this one may look at), naming the process where it is known.
 */
struct hf_restore_target *hf_restore_target_take(const struct hf_env *env, const char *path,
                                                 int busy_ms, struct hf_error *err);

/* Where the file is: `path` with symbolic links followed, so that a new file replaces the database
 * and not the link to it. Borrowed. */
const char *hf_restore_target_path(const struct hf_restore_target *target);
const struct hf_env *hf_restore_target_env(const struct hf_restore_target *target);

enum hf_target_state hf_restore_target_state(const struct hf_restore_target *target);

/* For HF_TARGET_DATABASE: its page size and count, the file being whole. */
uint32_t hf_restore_target_page_size(const struct hf_restore_target *target);
uint32_t hf_restore_target_page_count(const struct hf_restore_target *target);

/* A descriptor for reading and writing the taken file through `env`; opened on first use, owned by
 * the target and closed after its lock is no longer needed (closing it earlier would drop the
 * lock). */
int hf_restore_target_fd(struct hf_restore_target *target, struct hf_error *err);

/* Of HF_TARGET_ABSENT: an empty file is there, for the new one to replace. */
bool hf_restore_target_is_empty_file(const struct hf_restore_target *target);

/*
 * Moves what is there out of the way of a new file: -wal, -shm and -journal that belong to a file
 * that is missing or damaged. They, and a damaged database, are kept as
 * "<path>.replaced-<milliseconds>" with the same endings; nothing is deleted. For
 * HF_TARGET_DATABASE nothing is to be done. HF_EXISTS, and nothing is moved: somebody has put a
 * file there since it was taken as absent. Writes the name of the kept database or "" to `kept` (at
 * most `size` bytes).
 */
int hf_restore_target_set_aside(struct hf_restore_target *target, char *kept, size_t size,
                                struct hf_error *err);

/* Gives up the lock without touching the file at the path, which may be a new one. NULL is fine. */
void hf_restore_target_free(struct hf_restore_target *target);
HF_AUTO_FREE(hf_restore_target)

#endif

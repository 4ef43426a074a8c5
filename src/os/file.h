/*
 * Files with struct hf_error: whole reads and writes, and files that appear complete or not
 * at all. Everything goes through the file system in `env`.
 */
#ifndef HF_OS_FILE_H
#define HF_OS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "os/env.h"

/* Opens; the caller closes with hf_file_close. Returns a descriptor, or -1. */
int hf_file_open(const struct hf_env *env, const char *path, int flags, mode_t mode,
                 struct hf_error *err);

/* A file for reading and writing that nobody else sees and that is gone when it is closed, in
 * $TMPDIR, else in /var/tmp, which, other than /tmp, is never memory itself. */
int hf_file_open_unnamed(const struct hf_env *env, struct hf_error *err);

/* The same in that directory. */
int hf_file_open_unnamed_in(const struct hf_env *env, const char *directory, struct hf_error *err);

/* How many bytes the file system of an open file has left for this user; UINT64_MAX when it does
 * not say. */
uint64_t hf_file_room(int fd);

/* A failed close is an error: data may be lost. The descriptor is gone in any case. */
int hf_file_close(const struct hf_env *env, int fd, const char *path, struct hf_error *err);

/* Reads up to `length` bytes; fewer only at the end of the file. Returns the count, or -1. */
int64_t hf_file_read(const struct hf_env *env, int fd, const char *path, void *out, size_t length,
                     uint64_t offset, struct hf_error *err);

/* Writes all of it. */
int hf_file_write(const struct hf_env *env, int fd, const char *path, const void *in, size_t length,
                  uint64_t offset, struct hf_error *err);

/* Appends the whole file to `out`; more than `limit` bytes is HF_CORRUPT. */
int hf_file_read_all(const struct hf_env *env, const char *path, size_t limit, struct hf_buf *out,
                     struct hf_error *err);

/* The directory part of `path` ("." when it has none). Caller frees. NULL: no memory. */
char *hf_path_parent(const char *path);

/* Whether both paths lead to one file or directory, which is there. */
bool hf_path_same(const struct hf_env *env, const char *a, const char *b);

/* `path` without symbolic links; where a link points at nothing, the name of what it would be.
 * Caller frees. NULL: no memory. */
char *hf_path_real(const char *path);

/* "<a>/<b>" (one slash), caller frees. NULL: no memory. */
char *hf_path_join(const char *a, const char *b);

/* Syncs the directory that `path` is in: a name that was made, moved or removed there is durable
 * then. */
int hf_sync_parent(const struct hf_env *env, const char *path, struct hf_error *err);

/* Makes the directory and its missing parents durably. An existing directory is success. */
int hf_make_directories(const struct hf_env *env, const char *path, mode_t mode,
                        struct hf_error *err);

/*
 * A file that appears under its name complete and durable, or not at all: written to
 * "<directory>/.<name>.<random>.tmp" and moved on commit (sync of the file, link or rename,
 * sync of the directory). Single-owner, but hf_new_file_write may be called by several threads
 * for disjoint ranges.
 */
struct hf_new_file {
    const struct hf_env *env;
    char *path;
    char *temporary;
    int fd;
};

enum hf_commit {
    HF_COMMIT_REPLACE, /* takes the place of what is there */
    HF_COMMIT_NEW,     /* HF_EXISTS when there is something */
};

int hf_new_file_begin(struct hf_new_file *file, const struct hf_env *env, const char *path,
                      mode_t mode, struct hf_error *err);
int hf_new_file_write(struct hf_new_file *file, const void *in, size_t length, uint64_t offset,
                      struct hf_error *err);
/* Gives it owner and mode of the file at `path`; where there is nothing it keeps its own. Its owner
 * stays for who may not give files away. */
int hf_new_file_adopt(struct hf_new_file *file, const char *path, struct hf_error *err);
/* Ends the file in any case: on failure its temporary is removed. When only the sync of the
 * directory failed the file may be there: the caller must treat it as not acknowledged. */
int hf_new_file_commit(struct hf_new_file *file, enum hf_commit how, struct hf_error *err);
/* Removes the temporary; nothing to do after commit. */
void hf_new_file_release(struct hf_new_file *file);
HF_AUTO_RELEASE(hf_new_file)

/* True for names that hf_new_file gives to temporaries: what a crash may leave behind. */
bool hf_is_temporary_name(const char *name);

enum hf_litter { HF_LITTER_OF_FILE, HF_LITTER_OF_DIRECTORY };

/*
 * Removes what killed writers left: temporaries of the file that was begun, or of any file in its
 * directory, that nobody has written to in the 24 hours before. Ages are told by the file system's
 * own clock, since others may write there from other hosts; a writer that was stopped for longer
 * fails at its commit. Never fails: what cannot be removed stays.
 */
void hf_new_file_remove_litter(const struct hf_new_file *file, enum hf_litter which);

/* hf_new_file in one call. */
int hf_file_write_durable(const struct hf_env *env, const char *path, const void *in, size_t length,
                          mode_t mode, enum hf_commit how, struct hf_error *err);

/* A copy, durable when it returns, in the place of what is at `to`. */
int hf_file_copy(const struct hf_env *env, const char *from, const char *to, mode_t mode,
                 struct hf_error *err);

/* Removes durably; a file that is not there is success. */
int hf_file_remove(const struct hf_env *env, const char *path, struct hf_error *err);

#endif

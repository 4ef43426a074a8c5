/*
 * A database file that is rewritten while others read it: through SQLite's own locks, so that every
 * reader has one state or the other. For a file in rollback-journal mode. Single-owner.
 *
 * The order: begin (readers go on; nobody else writes); keep old images in a hot journal
 * (hot_journal.h) and arm it; enter (nobody reads); write, sync; commit the journal; end. Killed in
 * between, the next SQLite that opens the file rolls it back.
 *
 * Its descriptor is opened with the connection and closed after it, never before: closing any
 * descriptor of a file drops all POSIX locks that the process has on it. For the same reason a
 * process has no other connection of its own to the file when this is freed.
 */
#ifndef HF_SQLITE_SHARED_FILE_H
#define HF_SQLITE_SHARED_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "os/env.h"
#include "sqlite/db_header.h"

struct hf_shared_file;

/* HF_NOT_FOUND and the errors of a connection. */
struct hf_shared_file *hf_shared_file_open(const struct hf_env *env, const char *path, int busy_ms,
                                           struct hf_error *err);

struct hf_shared_look {
    uint8_t header[HF_DB_HEADER_BYTES]; /* zeros past the file's end */
    uint64_t size;
};

/* What the file is while nobody writes to it; rolls back what somebody left half done. HF_CORRUPT:
 * it is no database. HF_LOCKED. */
int hf_shared_file_look(struct hf_shared_file *file, struct hf_shared_look *out,
                        struct hf_error *err);

/* Takes it out of WAL mode, if somebody put it there. HF_LOCKED while others have it open so. */
int hf_shared_file_leave_log(struct hf_shared_file *file, struct hf_error *err);

/* Keeps other writers out (RESERVED), and looks. A journal without meaning that somebody left is
 * removed. HF_LOCKED. */
int hf_shared_file_begin(struct hf_shared_file *file, struct hf_shared_look *out,
                         struct hf_error *err);

/* Waits until the readers that are there have finished, for `patience` ms at most, in which no new
 * one comes in: HF_LOCKED then, and `end` lets them in again. */
int hf_shared_file_enter(struct hf_shared_file *file, int patience, struct hf_error *err);

/* Gives up all locks. Fine when there are none. */
void hf_shared_file_end(struct hf_shared_file *file);

/* For reading at any time and, once entered, writing through `env`. */
int hf_shared_file_fd(const struct hf_shared_file *file);

/* NULL is fine. */
void hf_shared_file_free(struct hf_shared_file *file);
HF_AUTO_FREE(hf_shared_file)

#endif

/*
 * Rewriting pages of a database in place so that a crash at any moment leaves the state before:
 * the pages' old images go first into a rollback journal in SQLite's own format
 * (https://www.sqlite.org/fileformat2.html#the_rollback_journal), which any SQLite that opens the
 * file plays back. For a file taken with restore_target.h. Single-owner.
 *
 * The order: begin; add every page that will be overwritten or cut off; arm; write, truncate and
 * sync the database (never down to no bytes at all: SQLite takes the journal of an empty file for a
 * stale one); commit.
 */
#ifndef HF_SQLITE_HOT_JOURNAL_H
#define HF_SQLITE_HOT_JOURNAL_H

#include <stdint.h>

#include "base/cleanup.h"
#include "os/env.h"

struct hf_hot_journal;

/* Creates "<path>-journal" (HF_EXISTS if there is one), with the database's owner and mode;
 * symbolic links in `path` are followed, as SQLite looks beside the file and not beside a link to
 * it. `page_count` is the file's before the change: playing back truncates or extends to it. */
struct hf_hot_journal *hf_hot_journal_begin(const struct hf_env *env, const char *path,
                                            uint32_t page_size, uint32_t page_count,
                                            struct hf_error *err);

/* Keeps one page's old image; pages past `page_count` and the lock-byte page need none and are
 * passed over. */
int hf_hot_journal_add(struct hf_hot_journal *journal, uint32_t page, const uint8_t *image,
                       struct hf_error *err);

/* Makes it durable and hot. Only after this may the database's pages be written. */
int hf_hot_journal_arm(struct hf_hot_journal *journal, struct hf_error *err);

/* The change is complete and durable: removes the journal durably, which is the commit. */
int hf_hot_journal_commit(struct hf_hot_journal *journal, struct hf_error *err);

/* Frees. Without a commit: an armed journal stays on disk, so that the next SQLite that opens the
 * database rolls back; one that is not armed is removed. NULL is fine. */
void hf_hot_journal_free(struct hf_hot_journal *journal);
HF_AUTO_FREE(hf_hot_journal)

#endif

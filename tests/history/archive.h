/*
 * A repository in memory with one database, made with a still clock and randomness that repeats,
 * and segments whose pages are known: what the tests of history stand on.
 */
#ifndef HF_TESTS_HISTORY_ARCHIVE_H
#define HF_TESTS_HISTORY_ARCHIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four that it needs */
#include <cmocka.h>

#include "history/database.h"
#include "history/segment_writer.h"
#include "history/timeline.h"
#include "support/fault_env.h"

struct archive {
    struct hf_fault_env *world;
    const struct hf_env *env;
    struct hf_store *memory; /* what all handles of it look into */
    /* The next put through any handle: told its key first. Cleared when it is called. */
    void (*before_put)(struct archive *archive, const char *key);
    struct hf_repository *repository;
    struct hf_database database;
    struct hf_pool *pool;
};

enum { ARCHIVE_TIME = 1700000000 };

/* cmocka's setup and teardown: *state is a struct archive with one plain slot, database "app". */
int archive_setup(void **state);
/* The same on a store without put-if-absent. */
int archive_setup_replacing(void **state);
int archive_teardown(void **state);

/* A handle of the memory; whoever has it frees it. */
struct hf_store *archive_store(struct archive *archive);

/* Opens the repository again. Fails the test when that does not work. */
struct hf_repository *archive_open(struct archive *archive);

/* One segment to be made. Page p of version v is always the same bytes; see archive_page. */
struct archive_segment {
    uint64_t from, to;
    uint8_t level;
    uint32_t epoch;                /* 0: 1 */
    uint32_t page_size;            /* 0: 4096 */
    uint32_t page_count, page_min; /* page_min 0: page_count */
    uint32_t lock_byte_page;       /* 0: far away */
    const uint32_t *pages;         /* what it has images of; NULL: first .. last */
    uint32_t first, last, count;
    uint32_t version; /* of those pages */
    uint64_t state_before, state_after;
    uint64_t part_bytes;
    const struct hf_buf *dictionary;
    const char *label;
    uint32_t flags;
    int64_t time; /* ms; 0: ARCHIVE_TIME and `to` milliseconds */
};

/* Writes it; returns the length of all its objects. `name` may be NULL. */
uint64_t archive_write(struct archive *archive, const struct archive_segment *segment,
                       struct hf_segment_name *name);

void archive_page(uint8_t *out, uint32_t page_size, uint32_t page, uint32_t version);

/* What page p of this version adds to a state; version 0: zeros. */
uint64_t archive_term(const struct archive *archive, uint32_t page_size, uint32_t page,
                      uint32_t version);

/* A chain of points 1 .. count of a database of 6 pages: a full segment, then one page each. */
void archive_points(struct archive *archive, uint64_t count);

/* Key of the closing object, or of a part. */
void archive_key(const struct archive *archive, char out[HF_OBJECT_NAME_TEXT],
                 const struct hf_segment_name *name, uint16_t part);

/* Replaces, damages and counts objects behind the repository's back. */
void archive_get(struct archive *archive, const char *key, struct hf_buf *out);
void archive_replace(struct archive *archive, const char *key, const void *bytes, size_t length);
void archive_flip(struct archive *archive, const char *key, size_t byte, int bit);
void archive_remove(struct archive *archive, const char *key);
bool archive_has(struct archive *archive, const char *key);
int archive_count(struct archive *archive, const char *prefix);

/* All keys, one after another; caller frees each and the list (which ends with NULL). */
char **archive_keys(struct archive *archive);
void archive_keys_free(char **keys);

#endif

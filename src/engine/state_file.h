/*
 * What the host remembers of a database beside it, in one file that can always be thrown away: who
 * it is as a writer, the newest point that it confirmed, and every page's fingerprint at that
 * point.
 *
 * 4,096 bytes of header (an object header with fields, zeros, BLAKE2b-256), then 8 bytes a page. It
 * proves itself: a header that does not is as none, a map whose terms do not add up to the state's
 * fingerprint is built again. While it is open, no other Holdfast on this host opens it.
 * Single-owner.
 */
#ifndef HF_ENGINE_STATE_FILE_H
#define HF_ENGINE_STATE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "history/database.h"
#include "history/segment_name.h"
#include "os/file.h"
#include "sqlite/page_source.h"

struct hf_known_state {
    uint8_t repository[HF_ID_BYTES], key_id[HF_ID_BYTES], database[HF_ID_BYTES];
    struct hf_segment_name segment; /* of the newest point that was confirmed; `to` 0: none */
    uint64_t fingerprint;           /* of its state */
    uint32_t page_size, page_count;
    struct hf_db_stamp stamp; /* of the database when it was in that state; all 0: not known */
};

/* Fills in whose state it is. */
void hf_known_state_belongs(struct hf_known_state *known, const struct hf_database *database);

/* True when something is known, and of this database in this repository. */
bool hf_known_state_is_of(const struct hf_known_state *known, const struct hf_database *database);

struct hf_state_file {
    const struct hf_env *env;
    char *path;
    int fd;
    uint8_t writer[HF_ID_BYTES]; /* random, kept for the life of the file */
    struct hf_known_state known; /* all 0 when the file was new or not whole */
};

/* Where the state of a database is kept: where it is wanted, or (NULL) beside the database. Caller
 * frees. NULL: no memory. */
char *hf_state_file_path(const char *database_path, const char *wanted);

/* What the file remembers, without its lock and without making it: all 0 when it is not there, or
 * not whole. */
void hf_state_file_peek(struct hf_known_state *known, const struct hf_env *env, const char *path);

/* Opens, making it when it is not there. HF_LOCKED: another Holdfast works on this database. */
int hf_state_file_open(struct hf_state_file *file, const struct hf_env *env, const char *path,
                       struct hf_error *err);

/* Writes the header again, with other facts about the same map. */
int hf_state_file_update(struct hf_state_file *file, const struct hf_known_state *known,
                         struct hf_error *err);

void hf_state_file_release(struct hf_state_file *file);
HF_AUTO_RELEASE(hf_state_file)

/* Where a page's fingerprint is in the file. */
uint64_t hf_map_offset(uint32_t page);

/* The map of the known state from its first page on, a piece at a time. */
struct hf_map_reader {
    const struct hf_state_file *file;
    uint32_t next;     /* page that is read next */
    uint32_t have, at; /* in `piece` */
    uint64_t piece[4096];
};

void hf_map_reader_init(struct hf_map_reader *reader, const struct hf_state_file *file);

/* The next page's fingerprint; 0 past the map's end, and for a page that is missing in the file. */
int hf_map_reader_next(struct hf_map_reader *reader, uint64_t *fingerprint, struct hf_error *err);

/* A new map, which takes the place of the file when it is committed. */
struct hf_map_writer {
    struct hf_new_file file;
    uint32_t have;
    uint64_t offset;
    uint8_t piece[8 * 4096];
};

int hf_map_writer_begin(struct hf_map_writer *writer, const struct hf_state_file *file,
                        struct hf_error *err);

/* Fingerprints of pages in order from page 1 on, without gaps (the lock-byte page's is 0). */
int hf_map_writer_append(struct hf_map_writer *writer, uint64_t fingerprint, struct hf_error *err);

/* Fingerprints at any place; not to be mixed with append. */
int hf_map_writer_put(struct hf_map_writer *writer, uint32_t first, const uint64_t *fingerprints,
                      uint32_t count, struct hf_error *err);

/* Replaces the file's content, durably, and `file` reads the new one from here on. */
int hf_map_writer_commit(struct hf_map_writer *writer, struct hf_state_file *file,
                         const struct hf_known_state *known, struct hf_error *err);

void hf_map_writer_release(struct hf_map_writer *writer);
HF_AUTO_RELEASE(hf_map_writer)

#endif

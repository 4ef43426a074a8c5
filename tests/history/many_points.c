/*
 * usage: many_points DIRECTORY COUNT NEWEST EVERY
 * Makes a repository there with so many points of a database "app", EVERY milliseconds apart, the
 * last one at NEWEST (ms since 1970). Each is a whole SQLite database: table note has one row,
 * whose body is "point N". Every 500th was taken by hand and has a label, every 200th has passed a
 * test restore. All others are as a running Holdfast makes them.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/point.h"
#include "history/segment_writer.h"
#include "sqlite/db_header.h"
#include "store/kinds.h"

enum { PAGE_SIZE = 512, LABEL_EVERY = 500, PROOF_EVERY = 200 };

/* A database in memory, and what its pages add to a state. */
struct making {
    const struct hf_database *database;
    sqlite3 *db;
    uint8_t *before, *now;
    uint32_t pages_before, pages;
    uint64_t state;
};

static int query(sqlite3 *db, const char *sql, struct hf_error *err)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        return hf_error_set(err, HF_FAILED, "%s: %s", sql, sqlite3_errmsg(db));
    return 0;
}

static int next_state(struct making *self, uint64_t seq, struct hf_error *err)
{
    char sql[96];
    sqlite3_int64 length;
    snprintf(sql, sizeof sql, "UPDATE note SET body = 'point %llu'", (unsigned long long)seq);
    if (query(self->db, sql, err))
        return -1;
    sqlite3_free(self->before);
    self->before = self->now;
    self->pages_before = self->pages;
    self->now = sqlite3_serialize(self->db, "main", &length, 0);
    if (!self->now)
        return hf_error_memory(err);
    self->pages = (uint32_t)(length / PAGE_SIZE);
    return 0;
}

static const uint8_t *page_of(const uint8_t *image, uint32_t page)
{
    return image + (size_t)(page - 1) * PAGE_SIZE;
}

static bool differs(const struct making *self, uint32_t page)
{
    return page > self->pages_before ||
           memcmp(page_of(self->now, page), page_of(self->before, page), PAGE_SIZE) != 0;
}

static uint64_t term(const struct making *self, const uint8_t *image, uint32_t page)
{
    return hf_state_term(
        page, hf_page_fingerprint(&self->database->fingerprints, page_of(image, page), PAGE_SIZE));
}

static int write_pages(struct making *self, struct hf_segment_writer *writer, struct hf_error *err)
{
    for (uint32_t page = 1; page <= self->pages; page++) {
        uint32_t room;
        if (!differs(self, page))
            continue;
        uint8_t *space = hf_segment_writer_space(writer, &room, err);
        if (!space)
            return -1;
        memcpy(space, page_of(self->now, page), PAGE_SIZE);
        if (hf_segment_writer_filled(writer, page, 1, err))
            return -1;
        self->state += term(self, self->now, page);
        if (page <= self->pages_before)
            self->state -= term(self, self->before, page);
    }
    return 0;
}

static int write_point(struct making *self, uint64_t seq, int64_t time, struct hf_error *err)
{
    struct hf_segment_spec spec = {
        .name = {.epoch = 1, .from = seq, .to = seq, .time = time},
        .page_size = PAGE_SIZE,
    };
    struct hf_trailer trailer = {.page_size = PAGE_SIZE,
                                 .page_count = self->pages,
                                 .page_min = self->pages,
                                 .lock_byte_page = hf_lock_byte_page(PAGE_SIZE),
                                 .first_commit = time,
                                 .last_commit = time,
                                 .state_before = self->state,
                                 .flags = seq == 1 ? HF_SEGMENT_FULL : 0};
    bool by_hand = seq % LABEL_EVERY == 0;
    uint64_t bytes;
    for (uint32_t page = 1; page <= self->pages; page++)
        spec.pages += differs(self, page);
    if (by_hand)
        snprintf(trailer.label, sizeof trailer.label, "label %llu", (unsigned long long)seq);
    snprintf(trailer.reason, sizeof trailer.reason, "%s", by_hand ? "manual" : "continuous");
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        hf_segment_writer_new(self->database, NULL, &spec, err);
    if (!writer || write_pages(self, writer, err))
        return -1;
    trailer.state_after = self->state;
    return hf_segment_writer_finish(writer, &trailer, &bytes, err);
}

static int prove(const struct making *self, uint64_t seq, int64_t time, struct hf_error *err)
{
    const struct hf_point_change passed = {
        .pin = -1, .proof = HF_PROOF_PASSED, .proof_time = time + 1, .proof_duration = 1};
    return hf_point_change(self->database, seq, &passed, err);
}

static int make_points(struct making *self, uint64_t count, int64_t newest, int64_t every,
                       struct hf_error *err)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "PRAGMA page_size = %d; CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT);"
             "INSERT INTO note VALUES(1, '')",
             PAGE_SIZE);
    if (query(self->db, sql, err))
        return -1;
    for (uint64_t seq = 1; seq <= count; seq++) {
        int64_t time = newest - (int64_t)(count - seq) * every;
        if (next_state(self, seq, err) || write_point(self, seq, time, err) ||
            (seq % PROOF_EVERY == 0 && prove(self, seq, time, err)))
            return -1;
    }
    return 0;
}

static int no_sync(void *context, int fd)
{
    (void)context, (void)fd;
    return 0;
}

static int no_sync_dir(void *context, const char *path)
{
    (void)context, (void)path;
    return 0;
}

static int make(const char *directory, uint64_t count, int64_t newest, int64_t every,
                struct hf_error *err)
{
    struct hf_env env = *hf_env_system();
    const struct hf_unlock none = {0};
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .secret = &none};
    struct hf_database database;
    struct making self = {.database = &database};
    env.fs.sync = no_sync; /* it would take minutes, and nobody pulls a plug */
    env.fs.sync_dir = no_sync_dir;
    if (hf_codec_init(err))
        return -1;
    struct hf_store *store = hf_store_directory_new(&env, directory, err);
    hf_auto_ptr(hf_repository) struct hf_repository *repository =
        store ? hf_repository_create(store, &env, &slot, err) : NULL;
    if (!repository || hf_database_open(&database, repository, "app", HF_DATABASE_CREATE, err))
        return -1;
    int failed = sqlite3_open(":memory:", &self.db)
                     ? hf_error_set(err, HF_FAILED, "%s", sqlite3_errmsg(self.db))
                     : make_points(&self, count, newest, every, err);
    sqlite3_free(self.before);
    sqlite3_free(self.now);
    sqlite3_close(self.db);
    return failed;
}

int main(int argc, char **argv)
{
    struct hf_error err = {0};
    if (argc == 5 && !make(argv[1], strtoull(argv[2], NULL, 10), strtoll(argv[3], NULL, 10),
                           strtoll(argv[4], NULL, 10), &err))
        return 0;
    fprintf(stderr, "many_points: %s\n", argc == 5 ? err.text : "DIRECTORY COUNT NEWEST EVERY");
    return 1;
}

#include "sqlite/write_brake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "os/signals.h"
#include "sqlite/connection.h"
#include "sqlite/wal_index.h"

enum {
    HELD_US = 10000,
    OPEN_US = 3000,
    LET_IN_MS = 25, /* for a writer that sleeps in its busy handler since we had the lock */
    SPIN_US = 200,
};

struct hf_write_brake {
    sqlite3 *db;
    sqlite3_file *file;
    pthread_t thread;
    atomic_bool stop;
};

static uint32_t frames_in_log(const struct hf_write_brake *self)
{
    struct hf_wal_index index;
    return hf_wal_index_read(self->file, &index, NULL) == HF_WAL_INDEX_READ ? index.max_frame : 0;
}

/* Two short waits in a row are one long one for a writer that slept through the moment between. */
static void let_writers_in(const struct hf_write_brake *self, uint32_t frames)
{
    int64_t until = hf_monotonic() + LET_IN_MS;
    while (frames_in_log(self) == frames && hf_monotonic() < until)
        hf_pause_us(SPIN_US);
}

static void *run(void *context)
{
    struct hf_write_brake *self = context;
    while (!self->stop) {
        if (sqlite3_exec(self->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) {
            uint32_t frames = frames_in_log(self);
            hf_pause_us(HELD_US);
            sqlite3_exec(self->db, "ROLLBACK", NULL, NULL, NULL);
            let_writers_in(self, frames);
            hf_pause_us(self->stop ? 0 : OPEN_US);
        } else {
            hf_pause_us(SPIN_US);
        }
    }
    return NULL;
}

static void release(struct hf_write_brake *self)
{
    sqlite3_close(self->db);
    free(self);
}

struct hf_write_brake *hf_write_brake_start(const char *path)
{
    struct hf_write_brake *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->db = hf_connection_open(path, NULL, 0, NULL);
    self->file = self->db ? hf_connection_file(self->db, SQLITE_FCNTL_FILE_POINTER) : NULL;
    if (self->file && !pthread_create(&self->thread, NULL, run, self))
        return self;
    release(self);
    return NULL;
}

void hf_write_brake_stop(struct hf_write_brake *self)
{
    if (!self)
        return;
    self->stop = true;
    pthread_join(self->thread, NULL);
    release(self);
}

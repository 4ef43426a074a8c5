/*
 * Where a backup's pages come from: the live database while its read transaction lasts, and after
 * that what was kept of them.
 *
 * In WAL mode nobody waits for a reader, and nothing is kept. In a rollback-journal mode nobody can
 * commit before the transaction's end, so that nothing slow may be done meanwhile: what is to be
 * stored is copied to a temporary file without a name, where nothing else can see it, and
 * compressed and stored from there. Pages have their own place in it, so that it takes the room of
 * those that are kept. They are read through SQLite's own handle: another descriptor of the file
 * (for a reflink) would drop all locks of the process when it is closed. Single-owner.
 */
#ifndef HF_ENGINE_PAGE_ORIGIN_H
#define HF_ENGINE_PAGE_ORIGIN_H

#include "base/events.h"
#include "os/env.h"
#include "sqlite/page_source.h"

struct hf_page_origin {
    const struct hf_env *env;
    const char *beside;            /* a file in whose directory there may be room as well */
    struct hf_db_info info;        /* of the state that was opened last */
    struct hf_page_source *source; /* NULL: let go */
    int fd;                        /* of what is kept; -1: nothing is */
    struct hf_error lost; /* what was to be kept and could not be; its code HF_OK: nothing */
};

/* `beside` is borrowed. Nothing is open yet. */
void hf_page_origin_init(struct hf_page_origin *self, const struct hf_env *env, const char *beside);

/* Begins the transaction; what was kept before is gone. Errors as hf_page_source_open. */
int hf_page_origin_open(struct hf_page_origin *self, const char *path, int busy_ms,
                        struct hf_error *err);

/* Whether commits wait for the end of the transaction, had it begun or not. */
static inline bool hf_page_origin_delays_writers(const struct hf_page_origin *self)
{
    return !self->info.wal;
}

/* Keeps pages that were read, if they have to be. What cannot be kept is told by `lost`, and
 * nothing is kept from then on. */
void hf_page_origin_keep(struct hf_page_origin *self, uint32_t first, uint32_t count,
                         const uint8_t *images);

/* Keeps all of them, if they have to be. Fails when they cannot be read. */
int hf_page_origin_keep_all(struct hf_page_origin *self, const struct hf_events *events,
                            struct hf_error *err);

/* Ends the transaction: pages come from what is kept. */
void hf_page_origin_let_go(struct hf_page_origin *self);

/* As hf_page_source_read; once let go, for pages that were kept. */
int hf_page_origin_read(struct hf_page_origin *self, uint32_t first, uint32_t count, uint8_t *out,
                        struct hf_error *err);

void hf_page_origin_release(struct hf_page_origin *self);
HF_AUTO_RELEASE(hf_page_origin)

#endif

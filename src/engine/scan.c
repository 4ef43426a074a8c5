#include "engine/scan.h"

#include "history/plan_walk.h"

enum { READ_BYTES = 256 << 10 };

struct comparison {
    struct hf_scan *scan;
    struct hf_page_origin *origin;
    const struct hf_fingerprint_key *key;
    const struct hf_known_state *known;
    struct hf_map_reader *old;
    struct hf_map_writer *map;
    uint32_t lock_byte_page;
    uint64_t old_terms;
};

static int compare_page(struct comparison *work, uint32_t page, const uint8_t *image,
                        struct hf_error *err)
{
    struct hf_scan *scan = work->scan;
    uint64_t before, now = 0;
    if (hf_map_reader_next(work->old, &before, err))
        return -1;
    if (page != work->lock_byte_page) {
        now = hf_page_fingerprint(work->key, image, work->known->page_size);
        scan->terms += hf_state_term(page, now);
        if (page <= work->known->page_count)
            work->old_terms += hf_state_term(page, before);
        if (page > work->known->page_count || now != before) {
            hf_bitmap_set(&scan->changed, page);
            scan->changed_count++;
            hf_page_origin_keep(work->origin, page, 1, image);
        }
    }
    return hf_map_writer_append(work->map, now, err);
}

/* What the old map says of pages that the database no longer has. */
static int compare_rest(struct comparison *work, uint32_t page, struct hf_error *err)
{
    for (uint64_t p = page; p <= work->known->page_count; p++) {
        uint64_t before;
        if (hf_map_reader_next(work->old, &before, err))
            return -1;
        if (p != work->lock_byte_page)
            work->old_terms += hf_state_term((uint32_t)p, before);
    }
    return 0;
}

static int compare_all(struct comparison *work, uint8_t *images, const struct hf_events *events,
                       struct hf_error *err)
{
    const struct hf_db_info *info = &work->origin->info;
    uint64_t size = info->page_size, total = size * info->page_count;
    uint32_t step = READ_BYTES / info->page_size;
    for (uint64_t page = 1; page <= info->page_count; page += step) {
        uint64_t left = info->page_count - page + 1;
        uint32_t count = left < step ? (uint32_t)left : step;
        if (hf_page_origin_read(work->origin, (uint32_t)page, count, images, err))
            return -1;
        for (uint32_t i = 0; i < count; i++)
            if (compare_page(work, (uint32_t)page + i, images + i * size, err))
                return -1;
        hf_progress(events, "scan", (page - 1 + count) * size, total);
    }
    return compare_rest(work, info->page_count + 1, err);
}

int hf_scan_compare(struct hf_scan *out, struct hf_page_origin *origin,
                    const struct hf_fingerprint_key *key, const struct hf_state_file *state,
                    struct hf_map_writer *map, const struct hf_events *events, struct hf_error *err)
{
    const struct hf_db_info *info = &origin->info;
    struct hf_scan scan = {0};
    hf_auto_free struct hf_map_reader *old = malloc(sizeof *old);
    hf_auto_free uint8_t *images = malloc(READ_BYTES);
    if (!old || !images)
        return hf_error_memory(err);
    if (hf_bitmap_init(&scan.changed, (uint64_t)info->page_count + 1, err))
        return -1;
    hf_map_reader_init(old, state);
    struct comparison work = {&scan, origin, key, &state->known, old, map, info->lock_byte_page, 0};
    if (compare_all(&work, images, events, err)) {
        hf_scan_release(&scan);
        return -1;
    }
    scan.map_was_whole = work.old_terms == state->known.fingerprint;
    *out = scan;
    return 0;
}

void hf_scan_release(struct hf_scan *scan)
{
    hf_bitmap_release(&scan->changed);
    *scan = (struct hf_scan){0};
}

struct learning {
    const struct hf_database *database;
    struct hf_map_writer *map;
    struct hf_state at;
};

static int learn_begin(void *context, const struct hf_state *state, struct hf_error *err)
{
    (void)err;
    ((struct learning *)context)->at = *state;
    return 0;
}

static int learn_block(void *context, struct hf_live_block *live, struct hf_error *err)
{
    struct learning *learning = context;
    const struct hf_index_block *block = &live->block;
    int failed = 0;
    for (uint32_t i = 0; i < block->entries && !failed;) {
        uint32_t count = hf_live_block_run(live, i, block->entries, NULL);
        if (count)
            failed = hf_map_writer_put(learning->map, block->pages[i], block->fingerprints + i,
                                       count, err);
        i += count ? count : 1;
    }
    hf_live_block_free(live);
    return failed;
}

static int learn_zeros(void *context, uint32_t first, uint32_t count, struct hf_error *err)
{
    struct learning *learning = context;
    static const uint8_t zeros[65536];
    uint64_t fingerprint =
        hf_page_fingerprint(&learning->database->fingerprints, zeros, learning->at.page_size);
    for (uint32_t i = 0; i < count; i++)
        if (hf_map_writer_put(learning->map, first + i, &fingerprint, 1, err))
            return -1;
    return 0;
}

int hf_scan_learn(struct hf_state_file *state, const struct hf_database *database,
                  const struct hf_timeline *timeline, const struct hf_timeline_entry *newest,
                  struct hf_error *err)
{
    hf_auto(hf_plan) struct hf_plan plan = {0};
    hf_auto(hf_map_writer) struct hf_map_writer map = {0};
    struct learning learning = {.database = database, .map = &map};
    const struct hf_plan_visitor visitor = {&learning, learn_begin, learn_block, learn_zeros};
    if (hf_plan_make(&plan, timeline, newest->name.to, err) ||
        hf_map_writer_begin(&map, state, err) || hf_plan_walk(database, &plan, &visitor, err))
        return -1;
    struct hf_known_state known = {
        .segment = newest->name,
        .fingerprint = learning.at.fingerprint,
        .page_size = learning.at.page_size,
        .page_count = learning.at.page_count,
    };
    hf_known_state_belongs(&known, database);
    return hf_map_writer_commit(&map, state, &known, err);
}

#include "history/segment_merge.h"

#include <inttypes.h>

#include "base/bitmap.h"
#include "history/merge_input.h"
#include "history/segment_writer.h"

/* Sealed bytes that all inputs together read ahead. */
enum { READ_AHEAD = 2 << 20 };

/* Clocks of host and store that differ by less are both right. */
static const int64_t right_enough = INT64_C(60) * 1000;

/* One round: some segments become one. */
struct merge {
    const struct hf_database *database;
    const struct hf_merge_options *options;
    struct hf_merge_input *inputs; /* newest first */
    size_t count;
    struct hf_trailer trailer; /* of the result */
    struct hf_frame_reader *reader;
    /* What the indexes say that the result has: */
    uint64_t pages, terms;
};

void hf_segment_merge_name(struct hf_segment_name *out,
                           const struct hf_timeline_entry *const *steps, size_t count,
                           uint8_t level)
{
    const struct hf_timeline_entry *newest = steps[0];
    *out = newest->name;
    out->level = level;
    /* What told that the writer's clock was wrong goes: when the store got the segment, or a point
     * before it. From here on the name says what they said. */
    int64_t wrong_by = newest->effective - newest->name.time;
    if (wrong_by > right_enough || wrong_by < -right_enough)
        out->time = newest->effective < 0 ? 0 : newest->effective;
    for (size_t i = 0; i < count; i++) {
        const struct hf_segment_name *name = &steps[i]->name;
        if (name->from < out->from)
            out->from = name->from;
        if (name->epoch > out->epoch)
            out->epoch = name->epoch;
        if (name->level > out->level)
            out->level = name->level;
    }
}

static void release(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        hf_merge_input_release(&merge->inputs[i]);
    free(merge->inputs);
    hf_frame_reader_free(merge->reader);
}

/* A segment continues the next older one from exactly the state that that one ended in. */
static int fits(const struct hf_segment *newer, const struct hf_segment *older,
                struct hf_error *err)
{
    bool meets = older->name.to + 1 == newer->name.from;
    if (older->trailer.page_size == newer->trailer.page_size &&
        (!meets || older->trailer.state_after == newer->trailer.state_before))
        return 0;
    return hf_error_set(err, HF_CORRUPT, "segment '%s' is not what the one after it was made from",
                        older->object->name);
}

/* The result ends as the newest does, and begins as the oldest. */
static void describe(struct merge *merge)
{
    const struct hf_trailer *newest = &merge->inputs[0].segment->trailer;
    const struct hf_segment *oldest = merge->inputs[merge->count - 1].segment;
    struct hf_trailer *trailer = &merge->trailer;
    *trailer = *newest;
    trailer->part = NULL;
    trailer->parts = 0;
    trailer->first_commit = oldest->trailer.first_commit;
    trailer->state_before = oldest->trailer.state_before;
    trailer->flags &= ~(uint32_t)HF_SEGMENT_FULL;
    if (oldest->name.from == 1)
        trailer->flags |= HF_SEGMENT_FULL;
    for (size_t i = 0; i < merge->count; i++)
        if (merge->inputs[i].segment->trailer.page_min < trailer->page_min)
            trailer->page_min = merge->inputs[i].segment->trailer.page_min;
}

/* `*pinned` becomes a point within the run whose own trailer pins it. */
static int open_inputs(struct merge *merge, const struct hf_segment_name *names, size_t count,
                       uint64_t *pinned, struct hf_error *err)
{
    const struct hf_merge_options *options = merge->options;
    uint32_t limit = UINT32_MAX;
    merge->inputs = calloc(count, sizeof *merge->inputs);
    merge->reader = hf_frame_reader_new(err);
    if (!merge->reader)
        return -1;
    if (!merge->inputs)
        return hf_error_memory(err);
    for (size_t i = 0; i < count; i++) {
        struct hf_segment *segment = hf_segment_open(merge->database, &names[i], err);
        if (!segment)
            return -1;
        const struct hf_trailer *trailer = &segment->trailer;
        hf_segment_forget_ends(segment);
        if (!i)
            limit = trailer->page_count;
        merge->count++;
        if (hf_merge_input_init(&merge->inputs[i], segment, limit, err) ||
            (i && fits(merge->inputs[i - 1].segment, segment, err)))
            return -1;
        if (i && trailer->flags & HF_SEGMENT_PINNED &&
            !(options->unpinned && options->unpinned(options->context, names[i].to)))
            *pinned = names[i].to;
        if (trailer->page_min < limit)
            limit = trailer->page_min;
    }
    describe(merge);
    return 0;
}

static int survey_object(struct merge *merge, const struct hf_merge_input *input,
                         const struct hf_segment_object *object, struct hf_bitmap *covered,
                         struct hf_error *err)
{
    struct hf_index_block *block = input->index;
    for (uint32_t number = 0; number < object->root.blocks; number++) {
        if (hf_segment_read_block(object, number, block, err))
            return -1;
        for (uint32_t i = 0; i < block->entries; i++) {
            uint32_t page = block->pages[i];
            if (page > input->limit || hf_bitmap_get(covered, page))
                continue;
            hf_bitmap_set(covered, page);
            merge->pages++;
            merge->terms += hf_state_term(page, block->fingerprints[i]);
        }
    }
    return 0;
}

/* What a full segment has no image of is zeros, and counts too. */
static int prove_state(const struct merge *merge, const struct hf_bitmap *covered,
                       struct hf_error *err)
{
    static const uint8_t zeros[65536];
    const struct hf_trailer *trailer = &merge->trailer;
    uint64_t terms = merge->terms;
    uint64_t nothing =
        hf_page_fingerprint(&merge->database->fingerprints, zeros, trailer->page_size);
    for (uint64_t page = 1; page <= trailer->page_count; page++)
        if (page != trailer->lock_byte_page && !hf_bitmap_get(covered, page))
            terms += hf_state_term((uint32_t)page, nothing);
    if (terms == trailer->state_after)
        return 0;
    return hf_error_set(err, HF_CORRUPT,
                        "the segments together do not give the state that restore point %" PRIu64
                        " had",
                        merge->inputs[0].segment->name.to);
}

/* Newest first, as a restore goes: by another way than the merge itself, whose result must be the
 * same. */
static int survey(struct merge *merge, struct hf_error *err)
{
    hf_auto(hf_bitmap) struct hf_bitmap covered = {0};
    if (hf_bitmap_init(&covered, (uint64_t)merge->trailer.page_count + 1, err))
        return -1;
    for (size_t i = 0; i < merge->count; i++) {
        const struct hf_segment *segment = merge->inputs[i].segment;
        for (uint32_t object = 0; object < segment->objects; object++)
            if (survey_object(merge, &merge->inputs[i], &segment->object[object], &covered, err))
                return -1;
    }
    return merge->trailer.flags & HF_SEGMENT_FULL ? prove_state(merge, &covered, err) : 0;
}

/* Frames that lie evenly spread over all inputs. For an increment a third is enough: a merge should
 * take little memory beside an application. */
static int read_samples(struct merge *merge, struct hf_buf *samples, struct hf_error *err)
{
    uint64_t blocks = 0, seen = 0;
    bool full = merge->trailer.flags & HF_SEGMENT_FULL;
    size_t wanted = HF_DICTIONARY_SAMPLES / (full ? 1 : 3) - HF_FRAME_BYTES;
    struct hf_index_block *block = merge->inputs[0].index;
    for (size_t i = 0; i < merge->count; i++)
        for (uint32_t object = 0; object < merge->inputs[i].segment->objects; object++)
            blocks += merge->inputs[i].segment->object[object].root.blocks;
    for (size_t i = 0; i < merge->count; i++) {
        const struct hf_segment *segment = merge->inputs[i].segment;
        for (uint32_t number = 0; number < segment->objects; number++) {
            const struct hf_segment_object *object = &segment->object[number];
            for (uint32_t at = 0; at < object->root.blocks; at++) {
                if (samples->length > seen++ * wanted / blocks)
                    continue;
                if (hf_segment_read_block(object, at, block, err) ||
                    hf_segment_read_frame(merge->reader, object, block, block->frames / 2, err) ||
                    hf_buf_append(samples, merge->reader->images,
                                  (size_t)block->frame[block->frames / 2].count *
                                      object->root.page_size,
                                  err))
                    return -1;
            }
        }
    }
    hf_frame_reader_forget(merge->reader);
    return 0;
}

static int train(struct merge *merge, struct hf_segment_writer *writer, struct hf_error *err)
{
    size_t size = merge->trailer.page_size;
    hf_auto(hf_buf) struct hf_buf samples = {0};
    hf_auto(hf_buf) struct hf_buf dictionary = {0};
    if (merge->pages * size < HF_DICTIONARY_FROM_BYTES)
        return 0;
    if (read_samples(merge, &samples, err) ||
        hf_dictionary_train(&dictionary, samples.data, samples.length / size, size, err))
        return -1;
    return hf_segment_writer_dictionary(writer, dictionary.data, dictionary.length, err);
}

/* The newest input that stands at the lowest page; NULL when all have ended. */
static struct hf_merge_input *lowest(const struct merge *merge)
{
    struct hf_merge_input *best = NULL;
    for (size_t i = 0; i < merge->count; i++)
        if (merge->inputs[i].page && (!best || merge->inputs[i].page < best->page))
            best = &merge->inputs[i];
    return best;
}

static int pass(struct merge *merge, uint32_t page, struct hf_error *err)
{
    for (size_t i = 0; i < merge->count; i++)
        if (merge->inputs[i].page == page && hf_merge_input_next(&merge->inputs[i], err))
            return -1;
    return 0;
}

static int write_pages(struct merge *merge, struct hf_segment_writer *writer, struct hf_error *err)
{
    size_t size = merge->trailer.page_size, ahead = READ_AHEAD / merge->count;
    uint64_t done = 0;
    struct hf_merge_input *input;
    ahead = ahead < HF_READ_AHEAD ? ahead : HF_READ_AHEAD;
    for (size_t i = 0; i < merge->count; i++)
        if (hf_merge_input_next(&merge->inputs[i], err))
            return -1;
    while ((input = lowest(merge))) {
        uint32_t room, page = input->page;
        uint8_t *space = hf_segment_writer_space(writer, &room, err);
        const uint8_t *image =
            space ? hf_merge_input_image(input, merge->reader, ahead, err) : NULL;
        if (!image)
            return -1;
        memcpy(space, image, size);
        if (hf_segment_writer_filled(writer, page, 1, err) || pass(merge, page, err))
            return -1;
        if (++done % 1024 == 0)
            hf_progress(merge->options->events, "merge", done * size, merge->pages * size);
    }
    return hf_segment_writer_drain(writer, err);
}

static int write_merged(struct merge *merge, struct hf_pool *pool,
                        const struct hf_segment_name *name, struct hf_merge_result *result,
                        struct hf_error *err)
{
    uint64_t bytes;
    const struct hf_segment_spec spec = {
        .name = *name, .page_size = merge->trailer.page_size, .pages = merge->pages};
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        hf_segment_writer_new(merge->database, pool, &spec, err);
    if (!writer || train(merge, writer, err) || write_pages(merge, writer, err))
        return -1;
    if (hf_segment_writer_terms(writer) != merge->terms)
        return hf_error_set(err, HF_CORRUPT,
                            "merging up to restore point %" PRIu64 " gave other pages than its "
                            "segments have",
                            name->to);
    if (hf_segment_writer_finish(writer, &merge->trailer, &bytes, err))
        return -1;
    result->pages += merge->pages;
    result->bytes += bytes;
    return 0;
}

/* Another pruner may have been faster. Parts of one that has not closed it are not ours to use. */
static int accept_existing(const struct hf_database *database, const struct hf_segment_name *name,
                           struct hf_error *err)
{
    char text[HF_SEGMENT_NAME_TEXT], object[HF_OBJECT_NAME_TEXT];
    struct hf_stored stored;
    struct hf_error local = {0};
    hf_segment_name_format(text, name);
    hf_database_object(object, database, "segments/%s", text);
    if (!hf_store_stat(database->repository->store, object, &stored, &local))
        return 0;
    if (local.code != HF_NOT_FOUND)
        return hf_error_pass(err, &local);
    return hf_error_set(err, HF_LOCKED, "somebody else is merging up to restore point %" PRIu64,
                        name->to);
}

static int merge_round(const struct hf_database *database, struct hf_pool *pool,
                       const struct hf_segment_name *names, size_t count,
                       const struct hf_segment_name *name, const struct hf_merge_options *options,
                       struct hf_merge_result *result, struct hf_error *err)
{
    struct merge merge = {.database = database, .options = options};
    struct hf_error local = {0};
    int failed = open_inputs(&merge, names, count, &result->pinned, &local);
    if (!failed && !result->pinned)
        failed = survey(&merge, &local) || write_merged(&merge, pool, name, result, &local);
    release(&merge);
    if (!failed)
        return 0;
    return local.code == HF_EXISTS ? accept_existing(database, name, err)
                                   : hf_error_pass(err, &local);
}

/* One round over the whole run: its names become those of the results. */
static int shorten(const struct hf_database *database, struct hf_pool *pool,
                   struct hf_timeline_entry *run, size_t *count,
                   const struct hf_merge_options *options, struct hf_merge_result *result,
                   struct hf_error *err)
{
    size_t groups = (*count + HF_MERGE_FAN_IN - 1) / HF_MERGE_FAN_IN;
    for (size_t group = 0; group < groups && !result->pinned; group++) {
        size_t first = group * *count / groups, end = (group + 1) * *count / groups;
        const struct hf_timeline_entry *steps[HF_MERGE_FAN_IN] = {NULL};
        struct hf_segment_name names[HF_MERGE_FAN_IN], name;
        for (size_t i = first; i < end; i++) {
            steps[i - first] = &run[i];
            names[i - first] = run[i].name;
        }
        hf_segment_merge_name(&name, steps, end - first, options->level);
        if (end - first > 1 &&
            merge_round(database, pool, names, end - first, &name, options, result, err))
            return -1;
        if (end - first == 1)
            name = run[first].name;
        run[group].effective = run[first].effective;
        run[group].name = name;
    }
    *count = groups;
    return 0;
}

int hf_segment_merge(const struct hf_database *database, struct hf_pool *pool,
                     const struct hf_timeline_entry *const *steps, size_t count,
                     const struct hf_merge_options *options, struct hf_merge_result *result,
                     struct hf_error *err)
{
    struct hf_merge_result found = {0};
    hf_auto_free struct hf_timeline_entry *run = calloc(count, sizeof *run);
    if (!run)
        return hf_error_memory(err);
    for (size_t i = 0; i < count; i++)
        run[i] = *steps[i];
    while (count > 1 && !found.pinned) {
        /* A base is as long as the database: it is only read in the last round. */
        size_t base = count > HF_MERGE_FAN_IN && run[count - 1].name.from == 1;
        size_t rest = count - base;
        if (shorten(database, pool, run, &rest, options, &found, err))
            return -1;
        run[rest] = run[count - 1];
        count = rest + base;
    }
    found.name = run[0].name;
    *result = found;
    return 0;
}

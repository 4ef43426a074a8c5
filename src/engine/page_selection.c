#include "engine/page_selection.h"

#include "codec/compress.h"
#include "history/page_index.h"

enum { SAMPLE_RUN_BYTES = 16 << 10 };

struct hf_page_selection hf_page_selection_all(struct hf_page_origin *origin)
{
    const struct hf_db_info *info = &origin->info;
    return (struct hf_page_selection){
        .origin = origin,
        .count = info->page_count - (info->lock_byte_page <= info->page_count),
    };
}

struct hf_page_selection hf_page_selection_changed(struct hf_page_origin *origin,
                                                   const struct hf_bitmap *changed, uint64_t count)
{
    return (struct hf_page_selection){origin, changed, count};
}

static bool is_selected(const struct hf_page_selection *selection, uint32_t page)
{
    return selection->changed ? hf_bitmap_get(selection->changed, page)
                              : page != selection->origin->info.lock_byte_page;
}

/* Runs of neighbours among what is stored, evenly spread, make the dictionary. */
static int read_samples(const struct hf_page_selection *selection, struct hf_buf *samples,
                        struct hf_error *err)
{
    const struct hf_db_info *info = &selection->origin->info;
    uint64_t pages = selection->count, size = info->page_size;
    uint64_t wanted = HF_DICTIONARY_SAMPLES / size, run = SAMPLE_RUN_BYTES / size;
    uint64_t seen = 0, taken = 0;
    wanted = wanted < pages / 8 ? wanted : pages / 8;
    run = run < 4 ? 4 : run;
    if (hf_buf_reserve(samples, (size_t)(wanted * size), err))
        return -1;
    for (uint32_t page = 1; page <= info->page_count && taken < wanted; page++) {
        /* A run begins when its share of the pages has gone by. */
        if (!is_selected(selection, page) || (seen++ * wanted < taken * pages && taken % run == 0))
            continue;
        if (hf_page_origin_read(selection->origin, page, 1, samples->data + samples->length, err))
            return -1;
        samples->length += (size_t)size;
        taken++;
    }
    return 0;
}

int hf_page_selection_train(const struct hf_page_selection *selection,
                            struct hf_segment_writer *writer, struct hf_error *err)
{
    size_t size = selection->origin->info.page_size;
    hf_auto(hf_buf) struct hf_buf samples = {0};
    hf_auto(hf_buf) struct hf_buf dictionary = {0};
    if (selection->count * size < HF_DICTIONARY_FROM_BYTES)
        return 0;
    if (read_samples(selection, &samples, err) ||
        hf_dictionary_train(&dictionary, samples.data, samples.length / size, size, err))
        return -1;
    return hf_segment_writer_dictionary(writer, dictionary.data, dictionary.length, err);
}

static int write_run(const struct hf_page_selection *selection, struct hf_segment_writer *writer,
                     uint32_t first, uint32_t count, struct hf_error *err)
{
    while (count) {
        uint32_t room;
        uint8_t *space = hf_segment_writer_space(writer, &room, err);
        if (!space)
            return -1;
        uint32_t now = count < room ? count : room;
        if (hf_page_origin_read(selection->origin, first, now, space, err) ||
            hf_segment_writer_filled(writer, first, now, err))
            return -1;
        first += now;
        count -= now;
    }
    return 0;
}

int hf_page_selection_write(const struct hf_page_selection *selection,
                            struct hf_segment_writer *writer, const struct hf_events *events,
                            struct hf_error *err)
{
    const struct hf_db_info *info = &selection->origin->info;
    uint64_t total = selection->count * info->page_size, done = 0;
    uint32_t most = HF_FRAME_BYTES / info->page_size;
    for (uint64_t page = 1; page <= info->page_count; page++) {
        uint32_t count = 0;
        while (page + count <= info->page_count && count < most &&
               is_selected(selection, (uint32_t)page + count))
            count++;
        if (!count)
            continue;
        if (write_run(selection, writer, (uint32_t)page, count, err))
            return -1;
        page += count - 1;
        done += (uint64_t)count * info->page_size;
        hf_progress(events, "store", done, total);
    }
    return hf_segment_writer_drain(writer, err);
}

#include "engine/page_writer.h"

#include <pthread.h>
#include <stdatomic.h>

enum { QUEUE = 4 };

struct hf_page_writer {
    struct hf_page_file file;
    const struct hf_bitmap *wanted;
    const struct hf_events *events;
    struct hf_pool *pool;
    struct hf_frame_reader **readers; /* one a worker */
    atomic_bool failed;
    pthread_mutex_t lock; /* err */
    struct hf_error err;
    atomic_uint_fast64_t pages;
    uint64_t expected;
    uint32_t page_size;
};

struct block_job {
    struct hf_job job;
    struct hf_page_writer *writer;
    struct hf_live_block *live;
};

static bool is_wanted(const struct hf_page_writer *writer, const struct hf_live_block *live,
                      uint32_t entry)
{
    return hf_live_block_has(live, entry) &&
           (!writer->wanted || hf_bitmap_get(writer->wanted, live->block.pages[entry]));
}

static bool frame_is_wanted(const struct hf_page_writer *writer, const struct hf_live_block *live,
                            const struct hf_frame_ref *frame)
{
    for (uint32_t i = 0; i < frame->count; i++)
        if (is_wanted(writer, live, frame->first + i))
            return true;
    return false;
}

/* Writes the wanted pages of a frame that has been read, neighbours together. */
static int write_frame(struct hf_page_writer *writer, const struct hf_live_block *live,
                       const struct hf_frame_ref *frame, const uint8_t *images,
                       struct hf_error *err)
{
    const uint32_t *pages = live->block.pages + frame->first;
    uint64_t size = live->object->root.page_size;
    for (uint32_t i = 0; i < frame->count;) {
        uint32_t count = 0;
        while (i + count < frame->count && is_wanted(writer, live, frame->first + i + count) &&
               pages[i + count] == pages[i] + count)
            count++;
        if (count && hf_file_write(writer->file.env, writer->file.fd, writer->file.path,
                                   images + i * size, count * size, (pages[i] - 1) * size, err))
            return -1;
        writer->pages += count;
        i += count ? count : 1;
    }
    return 0;
}

/* The last frame that one request can bring together with `first`. */
static uint32_t last_of_request(const struct hf_page_writer *writer,
                                const struct hf_live_block *live, uint32_t first)
{
    const struct hf_frame_ref *frames = live->block.frame;
    uint32_t last = first;
    while (last + 1 < live->block.frames &&
           frames[last + 1].offset + frames[last + 1].length - frames[first].offset <=
               HF_READ_AHEAD &&
           frame_is_wanted(writer, live, &frames[last + 1]))
        last++;
    return last;
}

static int place_block(struct hf_page_writer *writer, const struct hf_live_block *live,
                       struct hf_frame_reader *reader, struct hf_error *err)
{
    const struct hf_index_block *block = &live->block;
    for (uint32_t first = 0; first < block->frames; first++) {
        if (!frame_is_wanted(writer, live, &block->frame[first]))
            continue;
        uint32_t last = last_of_request(writer, live, first);
        if (hf_frame_reader_fetch(reader, live->object, &block->frame[first], &block->frame[last],
                                  err))
            return -1;
        for (; first <= last; first++)
            if (hf_segment_read_frame(reader, live->object, block, first, err) ||
                write_frame(writer, live, &block->frame[first], reader->images, err))
                return -1;
        first--;
    }
    return 0;
}

static void keep_first_error(struct hf_page_writer *writer, const struct hf_error *err)
{
    pthread_mutex_lock(&writer->lock);
    if (!writer->failed)
        writer->err = *err;
    writer->failed = true;
    pthread_mutex_unlock(&writer->lock);
}

static void run_block(struct hf_job *base, int worker)
{
    struct block_job *job = (struct block_job *)base;
    struct hf_page_writer *writer = job->writer;
    struct hf_error err = {0};
    if (!writer->failed && place_block(writer, job->live, writer->readers[worker], &err))
        keep_first_error(writer, &err);
    /* A reader may outlive the segment that it last read from. */
    writer->readers[worker]->object = NULL;
    hf_live_block_free(job->live);
    free(job);
}

struct hf_page_writer *hf_page_writer_new(const struct hf_page_file *file,
                                          const struct hf_bitmap *wanted,
                                          const struct hf_events *events, struct hf_error *err)
{
    struct hf_page_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        hf_error_memory(err);
        return NULL;
    }
    pthread_mutex_init(&writer->lock, NULL);
    writer->file = *file;
    writer->wanted = wanted;
    writer->events = events;
    writer->pool = hf_pool_new(0, QUEUE, err);
    if (!writer->pool)
        goto failed;
    int workers = hf_pool_workers(writer->pool);
    writer->readers = calloc((size_t)workers, sizeof(struct hf_frame_reader *));
    if (!writer->readers) {
        hf_error_memory(err);
        goto failed;
    }
    for (int i = 0; i < workers; i++)
        if (!(writer->readers[i] = hf_frame_reader_new(err)))
            goto failed;
    return writer;
failed:
    hf_page_writer_free(writer);
    return NULL;
}

void hf_page_writer_expect(struct hf_page_writer *writer, uint64_t bytes)
{
    writer->expected = bytes;
}

static int first_error(struct hf_page_writer *writer, struct hf_error *err)
{
    if (!writer->failed)
        return 0;
    pthread_mutex_lock(&writer->lock);
    if (err)
        *err = writer->err;
    pthread_mutex_unlock(&writer->lock);
    return -1;
}

int hf_page_writer_take(struct hf_page_writer *writer, struct hf_live_block *live,
                        struct hf_error *err)
{
    struct block_job *job = NULL;
    int failed = first_error(writer, err);
    if (!failed && !(job = calloc(1, sizeof *job)))
        failed = hf_error_memory(err);
    if (failed) {
        hf_live_block_free(live);
        return -1;
    }
    writer->page_size = live->object->root.page_size;
    *job = (struct block_job){{.run = run_block}, writer, live};
    hf_pool_submit(writer->pool, &job->job);
    hf_progress(writer->events, "restore", writer->pages * writer->page_size, writer->expected);
    return 0;
}

int hf_page_writer_finish(struct hf_page_writer *writer, uint64_t *pages, struct hf_error *err)
{
    hf_pool_drain(writer->pool);
    if (first_error(writer, err))
        return -1;
    *pages = writer->pages;
    hf_progress(writer->events, "restore", writer->pages * writer->page_size, writer->expected);
    return 0;
}

void hf_page_writer_free(struct hf_page_writer *writer)
{
    if (!writer)
        return;
    int workers = writer->pool ? hf_pool_workers(writer->pool) : 0;
    hf_pool_free(writer->pool);
    for (int i = 0; writer->readers && i < workers; i++)
        hf_frame_reader_free(writer->readers[i]);
    free(writer->readers);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

#include "engine/page_batch.h"

#include <stdlib.h>
#include <string.h>

#include "os/file.h"

enum { PIECE_BYTES = 256 << 10 };

static const char batch_file[] = "temporary file";

struct hf_batch_piece {
    uint8_t *memory; /* NULL: in the file */
    uint64_t offset; /* there */
};

void hf_batch_budget_init(struct hf_batch_budget *budget, size_t memory, size_t file)
{
    atomic_init(&budget->memory, memory);
    atomic_init(&budget->file, file);
}

static bool reserve(atomic_size_t *left)
{
    size_t now = atomic_load(left);
    do {
        if (now < PIECE_BYTES)
            return false;
    } while (!atomic_compare_exchange_weak(left, &now, now - PIECE_BYTES));
    return true;
}

void hf_page_batch_init(struct hf_page_batch *batch, const struct hf_env *env,
                        struct hf_batch_budget *budget)
{
    *batch = (struct hf_page_batch){.env = env, .budget = budget, .fd = -1};
}

static int place_in_file(struct hf_page_batch *batch, struct hf_batch_piece *piece,
                         struct hf_error *err)
{
    if (batch->fd < 0)
        batch->fd = hf_file_open_unnamed(batch->env, err);
    if (batch->fd < 0)
        return -1;
    if (!reserve(&batch->budget->file))
        return hf_error_set(err, HF_NO_SPACE, "too much has changed since the last restore point");
    piece->offset = (uint64_t)batch->pieces_in_file++ * PIECE_BYTES;
    return 0;
}

static int add_piece(struct hf_page_batch *batch, struct hf_error *err)
{
    struct hf_batch_piece piece = {0};
    struct hf_batch_piece *grown =
        realloc(batch->pieces, (batch->piece_count + 1) * sizeof *batch->pieces);
    if (!grown)
        return hf_error_memory(err);
    batch->pieces = grown;
    if (reserve(&batch->budget->memory)) {
        piece.memory = malloc(PIECE_BYTES);
        if (!piece.memory)
            atomic_fetch_add(&batch->budget->memory, PIECE_BYTES);
    }
    if (!piece.memory && place_in_file(batch, &piece, err))
        return -1;
    batch->pieces[batch->piece_count++] = piece;
    return 0;
}

/* Where the place (from 1) is: the piece, and how far into it. */
static const struct hf_batch_piece *find_place(const struct hf_page_batch *batch, uint32_t place,
                                               size_t *within)
{
    uint32_t in_piece = PIECE_BYTES / batch->page_size;
    *within = (size_t)((place - 1) % in_piece) * batch->page_size;
    return &batch->pieces[(place - 1) / in_piece];
}

static int write_place(struct hf_page_batch *batch, uint32_t place, const uint8_t *image,
                       struct hf_error *err)
{
    size_t within;
    const struct hf_batch_piece *piece = find_place(batch, place, &within);
    if (piece->memory) {
        memcpy(piece->memory + within, image, batch->page_size);
        return 0;
    }
    return hf_file_write(batch->env, batch->fd, batch_file, image, batch->page_size,
                         piece->offset + within, err);
}

int hf_page_batch_put(struct hf_page_batch *batch, uint32_t page, uint32_t page_size,
                      const uint8_t *image, struct hf_error *err)
{
    if (!batch->count)
        batch->page_size = page_size;
    if (batch->page_size != page_size)
        return hf_error_set(err, HF_STALE, "the page size has changed");
    uint32_t place = hf_page_map_get(&batch->places, page);
    if (place)
        return write_place(batch, place, image, err);
    if (batch->count == batch->piece_count * (PIECE_BYTES / page_size) && add_piece(batch, err))
        return -1;
    if (write_place(batch, batch->count + 1, image, err) ||
        hf_page_map_put(&batch->places, page, batch->count + 1, err))
        return -1;
    batch->count++;
    return 0;
}

int hf_page_batch_get(const struct hf_page_batch *batch, uint32_t page, uint8_t *out,
                      struct hf_error *err)
{
    size_t within;
    uint32_t place = hf_page_map_get(&batch->places, page);
    const struct hf_batch_piece *piece = find_place(batch, place, &within);
    if (piece->memory) {
        memcpy(out, piece->memory + within, batch->page_size);
        return 0;
    }
    int64_t got = hf_file_read(batch->env, batch->fd, batch_file, out, batch->page_size,
                               piece->offset + within, err);
    if (got < 0)
        return -1;
    if (got < (int64_t)batch->page_size)
        return hf_error_set(err, HF_IO, "a temporary file does not keep what is written to it");
    return 0;
}

static int compare_pages(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

uint32_t *hf_page_batch_pages(const struct hf_page_batch *batch)
{
    uint32_t *pages = batch->count ? malloc(batch->count * sizeof *pages) : NULL;
    size_t found = 0;
    if (!pages)
        return NULL;
    for (uint32_t i = 0; i < batch->places.capacity; i++)
        if (batch->places.entries[i].page)
            pages[found++] = batch->places.entries[i].page;
    qsort(pages, found, sizeof *pages, compare_pages);
    return pages;
}

uint64_t hf_page_batch_bytes(const struct hf_page_batch *batch)
{
    return (uint64_t)batch->piece_count * PIECE_BYTES;
}

void hf_page_batch_release(struct hf_page_batch *batch)
{
    if (!batch->budget)
        return;
    for (size_t i = 0; i < batch->piece_count; i++)
        free(batch->pieces[i].memory);
    atomic_fetch_add(&batch->budget->memory,
                     (batch->piece_count - batch->pieces_in_file) * PIECE_BYTES);
    atomic_fetch_add(&batch->budget->file, batch->pieces_in_file * PIECE_BYTES);
    if (batch->fd >= 0)
        batch->env->fs.close(batch->env->fs.context, batch->fd);
    free(batch->pieces);
    hf_page_map_release(&batch->places);
    hf_page_batch_init(batch, batch->env, batch->budget);
}

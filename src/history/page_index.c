#include "history/page_index.h"

#include <stdbool.h>

enum { ROOT_HEAD = 16, BLOCK_HEAD = 8, FRAME_ROW = 6 };

static int append_varint(struct hf_buf *out, uint64_t value, struct hf_error *err)
{
    uint8_t raw[10];
    size_t length = 0;
    do {
        raw[length] = (uint8_t)(value & 127) | (value > 127 ? 128 : 0);
        value >>= 7;
        length++;
    } while (value);
    return hf_buf_append(out, raw, length, err);
}

struct cursor {
    const uint8_t *at, *end;
};

static bool take_varint(struct cursor *in, uint64_t *value)
{
    uint64_t number = 0;
    for (int shift = 0; in->at < in->end && shift < 35; shift += 7) {
        uint8_t byte = *in->at++;
        number |= (uint64_t)(byte & 127) << shift;
        if (!(byte & 128)) {
            *value = number;
            return true;
        }
    }
    return false;
}

/* Pages as runs: how many pages are passed over since the last run, how long this one is. */
static int encode_runs(struct hf_buf *out, const struct hf_index_block *block, struct hf_error *err)
{
    uint32_t expected = block->pages[0];
    for (uint32_t i = 0; i < block->entries;) {
        uint32_t count = 1;
        while (i + count < block->entries && block->pages[i + count] == block->pages[i] + count)
            count++;
        if (append_varint(out, block->pages[i] - expected, err) || append_varint(out, count, err))
            return -1;
        expected = block->pages[i] + count;
        i += count;
    }
    return 0;
}

int hf_index_block_encode(struct hf_buf *out, const struct hf_index_block *block,
                          struct hf_error *err)
{
    if (hf_buf_append_le(out, 4, block->entries, err) ||
        hf_buf_append_le(out, 4, block->frames, err))
        return -1;
    for (uint32_t i = 0; i < block->frames; i++)
        if (hf_buf_append_le(out, 4, block->frame[i].length, err) ||
            hf_buf_append_le(out, 2, block->frame[i].count, err))
            return -1;
    for (uint32_t i = 0; i < block->entries; i++)
        if (hf_buf_append_le(out, 8, block->fingerprints[i], err))
            return -1;
    return encode_runs(out, block, err);
}

static bool decode_frames(struct hf_index_block *out, struct cursor *in,
                          const struct hf_index_row *row, uint32_t page_size)
{
    uint64_t offset = row->first_frame_offset;
    uint32_t first = 0;
    for (uint32_t i = 0; i < out->frames; i++, in->at += FRAME_ROW) {
        uint32_t length = (uint32_t)hf_get_le(in->at, 4),
                 count = (uint32_t)hf_get_le(in->at + 4, 2);
        if (!count || count > hf_frame_pages(page_size) || count > out->entries - first ||
            !length || length > 2 * HF_FRAME_BYTES)
            return false;
        out->frame[i] = (struct hf_frame_ref){offset, length, (uint16_t)first, (uint16_t)count};
        offset += length;
        first += count;
    }
    return first == out->entries;
}

static bool decode_runs(struct hf_index_block *out, struct cursor *in,
                        const struct hf_index_row *row)
{
    uint64_t page = row->first_page, gap, count;
    for (uint32_t i = 0; i < out->entries;) {
        if (!take_varint(in, &gap) || !take_varint(in, &count) || !count ||
            count > out->entries - i)
            return false;
        for (page += gap; count; count--, page++)
            out->pages[i++] = (uint32_t)page;
        if (page - 1 > row->last_page)
            return false;
    }
    return in->at == in->end && out->pages[out->entries - 1] == row->last_page;
}

int hf_index_block_decode(struct hf_index_block *out, const uint8_t *bytes, size_t length,
                          const struct hf_index_row *row, uint32_t page_size, struct hf_error *err)
{
    size_t fixed = BLOCK_HEAD + (size_t)row->frames * FRAME_ROW + (size_t)row->entries * 8;
    if (length < fixed || hf_get_le(bytes, 4) != row->entries ||
        hf_get_le(bytes + 4, 4) != row->frames)
        return hf_error_set(err, HF_CORRUPT, "index block that its root does not describe");
    struct cursor in = {bytes + BLOCK_HEAD, bytes + length};
    out->entries = row->entries;
    out->frames = row->frames;
    out->first_frame = row->first_frame;
    bool good = decode_frames(out, &in, row, page_size);
    for (uint32_t i = 0; i < out->entries; i++, in.at += 8)
        out->fingerprints[i] = hf_get_le(in.at, 8);
    if (!good || !decode_runs(out, &in, row))
        return hf_error_set(err, HF_CORRUPT, "index block that does not add up");
    return 0;
}

int hf_index_root_encode(struct hf_buf *out, const struct hf_index_root *root, struct hf_error *err)
{
    if (hf_buf_append_le(out, 4, root->page_size, err) ||
        hf_buf_append_le(out, 4, root->blocks, err) || hf_buf_append_le(out, 8, root->entries, err))
        return -1;
    for (uint32_t i = 0; i < root->blocks; i++) {
        const struct hf_index_row *row = &root->rows[i];
        if (hf_buf_append_le(out, 4, row->first_page, err) ||
            hf_buf_append_le(out, 4, row->last_page, err) ||
            hf_buf_append_le(out, 4, row->entries, err) ||
            hf_buf_append_le(out, 4, row->frames, err) ||
            hf_buf_append_le(out, 8, row->first_frame_offset, err) ||
            hf_buf_append_le(out, 4, row->length, err))
            return -1;
    }
    return 0;
}

static bool page_size_valid(uint32_t size)
{
    return size >= 512 && size <= 65536 && !(size & (size - 1));
}

/* Rows must follow one another in pages and in places. */
static bool decode_rows(struct hf_index_root *root, const uint8_t *at, uint64_t index_offset,
                        uint64_t index_length)
{
    uint64_t offset = index_offset, frame = 0, entries = 0, last_page = 0;
    for (uint32_t i = 0; i < root->blocks; i++, at += HF_INDEX_ROW_BYTES) {
        struct hf_index_row *row = &root->rows[i];
        row->first_page = (uint32_t)hf_get_le(at, 4);
        row->last_page = (uint32_t)hf_get_le(at + 4, 4);
        row->entries = (uint32_t)hf_get_le(at + 8, 4);
        row->frames = (uint32_t)hf_get_le(at + 12, 4);
        row->first_frame_offset = hf_get_le(at + 16, 8);
        row->length = (uint32_t)hf_get_le(at + 24, 4);
        row->offset = offset;
        row->first_frame = frame;
        if (row->first_page <= last_page || row->last_page < row->first_page || !row->entries ||
            row->entries > HF_BLOCK_ENTRIES || !row->frames || row->frames > row->entries ||
            row->first_frame_offset > index_offset)
            return false;
        last_page = row->last_page;
        offset += row->length;
        frame += row->frames;
        entries += row->entries;
    }
    return offset == index_offset + index_length && entries == root->entries;
}

int hf_index_root_decode(struct hf_index_root *out, const uint8_t *bytes, size_t length,
                         uint64_t index_offset, uint64_t index_length, struct hf_error *err)
{
    struct hf_index_root root = {0};
    if (length < ROOT_HEAD)
        return hf_error_set(err, HF_CORRUPT, "index root cut short");
    root.page_size = (uint32_t)hf_get_le(bytes, 4);
    root.blocks = (uint32_t)hf_get_le(bytes + 4, 4);
    root.entries = hf_get_le(bytes + 8, 8);
    if (!page_size_valid(root.page_size) ||
        length != ROOT_HEAD + (uint64_t)root.blocks * HF_INDEX_ROW_BYTES)
        return hf_error_set(err, HF_CORRUPT, "index root that does not add up");
    root.rows = calloc(root.blocks ? root.blocks : 1, sizeof *root.rows);
    if (!root.rows)
        return hf_error_memory(err);
    if (!decode_rows(&root, bytes + ROOT_HEAD, index_offset, index_length)) {
        hf_index_root_release(&root);
        return hf_error_set(err, HF_CORRUPT, "index root that does not add up");
    }
    *out = root;
    return 0;
}

void hf_index_root_release(struct hf_index_root *root)
{
    free(root->rows);
    *root = (struct hf_index_root){0};
}

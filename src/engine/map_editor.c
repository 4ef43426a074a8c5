#include "engine/map_editor.h"

#include <stdlib.h>
#include <string.h>

#include "sqlite/db_header.h"

void hf_map_editor_init(struct hf_map_editor *editor, const struct hf_state_file *file)
{
    editor->file = file;
    editor->at = 0;
    editor->changed = false;
}

int hf_map_editor_flush(struct hf_map_editor *editor, struct hf_error *err)
{
    const struct hf_state_file *file = editor->file;
    if (editor->changed && hf_file_write(file->env, file->fd, file->path, editor->piece,
                                         sizeof editor->piece, editor->at, err))
        return -1;
    editor->changed = false;
    return 0;
}

/* The page's eight bytes in the piece, which is read when it is another one. */
static uint8_t *find(struct hf_map_editor *editor, uint32_t page, struct hf_error *err)
{
    const struct hf_state_file *file = editor->file;
    uint64_t offset = hf_map_offset(page), within = offset % sizeof editor->piece;
    if (offset - within != editor->at) {
        if (hf_map_editor_flush(editor, err))
            return NULL;
        editor->at = 0;
        memset(editor->piece, 0, sizeof editor->piece);
        if (hf_file_read(file->env, file->fd, file->path, editor->piece, sizeof editor->piece,
                         offset - within, err) < 0)
            return NULL;
        editor->at = offset - within;
    }
    return editor->piece + within;
}

int hf_map_editor_get(struct hf_map_editor *editor, uint32_t page, uint64_t *fingerprint,
                      struct hf_error *err)
{
    const uint8_t *entry = find(editor, page, err);
    if (!entry)
        return -1;
    *fingerprint = hf_get_le(entry, 8);
    return 0;
}

int hf_map_editor_set(struct hf_map_editor *editor, uint32_t page, uint64_t fingerprint,
                      struct hf_error *err)
{
    uint8_t *entry = find(editor, page, err);
    if (!entry)
        return -1;
    hf_put_le(entry, 8, fingerprint);
    editor->changed = true;
    return 0;
}

int hf_map_sum(const struct hf_state_file *file, uint64_t *terms, struct hf_error *err)
{
    const struct hf_known_state *known = &file->known;
    uint32_t lock_byte_page = hf_lock_byte_page(known->page_size);
    uint64_t sum = 0, fingerprint;
    hf_auto_free struct hf_map_reader *reader = malloc(sizeof *reader);
    if (!reader)
        return hf_error_memory(err);
    hf_map_reader_init(reader, file);
    for (uint64_t page = 1; page <= known->page_count; page++) {
        if (hf_map_reader_next(reader, &fingerprint, err))
            return -1;
        if (page != lock_byte_page)
            sum += hf_state_term((uint32_t)page, fingerprint);
    }
    *terms = sum;
    return 0;
}

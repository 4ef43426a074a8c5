/*
 * Fingerprints of single pages in a state file, read and changed in place. Not durable and not all
 * at once: a map that was changed in part does not add up to the state's fingerprint, and is built
 * again (engine/state_file.h). Single-owner.
 */
#ifndef HF_ENGINE_MAP_EDITOR_H
#define HF_ENGINE_MAP_EDITOR_H

#include <stdbool.h>

#include "engine/state_file.h"

struct hf_map_editor {
    const struct hf_state_file *file;
    uint64_t at; /* offset of the piece in the file; 0: none is read */
    bool changed;
    uint8_t piece[4096];
};

void hf_map_editor_init(struct hf_map_editor *editor, const struct hf_state_file *file);

/* 0 for a page past the end of what was ever written. Cheapest in page order. */
int hf_map_editor_get(struct hf_map_editor *editor, uint32_t page, uint64_t *fingerprint,
                      struct hf_error *err);
int hf_map_editor_set(struct hf_map_editor *editor, uint32_t page, uint64_t fingerprint,
                      struct hf_error *err);

/* Writes what is still held back. After the last set. */
int hf_map_editor_flush(struct hf_map_editor *editor, struct hf_error *err);

/* The sum of the known state's terms as the map has them; the map is whole when it is the state's
 * fingerprint. */
int hf_map_sum(const struct hf_state_file *file, uint64_t *terms, struct hf_error *err);

#endif

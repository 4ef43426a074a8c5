/*
 * What a restore would come to, before anybody has to decide. In the worker's process.
 */
#ifndef HF_CONSOLE_RESTORE_PREVIEW_H
#define HF_CONSOLE_RESTORE_PREVIEW_H

#include "console/worker.h"

/* {"database", "point" or "at" or "undo"}: restores into scratch, proves it, and compares it with
 * what is there now. The answer is what docs/openapi.yml has of a preview, with "bound" besides:
 * console/planning.h. */
json_t *hf_preview_restore(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err);

#endif

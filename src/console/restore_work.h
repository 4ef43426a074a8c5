/*
 * What workers do for the restore page: previewing a restore, and carrying it out.
 */
#ifndef HF_CONSOLE_RESTORE_WORK_H
#define HF_CONSOLE_RESTORE_WORK_H

#include "console/worker.h"

/* {"database", "point" or "at" or "undo"}: restores into scratch, proves it, and compares it with
 * what is there now. The answer is what docs/openapi.yml has of a preview, with "bound" besides:
 * console/planning.h. */
json_t *hf_preview_restore(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err);

/* {"database", "point", "file" (beside the database; or null: in place), "state" (null: whatever it
 * is)}. HF_STALE: the database has changed since. */
json_t *hf_carry_out_restore(void *context, const json_t *question, const struct hf_events *events,
                             struct hf_error *err);

/* {"database", "from", "to"}, points; 0: what is there now. */
json_t *hf_compare_points(void *context, const json_t *question, const struct hf_events *events,
                          struct hf_error *err);

#endif

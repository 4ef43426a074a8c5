/*
 * Comparing states of a database. In the worker's process.
 */
#ifndef HF_CONSOLE_COMPARE_WORK_H
#define HF_CONSOLE_COMPARE_WORK_H

#include "console/worker.h"
#include "service/state_compare.h"

/* {"database", "from", "to"}, points; 0: what is there now. */
json_t *hf_compare_points(void *context, const json_t *question, const struct hf_events *events,
                          struct hf_error *err);

/* Two files, by a process that only reads any more (hf_work_turn_to_files): as hf_state_compare. */
json_t *hf_compare_files(const struct hf_untrusted_file *from, const struct hf_untrusted_file *to,
                         const struct hf_events *events, struct hf_error *err);

#endif

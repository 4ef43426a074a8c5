/*
 * Taking and proving restore points. In the worker's process.
 */
#ifndef HF_CONSOLE_POINT_WORK_H
#define HF_CONSOLE_POINT_WORK_H

#include "console/worker.h"

/* {"database", "label", "pin"} -> as of `holdfast backup`. */
json_t *hf_snapshot_work(void *context, const json_t *question, const struct hf_events *events,
                         struct hf_error *err);

/* {"database", "point" (0: the newest)} -> as of `holdfast test-restore`. */
json_t *hf_test_restore_work(void *context, const json_t *question, const struct hf_events *events,
                             struct hf_error *err);

#endif

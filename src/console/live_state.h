/*
 * What state a database is in, for a change that was previewed in one and is to be carried out in
 * the same. In a worker's process.
 */
#ifndef HF_CONSOLE_LIVE_STATE_H
#define HF_CONSOLE_LIVE_STATE_H

#include "console/work.h"

enum { HF_LIVE_STATE_TEXT = 128 };

/* A text that differs when it is another state. */
int hf_live_state(const struct hf_work *work, char out[HF_LIVE_STATE_TEXT], struct hf_error *err);

/* HF_STALE: it is not in `previewed` any more. NULL: whatever it is. */
int hf_live_state_check(const struct hf_work *work, const char *previewed, struct hf_error *err);

#endif

/*
 * What state a database is in, for a change that was previewed in one and is to be carried out in
 * the same. In a worker's process.
 */
#ifndef HF_CONSOLE_LIVE_STATE_H
#define HF_CONSOLE_LIVE_STATE_H

#include "console/console_state.h"

enum { HF_LIVE_STATE_TEXT = 128 };

/* A text that differs when it is another state. The repository is looked at only where somebody
 * puts the database's changes there. */
int hf_live_state(const struct hf_console *console, const struct hf_config_database *database,
                  char out[HF_LIVE_STATE_TEXT], struct hf_error *err);

/* HF_STALE: it is not in `previewed` any more. NULL: whatever it is. */
int hf_live_state_check(const struct hf_console *console, const struct hf_config_database *database,
                        const char *previewed, struct hf_error *err);

#endif

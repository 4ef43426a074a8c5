/*
 * How people get to the console: its address, the setup code while there is no password, and what
 * `holdfast console reset-password` changes of that.
 */
#ifndef HF_CONSOLE_ENTRANCE_H
#define HF_CONSOLE_ENTRANCE_H

#include "console/console_state.h"

/* The settings', or one of random characters. HF_CONFIG: the settings' is too short. */
int hf_entrance_make_code(struct hf_console *console, struct hf_error *err);

/* False while no code is wanted. */
bool hf_entrance_code_fits(const struct hf_console *console, const char *typed);

/* Where it listens, as the settings have it. */
const char *hf_entrance_listen(const struct hf_console *console);

/* Says in the log what somebody needs to open it. */
void hf_entrance_tell(struct hf_console *console);

/* Takes what `holdfast console reset-password` has done, if it did; writes what could not be
 * written before. */
void hf_entrance_refresh(struct hf_console *console);

#endif

/*
 * Windows of time: which of a granularity's windows a moment lies in. Pure but for the zone.
 *
 * Windows of seconds, minutes and hours are counted from 1970 in UTC. Days, weeks (from Monday),
 * months and years are those of the calendar in UTC, or in local time: then a day is what the clock
 * on the wall calls one, 23 or 25 hours long where it changes.
 */
#ifndef HF_HISTORY_RETENTION_WINDOW_H
#define HF_HISTORY_RETENTION_WINDOW_H

#include <stddef.h>

#include "history/retention_rule.h"

enum hf_retention_zone { HF_RETENTION_UTC, HF_RETENTION_LOCAL /* the process's (TZ) */ };

/* A number that is the same for all moments of one window, and grows from window to window.
 * `every` is not "all". */
int64_t hf_retention_window(int64_t time, struct hf_span every, enum hf_retention_zone zone);

/* The window for people: "2026-11-22 14:05", "2026-11-22", "week of 2026-11-16", "2026-11".
 * `out` holds 32 bytes or more. */
const char *hf_retention_window_text(char *out, size_t size, int64_t time, struct hf_span every,
                                     enum hf_retention_zone zone);

#endif

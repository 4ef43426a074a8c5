/*
 * Times as people write and read them. A time is milliseconds since 1970-01-01 UTC.
 */
#ifndef HF_BASE_TIME_H
#define HF_BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Understands, in this order: "now"; "15m ago", "2 hours ago", "1h30m ago" (s, m, h, d, w and
 * their words, the largest first; "ago" may be left out; a day is 24 hours); "today", "today
 * 14:05", "yesterday 14:05:10"; "14:05" (today); "2026-11-22", "2026-11-22 14:05[:10[.250]]" in
 * local time, or followed by the local zone's abbreviation (what hf_time_local writes) or "UTC";
 * ISO 8601 with "T" and "Z" or an offset ("+02:00"). False when it is none of these or no such
 * day exists.
 * A local time that a clock change skips or repeats is taken as mktime takes it.
 */
bool hf_time_parse(const char *text, int64_t now, int64_t *time);

/* The least unit that was typed, in ms, a day as long as that day is: "14:05" means the minute up
 * to 14:05:59.999, so the newest point "at 14:05" may lie within it. 1 for relative times and exact
 * milliseconds. */
int64_t hf_time_precision(const char *text);

/* What somebody typed, to its last millisecond. HF_USAGE, with examples. */
int hf_time_typed(const char *text, int64_t now, int64_t *time, struct hf_error *err);

/* "2026-11-22T14:05:10.250Z". `out` holds 32 bytes or more. */
const char *hf_time_iso(char *out, size_t size, int64_t time);

/* "2026-11-22 14:05:10 EET", in local time with its zone. `out` holds 48 bytes or more. */
const char *hf_time_local(char *out, size_t size, int64_t time);

/* "just now", "42 s ago", "15 min ago", "3 h ago", "12 d ago", "in 5 min". */
const char *hf_time_age(char *out, size_t size, int64_t time, int64_t now);

#endif

/*
 * Limits on what a worker that handles what may come from anybody can take and do. Cannot be undone
 * in the process.
 */
#ifndef HF_OS_CONFINE_H
#define HF_OS_CONFINE_H

#include <stdint.h>

#include "base/error.h"

/* This process gets at most `memory` more bytes than it has, no new privileges by running programs,
 * and leaves no core: there may be secrets in it. Who is confined already does not get more. */
int hf_confine(uint64_t memory, struct hf_error *err);

/* From now on it may use so many seconds of processor time; then the system ends it (SIGXCPU). */
int hf_confine_time(int seconds, struct hf_error *err);

/* No file that it writes grows larger: EFBIG. */
int hf_confine_files(uint64_t largest, struct hf_error *err);

#endif

/*
 * The state of a live database as a file of its own.
 */
#ifndef HF_SQLITE_STATE_COPY_H
#define HF_SQLITE_STATE_COPY_H

#include "base/events.h"
#include "os/env.h"
#include "sqlite/page_source.h"

/* Makes `to`, which must not be there (0600), with every page of the state that `path` is in now,
 * whoever writes meanwhile. On failure it is gone again. Errors as of hf_page_source_open. */
int hf_state_copy(const struct hf_env *env, const char *path, const char *to, int busy_ms,
                  const struct hf_events *events, struct hf_error *err);

/* The pages alone, into an open file that is called `to` in errors. */
int hf_state_copy_pages(const struct hf_env *env, struct hf_page_source *source, int fd,
                        const char *to, const struct hf_events *events, struct hf_error *err);

#endif

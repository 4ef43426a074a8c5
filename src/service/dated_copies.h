/*
 * Dated portable copies: "backup_2026-11-23T14-05-10.json" (UTC) beside the latest one, which is
 * the same file under another name. Only names of exactly this form are ever removed.
 */
#ifndef HF_SERVICE_DATED_COPIES_H
#define HF_SERVICE_DATED_COPIES_H

#include <stddef.h>

#include "os/env.h"

enum { HF_DATED_COPY_NAME = sizeof "backup_2026-11-23T14-05-10.json" };

/*
 * Adds one of `latest`, a copy just written, unless the newest dated one says the same (but for the
 * time of writing); then removes the oldest until `keep` are left. `name` becomes that of the one
 * that holds what `latest` does, or "" with `keep` 0.
 */
int hf_dated_copies_keep(const struct hf_env *env, const char *latest, size_t keep,
                         char name[HF_DATED_COPY_NAME], struct hf_error *err);

#endif

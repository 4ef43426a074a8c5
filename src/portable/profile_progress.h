/*
 * Tells how far an import is while its SQL runs: a trigger on the table `outcome` counts what
 * becomes of each entry, so that a statement that writes a hundred thousand is no silence.
 */
#ifndef HF_PORTABLE_PROFILE_PROGRESS_H
#define HF_PORTABLE_PROFILE_PROGRESS_H

#include "portable/profile_import.h"

/* All zero: nothing is told. Not to be moved after begin. */
struct hf_profile_progress {
    const struct hf_profile_import_options *options;
    struct hf_profile_user *users; /* as they are met */
    size_t count, current;
    int64_t told; /* when, ms */
};

/* The table is there. Adds the trigger, when somebody listens. */
int hf_profile_progress_begin(struct hf_profile_progress *progress, sqlite3 *db,
                              const struct hf_profile_import_options *options,
                              struct hf_error *err);
void hf_profile_progress_asked(struct hf_profile_progress *progress, uint64_t asked, uint64_t of);

/* Tells final counts: of each user where they are few, else of some. */
void hf_profile_progress_end(struct hf_profile_progress *progress,
                             const struct hf_profile_import_result *result);
void hf_profile_progress_release(struct hf_profile_progress *progress);

#endif

/*
 * What the parts of a check share: whom to tell, and the sums.
 */
#ifndef HF_HISTORY_CHECK_REPORT_H
#define HF_HISTORY_CHECK_REPORT_H

#include "history/check.h"
#include "history/database.h"

struct hf_checking {
    const struct hf_repository *repository;
    const struct hf_check_options *options;
    int (*each)(void *arg, const struct hf_finding *finding, struct hf_error *err);
    void *arg;
    struct hf_check_result *result;
    uint64_t bytes_total; /* of all objects, for progress */
};

/* Tells one finding. `problem` may be an error's text. */
int hf_check_tell(struct hf_checking *checking, const struct hf_finding *finding,
                  struct hf_error *err);

/* An error that says something about the object and not about the way to it. */
static inline bool hf_is_damage(const struct hf_error *err)
{
    return err->code == HF_CORRUPT || err->code == HF_UNSUPPORTED || err->code == HF_NOT_FOUND;
}

/* Checks the segments of one database. */
int hf_check_segments(struct hf_checking *checking, const struct hf_database *database,
                      struct hf_error *err);

#endif

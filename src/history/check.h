/*
 * Check: reading a repository and proving that it is whole; saying what is lost when it is not.
 */
#ifndef HF_HISTORY_CHECK_H
#define HF_HISTORY_CHECK_H

#include <stdbool.h>

#include "base/events.h"
#include "history/repository.h"

enum hf_check_depth {
    HF_CHECK_STRUCTURE, /* names, headers, footers, index roots, trailers, all small objects */
    HF_CHECK_DATA, /* and every byte: checksums, every block and frame opened, every page proven */
};

struct hf_check_options {
    enum hf_check_depth depth;
    const struct hf_events *events; /* may be NULL */
};

enum hf_check_severity {
    HF_CHECK_NOTE, /* nothing is lost: an object that nothing refers to */
    HF_CHECK_LOSS, /* restore points, labels or keys are lost or in doubt */
};

enum hf_remedy {
    HF_REMEDY_NONE,
    HF_REMEDY_REMOVE,  /* loses nothing more, and lets the next backup go on soundly */
    HF_REMEDY_REWRITE, /* what it held is known from elsewhere */
};

struct hf_finding {
    enum hf_check_severity severity;
    enum hf_remedy remedy;
    char object[192];      /* key in the store */
    char database[65];     /* its name, or "" */
    char problem[1024];    /* what is wrong */
    char consequence[256]; /* what that means for restore points */
};

struct hf_check_result {
    uint64_t objects, bytes_read, segments;
    uint64_t points, points_lost; /* restorable by name; of those, in doubt because of a finding */
    uint64_t findings, losses;
};

/*
 * Checks every object of the repository. Each finding goes to `each` (non-zero: give up). Findings
 * are no error of the call: look at result->losses.
 */
int hf_check(const struct hf_repository *repository, const struct hf_check_options *options,
             int (*each)(void *arg, const struct hf_finding *finding, struct hf_error *err),
             void *arg, struct hf_check_result *result, struct hf_error *err);

/* Applies a finding's remedy. */
int hf_check_apply(const struct hf_repository *repository, const struct hf_finding *finding,
                   struct hf_error *err);

#endif

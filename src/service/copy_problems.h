/*
 * Entries of a portable copy that no import takes, kept to be shown.
 */
#ifndef HF_SERVICE_COPY_PROBLEMS_H
#define HF_SERVICE_COPY_PROBLEMS_H

#include <jansson.h>

#include "portable/profile_import.h"

enum { HF_COPY_MOST_PROBLEMS = 1000 };

struct hf_copy_problem {
    enum hf_profile_outcome outcome;
    char *user, *title, *path, *why; /* user and title may be NULL */
    uint64_t line;
};

/* All zero: none. */
struct hf_copy_problems {
    struct hf_copy_problem *list; /* the first HF_COPY_MOST_PROBLEMS */
    size_t count;
    uint64_t total;
};

/* One for which there is no memory is only counted. */
void hf_copy_problems_add(struct hf_copy_problems *problems,
                          const struct hf_profile_problem *problem);
void hf_copy_problems_release(struct hf_copy_problems *problems);

/* A list of objects with the members of docs/json.md, "import". NULL: no memory. */
json_t *hf_copy_problems_json(const struct hf_copy_problems *problems);

#endif

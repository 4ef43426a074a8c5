/*
 * Files in a data directory that a person may choose to restore from. Known outside by an id that
 * is made here, never by a path: what a browser says cannot lead anywhere else.
 *
 * Looks at files' first bytes: in a process that has no SQLite database of that folder open.
 */
#ifndef HF_SERVICE_SETUP_CANDIDATES_H
#define HF_SERVICE_SETUP_CANDIDATES_H

#include <jansson.h>

#include "base/cleanup.h"
#include "service/setup_kind.h"

enum { HF_CANDIDATE_ID = 33, HF_MOST_CANDIDATES = 200 };

struct hf_setup_candidate {
    char id[HF_CANDIDATE_ID]; /* the same as long as the file is the same */
    char *name;               /* below the directory: "backups/a.json" */
    enum hf_file_kind kind;   /* not HF_FILE_OTHER */
    uint64_t size;
    int64_t time; /* of its last change, ms */
};

struct hf_setup_candidates {
    struct hf_setup_candidate *list; /* the newest first */
    size_t count;
};

/* Regular files of the directory and of the folders in it; symbolic links are followed nowhere.
 * What cannot be read is left out. */
int hf_setup_candidates_find(struct hf_setup_candidates *out, const char *directory,
                             const struct hf_env *env, struct hf_error *err);
void hf_setup_candidates_release(struct hf_setup_candidates *candidates);
HF_AUTO_RELEASE(hf_setup_candidates)

/* Its path; the caller frees. NULL: HF_NOT_FOUND, also when the file has changed since. */
char *hf_setup_candidate_path(const char *directory, const char *id, const struct hf_env *env,
                              struct hf_error *err);

/* [{"id", "name", "kind", "size", "time", "time_ms"}]. NULL: no memory. */
json_t *hf_setup_candidates_json(const struct hf_setup_candidates *candidates);

#endif

/*
 * A copy, read whole and once, as rows of a temporary table: what a profile's import.sql reads.
 *
 *   part(id, owner, place, around, path, line, value)
 *
 * Each value that ends a place of `groups` or `rows` is one row, wherever in the copy it stands:
 * "watchlist.movies[]" fits users[0].data.watchlist.movies[3] as well as the flat member
 * "watchlist.movies". The longest pattern wins. `value` is JSON: of a row all of it, of a group the
 * texts, numbers, booleans and nulls in it that belong to no row, named by their path. `owner` is
 * the id of the group around it; the copy itself is the group 0. `around` is what stands between
 * the group and the place ("data").
 */
#ifndef HF_PORTABLE_PROFILE_STAGE_H
#define HF_PORTABLE_PROFILE_STAGE_H

#include <sqlite3.h>
#include <stdint.h>

#include "portable/json_reader.h"
#include "portable/profile.h"

/* What is in a copy that no place of the profile fits. */
struct hf_profile_stray {
    const char *path; /* "data.favourites" */
    uint64_t line;
    uint64_t entries; /* of a list; else 1 */
    const char *why;
};

struct hf_profile_stage {
    void *context;
    /* May be NULL. */
    void (*stray)(void *context, const struct hf_profile_stray *stray);
    /* Takes the member "holdfast" of the copy, `event` being its first; NULL: it is passed over. */
    int (*own)(void *context, struct hf_json_reader *reader, const struct hf_json_event *event,
               struct hf_error *err);
};

/* HF_CORRUPT with the line for what is no JSON, and for a single entry of more than 1 MiB. */
int hf_profile_stage(sqlite3 *db, const struct hf_profile *profile, struct hf_json_reader *reader,
                     const struct hf_profile_stage *stage, struct hf_error *err);

#endif

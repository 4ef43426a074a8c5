/*
 * A copy from queries: each statement of a script that has a place is run there, and its rows are
 * written as they come.
 *
 * A place that ends in [] is a list and each row an element; any other place is an object, null
 * when there is no row. A row's columns are an object's members, NULL ones left out. "name:boolean"
 * and "name:json" say that a value is more than SQL tells; a lone column ":json" is the element
 * itself. A column whose name begins with an underscore is not written: the queries of the places
 * within read it as :_name.
 */
#ifndef HF_PORTABLE_PROFILE_PLACES_H
#define HF_PORTABLE_PROFILE_PLACES_H

#include <sqlite3.h>
#include <stdint.h>

#include "portable/json_writer.h"
#include "portable/profile.h"

/* What any statement may read: ":now" in milliseconds, ":user" (NULL: not given). */
struct hf_profile_parameters {
    int64_t now;
    const char *user;
};

struct hf_profile_places;

/* Prepares the script's statements with a place, in their order; of several for one place the first
 * that @when lets through. All arguments are borrowed. */
struct hf_profile_places *hf_profile_places_new(sqlite3 *db, const struct hf_profile_script *script,
                                                const struct hf_profile_parameters *parameters,
                                                struct hf_error *err);
void hf_profile_places_free(struct hf_profile_places *places);
HF_AUTO_FREE(hf_profile_places)

/* Puts the members of the copy's own object, which the caller opens and closes. */
int hf_profile_places_write(struct hf_profile_places *places, struct hf_json_writer *writer,
                            struct hf_error *err);

/* Runs a statement of a script, whatever rows it gives; nothing where @when excludes it. HF_CONFIG
 * for a parameter that there is not. */
int hf_profile_run(sqlite3 *db, const struct hf_profile_script *script,
                   const struct hf_profile_statement *statement,
                   const struct hf_profile_parameters *parameters, struct hf_error *err);

/* Runs the statements of export.sql that make what its queries read: temporary tables and views. */
int hf_profile_prepare_copy(sqlite3 *db, const struct hf_profile *profile,
                            const struct hf_profile_parameters *parameters, struct hf_error *err);

#endif

/*
 * An SQL file of a profile: statements in order, and what the comments before each say of it.
 *
 *   -- @at users[].data.movies[]      its rows are values at that place of the copy
 *   -- @when SystemConfig.aiModel     only where the database has these columns ("not": lacks any)
 *   -- @summary lists                 its rows say what is in a backup (portable/profile_summary.h)
 *   -- @ask                           its rows are questions to the profile's lookup
 *   -- @write                         from here on the database is written to
 */
#ifndef HF_PORTABLE_PROFILE_SCRIPT_H
#define HF_PORTABLE_PROFILE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct hf_profile_statement {
    const char *sql;
    size_t line;         /* of its first word */
    const char *place;   /* after @at, "" for the copy itself; NULL without */
    const char *when;    /* after @when, or NULL */
    const char *summary; /* after @summary, or NULL */
    bool ask;
    bool write; /* it, and each after it */
};

/* Immutable once it is parsed. */
struct hf_profile_script {
    char *file;
    char *text;
    struct hf_profile_statement *statements;
    size_t count;
};

/* HF_CONFIG with "<file> line <n>: ..." for an unknown or repeated annotation, a statement without
 * an end and a NUL character. On failure `out` holds nothing. */
int hf_profile_script_parse(struct hf_profile_script *out, const char *file, const void *bytes,
                            size_t length, struct hf_error *err);
void hf_profile_script_release(struct hf_profile_script *script);
HF_AUTO_RELEASE(hf_profile_script)

#endif

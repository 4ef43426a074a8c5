/*
 * Writes a portable copy of a database file, in its application's own form where a profile knows
 * it: what `holdfast export`, the boot and the console's downloads do. Blocking; may be killed at
 * any moment, the file then is complete or not there.
 */
#ifndef HF_SERVICE_EXPORTING_H
#define HF_SERVICE_EXPORTING_H

#include <jansson.h>

#include "config/config.h"
#include "portable/export.h"

struct hf_exporting_options {
    const struct hf_config *config;
    const struct hf_env *env;
    bool generic;                  /* every table as it is, whatever profile is known */
    struct hf_export_options copy; /* what, where to, how compressed and encrypted */
};

struct hf_exporting_result {
    char *profile; /* in whose form; NULL: the generic one */
    char *version; /* the profile's name for the application's version; or NULL */
    struct hf_export_result copy;
};

int hf_exporting(const struct hf_exporting_options *options, struct hf_exporting_result *result,
                 struct hf_error *err);
void hf_exporting_result_release(struct hf_exporting_result *result);
HF_AUTO_RELEASE(hf_exporting_result)

/* The members of docs/json.md, "export", without `database`, `path` and `file`. NULL: no memory. */
json_t *hf_exporting_json(const struct hf_exporting_options *options,
                          const struct hf_exporting_result *result);

#endif

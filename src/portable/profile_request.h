/*
 * A profile's request with its values put in.
 *
 * "{name}" stands for the value of that name. At the beginning of the address it is an address
 * itself, taken without spaces around it and slashes at its end; elsewhere in the address it is
 * percent-encoded; in a header it is taken without spaces around it.
 */
#ifndef HF_PORTABLE_PROFILE_REQUEST_H
#define HF_PORTABLE_PROFILE_REQUEST_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "portable/profile.h"

/* A list of them ends with a NULL name. */
struct hf_profile_value {
    const char *name;
    const char *text; /* NULL: no value */
};

struct hf_profile_filled {
    char *url;
    char **headers; /* "Name: value", ends with NULL */
};

/* HF_CONFIG, naming it, for a value that is not there or empty. */
int hf_profile_fill(struct hf_profile_filled *out, const struct hf_profile_request *request,
                    const struct hf_profile_value *values, struct hf_error *err);
/* Whether the value of this name is asked for. */
bool hf_profile_request_uses(const struct hf_profile_request *request, const char *name);

/* Wipes the headers. */
void hf_profile_filled_release(struct hf_profile_filled *filled);
HF_AUTO_RELEASE(hf_profile_filled)

#endif

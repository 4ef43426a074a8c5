/*
 * What the files of service/browse share.
 */
#ifndef HF_SERVICE_BROWSE_PARTS_H
#define HF_SERVICE_BROWSE_PARTS_H

#include "service/browse.h"
#include "sqlite/look.h"

struct hf_browse {
    struct hf_look *look;
    const char *name;
    const struct hf_profiles *profiles;
};

#endif

#include "console/visitor.h"

#include <string.h>

static const char *const names[] = {
    [HF_ACCESS_ANYONE] = "anyone", [HF_ACCESS_KNOWN] = "known",       [HF_ACCESS_SETUP] = "setup",
    [HF_ACCESS_VIEWER] = "viewer", [HF_ACCESS_OPERATOR] = "operator", [HF_ACCESS_OWNER] = "owner"};

bool hf_access_is_enough(enum hf_access has, enum hf_access wanted)
{
    if (wanted == HF_ACCESS_SETUP)
        return has == HF_ACCESS_SETUP || has == HF_ACCESS_OWNER;
    return has >= wanted;
}

const char *hf_access_name(enum hf_access access)
{
    return names[access];
}

enum hf_access hf_access_named(const char *name)
{
    for (int i = HF_ACCESS_ANYONE; i < HF_ACCESS_OWNER; i++)
        if (!strcmp(names[i], name))
            return (enum hf_access)i;
    return HF_ACCESS_OWNER;
}

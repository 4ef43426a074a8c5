/*
 * The profiles of the folder profiles/, as they were when the program was built
 * (script/embed-profiles writes the source file).
 */
#ifndef HF_PORTABLE_PROFILE_BUILTIN_H
#define HF_PORTABLE_PROFILE_BUILTIN_H

#include "portable/profile.h"

extern const struct hf_profile_files hf_profile_builtin[];
extern const size_t hf_profile_builtin_count;

#endif

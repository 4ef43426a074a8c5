/*
 * What workers that take a portable copy in share: its keys, and what they tell meanwhile.
 */
#ifndef HF_CONSOLE_COPY_WORK_H
#define HF_CONSOLE_COPY_WORK_H

#include <jansson.h>

#include "base/events.h"
#include "portable/profile_import.h"
#include "service/copy_keys.h"

/* From the question's "passphrase" and "identity", each of which may be missing. */
int hf_copy_work_keys(struct hf_copy_keys *out, const json_t *question, struct hf_error *err);

/* How far it is, as a stage of the job. */
void hf_copy_work_tell_user(const struct hf_events *events, const struct hf_profile_user *user);
void hf_copy_work_tell_asked(const struct hf_events *events, uint64_t asked, uint64_t of);

#endif

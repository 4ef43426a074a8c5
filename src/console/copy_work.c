#include "console/copy_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/key.h"
#include "service/json_channel.h"

int hf_copy_work_keys(struct hf_copy_keys *out, const json_t *question, struct hf_error *err)
{
    const char *passphrase = hf_member_text(question, "passphrase", "");
    const char *identity = hf_member_text(question, "identity", "");
    if (*passphrase && hf_copy_keys_take_passphrase(out, passphrase, err))
        return -1;
    if (!*identity)
        return 0;
    char *copy = strdup(identity); /* which is changed */
    int failed = copy ? hf_copy_keys_take_identities(out, copy, err) : hf_error_memory(err);
    if (copy)
        hf_wipe(copy, strlen(copy));
    free(copy);
    return failed;
}

void hf_copy_work_tell_user(const struct hf_events *events, const struct hf_profile_user *user)
{
    const struct hf_profile_counts *counts = &user->counts;
    char stage[96];
    snprintf(stage, sizeof stage, "user %.80s", user->name ? user->name : "");
    hf_progress(events, stage,
                counts->imported + counts->skipped + counts->unresolved + counts->errors,
                counts->total);
}

void hf_copy_work_tell_asked(const struct hf_events *events, uint64_t asked, uint64_t of)
{
    hf_progress(events, "titles", asked, of);
}

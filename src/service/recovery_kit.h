/*
 * The recovery kit: a page to keep away from the repository, which opens it when all else is lost.
 */
#ifndef HF_SERVICE_RECOVERY_KIT_H
#define HF_SERVICE_RECOVERY_KIT_H

#include "base/cleanup.h"
#include "history/repository.h"

struct hf_recovery_kit {
    char *place; /* of the repository; absolute where it is a folder */
    char key_id[2 * HF_ID_BYTES + 1];
    char key[HF_RECOVERY_TEXT];
    char *page; /* all of it, for people */
};

int hf_recovery_kit_make(struct hf_recovery_kit *out, const struct hf_repository *repository,
                         const char *place, struct hf_error *err);
/* Wipes. */
void hf_recovery_kit_release(struct hf_recovery_kit *kit);
HF_AUTO_RELEASE(hf_recovery_kit)

#endif

#include "service/recovery_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int print(struct hf_recovery_kit *kit)
{
    const char *place = kit->place;
    return asprintf(&kit->page,
                    "HOLDFAST RECOVERY KIT\n\n"
                    "Whoever has this page can read and restore everything in the repository.\n"
                    "Keep it away from the repository and from the machine it protects.\n\n"
                    "  repository  %s\n"
                    "  key id      %s\n"
                    "  recovery key\n"
                    "    %s\n\n"
                    "To restore: put the recovery key into a file, then\n\n"
                    "  holdfast list    -r '%s' --recovery-key-file FILE\n"
                    "  holdfast restore -r '%s' --recovery-key-file FILE DATABASE --to PATH\n",
                    place, kit->key_id, kit->key, place, place);
}

int hf_recovery_kit_make(struct hf_recovery_kit *out, const struct hf_repository *repository,
                         const char *place, struct hf_error *err)
{
    struct hf_recovery_kit kit = {.place = realpath(place, NULL)};
    /* On another day the current directory is another one. */
    if (!kit.place)
        kit.place = strdup(place);
    hf_key_to_recovery_text(kit.key, &repository->keys.master);
    hf_hex_encode(kit.key_id, repository->key_id, HF_ID_BYTES);
    if (!kit.place || print(&kit) < 0) {
        kit.page = NULL;
        hf_recovery_kit_release(&kit);
        return hf_error_memory(err);
    }
    *out = kit;
    hf_wipe(kit.key, sizeof kit.key);
    return 0;
}

void hf_recovery_kit_release(struct hf_recovery_kit *kit)
{
    if (kit->page)
        hf_wipe(kit->page, strlen(kit->page));
    free(kit->page);
    free(kit->place);
    hf_wipe(kit, sizeof *kit);
    *kit = (struct hf_recovery_kit){0};
}

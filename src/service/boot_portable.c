#include "service/boot_steps.h"

int hf_boot_portable(struct hf_boot *boot, struct hf_error *err)
{
    (void)err;
    hf_boot_log_skipped(&boot->log, "no portable copy");
    return 0;
}

#include "service/boot_steps.h"

int hf_boot_schema(struct hf_boot *boot, struct hf_error *err)
{
    (void)err;
    hf_boot_log_skipped(&boot->log, "no schema is configured");
    return 0;
}

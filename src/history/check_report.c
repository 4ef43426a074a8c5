#include "history/check_report.h"

int hf_check_tell(struct hf_checking *checking, const struct hf_finding *finding,
                  struct hf_error *err)
{
    checking->result->findings++;
    checking->result->losses += finding->severity == HF_CHECK_LOSS;
    return checking->each(checking->arg, finding, err);
}

/*
 * The retention rule that the command line, or the settings, ask for.
 */
#ifndef HF_CLI_KEEP_CHOICE_H
#define HF_CLI_KEEP_CHOICE_H

#include "cli/cli.h"
#include "history/prune.h"

/*
 * Fills rule, zone and grace of `out`, whose rule is kept in `rule`; the rest is zero. HF_USAGE
 * when counts (--keep-daily 7) and --keep are both given.
 */
int hf_choose_keep(struct hf_prune_options *out, struct hf_retention_rule *rule,
                   const struct hf_cli *cli, struct hf_error *err);

#endif

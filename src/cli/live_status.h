/*
 * What a running Holdfast says of a database that it looks after. How far the repository has it is
 * never taken from there: that is read in the repository.
 */
#ifndef HF_CLI_LIVE_STATUS_H
#define HF_CLI_LIVE_STATUS_H

#include "cli/live.h"
#include "history/point.h"

/* What a running Holdfast answers, which the caller frees; NULL: none looks after the database. One
 * that does not answer is told as a notice. To be asked before the repository is read: what it
 * claims must be there then. */
json_t *hf_live_status_ask(struct hf_cli *cli, const struct hf_choice *choice);

/* Prints lines, or with --json fills `item`'s "live". `newest` is the newest point in the
 * repository, or NULL. */
void hf_live_status_tell(const struct hf_cli *cli, const struct hf_choice *choice,
                         const json_t *answer, const struct hf_point *newest, json_t *item);

#endif

/*
 * `holdfast list --at TIME`: which points there are around a moment, and which of them a restore to
 * that moment would take.
 */
#ifndef HF_CLI_LIST_NEAR_H
#define HF_CLI_LIST_NEAR_H

#include "cli/cli.h"
#include "history/point.h"

/* Prints them, or with --json fills `item`. HF_USAGE when --at is no time. */
int hf_list_near(struct hf_cli *cli, const struct hf_database *database,
                 const struct hf_points *points, json_t *item, struct hf_error *err);

#endif

/*
 * What a verb with a log of its own (--log) tells outside of it: notices about settings, and why it
 * does not begin, or how it failed. With --log json these are lines of JSON as well, so that
 * standard error can be read by a program from the first line to the last (docs/json.md).
 */
#ifndef HF_CLI_LOG_OUTPUT_H
#define HF_CLI_LOG_OUTPUT_H

#include "cli/cli.h"

/* Whether the log is to be JSON, as far as the command line and the environment tell: for what goes
 * wrong before the settings are read. False for a verb without a log. */
bool hf_log_seems_json(const struct hf_verb *verb, int argc, char **argv);

/* Once settings are read: sets `cli->log_is_json`, and the notices of `cli->progress` become lines
 * of the log. */
void hf_log_choose(struct hf_cli *cli);

/* To standard error, in the log's form. */
void hf_log_error(const struct hf_cli *cli, const struct hf_error *err);

#endif

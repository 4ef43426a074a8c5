/*
 * The console beside `run` and `replicate`, as the settings want it.
 */
#ifndef HF_CLI_CONSOLE_START_H
#define HF_CLI_CONSOLE_START_H

#include "cli/cli.h"
#include "service/console_hook.h"

/* Rows of a table of struct hf_option: a macro, as C takes no row from another table. */
/* clang-format off */
#define HF_CONSOLE_OPTIONS                                                                         \
    {"console", 0, "ADDRESS", "serve the console there: 127.0.0.1:8420, off"},                     \
    {"url", 0, "URL", "the console's address as browsers see it"},                             \
    {"trusted-proxies", 0, "LIST", "addresses of proxies whose X-Forwarded- headers count"},       \
    {"setup-code-file", 0, "PATH", "a file that holds the code for the first setup"}
/* clang-format on */

/* Fills `hook`, which borrows `cli`. False: no console is wanted. */
bool hf_console_start(struct hf_console_hook *hook, struct hf_cli *cli);

#endif

#include "cli/console_start.h"

#include <stdio.h>
#include <string.h>

#include "cli/output.h"
#include "console/console.h"

/* What ends it is told once; the guard tries again by itself. */
static int serve(void *context, const struct hf_session *session, int channel)
{
    const struct hf_cli *cli = context;
    struct hf_error err = {0};
    const struct hf_console_options options = {
        .config = &cli->config, .env = cli->env, .session = session, .version = HF_VERSION};
    if (!hf_console_run(&options, channel, &err))
        return 0;
    hf_print_error(stderr, &err);
    return 1;
}

bool hf_console_start(struct hf_console_hook *hook, struct hf_cli *cli)
{
    const char *wanted = cli->config.values[HF_SETTING_CONSOLE].text;
    *hook = (struct hf_console_hook){.context = cli, .serve = serve};
    return wanted && strcmp(wanted, "off") != 0;
}

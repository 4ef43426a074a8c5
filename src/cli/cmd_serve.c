#include <stdio.h>

#include "cli/cli.h"
#include "cli/console_start.h"
#include "cli/session.h"
#include "console/console.h"

static const struct hf_option options[] = {HF_CONSOLE_OPTIONS, {0}};

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_error away = {0};
    if (hf_secrets_read(&session.secrets, &cli->config, cli->env, err))
        return -1;
    /* A repository that is away is what the console is there to tell: it is tried again. */
    if (hf_access_connect(&session, &cli->config, cli->env, HF_SESSION_EXISTING, &away) &&
        away.code != HF_UNREACHABLE)
        return hf_error_pass(err, &away);
    const struct hf_console_options console = {
        .config = &cli->config, .env = cli->env, .session = &session, .version = HF_VERSION};
    return hf_console_run(&console, -1, err);
}

const struct hf_verb hf_verb_serve = {
    .name = "serve",
    .operands = "",
    .summary = "serve the console: look after everything in a browser",
    .about =
        "Serves the console alone, beside a Holdfast that runs elsewhere. 'run' and 'replicate'\n"
        "serve it themselves with --console.",
    .options = options,
    .instead_of_json =
        "'holdfast status --json' says how things are, and so does the console's API",
    .run = run,
};

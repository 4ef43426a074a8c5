#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/console_start.h"
#include "cli/protection_options.h"
#include "cli/session.h"
#include "service/keep_settings.h"
#include "service/replicate.h"

static const struct hf_option options[] = {
    {"capture", 0, "HOW", "wal (default): follow the log; scan: look through the database"},
    HF_PROTECTION_OPTIONS,
    HF_CONSOLE_OPTIONS,
    {"take-over", 0, NULL, "go on with a history that another host was writing"},
    {"log", 0, "FORMAT", "text (default) or json: an object for each point"},
    {0}};

/* A name that is typed must be one that is configured. */
static int check_names(const struct hf_cli *cli, struct hf_error *err)
{
    const struct hf_config *config = &cli->config;
    for (int i = 0; i < cli->arguments.operand_count; i++) {
        bool found = false;
        for (size_t k = 0; k < config->database_count; k++)
            found |= !strcmp(config->databases[k].name, cli->arguments.operands[i]);
        if (!found)
            return hf_not_configured(cli->arguments.operands[i], err);
    }
    if (config->database_count || config->pattern_count)
        return 0;
    hf_error_set(err, HF_CONFIG, "no database is given");
    return hf_error_hint(err, "say which: --db PATH, HOLDFAST_DB, or 'databases:' in "
                              "holdfast.yml");
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (hf_config_choice(&cli->config, HF_SETTING_CAPTURE) == HF_CAPTURE_WANT_NONE)
        return hf_error_set(err, HF_CONFIG, "%s: 'off' leaves nothing to do",
                            cli->config.values[HF_SETTING_CAPTURE].source);
    struct hf_retention_rule rule;
    if (hf_keep_rule(&rule, &cli->config, cli->env, err) || check_names(cli, err) ||
        hf_session_open(&session, cli, HF_SESSION_OR_CREATE, err))
        return -1;
    struct hf_console_hook console;
    bool has_console = hf_console_start(&console, cli);
    const struct hf_replicate_options wanted = {
        .replicator =
            {
                .config = &cli->config,
                .env = cli->env,
                .repository = session.repository,
                .names = cli->arguments.operands,
                .take_over = hf_option_given(&cli->arguments, "take-over"),
            },
        .session = &session,
        .console = has_console ? &console : NULL,
        .log = stderr,
        .quiet = hf_option_given(&cli->arguments, "quiet"),
    };
    if (session.created && !wanted.quiet)
        hf_notice(&cli->progress.events, "made repository %s", hf_session_place(cli));
    return hf_replicate(&wanted, err);
}

const struct hf_verb hf_verb_replicate = {
    .name = "replicate",
    .operands = "[DATABASE...]",
    .summary = "protect databases continuously, beside their application",
    .about = "Follows the named databases, else every configured one, until it is asked to end:\n"
             "each commit is in the repository within the sync interval, and history is thinned\n"
             "by the rule of 'keep'. The application goes on as ever. 'holdfast run' does the\n"
             "same for an application that it starts.",
    .most_operands = HF_MOST_OPERANDS,
    .options = options,
    .instead_of_json =
        "--log json writes what happens as JSON, on standard error; 'holdfast status "
        "--json' says how things are",
    .run = run,
};

#include <stdio.h>

#include "cli/cli.h"
#include "cli/console_start.h"
#include "cli/protection_options.h"
#include "service/boot.h"
#include "service/keep_settings.h"

static const struct hf_option options[] = {
    {"data-dir", 0, "PATH", "where data and portable copies are (the database's folder)"},
    {"schema", 0, "PATH", "the schema that the database is to have: Prisma or SQL"},
    {"accept-data-loss", 0, NULL, "let the schema drop tables and columns that have data"},
    {"on-missing", 0, "WHAT", "a missing database: restore, fresh, refuse"},
    {"on-corrupt", 0, "WHAT", "a damaged database: restore, refuse"},
    {"on-unprotected", 0, "WHAT", "no restore point can be taken: stop, start"},
    {"keep-copies", 0, "COUNT", "how many dated portable copies are kept (20)"},
    {"profile", 0, "NAME", "the application's profile, for portable copies"},
    {"profiles-dir", 0, "DIR", "where profiles of your own are"},
    {"capture", 0, "HOW", "how changes are followed meanwhile: wal, scan, off"},
    HF_PROTECTION_OPTIONS,
    HF_CONSOLE_OPTIONS,
    {"restart", 0, "WHEN", "start the application again: no, on-failure, always"},
    {"ready", 0, "URL", "what answers when the application works"},
    {"ready-timeout", 0, "TIME", "how long that may take (60s)"},
    {"on-failed-start", 0, "WHAT", "never ready: restore-and-exit, restore-and-start, keep"},
    {"user", 0, "USER", "who to run as when started as root: 1000:1000, app"},
    {"log", 0, "FORMAT", "the log on standard error: text, json"},
    {0}};

static int run(struct hf_cli *cli, struct hf_error *err)
{
    if (!cli->arguments.command[0]) {
        hf_error_set(err, HF_USAGE, "no command is given");
        return hf_error_hint(err, "for example: holdfast run -- node dist/index.js");
    }
    /* Only the replicator needs it, and would not come up, again and again. */
    struct hf_retention_rule rule;
    if (hf_keep_rule(&rule, &cli->config, cli->env, err))
        return -1;
    struct hf_console_hook console;
    bool has_console = hf_console_start(&console, cli);
    const struct hf_boot_options boot = {
        .config = &cli->config,
        .env = cli->env,
        .command = cli->arguments.command,
        .version = HF_VERSION,
        .console = has_console ? &console : NULL,
        .log = stderr,
        .quiet = hf_option_given(&cli->arguments, "quiet"),
    };
    int status, failed = hf_boot(&boot, &status, err);
    cli->error_is_told = failed;
    cli->status = status > 0 ? status : 0;
    return failed;
}

const struct hf_verb hf_verb_run = {
    .name = "run",
    .operands = "-- COMMAND [ARGUMENT...]",
    .summary = "protect the data, update the schema, run an application",
    .about = "Heals, backs up and updates the database, then runs the command and follows what it "
             "writes.",
    .most_operands = HF_COMMAND,
    .options = options,
    .instead_of_json =
        "standard output is the application's; --log json writes the log as JSON, on "
        "standard error",
    .run = run,
};

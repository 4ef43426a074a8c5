#include "cli/cli.h"
#include "cli/keep_choice.h"
#include "cli/output.h"
#include "cli/prune_output.h"
#include "cli/session.h"
#include "service/prune_json.h"

static const struct hf_option options[] = {
    {"keep", 0, "RULE", "what is kept: '1h:all 24h:1m 7d:1h 30d:1d 1y:1w', or a preset"},
    {"keep-zone", 0, "WHAT", "whose days, weeks and months: utc, local"},
    {"keep-last", 0, "COUNT", "the newest points, whatever their age"},
    {"keep-hourly", 0, "COUNT", "one an hour, for so many hours"},
    {"keep-daily", 0, "COUNT", "one a day, for so many days"},
    {"keep-weekly", 0, "COUNT", "one a week"},
    {"keep-monthly", 0, "COUNT", "one a month"},
    {"keep-yearly", 0, "COUNT", "one a year"},
    {"grace", 0, "TIME", "how long nobody must have needed what goes (1h; 24h on a remote)"},
    {"dry-run", 'n', NULL, "only say what goes and why, and the bytes that frees"},
    {0}};

static int prune(struct hf_cli *cli, const struct hf_database *database,
                 const struct hf_choice *choice, json_t *item, struct hf_error *err)
{
    (void)choice;
    struct hf_retention_rule rule;
    struct hf_prune_options wanted;
    struct hf_prune_result result;
    hf_auto(hf_prune) struct hf_prune prune = {0};
    if (hf_choose_keep(&wanted, &rule, cli, err))
        return -1;
    wanted.dry_run = hf_option_given(&cli->arguments, "dry-run");
    if (hf_prune_look(&prune, database, &wanted, err))
        return -1;
    if (item)
        hf_prune_lists(&prune, item);
    if (hf_prune_act(&prune, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    if (item)
        hf_prune_json(item, &prune, &result);
    else
        hf_prune_told(database->name, &prune, &result);
    if (!item && wanted.dry_run && hf_prune_tables(&prune, err))
        return -1;
    if (!result.merges_failed)
        return 0;
    hf_error_set(err, HF_CORRUPT, "damaged segments could not be merged");
    return hf_error_hint(err, "'holdfast check --read-data' says what is damaged");
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_retention_rule rule;
    struct hf_prune_options wanted;
    /* A wrong rule is said once, and before a repository is asked. */
    if (hf_choose_keep(&wanted, &rule, cli, err) ||
        hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    if (cli->json)
        hf_json_text(cli->json, "repository", hf_session_place(cli));
    return hf_session_each(cli, &session, HF_DATABASE_EXISTING, prune, err);
}

const struct hf_verb hf_verb_prune = {
    .name = "prune",
    .operands = "[DATABASE...]",
    .summary = "thin history by its rule",
    .about = "Merges what lies between the points that the rule keeps, and deletes what none of\n"
             "them has needed for the grace. Pinned points, the newest and the newest that passed\n"
             "a test restore are never dropped.",
    .most_operands = HF_MOST_OPERANDS,
    .options = options,
    .run = run,
};

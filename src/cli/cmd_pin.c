#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/keep_choice.h"
#include "cli/output.h"
#include "cli/session.h"
#include "history/point.h"

static const struct hf_option options[] = {
    {"keep", 0, "RULE", "the rule that it may have expired by (the configured one)"},
    {"keep-zone", 0, "WHAT", "whose days that rule means: utc, local"},
    {0}};

enum change { PIN, UNPIN };

/* The operands are the point, then perhaps the database. */
static int open_database(struct hf_database *out, struct hf_session *session, struct hf_cli *cli,
                         const char **point, struct hf_error *err)
{
    struct hf_choice choice;
    struct hf_error cause = {0};
    struct hf_arguments *arguments = &cli->arguments;
    if (!arguments->operand_count) {
        hf_error_set(err, HF_USAGE, "no restore point is named");
        return hf_error_hint(err, "its number or its label: 'holdfast list' shows them");
    }
    *point = arguments->operands[0];
    arguments->operands[0] = arguments->operands[1];
    arguments->operands[1] = NULL;
    arguments->operand_count--;
    if (hf_choose_one(&choice, cli, err) || hf_session_open(session, cli, HF_SESSION_EXISTING, err))
        return -1;
    if (!hf_session_database(out, session, &choice, &cause))
        return 0;
    if (cause.code != HF_NOT_FOUND || !arguments->operand_count)
        return hf_error_pass(err, &cause);
    /* Of other verbs the database is the first word. */
    hf_error_set(err, HF_NOT_FOUND, "%s", cause.text);
    return hf_error_hint(err,
                         "the point is named first: holdfast %s POINT DATABASE; 'holdfast list' "
                         "shows both",
                         cli->verb->name);
}

static int find(struct hf_point *out, const struct hf_database *database, const char *named,
                struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    if (hf_timeline_load(&timeline, database, err) ||
        hf_points_load(&points, database, &timeline, err))
        return -1;
    const struct hf_point *point = hf_points_find(&points, named);
    if (!point) {
        hf_error_set(err, HF_NOT_FOUND, "there is no restore point '%s'", named);
        return hf_error_hint(err, "'holdfast list' shows the restore points");
    }
    *out = *point;
    return 0;
}

static int apply(const struct hf_cli *cli, const struct hf_database *database,
                 const struct hf_point *point, enum change change, struct hf_error *err)
{
    static const struct hf_point_change unpin = {.pin = 0};
    struct hf_retention_rule rule;
    struct hf_prune_options wanted;
    if (change == UNPIN)
        return hf_point_change(database, point->seq, &unpin, err);
    if (hf_choose_keep(&wanted, &rule, cli, err))
        return -1;
    return hf_prune_pin(database, &wanted, point->seq, err);
}

static int run(struct hf_cli *cli, enum change change, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_database database;
    struct hf_point point = {0};
    const char *named = "";
    char moment[96];
    bool pinned = change == PIN;
    if (open_database(&database, &session, cli, &named, err) || find(&point, &database, named, err))
        return -1;
    bool changed = point.pinned != pinned;
    if (changed && apply(cli, &database, &point, change, err))
        return -1;
    if (cli->json) {
        hf_json_text(cli->json, "repository", hf_session_place(cli));
        hf_json_text(cli->json, "database", database.name);
        hf_json_sequence(cli->json, "point", point.seq);
        hf_json_boolean(cli->json, "pinned", pinned);
        hf_json_boolean(cli->json, "changed", changed);
        return 0;
    }
    printf("%s: point %" PRIu64 " of %s is %s%s\n", database.name, point.seq,
           hf_format_moment(moment, sizeof moment, point.time, hf_now(cli->env)),
           changed  ? "now "
           : pinned ? "already "
                    : "",
           pinned ? "pinned" : "not pinned");
    return 0;
}

static int pin(struct hf_cli *cli, struct hf_error *err)
{
    return run(cli, PIN, err);
}

static int unpin(struct hf_cli *cli, struct hf_error *err)
{
    return run(cli, UNPIN, err);
}

const struct hf_verb hf_verb_pin = {
    .name = "pin",
    .operands = "POINT [DATABASE]",
    .summary = "keep a restore point whatever the rule says",
    .about = "Keeps the point with this number or label for as long as it is pinned. One that has\n"
             "expired for more than half the grace is refused: it may be about to be deleted.",
    .most_operands = 2,
    .options = options,
    .run = pin,
};

const struct hf_verb hf_verb_unpin = {
    .name = "unpin",
    .operands = "POINT [DATABASE]",
    .summary = "let the rule decide about a restore point again",
    .most_operands = 2,
    .run = unpin,
};

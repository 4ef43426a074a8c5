#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "history/check.h"
#include "service/check_json.h"

static const struct hf_option options[] = {
    {"read-data", 0, NULL, "read every byte and open every frame"},
    {"repair", 0, NULL, "read every byte; say what can be repaired, and what that costs"},
    {"yes", 'y', NULL, "with --repair: do it"},
    {0}};

/* What was found, kept for JSON and repair. */
struct findings {
    struct hf_cli *cli;
    json_t *list; /* or NULL */
    struct hf_finding *curable;
    size_t count;
};

static int take(void *arg, const struct hf_finding *finding, struct hf_error *err)
{
    struct findings *findings = arg;
    if (findings->list) {
        hf_finding_json(findings->list, finding);
    } else {
        hf_progress_line_clear(&findings->cli->progress);
        /* Most problems name their object themselves. */
        bool named = strstr(finding->problem, finding->object) != NULL;
        printf("%s  %s%s%s%s%s\n", finding->severity == HF_CHECK_LOSS ? "LOSS" : "note",
               finding->database, finding->database[0] ? ": " : "", named ? "" : finding->object,
               named ? "" : ": ", finding->problem);
        if (finding->consequence[0])
            printf("      %s\n", finding->consequence);
    }
    if (finding->remedy == HF_REMEDY_NONE)
        return 0;
    struct hf_finding *grown = realloc(findings->curable, (findings->count + 1) * sizeof *grown);
    if (!grown)
        return hf_error_memory(err);
    findings->curable = grown;
    grown[findings->count++] = *finding;
    return 0;
}

/* A repository without its head opens for nobody: that is mended before it is opened. */
static int repair_head(struct hf_cli *cli, bool really, struct hf_error *err)
{
    struct hf_store *store = hf_session_store(cli, err);
    if (!store)
        return -1;
    int done = hf_repository_repair_head(store, really, err);
    hf_store_free(store);
    if (done < 0)
        return -1;
    if (done && !really) {
        hf_error_set(err, HF_CORRUPT,
                     "holdfast.json is missing or damaged; the key slots say "
                     "what it must hold");
        return hf_error_hint(err, "holdfast check --repair --yes writes it again");
    }
    if (done)
        hf_notice(&cli->progress.events, "wrote holdfast.json again");
    return 0;
}

static int repair(struct hf_cli *cli, const struct hf_repository *repository,
                  const struct findings *findings, struct hf_error *err)
{
    bool really = hf_option_given(&cli->arguments, "yes");
    json_t *list = cli->json ? hf_json_list(cli->json, "repaired") : NULL;
    for (size_t i = 0; i < findings->count; i++) {
        const struct hf_finding *finding = &findings->curable[i];
        if (really && hf_check_apply(repository, finding, err))
            return -1;
        if (list && really)
            hf_json_text_item(list, finding->object);
        else if (!list)
            printf("%s %s %s\n", really ? "did" : "would", hf_remedy_name(finding->remedy),
                   finding->object);
    }
    if (!really && !cli->json && findings->count)
        puts("Nothing was done: 'holdfast check --repair --yes' does it.");
    if (!cli->json && !findings->count)
        puts("There is nothing that a repair would mend.");
    return 0;
}

static void sum_up(struct hf_cli *cli, const struct hf_check_result *result)
{
    if (cli->json) {
        hf_check_json(cli->json, result);
        return;
    }
    char bytes[16], objects[32], segments[32], points[48], places[32];
    printf("%s, %s, %s, %s read: ",
           hf_format_count(objects, sizeof objects, result->objects, "object"),
           hf_format_count(segments, sizeof segments, result->segments, "segment"),
           hf_format_count(points, sizeof points, result->points, "restore point"),
           hf_format_bytes(bytes, sizeof bytes, result->bytes_read));
    if (result->losses)
        printf("damaged in %s\n", hf_format_count(places, sizeof places, result->losses, "place"));
    else
        printf("%s%s%s\n", hf_option_given(&cli->arguments, "read-data") ? "" : "structure ",
               "whole", result->findings ? ", with notes" : "");
}

static int damaged(const struct hf_check_result *result, struct hf_error *err)
{
    char places[32], points[48];
    hf_format_count(places, sizeof places, result->losses, "place");
    /* What follows a gap is no restore point by its name, and not counted. */
    if (!result->points_lost)
        return hf_error_set(err, HF_CORRUPT, "the repository is damaged in %s", places);
    return hf_error_set(err, HF_CORRUPT,
                        "the repository is damaged in %s: %" PRIu64 " of %s are lost or in doubt",
                        places, result->points_lost,
                        hf_format_count(points, sizeof points, result->points, "restore point"));
}

static int check(struct hf_cli *cli, struct findings *findings, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    bool repairs = hf_option_given(&cli->arguments, "repair");
    bool really = hf_option_given(&cli->arguments, "yes");
    if (really && !repairs)
        return hf_error_set(err, HF_USAGE, "--yes goes with --repair");
    if ((repairs && repair_head(cli, really, err)) ||
        hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    /* What is to be repaired must be known whole. */
    bool data = repairs || hf_option_given(&cli->arguments, "read-data");
    struct hf_check_options wanted = {
        .depth = data ? HF_CHECK_DATA : HF_CHECK_STRUCTURE,
        .events = &cli->progress.events,
    };
    struct hf_check_result result = {0};
    if (hf_check(session.repository, &wanted, take, findings, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    sum_up(cli, &result);
    if (repairs && repair(cli, session.repository, findings, err))
        return -1;
    if (!result.losses)
        return 0;
    damaged(&result, err);
    return repairs ? -1 : hf_error_hint(err, "holdfast check --repair says what can be saved");
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    struct findings findings = {.cli = cli};
    if (cli->json) {
        hf_json_text(cli->json, "repository", hf_session_place(cli));
        findings.list = hf_json_list(cli->json, "findings");
    }
    int failed = check(cli, &findings, err);
    free(findings.curable);
    return failed;
}

const struct hf_verb hf_verb_check = {
    .name = "check",
    .operands = "",
    .summary = "prove that the repository is whole",
    .about = "Checks every object of the repository: names, seals, indexes, and what they say of\n"
             "each other; with --read-data every byte of every page too.",
    .options = options,
    .run = run,
};

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "service/snapshot.h"

enum { BUSY_MS = 5000 };

static const struct hf_option options[] = {
    {"label", 'l', "TEXT", "what to call this point; makes one even when nothing changed"},
    {"pin", 'p', NULL, "keep this point whatever the retention rule says"},
    {"take-over", 0, NULL, "go on with a history that another host was writing"},
    {0}};

static void to_text(const char *name, const struct hf_backup_result *result, int64_t now)
{
    char added[16], size[16], duration[32], moment[96], pages[32];
    hf_format_duration(duration, sizeof duration, result->duration);
    hf_format_bytes(size, sizeof size, result->database_bytes);
    hf_format_bytes(added, sizeof added, result->bytes_added);
    if (result->kind == HF_BACKUP_UNCHANGED)
        printf("%s: nothing changed since point %" PRIu64 ", %s\n", name, result->seq,
               hf_format_moment(moment, sizeof moment, result->time, now));
    else if (result->kind == HF_BACKUP_FULL)
        printf("%s: point %" PRIu64 ": all of %s stored as %s in %s\n", name, result->seq, size,
               added, duration);
    else if (!result->database_bytes)
        printf("%s: point %" PRIu64 ": %s changed, stored as %s in %s, by the running Holdfast\n",
               name, result->seq,
               hf_format_count(pages, sizeof pages, result->pages_stored, "page"), added, duration);
    else if (!result->pages_stored)
        printf("%s: point %" PRIu64 ": nothing changed, stored as %s in %s\n", name, result->seq,
               added, duration);
    else
        printf("%s: point %" PRIu64 ": %s of %s changed, stored as %s in %s\n", name, result->seq,
               hf_format_count(pages, sizeof pages, result->pages_stored, "page"), size, added,
               duration);
}

static void tell(const struct hf_cli *cli, const char *name, json_t *item,
                 const struct hf_backup_result *result)
{
    if (item)
        hf_snapshot_json(item, result);
    else
        to_text(name, result, hf_now(cli->env));
}

static int back_up(struct hf_cli *cli, const struct hf_database *database,
                   const struct hf_choice *choice, json_t *item, struct hf_error *err)
{
    if (!choice->path)
        return hf_not_configured(choice->name, err);
    hf_auto_free char *state = NULL;
    if (hf_state_path(&state, cli, choice, err))
        return -1;
    struct hf_backup_options wanted = {
        .path = choice->path,
        .state_path = state,
        .label = hf_option(&cli->arguments, "label"),
        .pin = hf_option_given(&cli->arguments, "pin"),
        .claim =
            hf_option_given(&cli->arguments, "take-over") ? HF_CLAIM_TAKE_OVER : HF_CLAIM_POLITE,
        .busy_ms = BUSY_MS,
        .events = &cli->progress.events,
    };
    struct hf_backup_result result;
    if (hf_snapshot_take(database, &wanted, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    tell(cli, database->name, item, &result);
    return 0;
}

/* Before a repository is made: is there anything to keep in it? Of several databases one is enough:
 * each has its own say later. */
static int look_first(const struct hf_config *config, struct hf_error *err)
{
    struct hf_error first = {0};
    for (size_t i = 0; i < config->database_count; i++) {
        const struct hf_config_database *database = &config->databases[i];
        const struct hf_choice choice = {database->name, database->path};
        if (!hf_choice_look(&choice, i ? NULL : &first))
            return 0;
    }
    return hf_error_pass(err, &first);
}

static int open_or_create(struct hf_session *session, struct hf_cli *cli, struct hf_error *err)
{
    struct hf_error absent = {0};
    if (!hf_session_open(session, cli, HF_SESSION_EXISTING, &absent))
        return 0;
    if (absent.code != HF_UNREACHABLE) {
        *err = absent;
        return -1;
    }
    if (look_first(&cli->config, err) || hf_session_open(session, cli, HF_SESSION_OR_CREATE, err))
        return -1;
    if (!session->created)
        return 0;
    hf_notice(&cli->progress.events, "made repository %s", hf_session_place(cli));
    if (session->secrets.kind == HF_SLOT_PLAIN)
        hf_notice(&cli->progress.events,
                  "it opens by itself: whoever can read the folder can read "
                  "the data ('holdfast key rotate-slot plain' changes that)");
    return 0;
}

/* A label is there to be read and typed again. */
static int check_label(const struct hf_cli *cli, struct hf_error *err)
{
    const char *label = hf_option(&cli->arguments, "label");
    if (!label)
        return 0;
    if (strlen(label) >= HF_LABEL_TEXT)
        return hf_error_set(err, HF_USAGE, "a label has at most %d bytes", HF_LABEL_TEXT - 1);
    json_t *text = json_string(label);
    bool readable = text;
    json_decref(text);
    for (const char *c = label; *c; c++)
        readable &= (unsigned char)*c >= ' ' && *c != 0x7f;
    return readable ? 0 : hf_error_set(err, HF_USAGE, "a label is one line of UTF-8 text");
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (check_label(cli, err))
        return -1;
    if (!cli->config.database_count && cli->arguments.operand_count)
        return hf_not_configured(cli->arguments.operands[0], err);
    if (!cli->config.database_count) {
        hf_error_set(err, HF_CONFIG, "no database is given");
        return hf_error_hint(err, "say which: --db PATH, HOLDFAST_DB, or 'databases:' in "
                                  "holdfast.yml");
    }
    if (open_or_create(&session, cli, err))
        return -1;
    if (cli->json) {
        hf_json_text(cli->json, "repository", hf_session_place(cli));
        hf_json_boolean(cli->json, "repository_created", session.created);
    }
    return hf_session_each(cli, &session, HF_DATABASE_CREATE, back_up, err);
}

const struct hf_verb hf_verb_backup = {
    .name = "backup",
    .operands = "[DATABASE...]",
    .summary = "take a restore point of what is in the database now",
    .about = "Takes a restore point of each named database, else of every configured one. Writers\n"
             "go on meanwhile. Only what changed is stored; when nothing did, it says so.",
    .most_operands = HF_MOST_OPERANDS,
    .options = options,
    .run = run,
};

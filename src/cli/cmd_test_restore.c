#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "service/test_restore_json.h"

static const struct hf_option options[] = {
    {"at", 0, "TIME", "the newest point of then, instead of the newest"},
    {"point", 0, "POINT", "the point with this number or label"},
    {"scratch", 0, "PATH", "the folder to restore into; default: TMPDIR, else /var/tmp"},
    {0}};

static void to_text(const char *name, const struct hf_test_restore_result *result)
{
    const struct hf_integrity *integrity = &result->integrity;
    char size[16], duration[32];
    printf("%s: point %" PRIu64 " restores: %s in %s, every page proven\n", name,
           result->restore.seq, hf_format_bytes(size, sizeof size, result->restore.size),
           hf_format_duration(duration, sizeof duration, result->duration));
    if (result->passed)
        puts("  integrity_check found nothing");
    if (integrity->orphans)
        printf("  foreign_key_check: %" PRIu64 " rows, which is the application's matter: %s\n",
               integrity->orphans, integrity->first_orphan);
}

static int test_restore(struct hf_cli *cli, const struct hf_database *database,
                        const struct hf_choice *choice, json_t *item, struct hf_error *err)
{
    (void)choice;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    uint64_t seq;
    if (hf_timeline_load(&timeline, database, err) ||
        hf_choose_point(&seq, cli, database, &timeline, err))
        return -1;
    struct hf_test_restore_result result = {0};
    const char *scratch = hf_option(&cli->arguments, "scratch");
    if (hf_test_restore(database, &timeline, seq, scratch, &cli->progress.events, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    if (item)
        hf_test_restore_json(item, &result);
    else
        to_text(database->name, &result);
    if (result.passed)
        return 0;
    hf_error_set(err, HF_CORRUPT, "point %" PRIu64 " restores bit for bit, but is not sound: %s",
                 seq, result.integrity.first_problem);
    return hf_error_hint(err, "the database was damaged when the point was taken: test an older "
                              "point, and the database itself");
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    if (cli->json)
        hf_json_text(cli->json, "repository", hf_session_place(cli));
    return hf_session_each(cli, &session, HF_DATABASE_EXISTING, test_restore, err);
}

const struct hf_verb hf_verb_test_restore = {
    .name = "test-restore",
    .operands = "[DATABASE...]",
    .summary = "prove that a restore point restores to a sound database",
    .about = "Really restores into a scratch file, compares the whole state, runs SQLite's\n"
             "integrity_check and foreign_key_check, removes the file and notes the result.",
    .most_operands = HF_MOST_OPERANDS,
    .options = options,
    .run = run,
};

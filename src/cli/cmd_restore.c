#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "engine/undo.h"
#include "service/restoring.h"

static const struct hf_option options[] = {
    {"at", 0, "TIME", "the newest point of then: '15m ago', '14:05', '2026-11-22 14:05'"},
    {"point", 0, "POINT", "the point with this number or label"},
    {"undo", 0, NULL, "what was there before the last restore; undone again, that one"},
    {"to", 0, "PATH", "restore into another file"},
    {"overwrite", 0, NULL, "with --to: replace the file that is there"},
    {"take-over", 0, NULL, "in place of a database whose history another host was writing"},
    {"delta", 0, NULL, "rewrite only the pages that differ, in the file that is there"},
    {"dry-run", 'n', NULL, "say what would be done"},
    {0}};

/* What a restore is to do, decided before anything is touched. */
struct wanted {
    struct hf_restoring restoring;
    int64_t time;        /* of the point */
    struct hf_undo undo; /* with --undo */
};

static int find_undo(struct wanted *wanted, const struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_points) struct hf_points points = {0};
    const struct hf_restoring *restoring = &wanted->restoring;
    if (hf_option_given(&cli->arguments, "at") || hf_option_given(&cli->arguments, "point"))
        return hf_error_set(err, HF_USAGE, "--undo says itself which restore point");
    if (hf_points_load(&points, restoring->database, restoring->timeline, err) ||
        hf_undo_find(&wanted->undo, restoring->database, restoring->timeline, &points, err))
        return -1;
    wanted->restoring.seq = wanted->undo.before;
    return 0;
}

static int decide(struct wanted *wanted, const struct hf_cli *cli, struct hf_error *err)
{
    struct hf_restoring *restoring = &wanted->restoring;
    const char *to = hf_option(&cli->arguments, "to");
    if (to && !*to)
        return hf_error_set(err, HF_USAGE, "--to is empty");
    if (hf_option_given(&cli->arguments, "undo")
            ? find_undo(wanted, cli, err)
            : hf_choose_point(&restoring->seq, cli, restoring->database, restoring->timeline, err))
        return -1;
    const struct hf_timeline_entry *entry = hf_timeline_at(restoring->timeline, restoring->seq);
    wanted->time = entry ? entry->name.time : 0;
    restoring->to = to;
    restoring->overwrite = hf_option_given(&cli->arguments, "overwrite");
    restoring->delta = hf_option_given(&cli->arguments, "delta");
    restoring->take_over = hf_option_given(&cli->arguments, "take-over");
    return hf_restoring_decide(restoring, err);
}

static int preview(struct hf_cli *cli, const struct wanted *wanted, struct hf_error *err)
{
    static const char *const manners[] = {"a new file", "in the place of the file that is there",
                                          "only the pages that differ from the file that is there"};
    const struct hf_restoring *restoring = &wanted->restoring;
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    struct hf_restore_result result = {0};
    bool there;
    if (hf_restoring_find_runner(restoring, &client, &there, err) ||
        hf_restore_preview(restoring->database, restoring->timeline, restoring->seq, &result, err))
        return -1;
    int process = there ? (int)client.process : 0;
    if (cli->json)
        return hf_json_take(
            cli->json, hf_restore_preview_json(restoring, &result, wanted->time, process), err);
    char moment[96], size[16], read[16], segments[32];
    printf("%s: would restore point %" PRIu64 ", %s\n", restoring->database->name, result.seq,
           hf_format_moment(moment, sizeof moment, wanted->time, hf_now(cli->env)));
    printf("  to    %s (%s)\n", restoring->target, manners[restoring->manner]);
    if (wanted->undo.recorded)
        printf("  undo  of the restore of point %" PRIu64 ", %s\n", wanted->undo.restored,
               hf_format_moment(moment, sizeof moment, wanted->undo.time, hf_now(cli->env)));
    if (process)
        printf(
            "  first the application is stopped, which 'holdfast run' (process %d) starts again\n",
            process);
    if (restoring->in_place)
        puts("  first a restore point of what is there now");
    printf("  size  %s, from %s, at most %s read\n",
           hf_format_bytes(size, sizeof size, result.size),
           hf_format_count(segments, sizeof segments, result.segments, "segment"),
           hf_format_bytes(read, sizeof read, result.bytes_read));
    return 0;
}

static void tell(const struct hf_cli *cli, const struct wanted *wanted,
                 const struct hf_restored *result)
{
    const struct hf_restoring *restoring = &wanted->restoring;
    const struct hf_in_place_result *in_place = &result->in_place;
    const struct hf_restore_result *restored = &in_place->restore;
    char moment[96], size[16], duration[32];
    printf("%s: restored point %" PRIu64 ", %s\n", restoring->database->name, restored->seq,
           hf_format_moment(moment, sizeof moment, wanted->time, hf_now(cli->env)));
    printf("  to    %s: %s in %s, every page proven\n", restoring->target,
           hf_format_bytes(size, sizeof size, restored->size),
           hf_format_duration(duration, sizeof duration, restored->duration));
    if (restoring->manner == HF_RESTORE_DELTA)
        printf("  wrote %" PRIu64 " of %" PRIu64 " pages\n", restored->pages_written,
               restored->pages);
    if (in_place->recorded && in_place->before)
        printf("  undo  holdfast restore --undo: point %" PRIu64 " holds what was there before\n",
               in_place->before);
    else if (in_place->before && in_place->before != restored->seq)
        printf("  undo  the same with --point %" PRIu64 ", which holds what was there before\n",
               in_place->before);
    if (result->process)
        printf("  runs  the application works with it (under process %d)\n", result->process);
    if (restored->kept[0])
        printf("  kept  %s (what was there before)\n", restored->kept);
}

static int restore(struct hf_cli *cli, const struct wanted *wanted, struct hf_error *err)
{
    struct hf_restored result = {0};
    if (hf_restoring_act(&wanted->restoring, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    if (cli->json)
        return hf_json_take(cli->json, hf_restored_json(&wanted->restoring, &result, wanted->time),
                            err);
    tell(cli, wanted, &result);
    return 0;
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto_free char *state = NULL;
    struct hf_choice choice;
    struct hf_database database;
    if (hf_choose_one(&choice, cli, err) ||
        hf_session_open(&session, cli, HF_SESSION_EXISTING, err) ||
        hf_session_database(&database, &session, &choice, err) ||
        hf_timeline_load(&timeline, &database, err))
        return -1;
    if (cli->json)
        hf_json_text(cli->json, "repository", hf_session_place(cli));
    choice.name = database.name;
    if (choice.path && hf_state_path(&state, cli, &choice, err))
        return -1;
    struct wanted wanted = {.restoring = {.database = &database,
                                          .timeline = &timeline,
                                          .own_path = choice.path,
                                          .state_path = state,
                                          .events = &cli->progress.events}};
    if (decide(&wanted, cli, err))
        return -1;
    return hf_option_given(&cli->arguments, "dry-run") ? preview(cli, &wanted, err)
                                                       : restore(cli, &wanted, err);
}

const struct hf_verb hf_verb_restore = {
    .name = "restore",
    .operands = "[DATABASE]",
    .summary = "bring a restore point back",
    .about =
        "Restores the newest point, or the one asked for, to the database's own place or to\n"
        "another file. What stands in the database's place becomes a restore point first. While\n"
        "the application runs under 'holdfast run', that is asked to stop it, restore, and start\n"
        "it again; what was there comes back when it does not come up.",
    .most_operands = 1,
    .options = options,
    .run = run,
};

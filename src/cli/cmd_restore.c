#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/live.h"
#include "cli/output.h"
#include "engine/in_place.h"
#include "engine/undo.h"

enum { BUSY_MS = 2000 };

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
struct restoring {
    const struct hf_choice *choice;
    const struct hf_database *database;
    uint64_t seq;
    int64_t time; /* of the point */
    const char *target;
    bool is_own;         /* the target is the database's own place */
    bool in_place;       /* the same, and something is there */
    struct hf_undo undo; /* with --undo */
    struct hf_restore_options options;
};

static bool same_file(const struct hf_env *env, const char *a, const char *b)
{
    struct stat first, second;
    return !env->fs.stat(env->fs.context, a, &first) &&
           !env->fs.stat(env->fs.context, b, &second) && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static bool something_at(const struct hf_env *env, const char *path)
{
    struct stat status;
    return !env->fs.stat(env->fs.context, path, &status);
}

static int decide_target(struct restoring *job, const struct hf_cli *cli, struct hf_error *err)
{
    const char *to = hf_option(&cli->arguments, "to"), *own = job->choice->path;
    if (to && !*to)
        return hf_error_set(err, HF_USAGE, "--to is empty");
    job->target = to ? to : own;
    if (!job->target) {
        hf_error_set(err, HF_CONFIG, "no file is given to restore '%s' into", job->database->name);
        return hf_error_hint(err, "--to PATH, or --db PATH for the database's own place");
    }
    bool there = something_at(cli->env, job->target);
    bool delta = hf_option_given(&cli->arguments, "delta");
    bool overwrite = hf_option_given(&cli->arguments, "overwrite");
    job->is_own = own && (!to || same_file(cli->env, to, own));
    job->in_place = job->is_own && there;
    job->options = (struct hf_restore_options){
        .target = job->target,
        .manner = there && delta               ? HF_RESTORE_DELTA
                  : job->in_place || overwrite ? HF_RESTORE_REPLACE
                                               : HF_RESTORE_NEW,
        .busy_ms = BUSY_MS,
        .events = &cli->progress.events,
    };
    return 0;
}

static int find_undo(struct restoring *job, const struct hf_cli *cli,
                     const struct hf_timeline *timeline, struct hf_error *err)
{
    hf_auto(hf_points) struct hf_points points = {0};
    if (hf_option_given(&cli->arguments, "at") || hf_option_given(&cli->arguments, "point"))
        return hf_error_set(err, HF_USAGE, "--undo says itself which restore point");
    if (hf_points_load(&points, job->database, timeline, err) ||
        hf_undo_find(&job->undo, job->database, timeline, &points, err))
        return -1;
    job->seq = job->undo.before;
    return 0;
}

static int decide(struct restoring *job, const struct hf_cli *cli,
                  const struct hf_timeline *timeline, struct hf_error *err)
{
    if (hf_option_given(&cli->arguments, "undo")
            ? find_undo(job, cli, timeline, err)
            : hf_choose_point(&job->seq, cli, job->database, timeline, err))
        return -1;
    const struct hf_timeline_entry *entry = hf_timeline_at(timeline, job->seq);
    job->time = entry ? entry->name.time : 0;
    return decide_target(job, cli, err);
}

static int restore_own(const struct restoring *job, const struct hf_cli *cli,
                       const struct hf_timeline *timeline, struct hf_in_place_result *result,
                       struct hf_error *err)
{
    hf_auto_free char *state = NULL;
    if (hf_state_path(&state, cli, job->choice, err))
        return -1;
    struct hf_backup_options before = {
        .path = job->target,
        .state_path = state,
        .reason = HF_BEFORE_RESTORE,
        .claim =
            hf_option_given(&cli->arguments, "take-over") ? HF_CLAIM_TAKE_OVER : HF_CLAIM_POLITE,
        .busy_ms = BUSY_MS,
        .events = &cli->progress.events,
    };
    if (!hf_restore_in_place(job->database, timeline, job->seq, &before, &job->options, result,
                             err))
        return 0;
    if (err && err->code == HF_LOCKED)
        hf_error_hint(err, "stop the application, or restore into another file with --to");
    return -1;
}

static void to_json(json_t *out, const struct restoring *job,
                    const struct hf_restore_result *result)
{
    static const char *const manners[] = {"new", "replace", "delta"};
    hf_json_text(out, "database", job->database->name);
    hf_json_text(out, "target", job->target);
    hf_json_text(out, "manner", manners[job->options.manner]);
    hf_json_integer(out, "point", (int64_t)result->seq);
    hf_json_time(out, "time", job->time);
    hf_json_integer(out, "segments", (int64_t)result->segments);
    hf_json_integer(out, "bytes_read", (int64_t)result->bytes_read);
    hf_json_integer(out, "bytes_restored", (int64_t)result->size);
    hf_json_integer(out, "pages", (int64_t)result->pages);
}

static int preview(struct hf_cli *cli, const struct restoring *job,
                   const struct hf_timeline *timeline, int process, struct hf_error *err)
{
    static const char *const manners[] = {"a new file", "in the place of the file that is there",
                                          "only the pages that differ from the file that is there"};
    struct hf_restore_result result = {0};
    if (hf_restore_preview(job->database, timeline, job->seq, &result, err))
        return -1;
    if (cli->json) {
        to_json(cli->json, job, &result);
        hf_json_boolean(cli->json, "dry_run", true);
        hf_json_sequence(cli->json, "process", (uint64_t)process);
        return 0;
    }
    char moment[96], size[16], read[16], segments[32];
    printf("%s: would restore point %" PRIu64 ", %s\n", job->database->name, result.seq,
           hf_format_moment(moment, sizeof moment, job->time, hf_now(cli->env)));
    printf("  to    %s (%s)\n", job->target, manners[job->options.manner]);
    if (job->undo.recorded)
        printf("  undo  of the restore of point %" PRIu64 ", %s\n", job->undo.restored,
               hf_format_moment(moment, sizeof moment, job->undo.time, hf_now(cli->env)));
    if (process)
        printf(
            "  first the application is stopped, which 'holdfast run' (process %d) starts again\n",
            process);
    if (job->in_place)
        puts("  first a restore point of what is there now");
    printf("  size  %s, from %s, at most %s read\n",
           hf_format_bytes(size, sizeof size, result.size),
           hf_format_count(segments, sizeof segments, result.segments, "segment"),
           hf_format_bytes(read, sizeof read, result.bytes_read));
    return 0;
}

static void tell(struct hf_cli *cli, const struct restoring *job,
                 const struct hf_in_place_result *result, int process)
{
    const struct hf_restore_result *restored = &result->restore;
    if (cli->json) {
        to_json(cli->json, job, restored);
        hf_json_boolean(cli->json, "dry_run", false);
        hf_json_integer(cli->json, "pages_written", (int64_t)restored->pages_written);
        hf_json_integer(cli->json, "duration_ms", restored->duration);
        hf_json_text(cli->json, "kept", restored->kept[0] ? restored->kept : NULL);
        hf_json_sequence(cli->json, "point_before", result->before);
        hf_json_sequence(cli->json, "point_recorded", result->recorded);
        hf_json_sequence(cli->json, "process", (uint64_t)process);
        return;
    }
    char moment[96], size[16], duration[32];
    printf("%s: restored point %" PRIu64 ", %s\n", job->database->name, restored->seq,
           hf_format_moment(moment, sizeof moment, job->time, hf_now(cli->env)));
    printf("  to    %s: %s in %s, every page proven\n", job->target,
           hf_format_bytes(size, sizeof size, restored->size),
           hf_format_duration(duration, sizeof duration, restored->duration));
    if (job->options.manner == HF_RESTORE_DELTA)
        printf("  wrote %" PRIu64 " of %" PRIu64 " pages\n", restored->pages_written,
               restored->pages);
    if (result->recorded && result->before)
        printf("  undo  holdfast restore --undo: point %" PRIu64 " holds what was there before\n",
               result->before);
    else if (result->before && result->before != restored->seq)
        printf("  undo  the same with --point %" PRIu64 ", which holds what was there before\n",
               result->before);
    if (process)
        printf("  runs  the application works with it (under process %d)\n", process);
    if (restored->kept[0])
        printf("  kept  %s (what was there before)\n", restored->kept);
}

static int restore(struct hf_cli *cli, const struct restoring *job,
                   const struct hf_timeline *timeline, struct hf_error *err)
{
    struct hf_in_place_result result = {0};
    int failed = job->is_own ? restore_own(job, cli, timeline, &result, err)
                             : hf_restore(job->database, timeline, job->seq, &job->options,
                                          &result.restore, err);
    if (failed)
        return -1;
    hf_progress_line_clear(&cli->progress);
    tell(cli, job, &result, 0);
    return 0;
}

static uint64_t number(const json_t *answer, const char *key)
{
    return (uint64_t)hf_member_integer(answer, key, 0);
}

/* By the process that runs the application: it stops it, restores, and starts it again. */
static int restore_live(struct hf_cli *cli, const struct restoring *job,
                        struct hf_control_client *client, struct hf_error *err)
{
    json_t *answer = hf_live_ask(client, cli,
                                 json_pack("{s:s, s:s, s:I, s:b}", "do", "restore", "database",
                                           job->database->name, "point", (json_int_t)job->seq,
                                           "delta", job->options.manner == HF_RESTORE_DELTA),
                                 0, err);
    if (!answer)
        return -1;
    struct hf_in_place_result result = {
        .restore = {.seq = job->seq,
                    .segments = number(answer, "segments"),
                    .bytes_read = number(answer, "bytes_read"),
                    .size = number(answer, "bytes_restored"),
                    .pages = number(answer, "pages"),
                    .pages_written = number(answer, "pages_written"),
                    .duration = hf_member_integer(answer, "duration_ms", 0)},
        .before = number(answer, "point_before"),
        .recorded = number(answer, "point_recorded")};
    snprintf(result.restore.kept, sizeof result.restore.kept, "%s",
             hf_member_text(answer, "kept", ""));
    json_decref(answer);
    tell(cli, job, &result, (int)client->process);
    return 0;
}

static int carry_out(struct hf_cli *cli, const struct restoring *job,
                     const struct hf_timeline *timeline, struct hf_error *err)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    bool live = false;
    if (job->is_own && hf_live_open(&client, &live, cli, job->choice, err))
        return -1;
    if (hf_option_given(&cli->arguments, "dry-run"))
        return preview(cli, job, timeline, live ? (int)client.process : 0, err);
    return live ? restore_live(cli, job, &client, err) : restore(cli, job, timeline, err);
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
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
    struct restoring job = {.choice = &choice, .database = &database};
    return decide(&job, cli, &timeline, err) || carry_out(cli, &job, &timeline, err) ? -1 : 0;
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

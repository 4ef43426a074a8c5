#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/live_status.h"
#include "cli/output.h"
#include "cli/session.h"
#include "service/point_json.h"

static const struct hf_option options[] = {
    {"max-age", 0, "AGE", "exit 8 when the newest point is older: '24h', '15m'"}, {0}};

struct summary {
    const struct hf_point *newest, *proven; /* the newest one that passed a test restore; or NULL */
    const struct hf_point *failed;          /* the newest whose last test restore failed */
    uint64_t bytes;                         /* of all its points, in the repository */
    size_t pinned;
};

static struct summary sum_up(const struct hf_points *points)
{
    struct summary summary = {0};
    for (size_t i = 0; i < points->count; i++) {
        const struct hf_point *point = &points->list[i];
        summary.newest = point;
        summary.proven = point->proof == HF_PROOF_PASSED ? point : summary.proven;
        summary.failed = point->proof == HF_PROOF_FAILED ? point : summary.failed;
        summary.bytes += point->bytes;
        summary.pinned += point->pinned;
    }
    return summary;
}

static void to_json(json_t *item, const struct hf_points *points, const struct summary *summary)
{
    hf_json_integer(item, "points", (int64_t)points->count);
    hf_json_integer(item, "pinned", (int64_t)summary->pinned);
    hf_json_integer(item, "bytes", (int64_t)summary->bytes);
    if (summary->newest)
        hf_json_point(hf_json_object(item, "newest"), summary->newest);
    if (summary->proven)
        hf_json_point(hf_json_object(item, "newest_proven"), summary->proven);
    if (summary->failed)
        hf_json_point(hf_json_object(item, "newest_failed"), summary->failed);
}

static void to_text(const char *name, const struct hf_points *points, const struct summary *summary,
                    int64_t now)
{
    char moment[96], size[16], bytes[16], count[48];
    printf("%s: %s, %s in the repository\n", name,
           hf_format_count(count, sizeof count, points->count, "restore point"),
           hf_format_bytes(bytes, sizeof bytes, summary->bytes));
    if (!summary->newest)
        return;
    printf("  newest  point %" PRIu64 ", %s, restores %s\n", summary->newest->seq,
           hf_format_moment(moment, sizeof moment, summary->newest->time, now),
           hf_format_bytes(size, sizeof size, summary->newest->size));
    if (summary->proven)
        printf("  proven  point %" PRIu64 ", test restore of %s\n", summary->proven->seq,
               hf_format_moment(moment, sizeof moment, summary->proven->proof_time, now));
    else
        puts("  proven  never: holdfast test-restore");
    if (summary->failed)
        printf("  FAILED  point %" PRIu64 ", test restore of %s: holdfast check --read-data\n",
               summary->failed->seq,
               hf_format_moment(moment, sizeof moment, summary->failed->proof_time, now));
}

/* 0: no limit was asked for. */
static int read_limit(int64_t *oldest, const struct hf_cli *cli, struct hf_error *err)
{
    const char *age = hf_option(&cli->arguments, "max-age");
    *oldest = 0;
    if (!age || (hf_time_parse(age, hf_now(cli->env), oldest) && hf_time_precision(age) == 1))
        return 0;
    hf_error_set(err, HF_USAGE, "'%s' is not an age", age);
    return hf_error_hint(err, "for example '15m', '24h', '7d'");
}

/* A database that has been looked up in the repository. */
static bool tell(struct hf_cli *cli, const struct hf_choice *choice, const struct hf_points *points,
                 int64_t oldest, const json_t *live, json_t *item)
{
    struct summary summary = sum_up(points);
    bool stale = oldest && (!summary.newest || summary.newest->time < oldest);
    if (item) {
        to_json(item, points, &summary);
        hf_json_boolean(item, "stale", stale);
    } else {
        to_text(choice->name, points, &summary, hf_now(cli->env));
    }
    if (live)
        hf_live_status_tell(cli, choice, live, summary.newest, item);
    return stale;
}

static int status(struct hf_cli *cli, const struct hf_database *database,
                  const struct hf_choice *choice, json_t *item, struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    int64_t oldest;
    if (read_limit(&oldest, cli, err))
        return -1;
    json_t *live = hf_live_status_ask(cli, choice);
    int failed = hf_timeline_load(&timeline, database, err) ||
                 hf_points_load(&points, database, &timeline, err);
    bool stale = !failed && tell(cli, choice, &points, oldest, live, item);
    json_decref(live);
    if (failed)
        return -1;
    if (!stale)
        return 0;
    hf_error_set(err, HF_STALE, "the newest restore point of '%s' is older than %s", database->name,
                 hf_option(&cli->arguments, "max-age"));
    return hf_error_hint(err, "holdfast backup takes one");
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    bool encrypted;
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err) ||
        hf_repository_is_encrypted(session.repository, &encrypted, err))
        return -1;
    if (cli->json) {
        hf_json_text(cli->json, "repository", hf_session_place(cli));
        hf_json_boolean(cli->json, "encrypted", encrypted);
    } else {
        printf("repository %s%s\n", hf_session_place(cli),
               encrypted ? ", encrypted"
                         : ", not protected by a key: whoever can read it can read the data");
    }
    return hf_session_each(cli, &session, HF_DATABASE_EXISTING, status, err);
}

const struct hf_verb hf_verb_status = {
    .name = "status",
    .operands = "[DATABASE...]",
    .summary = "show how well each database is protected",
    .about =
        "Shows the newest restore point of each database, the newest one that a test restore\n"
        "has proven, and whether the repository asks for a key. Where a running Holdfast looks\n"
        "after a database: how it captures changes, and whether any wait.",
    .most_operands = HF_MOST_OPERANDS,
    .options = options,
    .run = run,
};

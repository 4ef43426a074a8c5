#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "os/file.h"
#include "service/follow_loop.h"

enum {
    BUSY_MS = 2000,
    PATIENCE_MS = 250, /* what a reader with an ordinary busy timeout does not notice */
    SHORTEST_INTERVAL = 10,
    MOST_STEPS = 1000, /* of --once: a writer may be faster than this for a while, not for ever */
};

static const char usual_interval[] = "1s";

static const struct hf_option options[] = {
    {"to", 0, "PATH", "the replica's file"},
    {"interval", 0, "TIME", "how often to look for new points (1s)"},
    {"once", 0, NULL, "catch up and end"},
    {"overwrite", 0, NULL, "replace a file there that is no replica of this database"},
    {"log", 0, "FORMAT", "the log on standard error: text, json"},
    {0}};

static int read_interval(int64_t *out, const struct hf_cli *cli, struct hf_error *err)
{
    const char *text = hf_option(&cli->arguments, "interval");
    int64_t interval = hf_duration_parse(text ? text : usual_interval);
    if (interval < SHORTEST_INTERVAL) {
        hf_error_set(err, HF_USAGE, "--interval '%s' is no time of %d ms or more", text,
                     SHORTEST_INTERVAL);
        return hf_error_hint(err, "for example 500ms, 1s, 10s, 1m");
    }
    *out = interval;
    return 0;
}

static int check_usage(const struct hf_cli *cli, struct hf_error *err)
{
    const char *to = hf_option(&cli->arguments, "to");
    if (!to || !*to) {
        hf_error_set(err, HF_USAGE, "no file is given for the replica");
        return hf_error_hint(err, "for example: holdfast follow --to replica.db");
    }
    if (cli->json && !hf_option_given(&cli->arguments, "once")) {
        hf_error_set(err, HF_USAGE, "--json tells how a run ended, and this one goes on");
        return hf_error_hint(err, "--log json writes what happens as JSON, on standard error; or "
                                  "add --once");
    }
    return 0;
}

/* A slip of the hand must not cost the live database, with --overwrite least of all. */
static int refuse_own_databases(const struct hf_cli *cli, struct hf_error *err)
{
    const char *to = hf_option(&cli->arguments, "to");
    for (size_t i = 0; i < cli->config.database_count; i++) {
        if (!hf_path_same(cli->env, to, cli->config.databases[i].path))
            continue;
        hf_error_set(err, HF_USAGE, "'%s' is the database '%s' itself", to,
                     cli->config.databases[i].name);
        return hf_error_hint(err, "a replica needs a file of its own");
    }
    return 0;
}

/* All steps to the newest point, added up. */
static int catch_up(const struct hf_database *database, const struct hf_follow_options *wanted,
                    struct hf_follow_step *sum, struct hf_error *err)
{
    hf_auto_ptr(hf_follower) struct hf_follower *follower = hf_follower_new(database, wanted, err);
    if (!follower)
        return -1;
    for (int i = 0; i < MOST_STEPS && !sum->is_newest; i++) {
        struct hf_follow_step step;
        if (hf_follow(follower, &step, err))
            return -1;
        sum->from = i ? sum->from : step.from;
        sum->kind = step.kind ? step.kind : sum->kind;
        sum->segments += step.segments;
        sum->bytes_read += step.bytes_read;
        sum->pages += step.pages;
        sum->duration += step.duration;
        sum->blocked += step.blocked;
        sum->is_newest = step.is_newest;
        sum->size = step.size;
        sum->time = step.time;
    }
    sum->seq = hf_follower_point(follower);
    return 0;
}

static void tell(struct hf_cli *cli, const struct hf_database *database, const char *to,
                 const struct hf_follow_step *sum)
{
    static const char *const kinds[] = {"nothing", "created", "advanced", "compared"};
    static const char *const texts[] = {"is at point", "is new, at point", "went to point",
                                        "was compared with and brought to point"};
    if (cli->json) {
        hf_json_text(cli->json, "database", database->name);
        hf_json_text(cli->json, "target", to);
        hf_json_text(cli->json, "change", kinds[sum->kind]);
        hf_json_sequence(cli->json, "point_before", sum->from);
        hf_json_integer(cli->json, "point", (int64_t)sum->seq);
        hf_json_time(cli->json, "time", sum->time);
        hf_json_integer(cli->json, "segments", (int64_t)sum->segments);
        hf_json_integer(cli->json, "bytes_read", (int64_t)sum->bytes_read);
        hf_json_integer(cli->json, "pages_written", (int64_t)sum->pages);
        hf_json_integer(cli->json, "size", (int64_t)sum->size);
        hf_json_integer(cli->json, "blocked_ms", sum->blocked);
        hf_json_integer(cli->json, "duration_ms", sum->duration);
        return;
    }
    char moment[96], pages[32], duration[32];
    printf("%s: '%s' %s %" PRIu64 ", %s\n", database->name, to, texts[sum->kind], sum->seq,
           hf_format_moment(moment, sizeof moment, sum->time, hf_now(cli->env)));
    if (sum->kind)
        printf("  wrote %s in %s\n", hf_format_count(pages, sizeof pages, sum->pages, "page"),
               hf_format_duration(duration, sizeof duration, sum->duration));
}

static int once(struct hf_cli *cli, const struct hf_database *database,
                struct hf_follow_options *wanted, struct hf_error *err)
{
    struct hf_follow_step sum = {0};
    wanted->events = &cli->progress.events;
    if (catch_up(database, wanted, &sum, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    tell(cli, database, wanted->path, &sum);
    return 0;
}

static int go_on(struct hf_cli *cli, const struct hf_database *database,
                 const struct hf_follow_options *wanted, int64_t interval, struct hf_error *err)
{
    struct hf_follow_log log;
    struct hf_error found = {0};
    hf_follow_log_init(&log, stderr,
                       (enum hf_log_format)hf_config_choice(&cli->config, HF_SETTING_LOG),
                       hf_option_given(&cli->arguments, "quiet"), cli->env);
    const struct hf_follow_loop loop = {
        .database = database, .options = *wanted, .interval = interval, .log = &log};
    if (!hf_follow_loop_run(&loop, &found))
        return 0;
    /* The log is where it is read, in the log's own form. */
    hf_follow_log_error(&log, &found);
    cli->error_is_told = true;
    return hf_error_pass(err, &found);
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_choice choice;
    struct hf_database database;
    int64_t interval;
    if (check_usage(cli, err) || read_interval(&interval, cli, err) ||
        refuse_own_databases(cli, err) || hf_choose_one(&choice, cli, err) ||
        hf_session_open(&session, cli, HF_SESSION_EXISTING, err) ||
        hf_session_database(&database, &session, &choice, err))
        return -1;
    if (cli->json)
        hf_json_text(cli->json, "repository", hf_session_place(cli));
    struct hf_follow_options wanted = {
        .path = hf_option(&cli->arguments, "to"),
        .overwrite = hf_option_given(&cli->arguments, "overwrite"),
        .busy_ms = BUSY_MS,
        .patience = PATIENCE_MS,
    };
    return hf_option_given(&cli->arguments, "once") ? once(cli, &database, &wanted, err)
                                                    : go_on(cli, &database, &wanted, interval, err);
}

const struct hf_verb hf_verb_follow = {
    .name = "follow",
    .operands = "[DATABASE]",
    .summary = "keep a read replica up to date from the repository",
    .about = "Restores the newest point to a file of its own and brings it up to date whenever a\n"
             "new one is there, until it is asked to end. Others may read the file all the time\n"
             "as any SQLite database; writing to it is taken back. docs/follow.md tells all of it.",
    .most_operands = 1,
    .options = options,
    .run = run,
};

#include "cli/live_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/output.h"

enum { PATIENCE = 5000 };

/* What is known of one database, by the running process. */
struct seen {
    int process;
    const char *command;
    const json_t *replicator; /* NULL: there is none */
    const json_t *entry;      /* NULL: it has said nothing of this database yet */
};

static const json_t *find(const json_t *answer, const char *name)
{
    const json_t *databases = json_object_get(answer, "databases");
    for (size_t i = 0; i < json_array_size(databases); i++) {
        const json_t *entry = json_array_get(databases, i);
        if (!strcmp(hf_member_text(entry, "name", ""), name))
            return entry;
    }
    return NULL;
}

static void look(struct seen *out, const json_t *answer, const char *name)
{
    const json_t *replicator = json_object_get(answer, "replicator");
    *out = (struct seen){.process = (int)hf_member_integer(answer, "process", 0),
                         .command = hf_member_text(answer, "command", ""),
                         .replicator = json_is_object(replicator) ? replicator : NULL,
                         .entry = find(answer, name)};
}

static bool is_following(const struct seen *seen)
{
    return !strcmp(hf_member_text(seen->replicator, "state", ""), "running");
}

static void print_capture(const struct seen *seen)
{
    const char *mode = hf_member_text(seen->entry, "capture", "none");
    const char *why = hf_member_text(seen->entry, "why", "");
    printf("  live    process %d (holdfast %s)", seen->process, seen->command);
    if (!seen->replicator)
        puts(", which takes points at start and stop only");
    else if (!is_following(seen))
        printf(", replicator %s: changes wait\n", hf_member_text(seen->replicator, "state", "?"));
    else if (!seen->entry)
        puts(", replicator begins");
    else
        printf(", capture %s%s%s\n", mode, *why ? ": " : "", why);
}

static void print_scan(const json_t *scan, int64_t now)
{
    char moment[96];
    int64_t time = hf_member_integer(scan, "time", 0);
    if (!time)
        return;
    printf("  scan    %s, because %s: %" PRId64 " pages read, %" PRId64 " stored\n",
           hf_format_moment(moment, sizeof moment, time, now),
           hf_member_text(scan, "reason", "nothing was known"),
           hf_member_integer(scan, "pages_read", 0), hf_member_integer(scan, "pages_stored", 0));
}

static uint64_t claimed_by(const struct seen *seen)
{
    return (uint64_t)hf_member_integer(json_object_get(seen->entry, "point"), "seq", 0);
}

static bool is_confirmed(const struct seen *seen, const struct hf_point *newest)
{
    return newest && newest->seq >= claimed_by(seen);
}

/* The repository's word counts. */
static void print_reached(const struct seen *seen, const struct hf_point *newest, int64_t now)
{
    char moment[96], lag[32], spool[16];
    int64_t since = hf_member_integer(seen->entry, "pending_since", 0);
    if (!is_confirmed(seen, newest))
        printf("  MISSING point %" PRIu64 ", which process %d stored, is not in the repository\n",
               claimed_by(seen), seen->process);
    else
        printf("  reached point %" PRIu64 " of %s, as the repository says%s\n", newest->seq,
               hf_format_moment(moment, sizeof moment, newest->time, now),
               since ? "" : "; nothing waits");
    if (!since)
        return;
    hf_format_duration(lag, sizeof lag, now > since ? now - since : 0);
    printf("  lag     %s: changes since %s wait (%" PRId64 " pages, %s spooled)\n", lag,
           hf_format_moment(moment, sizeof moment, since, now),
           hf_member_integer(seen->entry, "pages_pending", 0),
           hf_format_bytes(spool, sizeof spool,
                           (uint64_t)hf_member_integer(seen->entry, "spool_bytes", 0)));
}

static void print_rest(const struct seen *seen, int64_t now)
{
    char moment[96], bytes[16];
    const json_t *failing = json_object_get(seen->entry, "failing");
    printf("  today   %s stored, %" PRId64 " requests\n",
           hf_format_bytes(bytes, sizeof bytes,
                           (uint64_t)hf_member_integer(seen->entry, "bytes_today", 0)),
           hf_member_integer(seen->entry, "requests_today", 0));
    if (json_is_object(failing))
        printf("  FAILING since %s: %s\n",
               hf_format_moment(moment, sizeof moment, hf_member_integer(failing, "since", 0), now),
               hf_member_text(failing, "text", ""));
}

static void to_text(const struct seen *seen, const struct hf_point *newest, int64_t now)
{
    print_capture(seen);
    if (!seen->entry)
        return;
    print_scan(json_object_get(seen->entry, "last_scan"), now);
    if (is_following(seen))
        print_reached(seen, newest, now);
    print_rest(seen, now);
}

/* Fields as docs/json.md promises them, whatever the process sends besides. */
static void to_json(json_t *item, const struct seen *seen, const struct hf_point *newest,
                    int64_t now)
{
    static const char *const numbers[] = {"lag_ms",      "pages_pending", "log_frames",
                                          "spool_bytes", "bytes_today",   "requests_today",
                                          "bytes_day",   "requests_day"};
    json_t *live = hf_json_object(item, "live");
    hf_json_integer(live, "process", seen->process);
    hf_json_text(live, "command", seen->command);
    hf_json_text(live, "replicator",
                 seen->replicator ? hf_member_text(seen->replicator, "state", NULL) : NULL);
    hf_json_text(live, "capture", hf_member_text(seen->entry, "capture", NULL));
    hf_json_text(live, "why", hf_member_text(seen->entry, "why", NULL));
    const json_t *scan = json_object_get(seen->entry, "last_scan");
    if (json_is_object(scan)) {
        json_t *last = hf_json_object(live, "last_scan");
        hf_json_time(last, "time", hf_member_integer(scan, "time", 0));
        hf_json_text(last, "reason", hf_member_text(scan, "reason", NULL));
        hf_json_integer(last, "pages_read", hf_member_integer(scan, "pages_read", 0));
        hf_json_integer(last, "pages_stored", hf_member_integer(scan, "pages_stored", 0));
    }
    int64_t since = hf_member_integer(seen->entry, "pending_since", 0);
    hf_json_sequence(live, "point", claimed_by(seen));
    hf_json_boolean(live, "confirmed", seen->entry && is_confirmed(seen, newest));
    hf_json_time(live, "pending_since", since);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        hf_json_integer(live, numbers[i], hf_member_integer(seen->entry, numbers[i], 0));
    hf_json_integer(live, "lag_ms", since && now > since ? now - since : 0);
    const json_t *failing = json_object_get(seen->entry, "failing");
    if (json_is_object(failing)) {
        json_t *failure = hf_json_object(live, "failing");
        hf_json_time(failure, "since", hf_member_integer(failing, "since", 0));
        hf_json_text(failure, "text", hf_member_text(failing, "text", NULL));
    }
}

json_t *hf_live_status_ask(struct hf_cli *cli, const struct hf_choice *choice)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    struct hf_error err = {0};
    bool there = false;
    json_t *answer = NULL;
    if (!hf_live_open(&client, &there, cli, choice, &err) && there)
        answer = hf_live_ask(&client, cli, json_pack("{s:s}", "do", "status"), PATIENCE, &err);
    if (err.code)
        hf_notice(&cli->progress.events, "%s", err.text);
    return answer;
}

void hf_live_status_tell(const struct hf_cli *cli, const struct hf_choice *choice,
                         const json_t *answer, const struct hf_point *newest, json_t *item)
{
    struct seen seen;
    int64_t now = hf_now(cli->env);
    look(&seen, answer, choice->name);
    if (item)
        to_json(item, &seen, newest, now);
    else
        to_text(&seen, newest, now);
}

#include "cli/live_status.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/output.h"
#include "service/live_status.h"

enum { PATIENCE = 5000 };

static void print_capture(const struct hf_live *seen)
{
    const char *mode = hf_member_text(seen->entry, "capture", "none");
    const char *why = hf_member_text(seen->entry, "why", "");
    printf("  live    process %d (holdfast %s)", seen->process, seen->command);
    if (!seen->replicator)
        puts(", which takes points at start and stop only");
    else if (!hf_live_is_following(seen))
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

/* The repository's word counts. */
static void print_reached(const struct hf_live *seen, const struct hf_point *newest, int64_t now)
{
    char moment[96], lag[32], spool[16];
    int64_t since = hf_member_integer(seen->entry, "pending_since", 0);
    if (!hf_live_is_confirmed(seen, newest))
        printf("  MISSING point %" PRIu64 ", which process %d stored, is not in the repository\n",
               hf_live_claimed(seen), seen->process);
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

static void print_rest(const struct hf_live *seen, int64_t now)
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

static void to_text(const struct hf_live *seen, const struct hf_point *newest, int64_t now)
{
    print_capture(seen);
    if (!seen->entry)
        return;
    print_scan(json_object_get(seen->entry, "last_scan"), now);
    if (hf_live_is_following(seen))
        print_reached(seen, newest, now);
    print_rest(seen, now);
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
    struct hf_live seen;
    int64_t now = hf_now(cli->env);
    hf_live_look(&seen, answer, choice->name);
    if (item)
        hf_live_json(hf_json_object(item, "live"), &seen, newest, now);
    else
        to_text(&seen, newest, now);
}

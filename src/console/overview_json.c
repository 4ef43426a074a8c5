#include "console/overview_json.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "service/assessment.h"
#include "service/json_channel.h"
#include "service/json_members.h"
#include "service/live_status.h"
#include "service/point_json.h"

enum { BUCKETS = 96, ACTIVITIES = 12 };

/* One database while its part is made. */
struct part {
    const struct hf_overview_facts *facts;
    const struct hf_read_database *read;
    const struct hf_points *points; /* none, while nobody knows what is there now */
    struct hf_live live;            /* nothing, where no running Holdfast looks after it */
    const struct hf_point *newest, *newest_snapshot, *tested, *proven;
    struct hf_safety_verdict verdict;
};

static const char *overall_name(enum hf_safety state)
{
    static const char *const names[] = {"protected", "unknown", "attention", "unprotected"};
    return names[state];
}

/* A point that follows the log thins out soon; all others were asked for. */
static bool is_snapshot(const struct hf_point *point)
{
    return strcmp(point->reason, "continuous") && strcmp(point->reason, "scan");
}

static void look_at_points(struct part *part)
{
    const struct hf_points *points = part->points;
    for (size_t i = 0; i < points->count; i++) {
        const struct hf_point *point = &points->list[i];
        part->newest = point;
        if (is_snapshot(point))
            part->newest_snapshot = point;
        if (point->proof_time && (!part->tested || point->proof_time >= part->tested->proof_time))
            part->tested = point;
        if (point->proof == HF_PROOF_PASSED &&
            (!part->proven || point->proof_time >= part->proven->proof_time))
            part->proven = point;
    }
}

static int64_t time_of(const struct hf_point *point)
{
    return point ? point->time : 0;
}

/* Since when something may wait: as the replicator says, or since it says nothing. */
static int64_t pending_since(const struct part *part)
{
    int64_t said = hf_member_integer(part->live.entry, "pending_since", 0);
    int64_t silent = hf_live_silent_since(&part->live, hf_now(part->facts->env));
    return said && (!silent || said < silent) ? said : silent;
}

static void assess(struct part *part)
{
    const struct hf_overview_facts *facts = part->facts;
    const struct hf_env *env = facts->env;
    struct stat status;
    const json_t *entry = part->live.entry;
    const struct hf_safety_evidence evidence = {
        .now = hf_now(env),
        .is_reachable = !facts->unreachable,
        .is_unmade = facts->is_unmade,
        .newest = time_of(part->newest),
        .newest_snapshot = time_of(part->newest_snapshot),
        .tested = part->tested ? part->tested->proof_time : 0,
        .proven = part->proven ? part->proven->proof_time : 0,
        .is_encrypted = facts->is_encrypted,
        .kit_saved = facts->kit_saved,
        .is_followed = entry && hf_live_is_following(&part->live) &&
                       strcmp(hf_member_text(entry, "capture", "none"), "none") != 0,
        .is_confirmed = hf_live_is_confirmed(&part->live, part->newest),
        .pending_since = pending_since(part),
        .failing_since = hf_member_integer(json_object_get(entry, "failing"), "since", 0),
        .sync_interval = hf_config_duration(facts->config, HF_SETTING_SYNC_INTERVAL),
        .is_missing = env->fs.stat(env->fs.context, part->read->configured->path, &status) != 0,
    };
    hf_safety_assess(&part->verdict, &evidence);
}

static void put_time_ms(json_t *object, const char *key, int64_t time)
{
    json_object_set_new(object, key, time ? json_integer(time) : json_null());
}

static void put_evidence(json_t *fact, const struct part *part, enum hf_safety_fact which)
{
    const struct hf_overview_facts *facts = part->facts;
    const struct hf_point *tested = part->tested;
    switch (which) {
    case HF_FACT_NEWEST_POINT:
        put_time_ms(fact, "time_ms", time_of(part->newest));
        hf_json_integer(fact, "lag_ms", hf_member_integer(part->live.entry, "lag_ms", 0));
        break;
    case HF_FACT_SNAPSHOT:
        put_time_ms(fact, "time_ms", time_of(part->newest_snapshot));
        break;
    case HF_FACT_TEST_RESTORE:
        put_time_ms(fact, "time_ms", tested ? tested->proof_time : 0);
        put_time_ms(fact, "duration_ms", tested ? tested->proof_duration : 0);
        hf_json_text(fact, "result", tested ? hf_proof_name(tested->proof) : NULL);
        break;
    case HF_FACT_REPOSITORY:
        hf_json_boolean(fact, "reachable", !facts->unreachable);
        hf_json_text(fact, "text", facts->unreachable ? facts->unreachable->text : NULL);
        break;
    case HF_FACT_RECOVERY_KEY:
        put_time_ms(fact, "saved_ms", facts->kit_saved);
        hf_json_boolean(fact, "needed", facts->is_encrypted);
        break;
    case HF_FACT_COUNT:
        break;
    }
}

static void put_facts(json_t *item, const struct part *part)
{
    json_t *list = hf_json_list(item, "facts");
    for (enum hf_safety_fact i = 0; i < HF_FACT_COUNT; i++) {
        json_t *fact = hf_json_item(list);
        const struct hf_safety_cause_words *cause = hf_safety_cause_words(part->verdict.causes[i]);
        hf_json_text(fact, "fact", hf_safety_fact_name(i));
        hf_json_text(fact, "state", hf_safety_name(part->verdict.facts[i]));
        if (cause) {
            json_t *why = hf_json_object(fact, "cause");
            hf_json_text(why, "key", cause->key);
            hf_json_text(why, "text", cause->text);
        }
        hf_json_text(fact, "action", cause ? cause->action : NULL);
        put_evidence(fact, part, i);
    }
}

/* From the oldest point to now, in equal parts. */
static void put_timeline(json_t *item, const struct part *part)
{
    const struct hf_points *points = part->points;
    json_t *list = hf_json_list(item, "timeline");
    if (!points->count)
        return;
    int64_t first = points->list[0].time, now = hf_now(part->facts->env);
    int64_t width = (now > first ? now - first : 0) / BUCKETS + 1;
    uint64_t counts[BUCKETS] = {0}, bytes[BUCKETS] = {0};
    for (size_t i = 0; i < points->count; i++) {
        int64_t at = (points->list[i].time - first) / width;
        at = at < 0 ? 0 : at >= BUCKETS ? BUCKETS - 1 : at;
        counts[at]++;
        bytes[at] += points->list[i].bytes;
    }
    for (int i = 0; i < BUCKETS; i++) {
        json_t *bucket = hf_json_item(list);
        hf_json_integer(bucket, "time_ms", first + i * width);
        hf_json_integer(bucket, "count", (int64_t)counts[i]);
        hf_json_integer(bucket, "bytes", (int64_t)bytes[i]);
    }
}

static void put_event(json_t *list, const char *what, int64_t time, int64_t now)
{
    if (time <= now)
        return;
    json_t *event = hf_json_item(list);
    hf_json_text(event, "what", what);
    hf_json_integer(event, "time_ms", time);
}

/* What a running Holdfast will do by itself: nothing else is scheduled. */
static void put_next(json_t *item, const struct part *part)
{
    const struct hf_overview_facts *facts = part->facts;
    json_t *list = hf_json_list(item, "next");
    int64_t since = hf_member_integer(part->live.entry, "pending_since", 0);
    int64_t interval = hf_config_duration(facts->config, HF_SETTING_SYNC_INTERVAL);
    if (!hf_live_is_following(&part->live))
        return;
    put_event(list, "point", since ? since + interval : 0, hf_now(facts->env));
    put_event(list, "prune", hf_member_integer(part->live.entry, "next_prune", 0),
              hf_now(facts->env));
}

/* What happened last that somebody asked for, newest first. */
static void put_activity(json_t *item, const struct part *part)
{
    const struct hf_points *points = part->points;
    json_t *list = hf_json_list(item, "activity");
    int left = ACTIVITIES;
    for (size_t i = points->count; i-- > 0 && left;) {
        const struct hf_point *point = &points->list[i];
        if (!is_snapshot(point))
            continue;
        json_t *entry = hf_json_item(list);
        hf_json_time(entry, "time", point->time);
        hf_json_integer(entry, "point", (int64_t)point->seq);
        hf_json_text(entry, "reason", point->reason);
        hf_json_text(entry, "label", point->label[0] ? point->label : NULL);
        left--;
    }
}

static void put_live(json_t *item, const struct part *part)
{
    if (part->read->live)
        hf_live_json(hf_json_object(item, "live"), &part->live, part->newest,
                     hf_now(part->facts->env));
    else
        hf_json_text(item, "live", NULL);
}

static void put_point(json_t *item, const char *key, const struct hf_point *point)
{
    if (point)
        hf_json_point(hf_json_object(item, key), point);
    else
        hf_json_text(item, key, NULL);
}

/* A number of what the repository holds; null: it cannot be read. */
static void put_stored(json_t *item, const struct part *part, const char *key, uint64_t value)
{
    bool is_known = !part->facts->unreachable || part->facts->is_unmade;
    json_object_set_new(item, key, is_known ? json_integer((json_int_t)value) : json_null());
}

static enum hf_safety put_database(json_t *item, const struct hf_overview_facts *facts,
                                   const struct hf_read_database *read)
{
    static const struct hf_points none;
    const struct hf_points *points = facts->unreachable ? &none : &read->points;
    struct part part = {.facts = facts, .read = read, .points = points};
    uint64_t bytes = 0, pinned = 0;
    hf_live_look(&part.live, read->live, read->configured->name);
    look_at_points(&part);
    assess(&part);
    for (size_t i = 0; i < points->count; i++) {
        bytes += points->list[i].bytes;
        pinned += points->list[i].pinned;
    }
    hf_json_text(item, "name", read->configured->name);
    hf_json_text(item, "path", read->configured->path);
    hf_json_text(item, "state", overall_name(part.verdict.state));
    json_object_set_new(item, "could_lose_ms",
                        part.verdict.could_lose < 0 ? json_null()
                                                    : json_integer(part.verdict.could_lose));
    put_facts(item, &part);
    put_live(item, &part);
    put_point(item, "newest", part.newest);
    put_point(item, "newest_proven", part.proven);
    put_stored(item, &part, "points", points->count);
    put_stored(item, &part, "pinned", pinned);
    put_stored(item, &part, "bytes", bytes);
    put_stored(item, &part, "size", part.newest ? part.newest->size : 0);
    put_timeline(item, &part);
    put_next(item, &part);
    put_activity(item, &part);
    return part.verdict.state;
}

json_t *hf_overview_json(const struct hf_overview_facts *facts)
{
    const char *place = facts->config->values[HF_SETTING_REPOSITORY].text;
    enum hf_safety state = facts->count ? HF_SAFETY_GOOD : HF_SAFETY_UNKNOWN;
    json_t *root = hf_json_new(), *list = hf_json_list(root, "databases");
    for (size_t i = 0; i < facts->count; i++) {
        enum hf_safety own = put_database(hf_json_item(list), facts, &facts->databases[i]);
        state = own > state ? own : state;
    }
    hf_json_text(root, "state", overall_name(state));
    hf_json_time(root, "time", hf_now(facts->env));
    json_t *repository = hf_json_object(root, "repository");
    hf_json_text(repository, "place", place);
    hf_json_boolean(repository, "encrypted", facts->is_encrypted);
    hf_json_boolean(repository, "reachable", !facts->unreachable);
    return root;
}

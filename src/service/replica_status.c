#include "service/replica_status.h"

#include <string.h>

#include "service/json_channel.h"

static json_t *time_or_null(int64_t time)
{
    return time ? json_integer(time) : json_null();
}

static const char *mode_name(enum hf_capture_mode mode)
{
    static const char *const names[] = {"none", "wal", "scan"};
    return names[mode];
}

static json_t *scan_of(const struct hf_replica_scan *scan)
{
    if (!scan->time)
        return json_null();
    return json_pack("{s:I, s:o, s:I, s:I, s:I}", "time", (json_int_t)scan->time, "reason",
                     hf_text_value(scan->why), "duration_ms", (json_int_t)scan->took, "pages_read",
                     (json_int_t)scan->pages_read, "pages_stored", (json_int_t)scan->pages_stored);
}

void hf_replica_view_copy(struct hf_replica_view *self, const struct hf_replica *replica,
                          bool log_is_busy)
{
    self->point = replica->point;
    self->scan = replica->last_scan;
    self->changed = true;
    if (log_is_busy)
        return;
    self->mode = replica->mode;
    memcpy(self->why, replica->mode_why, sizeof self->why);
    self->spool_bytes = replica->has_cut ? hf_page_batch_bytes(&replica->cut.pages) : 0;
    if (replica->capture) {
        self->spool_bytes += hf_log_capture_bytes(replica->capture);
        self->rotations = *hf_log_capture_counts(replica->capture);
    }
}

void hf_replica_view_count(struct hf_replica_view *self, const struct hf_replica *replica,
                           const struct hf_traffic *traffic)
{
    hf_usage_add(&self->usage, hf_now(replica->world->env), traffic->requests, traffic->sent);
}

static json_t *failing_of(const struct hf_trouble *trouble)
{
    if (!trouble->since)
        return json_null();
    return json_pack("{s:I, s:o}", "since", (json_int_t)trouble->since, "text",
                     hf_text_value(trouble->text));
}

static json_t *point_of(const struct hf_point_result *point)
{
    if (!point->seq)
        return json_null();
    return json_pack("{s:I, s:I}", "seq", (json_int_t)point->seq, "time", (json_int_t)point->time);
}

json_t *hf_replica_view_json(const struct hf_replica_view *self,
                             const struct hf_replica_facts *facts)
{
    const struct hf_replica *replica = facts->replica;
    int64_t now = hf_now(replica->world->env), pending = hf_backlog_since(facts->backlog);
    struct hf_usage_sum today = hf_usage_of_today(&self->usage, now),
                        day = hf_usage_of_day(&self->usage, now);
    json_t *entry = json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "name", replica->name,
        "path", hf_text_value(replica->path), "capture", mode_name(self->mode), "why",
        hf_text_value(self->why), "pending_since", time_or_null(pending), "failing",
        failing_of(facts->trouble), "lag_ms", (json_int_t)(pending ? now - pending : 0),
        "log_frames", (json_int_t)facts->log->frames, "bytes_today", (json_int_t)today.bytes,
        "requests_today", (json_int_t)today.requests, "bytes_day", (json_int_t)day.bytes,
        "requests_day", (json_int_t)day.requests);
    json_object_set_new(entry, "point", point_of(&self->point));
    json_object_set_new(entry, "last_scan", scan_of(&self->scan));
    json_object_set_new(entry, "next_prune", time_or_null(facts->next_prune));
    json_object_set_new(entry, "pages_pending", json_integer(facts->log->unread));
    json_object_set_new(entry, "spool_bytes", json_integer((json_int_t)self->spool_bytes));
    json_object_set_new(entry, "rotations", json_integer((json_int_t)self->rotations.rotations));
    json_object_set_new(entry, "forced", json_integer((json_int_t)self->rotations.forced));
    json_object_set_new(entry, "longest_hold_us",
                        json_integer((json_int_t)self->rotations.longest_hold));
    return entry;
}

json_t *hf_point_json(const struct hf_point_result *point)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "point", (json_int_t)point->seq, "time",
                     (json_int_t)point->time, "pages_stored", (json_int_t)point->pages_stored,
                     "bytes_added", (json_int_t)point->bytes_added);
}

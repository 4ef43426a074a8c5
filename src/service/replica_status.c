#include "service/replica_driver.h"

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

/* What belongs to a job that is running stays out: it is told when that has ended. */
json_t *hf_driver_status(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    int64_t now = hf_now(replica->world->env);
    struct hf_usage_sum today = hf_usage_of_today(&self->usage, now),
                        day = hf_usage_of_day(&self->usage, now);
    json_t *entry = json_pack(
        "{s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "name", replica->name,
        "path", hf_text_value(replica->path), "capture", mode_name(self->phase_mode), "why",
        hf_text_value(self->phase_why), "pending_since", time_or_null(self->pending_since),
        "failing",
        self->failing_since ? json_pack("{s:I, s:o}", "since", (json_int_t)self->failing_since,
                                        "text", hf_text_value(self->failing))
                            : json_null(),
        "lag_ms", (json_int_t)(self->pending_since ? now - self->pending_since : 0), "log_frames",
        (json_int_t)self->log.frames, "bytes_today", (json_int_t)today.bytes, "requests_today",
        (json_int_t)today.requests, "bytes_day", (json_int_t)day.bytes, "requests_day",
        (json_int_t)day.requests);
    json_object_set_new(entry, "point",
                        self->seen.seq ? json_pack("{s:I, s:I}", "seq", (json_int_t)self->seen.seq,
                                                   "time", (json_int_t)self->seen.time)
                                       : json_null());
    json_object_set_new(entry, "last_scan", scan_of(&self->seen_scan));
    json_object_set_new(entry, "pages_pending", json_integer(self->log.unread));
    json_object_set_new(entry, "spool_bytes", json_integer((json_int_t)self->spool_bytes));
    json_object_set_new(entry, "rotations", json_integer((json_int_t)self->rotations.rotations));
    json_object_set_new(entry, "forced", json_integer((json_int_t)self->rotations.forced));
    json_object_set_new(entry, "longest_hold_us",
                        json_integer((json_int_t)self->rotations.longest_hold));
    return entry;
}

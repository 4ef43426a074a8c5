#include "service/live_status.h"

#include <string.h>

#include "service/control_client.h"
#include "service/json_members.h"

enum { PATIENCE = 2000, LONGEST_SILENCE = 5000 /* ms; it says that it lives every 3 s */ };

json_t *hf_live_ask_status(const char *state_path)
{
    hf_auto(hf_control_client) struct hf_control_client client = {0};
    if (hf_control_client_open(&client, state_path, NULL))
        return NULL;
    return hf_control_do(&client, json_pack("{s:s}", "do", "status"), NULL, PATIENCE, NULL);
}

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

void hf_live_look(struct hf_live *out, const json_t *answer, const char *name)
{
    const json_t *replicator = json_object_get(answer, "replicator");
    *out = (struct hf_live){.process = (int)hf_member_integer(answer, "process", 0),
                            .command = hf_member_text(answer, "command", ""),
                            .replicator = json_is_object(replicator) ? replicator : NULL,
                            .entry = find(answer, name)};
}

bool hf_live_is_following(const struct hf_live *seen)
{
    return !strcmp(hf_member_text(seen->replicator, "state", ""), "running");
}

int64_t hf_live_silent_since(const struct hf_live *seen, int64_t now)
{
    int64_t silent = hf_member_integer(seen->replicator, "silent_ms", 0);
    return silent > LONGEST_SILENCE ? now - silent : 0;
}

uint64_t hf_live_claimed(const struct hf_live *seen)
{
    return (uint64_t)hf_member_integer(json_object_get(seen->entry, "point"), "seq", 0);
}

bool hf_live_is_confirmed(const struct hf_live *seen, const struct hf_point *newest)
{
    return newest && newest->seq >= hf_live_claimed(seen);
}

void hf_live_json(json_t *out, const struct hf_live *seen, const struct hf_point *newest,
                  int64_t now)
{
    static const char *const numbers[] = {"lag_ms",      "pages_pending", "log_frames",
                                          "spool_bytes", "bytes_today",   "requests_today",
                                          "bytes_day",   "requests_day"};
    hf_json_integer(out, "process", seen->process);
    hf_json_text(out, "command", seen->command);
    hf_json_text(out, "replicator",
                 seen->replicator ? hf_member_text(seen->replicator, "state", NULL) : NULL);
    hf_json_text(out, "capture", hf_member_text(seen->entry, "capture", NULL));
    hf_json_text(out, "why", hf_member_text(seen->entry, "why", NULL));
    const json_t *scan = json_object_get(seen->entry, "last_scan");
    if (json_is_object(scan)) {
        json_t *last = hf_json_object(out, "last_scan");
        hf_json_time(last, "time", hf_member_integer(scan, "time", 0));
        hf_json_text(last, "reason", hf_member_text(scan, "reason", NULL));
        hf_json_integer(last, "pages_read", hf_member_integer(scan, "pages_read", 0));
        hf_json_integer(last, "pages_stored", hf_member_integer(scan, "pages_stored", 0));
    }
    hf_json_time(out, "next_prune", hf_member_integer(seen->entry, "next_prune", 0));
    int64_t since = hf_member_integer(seen->entry, "pending_since", 0);
    hf_json_sequence(out, "point", hf_live_claimed(seen));
    hf_json_boolean(out, "confirmed", seen->entry && hf_live_is_confirmed(seen, newest));
    hf_json_time(out, "pending_since", since);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        hf_json_integer(out, numbers[i], hf_member_integer(seen->entry, numbers[i], 0));
    hf_json_integer(out, "lag_ms", since && now > since ? now - since : 0);
    const json_t *failing = json_object_get(seen->entry, "failing");
    if (json_is_object(failing)) {
        json_t *failure = hf_json_object(out, "failing");
        hf_json_time(failure, "since", hf_member_integer(failing, "since", 0));
        hf_json_text(failure, "text", hf_member_text(failing, "text", NULL));
    }
}

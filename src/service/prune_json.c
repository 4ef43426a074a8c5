#include "service/prune_json.h"

#include "service/json_members.h"

void hf_prune_json(json_t *item, const struct hf_prune *prune, const struct hf_prune_result *result)
{
    char rule[HF_RETENTION_TEXT];
    hf_json_text(item, "rule", hf_retention_rule_format(rule, sizeof rule, prune->options.rule));
    hf_json_boolean(item, "dry_run", prune->options.dry_run);
    hf_json_integer(item, "grace_ms", prune->grace);
    hf_json_integer(item, "points", (int64_t)result->points);
    hf_json_integer(item, "kept", (int64_t)result->kept);
    hf_json_integer(item, "merges", (int64_t)result->merges);
    hf_json_integer(item, "merged_segments", (int64_t)result->merged_segments);
    hf_json_integer(item, "merges_failed", (int64_t)result->merges_failed);
    hf_json_integer(item, "bytes_written", (int64_t)result->bytes_written);
    hf_json_integer(item, "objects_deleted", (int64_t)result->deleted.objects);
    hf_json_integer(item, "bytes_freed", (int64_t)result->deleted.bytes);
    hf_json_integer(item, "objects_waiting", (int64_t)result->waits.objects);
    hf_json_integer(item, "bytes_waiting", (int64_t)result->waits.bytes);
    hf_json_boolean(item, "more", result->more);
}

#include "service/check_json.h"

#include "service/json_members.h"

const char *hf_remedy_name(enum hf_remedy remedy)
{
    static const char *const names[] = {NULL, "remove", "rewrite"};
    return names[remedy];
}

void hf_finding_json(json_t *list, const struct hf_finding *finding)
{
    json_t *item = hf_json_item(list);
    hf_json_text(item, "severity", finding->severity == HF_CHECK_LOSS ? "loss" : "note");
    hf_json_text(item, "object", finding->object);
    hf_json_text(item, "database", finding->database[0] ? finding->database : NULL);
    hf_json_text(item, "problem", finding->problem);
    hf_json_text(item, "consequence", finding->consequence);
    hf_json_text(item, "remedy", hf_remedy_name(finding->remedy));
}

void hf_check_json(json_t *object, const struct hf_check_result *result)
{
    hf_json_integer(object, "objects", (int64_t)result->objects);
    hf_json_integer(object, "bytes_read", (int64_t)result->bytes_read);
    hf_json_integer(object, "segments", (int64_t)result->segments);
    hf_json_integer(object, "points", (int64_t)result->points);
    hf_json_integer(object, "points_lost", (int64_t)result->points_lost);
    hf_json_integer(object, "losses", (int64_t)result->losses);
}

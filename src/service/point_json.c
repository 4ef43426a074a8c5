#include "service/point_json.h"

#include "service/json_members.h"

const char *hf_proof_name(enum hf_proof_result proof)
{
    switch (proof) {
    case HF_PROOF_PASSED:
        return "passed";
    case HF_PROOF_FAILED:
        return "failed";
    default:
        return "";
    }
}

void hf_json_point(json_t *object, const struct hf_point *point)
{
    hf_json_integer(object, "point", (int64_t)point->seq);
    hf_json_time(object, "time", point->time);
    hf_json_text(object, "label", point->label[0] ? point->label : NULL);
    hf_json_text(object, "reason", point->reason[0] ? point->reason : NULL);
    hf_json_boolean(object, "pinned", point->pinned);
    hf_json_boolean(object, "full", point->full);
    hf_json_boolean(object, "damaged", point->damaged);
    hf_json_integer(object, "bytes_added", (int64_t)point->bytes);
    hf_json_integer(object, "bytes_restored", (int64_t)point->size);
    hf_json_integer(object, "page_size", point->page_size);
    hf_json_integer(object, "pages_stored", (int64_t)point->pages_stored);
    json_t *proof = hf_json_object(object, "proof");
    const char *result = hf_proof_name(point->proof);
    hf_json_text(proof, "result", result[0] ? result : NULL);
    hf_json_time(proof, "time", point->proof_time);
    hf_json_integer(proof, "duration_ms", point->proof_duration);
}

#include "service/test_restore_json.h"

#include "service/json_members.h"

void hf_test_restore_json(json_t *item, const struct hf_test_restore_result *result)
{
    const struct hf_integrity *integrity = &result->integrity;
    hf_json_integer(item, "point", (int64_t)result->restore.seq);
    hf_json_boolean(item, "passed", result->passed);
    hf_json_integer(item, "bytes_restored", (int64_t)result->restore.size);
    hf_json_integer(item, "pages", (int64_t)result->restore.pages);
    hf_json_integer(item, "duration_ms", result->duration);
    hf_json_integer(item, "problems", (int64_t)integrity->problems);
    hf_json_text(item, "first_problem", integrity->problems ? integrity->first_problem : NULL);
    hf_json_integer(item, "orphans", (int64_t)integrity->orphans);
    hf_json_text(item, "first_orphan", integrity->orphans ? integrity->first_orphan : NULL);
}

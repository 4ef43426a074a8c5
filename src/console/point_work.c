#include "console/point_work.h"

#include "console/work.h"
#include "service/json_members.h"
#include "service/snapshot.h"
#include "service/test_restore_json.h"

enum { BUSY_MS = 5000 };

json_t *hf_snapshot_work(void *context, const json_t *question, const struct hf_events *events,
                         struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    struct hf_backup_result result;
    if (hf_work_begin(&work, context, hf_member_text(question, "database", ""), HF_DATABASE_CREATE,
                      err))
        return NULL;
    const struct hf_backup_options wanted = {.path = work.configured->path,
                                             .state_path = work.state_path,
                                             .label = hf_member_text(question, "label", ""),
                                             .reason = "manual",
                                             .pin = hf_member_true(question, "pin"),
                                             .own = true,
                                             .claim = HF_CLAIM_POLITE,
                                             .busy_ms = BUSY_MS,
                                             .events = events};
    if (hf_snapshot_take(&work.database, &wanted, &result, err))
        return NULL;
    json_t *answer = hf_json_new();
    hf_snapshot_json(answer, &result);
    return answer;
}

json_t *hf_test_restore_work(void *context, const json_t *question, const struct hf_events *events,
                             struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    struct hf_test_restore_result result = {0};
    uint64_t seq;
    if (hf_work_begin(&work, context, hf_member_text(question, "database", ""),
                      HF_DATABASE_EXISTING, err) ||
        hf_work_timeline(&work, err) ||
        hf_work_point(&work, (uint64_t)hf_member_integer(question, "point", 0), &seq, err) ||
        hf_test_restore(&work.database, &work.timeline, seq, NULL, events, &result, err))
        return NULL;
    json_t *answer = hf_json_new();
    hf_test_restore_json(answer, &result);
    return answer;
}

#include "console/compare_work.h"

#include <errno.h>

#include "console/scratch.h"
#include "console/work.h"
#include "service/state_compare.h"

json_t *hf_compare_files(const struct hf_untrusted_file *from, const struct hf_untrusted_file *to,
                         const struct hf_events *events, struct hf_error *err)
{
    struct hf_error why = {0};
    json_t *found = hf_state_compare(from, to, events, &why);
    if (!found && why.sys == EFBIG) {
        hf_error_set(err, HF_FAILED, "comparing took more room for temporary files than it may");
        hf_error_hint(err, "the database may be damaged, or made to do harm");
    } else if (!found) {
        hf_error_pass(err, &why);
    }
    return found;
}

/* A state as a file: a point is restored into scratch, which has a stage of its own. */
struct bringing {
    const struct hf_events *events;
    const char *stage;
};

static void tell_bringing(void *context, const char *stage, uint64_t done, uint64_t total)
{
    const struct bringing *bringing = context;
    (void)stage;
    hf_progress(bringing->events, bringing->stage, done, total);
}

static void pass_notice(void *context, const char *text)
{
    const struct bringing *bringing = context;
    hf_notice(bringing->events, "%s", text);
}

static int bring_out(const struct hf_work *work, uint64_t wanted, char **scratch,
                     struct hf_untrusted_file *out, struct bringing bringing, struct hf_error *err)
{
    const struct hf_events events = {&bringing, pass_notice, tell_bringing};
    struct hf_restore_result result = {0};
    uint64_t seq;
    *out = (struct hf_untrusted_file){work->configured->path, HF_USED_BY_OTHERS};
    if (!wanted)
        return 0;
    if (hf_work_point(work, wanted, &seq, err))
        return -1;
    *scratch = hf_scratch_name(work->console, err);
    *out = (struct hf_untrusted_file){*scratch, HF_USED_BY_NOBODY};
    return *scratch ? hf_work_restore(work, seq, *scratch, &events, &result, err) : -1;
}

json_t *hf_compare_points(void *context, const json_t *question, const struct hf_events *events,
                          struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    hf_auto_scratch char *first = NULL;
    hf_auto_scratch char *second = NULL;
    struct hf_untrusted_file from, to;
    if (hf_work_begin(&work, context, hf_member_text(question, "database", ""),
                      HF_DATABASE_EXISTING, err) ||
        hf_work_timeline(&work, err) ||
        bring_out(&work, (uint64_t)hf_member_integer(question, "from", 0), &first, &from,
                  (struct bringing){events, "restore_from"}, err) ||
        bring_out(&work, (uint64_t)hf_member_integer(question, "to", 0), &second, &to,
                  (struct bringing){events, "restore_to"}, err) ||
        hf_work_turn_to_files(&work, from.path, to.path, err))
        return NULL;
    return hf_compare_files(&from, &to, events, err);
}

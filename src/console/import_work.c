#include "console/import_work.h"

#include "console/copy_work.h"
#include "console/live_state.h"
#include "console/work.h"
#include "service/importing.h"
#include "service/json_members.h"
#include "service/setup_source.h"

static void tell_user(void *context, const struct hf_profile_user *user)
{
    hf_copy_work_tell_user(context, user);
}

static void tell_asked(void *context, uint64_t asked, uint64_t of)
{
    hf_copy_work_tell_asked(context, asked, of);
}

enum manner { PREVIEW, CARRY_OUT };

static json_t *import(const struct hf_work *work, const json_t *question, enum manner manner,
                      const struct hf_events *events, struct hf_error *err)
{
    const struct hf_console *console = work->console;
    hf_auto(hf_copy_keys) struct hf_copy_keys keys = {0};
    hf_auto(hf_importing_result) struct hf_importing_result result = {0};
    if (hf_copy_work_keys(&keys, question, err))
        return NULL;
    const struct hf_copy_input_options from = {
        .path = hf_member_text(question, "path", ""),
        .most_text = HF_SETUP_MOST_TEXT,
        .keys = {keys.identities, keys.identity_count, keys.passphrase}};
    const struct hf_importing_options wanted = {.config = console->config,
                                                .secrets = &console->options->session->secrets,
                                                .env = console->env,
                                                .database = work->configured->name,
                                                .path = work->configured->path,
                                                .generic = hf_member_true(question, "generic"),
                                                .merge = hf_member_true(question, "merge"),
                                                .accept_data_loss =
                                                    hf_member_true(question, "accept_data_loss"),
                                                .edited = hf_member_true(question, "edited"),
                                                .dry_run = manner == PREVIEW,
                                                .is_guarded = true,
                                                .user = hf_member_text(question, "user", NULL),
                                                .events = events,
                                                .context = (void *)(uintptr_t)events,
                                                .user_progress = tell_user,
                                                .ask_progress = tell_asked};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input =
        hf_copy_input_new(&from, console->env, err);
    if (!input || hf_importing(input, &wanted, &result, err))
        return NULL;
    json_t *out = hf_importing_json(&result);
    if (!out)
        hf_error_memory(err);
    return out;
}

json_t *hf_preview_import(void *context, const json_t *question, const struct hf_events *events,
                          struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    char state[HF_LIVE_STATE_TEXT];
    if (hf_work_confine(err) ||
        hf_work_choose(&work, context, hf_member_text(question, "database", ""), err) ||
        hf_live_state(context, work.configured, state, err))
        return NULL;
    json_t *out = import(&work, question, PREVIEW, events, err);
    if (out)
        json_object_set_new(out, "bound", json_pack("{s:s}", "state", state));
    return out;
}

json_t *hf_carry_out_import(void *context, const json_t *question, const struct hf_events *events,
                            struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    if (hf_work_confine_memory(err) ||
        hf_work_choose(&work, context, hf_member_text(question, "database", ""), err) ||
        hf_live_state_check(context, work.configured, hf_member_text(question, "state", NULL), err))
        return NULL;
    return import(&work, question, CARRY_OUT, events, err);
}

#include "service/protection.h"

#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "service/json_channel.h"

/* Where the answer to a snapshot goes. */
struct asker {
    struct hf_protection *protection;
    hf_control_request request;
};

static void tell(const struct hf_protection *protection, const char *text)
{
    protection->options.notice(protection->options.context, text);
}

static const struct hf_protected *find(const struct hf_protection *protection, const char *name)
{
    const struct hf_protection_options *options = &protection->options;
    for (size_t i = 0; name && i < options->database_count; i++) {
        if (!strcmp(options->databases[i].name, name))
            return &options->databases[i];
    }
    return NULL;
}

static void answer_status(struct hf_protection *protection, hf_control_request request)
{
    json_t *databases = protection->guard ? hf_guard_databases(protection->guard) : json_array();
    hf_control_close(
        protection->control, request,
        json_pack("{s:s, s:i, s:s, s:o, s:o}", "event", "done", "process", (int)getpid(), "command",
                  protection->options.command, "replicator",
                  protection->guard ? hf_guard_describe(protection->guard) : json_null(),
                  "databases", databases));
}

static void pass_answer(void *context, const json_t *answer)
{
    struct asker *asker = context;
    struct hf_error err = {0};
    json_t *copy = NULL;
    if (!strcmp(hf_member_text(answer, "event", ""), "done")) {
        copy = json_copy((json_t *)(uintptr_t)answer);
        json_object_del(copy, "id"); /* which is between the two processes */
    } else {
        hf_json_failure(answer, &err);
        copy = hf_json_failed(&err);
    }
    hf_control_close(asker->protection->control, asker->request, copy);
    free(asker);
}

static int ask_snapshot(struct hf_protection *protection, hf_control_request request,
                        const json_t *what, struct hf_error *err)
{
    if (!protection->guard)
        return hf_error_set(err, HF_UNSUPPORTED, "there is no replicator here");
    struct asker *asker = malloc(sizeof *asker);
    if (!asker)
        return hf_error_memory(err);
    *asker = (struct asker){protection, request};
    if (!hf_guard_ask(protection->guard, json_copy((json_t *)(uintptr_t)what), pass_answer, asker,
                      err))
        return 0;
    free(asker);
    return -1;
}

static int refuse_restore(struct hf_error *err)
{
    hf_error_set(err, HF_LOCKED,
                 "'holdfast replicate' (process %d) follows the database, and its application is "
                 "not Holdfast's to stop",
                 (int)getpid());
    return hf_error_hint(err, "stop the application, then that process, and restore then");
}

static int take_request(struct hf_protection *protection, hf_control_request request,
                        const json_t *what, struct hf_error *err)
{
    const char *wanted = hf_member_text(what, "do", "");
    const char *database = hf_member_text(what, "database", NULL);
    if (!strcmp(wanted, "status")) {
        answer_status(protection, request);
        return 0;
    }
    bool snapshot = !strcmp(wanted, "snapshot"), restore = !strcmp(wanted, "restore");
    if (!snapshot && !restore)
        return hf_error_set(err, HF_UNSUPPORTED, "'%s' is nothing that can be asked for", wanted);
    /* The replicator may know more databases than these: it watches folders. */
    if (snapshot)
        return ask_snapshot(protection, request, what, err);
    if (!protection->options.restore)
        return refuse_restore(err);
    if (!find(protection, database)) {
        hf_error_set(err, HF_NOT_FOUND, "process %d has no database '%s'", (int)getpid(),
                     database ? database : "");
        return hf_error_hint_typed(err, "--name, HOLDFAST_NAME", "the names must be the same");
    }
    protection->options.restore(protection->options.context, request, what);
    return 0;
}

static void asked(void *context, hf_control_request request, const json_t *what)
{
    struct hf_protection *protection = context;
    struct hf_error err = {0};
    if (take_request(protection, request, what, &err))
        hf_control_fail(protection->control, request, &err);
}

/* One socket for all; each database has a name of it beside its state file. */
static int listen_for(struct hf_protection *protection, struct hf_signals *signals,
                      const char *state_path, struct hf_error *err)
{
    hf_auto_free char *path = hf_control_path(state_path);
    if (!path)
        return hf_error_memory(err);
    if (protection->control)
        return hf_control_socket_also(protection->control, path, err);
    protection->control = hf_control_socket_open(signals, path, asked, protection, err);
    return protection->control ? 0 : -1;
}

int hf_protection_also(struct hf_protection *protection, const char *state_path,
                       struct hf_error *err)
{
    return listen_for(protection, protection->signals, state_path, err);
}

static void listen_for_all(struct hf_protection *protection, struct hf_signals *signals)
{
    const struct hf_protection_options *options = &protection->options;
    for (size_t i = 0; i < options->database_count; i++) {
        struct hf_error err = {0};
        if (!listen_for(protection, signals, options->databases[i].state_path, &err))
            continue;
        hf_error_wrap(&err, "%s: no control socket", options->databases[i].name);
        tell(protection, err.text);
    }
}

static void at_fork(void *context)
{
    hf_protection_at_fork(context);
}

static int replicate(void *context, int channel)
{
    struct hf_protection *protection = context;
    return protection->options.replicate(protection->options.context, channel);
}

static int serve(void *context, int channel)
{
    struct hf_protection *protection = context;
    return protection->options.serve(protection->options.context, channel);
}

static void pass_notice(void *context, const char *text)
{
    tell(context, text);
}

static void pass_event(void *context, const json_t *event)
{
    struct hf_protection *protection = context;
    protection->options.heard(protection->options.context, event);
}

static struct hf_guard *guard_of(struct hf_protection *protection, const char *name,
                                 int (*task)(void *context, int channel), bool is_heard,
                                 struct hf_error *err)
{
    const struct hf_guard_options guarded = {.name = name,
                                             .task = task,
                                             .at_fork = at_fork,
                                             .notice = pass_notice,
                                             .heard = is_heard ? pass_event : NULL,
                                             .context = protection};
    return hf_guard_new(protection->signals, &guarded, err);
}

static int make_guards(struct hf_protection *protection, struct hf_error *err)
{
    const struct hf_protection_options *options = &protection->options;
    if (options->replicate && !(protection->guard = guard_of(protection, "the replicator",
                                                             replicate, options->heard, err)))
        return -1;
    if (options->serve &&
        !(protection->console = guard_of(protection, "the console", serve, false, err)))
        return -1;
    return 0;
}

int hf_protection_start(struct hf_protection *protection, struct hf_signals *signals,
                        const struct hf_protection_options *options, struct hf_error *err)
{
    *protection = (struct hf_protection){.options = *options, .signals = signals};
    listen_for_all(protection, signals);
    if (make_guards(protection, err)) {
        hf_protection_release(protection);
        return -1;
    }
    if (protection->guard)
        hf_guard_start(protection->guard, NULL); /* else later: that is told */
    if (protection->console)
        hf_guard_start(protection->console, NULL);
    return 0;
}

void hf_protection_release(struct hf_protection *protection)
{
    /* The guard first: whoever waits for an answer of it hears that there is none. */
    hf_guard_free(protection->guard);
    hf_guard_free(protection->console);
    protection->guard = protection->console = NULL;
    hf_control_socket_free(protection->control);
    protection->control = NULL;
}

void hf_protection_at_fork(struct hf_protection *protection)
{
    hf_control_at_fork(protection->control);
}

int64_t hf_protection_deadline(const struct hf_protection *protection)
{
    int64_t own = protection->guard ? hf_guard_deadline(protection->guard) : 0;
    int64_t other = protection->console ? hf_guard_deadline(protection->console) : 0;
    return own && other ? (own < other ? own : other) : own + other;
}

bool hf_protection_take(struct hf_protection *protection, const struct hf_happening *happening)
{
    return (protection->control && hf_control_take(protection->control, happening)) ||
           (protection->guard && hf_guard_take(protection->guard, happening)) ||
           (protection->console && hf_guard_take(protection->console, happening));
}

int hf_protection_wait(struct hf_protection *protection, struct hf_signals *signals,
                       int64_t deadline, struct hf_happening *out, struct hf_error *err)
{
    for (;;) {
        int64_t own = hf_protection_deadline(protection);
        if (hf_signals_wait(signals, own && (!deadline || own < deadline) ? own : deadline, out,
                            err))
            return -1;
        bool taken = hf_protection_take(protection, out);
        bool due = deadline && hf_monotonic() >= deadline;
        if (out->kind == HF_DEADLINE ? due : !taken)
            return 0;
    }
}

bool hf_protection_stop_replicator(
    struct hf_protection *protection, struct hf_signals *signals, int64_t deadline,
    bool (*impatient)(void *context, const struct hf_happening *happening), void *context)
{
    if (!protection->guard)
        return false;
    hf_guard_stop(protection->guard, deadline);
    while (hf_guard_state(protection->guard) != HF_GUARD_STOPPED) {
        struct hf_happening happening;
        if (hf_signals_wait(signals, hf_protection_deadline(protection), &happening, NULL))
            return false;
        if (!hf_protection_take(protection, &happening) && impatient &&
            impatient(context, &happening))
            hf_guard_stop(protection->guard, 0);
    }
    return hf_guard_ended_well(protection->guard);
}

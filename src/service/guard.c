#include "service/guard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/process.h"
#include "service/json_channel.h"

enum {
    PATIENCE = 15000,
    FIRST_PAUSE = 1000,
    LONGEST_PAUSE = 60000,
    LOOKS = 3, /* in the time after which it is stuck */
    LONGEST_LINE = 4 << 20,
    MOST_WAITING = 1 << 20,
    MOST_ASKED = 64,
    MOST_NOTICES = 60, /* in a minute */
    MINUTE = 60000,
};

struct asked {
    int64_t id; /* 0: free */
    hf_guard_answer answer;
    void *context;
};

struct hf_guard {
    struct hf_signals *signals;
    struct hf_guard_options options;
    enum hf_guard_state state;
    pid_t pid;
    struct hf_json_channel channel;
    int64_t heard_at; /* of hf_monotonic: when the task, or its start, was heard of last */
    int64_t started, start_at, kill_at, look_at; /* of hf_monotonic; 0: none */
    int64_t pause;
    int silent_looks;
    bool ended_well;
    unsigned garbage;
    uint64_t starts;
    char last_end[128];
    json_t *databases; /* by name */
    struct asked asked[MOST_ASKED];
    int64_t last_id;
    int64_t notices_since;
    unsigned notices;
};

static void notice(struct hf_guard *guard, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void notice(struct hf_guard *guard, const char *format, ...)
{
    char text[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    guard->options.notice(guard->options.context, text);
}

struct hf_guard *hf_guard_new(struct hf_signals *signals, const struct hf_guard_options *options,
                              struct hf_error *err)
{
    struct hf_guard *guard = calloc(1, sizeof *guard);
    if (!guard) {
        hf_error_memory(err);
        return NULL;
    }
    guard->databases = json_object();
    guard->signals = signals;
    guard->options = *options;
    guard->channel.fd = -1;
    struct hf_guard_options *own = &guard->options;
    own->patience = own->patience ? own->patience : PATIENCE;
    own->first_pause = own->first_pause ? own->first_pause : FIRST_PAUSE;
    own->longest_pause = own->longest_pause ? own->longest_pause : LONGEST_PAUSE;
    return guard;
}

static void look_later(struct hf_guard *guard)
{
    guard->look_at = hf_monotonic() + guard->options.patience / LOOKS + 1;
}

static void close_channel(struct hf_guard *guard)
{
    if (guard->channel.fd >= 0)
        hf_signals_forget(guard->signals, guard->channel.fd);
    hf_json_channel_release(&guard->channel);
}

static void watch_channel(struct hf_guard *guard)
{
    hf_signals_watch(guard->signals, guard->channel.fd,
                     hf_json_channel_is_waiting(&guard->channel) ? HF_TO_BOTH : HF_TO_READ, NULL);
}

static bool is_out_of_time(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU;
}

/* What was asked will not be answered any more. */
static void fail_asked(struct hf_guard *guard, int status)
{
    struct hf_error error = {0};
    if (is_out_of_time(status)) {
        hf_error_set(&error, HF_FAILED, "%s took more processor time than it may",
                     guard->options.name);
        hf_error_hint(&error, "what it reads may be damaged, or made to do harm");
    } else {
        hf_error_set(&error, HF_UNREACHABLE, "%s ended before it was done", guard->options.name);
    }
    json_t *failed = hf_json_failed(&error);
    for (size_t i = 0; i < MOST_ASKED; i++) {
        struct asked asked = guard->asked[i];
        guard->asked[i] = (struct asked){0};
        if (asked.id && asked.answer)
            asked.answer(asked.context, failed);
    }
    json_decref(failed);
}

void hf_guard_free(struct hf_guard *guard)
{
    if (!guard)
        return;
    close_channel(guard);
    if (guard->pid) {
        kill(guard->pid, SIGKILL);
        hf_child_wait(guard->pid, &(int){0}, NULL);
    }
    fail_asked(guard, 0);
    json_decref(guard->databases);
    free(guard);
}

struct start {
    struct hf_guard *guard;
    int fds[2]; /* this process's end, the task's */
};

static int run_task(void *context)
{
    const struct start *start = context;
    const struct hf_guard *guard = start->guard;
    const struct hf_guard_options *options = &guard->options;
    close(start->fds[0]);
    hf_signals_release(guard->signals);
    if (options->at_fork)
        options->at_fork(options->context);
    return options->task(options->context, start->fds[1]);
}

static int fork_task(struct hf_guard *guard, struct hf_error *err)
{
    struct start start = {.guard = guard};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, start.fds))
        return hf_error_sys(err, errno, "socketpair", guard->options.name);
    int failed = hf_child_fork(&guard->pid, run_task, &start, err);
    close(start.fds[1]);
    if (failed) {
        guard->pid = 0;
        close(start.fds[0]);
        return -1;
    }
    hf_json_channel_init(&guard->channel, start.fds[0], LONGEST_LINE, MOST_WAITING);
    return 0;
}

/* Tells, and doubles the pause unless it had run well for long. */
static void start_later(struct hf_guard *guard, const char *why)
{
    char pause[32];
    int64_t now = hf_monotonic();
    bool well = guard->started && now - guard->started >= guard->options.longest_pause;
    bool is_news = guard->pause < guard->options.longest_pause || well;
    guard->pause = well || !guard->pause ? guard->options.first_pause : guard->pause * 2;
    if (guard->pause > guard->options.longest_pause)
        guard->pause = guard->options.longest_pause;
    guard->state = HF_GUARD_PAUSING;
    guard->start_at = now + guard->pause;
    guard->started = 0;
    hf_format_duration(pause, sizeof pause, guard->pause);
    if (is_news)
        notice(guard, "%s %s: it is started again in %s%s", guard->options.name, why, pause,
               guard->pause == guard->options.longest_pause ? ", and so on without further words"
                                                            : "");
}

int hf_guard_start(struct hf_guard *guard, struct hf_error *err)
{
    struct hf_error local = {0};
    if (guard->pid)
        return 0;
    guard->start_at = 0;
    guard->ended_well = false;
    guard->silent_looks = 0;
    guard->garbage = 0;
    if (fork_task(guard, &local)) {
        if (!guard->options.once)
            start_later(guard, local.text);
        return hf_error_pass(err, &local);
    }
    watch_channel(guard);
    guard->heard_at = hf_monotonic();
    guard->state = HF_GUARD_RUNNING;
    guard->starts++;
    guard->started = hf_monotonic();
    look_later(guard);
    return 0;
}

static int send_request(struct hf_guard *guard, json_t *request)
{
    bool sent = hf_json_channel_send(&guard->channel, request);
    watch_channel(guard);
    return sent ? 0 : -1;
}

void hf_guard_stop(struct hf_guard *guard, int64_t deadline)
{
    guard->start_at = 0;
    guard->pause = 0;
    if (!guard->pid) {
        guard->state = HF_GUARD_STOPPED;
        return;
    }
    guard->state = HF_GUARD_STOPPING;
    guard->look_at = 0; /* the deadline is what counts now */
    guard->kill_at = deadline ? deadline : 1;
    if (guard->channel.fd >= 0)
        send_request(guard,
                     json_pack("{s:I, s:s}", "id", (json_int_t)++guard->last_id, "do", "stop"));
    kill(guard->pid, SIGTERM);
}

enum hf_guard_state hf_guard_state(const struct hf_guard *guard)
{
    return guard->state;
}

bool hf_guard_ended_well(const struct hf_guard *guard)
{
    return guard->ended_well;
}

int64_t hf_guard_deadline(const struct hf_guard *guard)
{
    const int64_t all[] = {guard->start_at, guard->kill_at, guard->look_at};
    int64_t next = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] && (!next || all[i] < next))
            next = all[i];
    }
    return next;
}

/* The same words a thousand times a second would hide everything else. */
static void pass_notice(struct hf_guard *guard, const json_t *event)
{
    int64_t now = hf_monotonic();
    if (!guard->notices_since || now - guard->notices_since >= MINUTE) {
        guard->notices_since = now;
        guard->notices = 0;
    }
    if (++guard->notices > MOST_NOTICES)
        return;
    const char *database = hf_member_text(event, "database", NULL);
    notice(guard, "%s%s%.1000s%s", database ? database : "", database ? ": " : "",
           hf_member_text(event, "text", ""),
           guard->notices == MOST_NOTICES ? " (more is left out for a minute)" : "");
}

static void pass_answer(struct hf_guard *guard, const json_t *event)
{
    int64_t id = hf_member_integer(event, "id", 0);
    for (size_t i = 0; id && i < MOST_ASKED; i++) {
        struct asked asked = guard->asked[i];
        if (asked.id != id)
            continue;
        guard->asked[i] = (struct asked){0};
        if (asked.answer)
            asked.answer(asked.context, event);
    }
}

static void keep_status(struct hf_guard *guard, const json_t *event)
{
    const json_t *databases = json_object_get(event, "databases");
    for (size_t i = 0; i < json_array_size(databases); i++) {
        json_t *entry = json_array_get(databases, i);
        const char *name = hf_member_text(entry, "name", NULL);
        if (name)
            json_object_set(guard->databases, name, entry);
    }
}

static void take_event(struct hf_guard *guard, const json_t *event)
{
    const char *kind = hf_member_text(event, "event", "");
    guard->silent_looks = 0;
    guard->heard_at = hf_monotonic();
    if (!strcmp(kind, "notice")) {
        pass_notice(guard, event);
        return;
    }
    if (!strcmp(kind, "status"))
        keep_status(guard, event);
    else if (!strcmp(kind, "done") || !strcmp(kind, "failed"))
        pass_answer(guard, event);
    if (guard->options.heard)
        guard->options.heard(guard->options.context, event);
}

static void take_events(struct hf_guard *guard)
{
    unsigned before = guard->garbage;
    json_t *event;
    while ((event = hf_json_channel_next(&guard->channel, &guard->garbage))) {
        take_event(guard, event);
        json_decref(event);
    }
    if (guard->garbage && !before)
        notice(guard, "%s says what is not understood; that is ignored", guard->options.name);
}

/* Whatever may be in its way: the end is seen by hf_signals_wait like any other. */
static void end_it(struct hf_guard *guard, const char *why)
{
    notice(guard, "%s %s: it is ended", guard->options.name, why);
    guard->look_at = 0;
    kill(guard->pid, SIGKILL);
}

static void channel_happened(struct hf_guard *guard, bool readable)
{
    struct hf_json_channel *channel = &guard->channel;
    if (readable)
        hf_json_channel_receive(channel);
    else
        hf_json_channel_flush(channel);
    take_events(guard);
    bool was_broken = channel->broken;
    if (was_broken || channel->ended)
        close_channel(guard);
    else
        watch_channel(guard);
    /* One that closes its channel and goes on is never heard again, which is noticed as silence. */
    if (was_broken && guard->state == HF_GUARD_RUNNING)
        end_it(guard, "says too much at once, or does not listen");
}

static void describe_end(struct hf_guard *guard, int status)
{
    if (WIFSIGNALED(status))
        snprintf(guard->last_end, sizeof guard->last_end, "was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(guard->last_end, sizeof guard->last_end, "ended with %d", WEXITSTATUS(status));
}

/* One that had not yet begun to listen ends by SIGTERM, and one that took too long by SIGKILL. */
static bool is_crash(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGKILL;
}

static void task_ended(struct hf_guard *guard, int status)
{
    while (guard->channel.fd >= 0 && hf_json_channel_receive(&guard->channel))
        take_events(guard); /* what it said at last */
    close_channel(guard);
    guard->pid = 0;
    guard->look_at = guard->kill_at = 0;
    describe_end(guard, status);
    fail_asked(guard, status);
    if (guard->state == HF_GUARD_STOPPING && is_crash(status))
        notice(guard, "%s %s as it stopped", guard->options.name, guard->last_end);
    if (guard->state == HF_GUARD_STOPPING || guard->options.once) {
        guard->ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
        guard->state = HF_GUARD_STOPPED;
    } else {
        start_later(guard, guard->last_end);
    }
}

/*
 * A look that comes much too late tells that this process was stopped as well, or the whole machine
 * (a suspended one's clock stands still, but a frozen container's does not): the task could not
 * have said anything meanwhile, and has all the time again.
 */
static void look(struct hf_guard *guard, int64_t now)
{
    bool was_late = now - guard->look_at > guard->options.patience / LOOKS;
    guard->silent_looks = was_late ? 0 : guard->silent_looks + 1;
    look_later(guard);
    if (guard->silent_looks < LOOKS)
        return;
    char waited[32];
    guard->silent_looks = 0;
    notice(guard, "%s gave no sign of life for %s", guard->options.name,
           hf_format_duration(waited, sizeof waited, guard->options.patience));
    end_it(guard, "is stuck");
}

static void do_what_is_due(struct hf_guard *guard)
{
    int64_t now = hf_monotonic();
    if (guard->kill_at && guard->kill_at <= now) {
        guard->kill_at = 0;
        end_it(guard, "did not stop in time");
    }
    if (guard->look_at && guard->look_at <= now)
        look(guard, now);
    if (guard->start_at && guard->start_at <= now)
        hf_guard_start(guard, NULL);
}

bool hf_guard_take(struct hf_guard *guard, const struct hf_happening *happening)
{
    bool is_descriptor = happening->kind == HF_READABLE || happening->kind == HF_WRITABLE;
    if (happening->kind == HF_DEADLINE) {
        do_what_is_due(guard);
    } else if (is_descriptor && guard->channel.fd >= 0 && happening->fd == guard->channel.fd) {
        channel_happened(guard, happening->kind == HF_READABLE);
        return true;
    } else if (happening->kind == HF_CHILD_ENDED && guard->pid && happening->pid == guard->pid) {
        task_ended(guard, happening->status);
        return true;
    }
    return false;
}

json_t *hf_guard_databases(const struct hf_guard *guard)
{
    json_t *list = json_array();
    for (void *at = json_object_iter(guard->databases); at;
         at = json_object_iter_next(guard->databases, at))
        json_array_append(list, json_object_iter_value(at));
    return list;
}

json_t *hf_guard_describe(const struct hf_guard *guard)
{
    static const char *const states[] = {"stopped", "running", "stopping", "pausing"};
    int64_t silent = guard->state == HF_GUARD_RUNNING ? hf_monotonic() - guard->heard_at : 0;
    return json_pack("{s:s, s:I, s:o, s:I, s:s*}", "state", states[guard->state], "silent_ms",
                     (json_int_t)silent, "pid", guard->pid ? json_integer(guard->pid) : json_null(),
                     "starts", (json_int_t)guard->starts, "last_end",
                     guard->last_end[0] ? guard->last_end : NULL);
}

static struct asked *free_place(struct hf_guard *guard)
{
    for (size_t i = 0; i < MOST_ASKED; i++) {
        if (!guard->asked[i].id)
            return &guard->asked[i];
    }
    return NULL;
}

int hf_guard_ask(struct hf_guard *guard, json_t *request, hf_guard_answer answer, void *context,
                 struct hf_error *err)
{
    struct asked *asked = free_place(guard);
    if (!request)
        return hf_error_memory(err);
    bool is_stopped = guard->state == HF_GUARD_STOPPED || guard->state == HF_GUARD_STOPPING;
    if (guard->state != HF_GUARD_RUNNING || guard->channel.fd < 0 || !asked) {
        json_decref(request);
        return hf_error_set(err, is_stopped ? HF_LOCKED : HF_UNREACHABLE, "%s %s",
                            guard->options.name, asked ? "does not run" : "has too much to do");
    }
    *asked = (struct asked){++guard->last_id, answer, context};
    json_object_set_new(request, "id", json_integer(asked->id));
    if (!send_request(guard, request))
        return 0;
    *asked = (struct asked){0};
    return hf_error_set(err, HF_UNREACHABLE, "%s does not listen", guard->options.name);
}

void hf_guard_forget(struct hf_guard *guard, const void *context)
{
    for (size_t i = 0; i < MOST_ASKED; i++) {
        if (guard->asked[i].context == context)
            guard->asked[i].answer = NULL;
    }
}

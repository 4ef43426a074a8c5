#include "service/supervisor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "os/process.h"
#include "os/terminal.h"
#include "service/http.h"

enum {
    FIRST_PAUSE = 1000,
    LONGEST_PAUSE = 60000,
    WELL = 60000, /* having run for so long it was no failed start */
    FIRST_PROBE = 50,
    LONGEST_PROBE_PAUSE = 1000,
    PROBE_TIMEOUT = 5000,
};

struct supervisor {
    const struct hf_supervision *wanted;
    struct hf_signals *signals;
    pid_t application, probe; /* 0: none runs */
    pid_t listener;           /* to what is typed at the terminal */
    int64_t interrupted;      /* when the terminal last did; 0: never */
    int64_t started;
    int64_t start_at, kill_at, probe_at, ready_by; /* deadlines; 0: none */
    int64_t pause, probe_pause;
    int64_t stop_by;
    int status;
    int64_t well_at; /* end of the probation; 0: none */
    bool asked, is_ready, never_ready, ended;
    bool set_aside; /* is being stopped for the companion */
};

static void notice(const struct supervisor *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void notice(const struct supervisor *self, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    self->wanted->notice(self->wanted->context, text);
}

static int start(struct supervisor *self, struct hf_error *err)
{
    const struct hf_supervision *wanted = self->wanted;
    const struct hf_child_options options = {.argv = wanted->command,
                                             .environment = wanted->environment,
                                             .group = HF_CHILD_OWN_GROUP,
                                             .listener = &self->listener};
    if (hf_child_start(&self->application, &options, err))
        return -1;
    self->interrupted = 0;
    self->start_at = 0;
    self->started = hf_monotonic();
    if (wanted->ready && !self->is_ready && !self->ready_by) {
        self->probe_pause = FIRST_PROBE;
        self->probe_at = self->started + FIRST_PROBE;
        self->ready_by = self->started + wanted->ready_timeout + 1;
    }
    if (!wanted->ready && wanted->probation && !self->is_ready)
        self->well_at = self->started + wanted->probation;
    wanted->started(wanted->context, self->application);
    return 0;
}

/* In a process of its own: an application that accepts and never answers must not keep signals
 * waiting. */
static int ask_ready(void *context)
{
    const struct hf_supervision *wanted = context;
    const struct hf_http_request request = {.url = wanted->ready, .timeout_ms = PROBE_TIMEOUT};
    hf_auto(hf_http_response) struct hf_http_response response = {0};
    hf_auto_ptr(hf_http) struct hf_http *http = hf_http_new(NULL);
    return !http || hf_http_get(http, &request, &response, NULL) ||
           hf_http_check(&request, &response, NULL);
}

/* No process can be made for it: a reason to try again, none to end an application. */
static void probe(struct supervisor *self)
{
    /* The task only reads it. */
    int failed = hf_child_fork(&self->probe, ask_ready, (void *)(uintptr_t)self->wanted, NULL);
    self->probe_at = failed ? hf_monotonic() + LONGEST_PROBE_PAUSE : 0;
}

static void probe_ended(struct supervisor *self, int status)
{
    int64_t now = hf_monotonic();
    self->probe = 0;
    if (!self->ready_by)
        return;
    if (status) {
        self->probe_at = now + self->probe_pause;
        self->probe_pause *= 2;
        if (self->probe_pause > LONGEST_PROBE_PAUSE)
            self->probe_pause = LONGEST_PROBE_PAUSE;
        return;
    }
    self->is_ready = true;
    self->ready_by = 0;
    self->wanted->became_ready(self->wanted->context, now - self->started);
}

static void stop_probing(struct supervisor *self)
{
    self->probe_at = self->ready_by = self->well_at = 0;
    if (!self->probe)
        return;
    kill(self->probe, SIGKILL);
    hf_child_wait(self->probe, &(int){0}, NULL);
    self->probe = 0;
}

static void passed_probation(struct supervisor *self)
{
    self->well_at = 0;
    self->is_ready = true;
    self->wanted->became_ready(self->wanted->context, hf_monotonic() - self->started);
}

static void kill_group(struct supervisor *self)
{
    self->kill_at = 0;
    if (self->application)
        kill(-self->application, SIGKILL);
}

static void begin_stop(struct supervisor *self)
{
    int64_t now = hf_monotonic();
    self->stop_by = now + self->wanted->stop_timeout;
    self->kill_at = now + self->wanted->stop_timeout * 2 / 3 + 1;
}

static void not_ready_in_time(struct supervisor *self)
{
    char shown[256], waited[32];
    hf_format_duration(waited, sizeof waited, self->wanted->ready_timeout);
    notice(self, "the application was not ready within %s (%s): it %s", waited,
           hf_http_shown(shown, sizeof shown, self->wanted->ready),
           self->wanted->must_become_ready ? "is stopped" : "keeps running");
    stop_probing(self);
    if (!self->wanted->must_become_ready)
        return;
    self->never_ready = true;
    begin_stop(self);
    kill(self->application, SIGTERM);
}

static void take_signal(struct supervisor *self, int number)
{
    bool stops = number == SIGTERM || number == SIGINT;
    /* Some applications are stopped with QUIT, others print their threads: it is no reason to kill,
     * and what ends by it was asked to. */
    bool asks = stops || number == SIGQUIT;
    if (!self->application) {
        self->asked |= asks;
        self->ended |= asks;
        return;
    }
    if (stops && self->asked && self->stop_by) {
        kill_group(self);
        return;
    }
    self->asked |= asks;
    if (stops) {
        begin_stop(self);
        stop_probing(self);
    }
    kill(self->application, number);
}

/* For a while: it is started again when what needed it is done. */
static void set_aside(struct supervisor *self)
{
    self->set_aside = true;
    stop_probing(self);
    if (!self->application) {
        self->start_at = 0;
        self->ended = true;
        return;
    }
    begin_stop(self);
    kill(self->application, SIGTERM);
}

static bool wants_restart(const struct supervisor *self)
{
    if (self->asked || self->never_ready || self->set_aside ||
        self->wanted->restart == HF_RESTART_NO)
        return false;
    return self->wanted->restart == HF_RESTART_ALWAYS || self->status;
}

/* An interrupt is the application's affair: a person may mean only what it is doing now. But when
 * it ends on that, it was asked to. */
static void listener_ended(struct supervisor *self, int status)
{
    self->listener = 0;
    if (!hf_listener_heard(status))
        return;
    self->interrupted = hf_monotonic();
    self->listener = hf_listener_start(self->application);
}

static void stop_listening(struct supervisor *self)
{
    int64_t now = hf_monotonic();
    if (hf_listener_end(self->listener))
        self->interrupted = now;
    self->listener = 0;
    if (self->interrupted && now - self->interrupted <= self->wanted->stop_timeout)
        self->asked = true;
}

static void application_ended(struct supervisor *self, int status)
{
    char pause[32];
    bool was_waited_for = self->ready_by || self->well_at;
    pid_t group = self->application;
    stop_listening(self);
    hf_terminal_take_back(group);
    self->application = 0;
    self->status = hf_exit_status(status);
    self->kill_at = 0;
    if (was_waited_for && self->wanted->must_become_ready && !self->asked) {
        notice(self, "the application ended with %d before it was ready", self->status);
        self->never_ready = true;
    }
    /* What it left behind. Nobody may have the database open when it is to be restored. */
    if (self->never_ready || self->set_aside)
        hf_group_end(group);
    else
        kill(-group, SIGTERM);
    if (!wants_restart(self)) {
        self->ended = true;
        return;
    }
    bool well = hf_monotonic() - self->started >= WELL;
    self->pause = well || !self->pause ? FIRST_PAUSE : self->pause * 2;
    if (self->pause > LONGEST_PAUSE)
        self->pause = LONGEST_PAUSE;
    self->start_at = hf_monotonic() + self->pause;
    notice(self, "the application ended with %d: it is started again in %s", self->status,
           hf_format_duration(pause, sizeof pause, self->pause));
}

static bool is_due(int64_t deadline, int64_t now)
{
    return deadline && deadline <= now;
}

static int do_what_is_due(struct supervisor *self, struct hf_error *err)
{
    int64_t now = hf_monotonic();
    char waited[32];
    if (is_due(self->kill_at, now)) {
        notice(self, "the application did not stop within %s: it is killed",
               hf_format_duration(waited, sizeof waited, self->wanted->stop_timeout * 2 / 3));
        kill_group(self);
    }
    if (is_due(self->ready_by, now)) /* also between two starts */
        not_ready_in_time(self);
    if (is_due(self->probe_at, now))
        probe(self);
    if (is_due(self->well_at, now))
        passed_probation(self);
    return is_due(self->start_at, now) ? start(self, err) : 0;
}

static int64_t next_deadline(const struct supervisor *self)
{
    const struct hf_companion *companion = self->wanted->companion;
    const int64_t all[] = {self->kill_at,  self->ready_by,
                           self->probe_at, self->start_at,
                           self->well_at,  companion ? companion->deadline(companion->context) : 0};
    int64_t next = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i] && (!next || all[i] < next))
            next = all[i];
    }
    return next;
}

static void tell_companion(struct supervisor *self, const struct hf_happening *happening)
{
    const struct hf_companion *companion = self->wanted->companion;
    if (!companion)
        return;
    companion->happened(companion->context, happening);
    if (!self->set_aside && !self->asked && !self->never_ready &&
        companion->needs_stop(companion->context))
        set_aside(self);
}

static int take(struct supervisor *self, const struct hf_happening *happening, struct hf_error *err)
{
    bool is_end = happening->kind == HF_CHILD_ENDED;
    if (happening->kind == HF_SIGNALLED)
        take_signal(self, happening->signal);
    else if (is_end && happening->pid == self->application)
        application_ended(self, happening->status);
    else if (is_end && happening->pid == self->probe)
        probe_ended(self, happening->status);
    else if (is_end && happening->pid == self->listener)
        listener_ended(self, happening->status);
    else if (happening->kind == HF_CHILD_STOPPED && happening->pid == self->application)
        hf_terminal_stop_with(self->application);
    else if (happening->kind == HF_DEADLINE && do_what_is_due(self, err))
        return -1;
    else
        tell_companion(self, happening);
    return 0;
}

static int run(struct supervisor *self, struct hf_error *err)
{
    if (start(self, err))
        return -1;
    while (!self->ended) {
        struct hf_happening happening;
        if (hf_signals_wait(self->signals, next_deadline(self), &happening, err) ||
            take(self, &happening, err))
            return -1;
    }
    return 0;
}

int hf_supervise(struct hf_signals *signals, const struct hf_supervision *wanted,
                 struct hf_supervised *out, struct hf_error *err)
{
    struct supervisor self = {.wanted = wanted, .signals = signals};
    int failed = run(&self, err);
    stop_probing(&self);
    hf_listener_end(self.listener);
    if (failed)
        return -1;
    *out = (struct hf_supervised){
        .status = self.status,
        .never_ready = self.never_ready,
        .asked = self.asked,
        .set_aside = self.set_aside && !self.asked,
        .stop_by = self.stop_by ? self.stop_by : hf_monotonic() + wanted->stop_timeout,
    };
    return 0;
}

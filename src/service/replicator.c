#include "service/replicator.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config/databases.h"
#include "os/signals.h"
#include "service/access.h"
#include "service/keep_settings.h"
#include "service/replica_driver.h"

enum {
    MEMORY_BUDGET = 8 << 20,
    FILE_BUDGET = 512 << 20,
    ALIVE = 3000,
    STATUS = 250,
    PATTERN_PAUSE = 200, /* a new file is often written to at once */
};

struct replicator {
    const struct hf_replicator_options *options;
    struct hf_replica_world world;
    struct hf_driver_post post;
    struct hf_driver **drivers;
    size_t count;
    struct hf_signals signals;
    int *directory_watches;
    size_t directory_count;
    int64_t expand_at; /* patterns; 0: not needed */
    int64_t alive_at, status_at;
    int64_t stop_order; /* id; 0: none */
    bool stopping;
};

/* From any thread: the loop sends it. */
static void pass_notice(void *context, const char *database, const char *text)
{
    hf_driver_post_notice_later(&((struct replicator *)context)->post, database, text);
}

static bool is_chosen(const struct replicator *self, const char *name)
{
    const char *const *names = self->options->names;
    for (size_t i = 0; names && names[i]; i++)
        if (!strcmp(names[i], name))
            return true;
    return !names || !names[0];
}

static int add_database(struct replicator *self, const struct hf_config_database *database,
                        struct hf_error *err)
{
    char *state_path;
    if (hf_access_state_path(&state_path, self->options->config, self->options->env, database->name,
                             err))
        return -1;
    struct hf_driver **grown =
        realloc(self->drivers, (self->count + 1) * sizeof(struct hf_driver *));
    struct hf_driver *drivers = grown ? malloc(sizeof *drivers) : NULL;
    self->drivers = grown ? grown : self->drivers;
    if (!drivers) {
        free(state_path);
        return hf_error_memory(err);
    }
    hf_driver_init(drivers, &self->post, &self->world, database->name, database->path, state_path);
    self->drivers[self->count++] = drivers;
    return 0;
}

static int add_from(struct replicator *self, size_t first, struct hf_error *err)
{
    const struct hf_config *config = self->options->config;
    for (size_t i = first; i < config->database_count; i++)
        if (is_chosen(self, config->databases[i].name) &&
            add_database(self, &config->databases[i], err))
            return -1;
    return 0;
}

static void watch_directories(struct replicator *self)
{
    const struct hf_config *config = self->options->config;
    self->directory_watches = calloc(config->pattern_count + 1, sizeof(int));
    for (size_t i = 0; self->directory_watches && i < config->pattern_count; i++) {
        hf_auto_free char *parent = hf_path_parent(config->patterns[i].path);
        self->directory_watches[self->directory_count++] =
            parent ? hf_watch_add(&self->post.watch, parent, HF_WATCH_ENTRIES) : -1;
    }
}

/* New files that a pattern matches; what is wrong with one of them must not end the others. */
static void expand_patterns(struct replicator *self)
{
    struct hf_config *config = self->options->config;
    struct hf_error err = {0};
    size_t before = config->database_count;
    self->expand_at = 0;
    if (hf_databases_expand(config, &err))
        pass_notice(self, NULL, err.text);
    if (add_from(self, before, &err))
        pass_notice(self, NULL, err.text);
    for (size_t i = 0; i < self->count; i++)
        if (self->drivers[i]->phase == HF_DRIVE_BEGIN)
            hf_driver_step(self->drivers[i]);
}

/* A thousand databases need some thousand descriptors. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void stop(struct replicator *self)
{
    self->stopping = true;
    atomic_store(&self->world.stopping, true);
    for (size_t i = 0; i < self->count; i++)
        hf_driver_stop(self->drivers[i]);
}

static void refuse_order(struct replicator *self, int64_t id, const char *text)
{
    struct hf_error err = {0};
    hf_error_set(&err, HF_NOT_FOUND, "%s", text);
    hf_driver_post_answer(&self->post, id, hf_json_failed(&err));
}

static void order_snapshot(struct replicator *self, int64_t id, const json_t *message)
{
    struct hf_snapshot snapshot = {.request = id,
                                   .pin = hf_member_true(message, "pin"),
                                   .own = hf_member_true(message, "own")};
    const char *name = hf_member_text(message, "database", "");
    snprintf(snapshot.label, sizeof snapshot.label, "%s", hf_member_text(message, "label", ""));
    snprintf(snapshot.reason, sizeof snapshot.reason, "%s",
             hf_member_text(message, "reason", "manual"));
    for (size_t i = 0; i < self->count; i++) {
        struct hf_driver *drivers = self->drivers[i];
        if (strcmp(drivers->replica.name, name) || drivers->phase >= HF_DRIVE_LEAVE)
            continue;
        hf_driver_snapshot(drivers, &snapshot);
        return;
    }
    refuse_order(self, id, "no database of that name is protected here");
}

static void take_order(struct replicator *self, const json_t *message)
{
    int64_t id = hf_member_integer(message, "id", 0);
    const char *order = hf_member_text(message, "do", "");
    if (!strcmp(order, "snapshot") && id > 0)
        order_snapshot(self, id, message);
    else if (!strcmp(order, "stop")) {
        self->stop_order = id;
        stop(self);
    } else
        refuse_order(self, id, "this order is not known");
}

static void take_orders(struct replicator *self)
{
    struct hf_json_channel *channel = &self->post.channel;
    json_t *order;
    hf_json_channel_flush(channel);
    hf_json_channel_receive(channel);
    while ((order = hf_json_channel_next(channel, NULL))) {
        take_order(self, order);
        json_decref(order);
    }
    if (!channel->ended && !channel->broken)
        return;
    /* Whoever started this is gone: nobody would start it again, and nobody wants it. */
    if (channel->ended && !self->stopping)
        stop(self);
    hf_json_channel_release(channel);
}

static void take_watch(void *context, int id)
{
    struct replicator *self = context;
    for (size_t i = 0; i < self->directory_count; i++)
        if ((id < 0 || self->directory_watches[i] == id) && !self->expand_at)
            self->expand_at = hf_monotonic() + PATTERN_PAUSE;
    for (size_t i = 0; i < self->count; i++)
        hf_driver_woken(self->drivers[i], id);
}

static void take_done(struct replicator *self)
{
    struct hf_task *done = hf_driver_post_take(&self->post);
    while (done) {
        struct hf_task *task = done;
        done = task->next_done;
        hf_driver_task_done(task->owner, task);
    }
}

/* It may come with an order to stop, and again from whoever signals all processes of a service. Who
 * is impatient kills: nothing is unfinished that could not be begun again. */
static void take_signal(struct replicator *self)
{
    struct hf_happening happening;
    if (hf_signals_wait(&self->signals, hf_monotonic(), &happening, NULL) ||
        happening.kind != HF_SIGNALLED ||
        (happening.signal != SIGTERM && happening.signal != SIGINT))
        return;
    if (!self->stopping)
        stop(self);
}

static void send_status(struct replicator *self)
{
    json_t *entries = NULL;
    for (size_t i = 0; i < self->count; i++) {
        if (!self->drivers[i]->view.changed)
            continue;
        entries = entries ? entries : json_array();
        json_array_append_new(entries, hf_driver_status(self->drivers[i]));
        self->drivers[i]->view.changed = false;
    }
    if (entries)
        hf_json_channel_send(&self->post.channel,
                             json_pack("{s:s, s:o}", "event", "status", "databases", entries));
}

static bool anything_changed(const struct replicator *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->drivers[i]->view.changed)
            return true;
    return false;
}

static void report(struct replicator *self, int64_t now)
{
    if (now >= self->status_at && anything_changed(self)) {
        send_status(self);
        self->status_at = now + STATUS;
    }
    if (now >= self->alive_at) {
        hf_json_channel_send(&self->post.channel, json_pack("{s:s}", "event", "alive"));
        self->alive_at = now + ALIVE;
    }
}

static void do_what_is_due(struct replicator *self)
{
    int64_t now = hf_monotonic();
    if (self->expand_at && now >= self->expand_at)
        expand_patterns(self);
    for (size_t i = 0; i < self->count; i++)
        if (self->drivers[i]->wake_at && now >= self->drivers[i]->wake_at)
            hf_driver_step(self->drivers[i]);
    report(self, now);
}

static int64_t next_deadline(const struct replicator *self)
{
    int64_t next = self->alive_at;
    if (self->expand_at && self->expand_at < next)
        next = self->expand_at;
    if (self->status_at < next && anything_changed(self))
        next = self->status_at;
    for (size_t i = 0; i < self->count; i++)
        if (self->drivers[i]->wake_at && self->drivers[i]->wake_at < next)
            next = self->drivers[i]->wake_at;
    return next;
}

static int wait_and_take(struct replicator *self, struct hf_error *err)
{
    struct hf_driver_post *post = &self->post;
    short for_channel = POLLIN | (hf_json_channel_is_waiting(&post->channel) ? POLLOUT : 0);
    struct pollfd fds[] = {{.fd = self->signals.fd, .events = POLLIN},
                           {.fd = post->woken_fd, .events = POLLIN},
                           {.fd = post->watch.fd, .events = POLLIN},
                           {.fd = post->channel.fd, .events = for_channel}};
    int64_t left = next_deadline(self) - hf_monotonic();
    if (poll(fds, sizeof fds / sizeof *fds, left < 0 ? 0 : (int)left) < 0 && errno != EINTR)
        return hf_error_sys(err, errno, "poll", "what is to be done");
    if (fds[0].revents)
        take_signal(self);
    if (fds[1].revents)
        take_done(self);
    if (fds[2].revents)
        hf_watch_read(&post->watch, take_watch, self);
    if (fds[3].revents)
        take_orders(self);
    return 0;
}

static bool all_ended(const struct replicator *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (self->drivers[i]->phase != HF_DRIVE_END)
            return false;
    return !self->options->config->pattern_count || self->stopping;
}

static int loop(struct replicator *self, struct hf_error *err)
{
    int failed = 0;
    for (size_t i = 0; i < self->count; i++)
        hf_driver_step(self->drivers[i]);
    while (!all_ended(self)) {
        if (wait_and_take(self, err))
            return -1;
        do_what_is_due(self);
    }
    send_status(self);
    if (self->stop_order)
        hf_json_channel_send(&self->post.channel, json_pack("{s:s, s:I}", "event", "done", "id",
                                                            (json_int_t)self->stop_order));
    for (size_t i = 0; i < self->count && !failed; i++)
        failed =
            self->drivers[i]->end.why.code ? hf_error_pass(err, &self->drivers[i]->end.why) : 0;
    return failed;
}

static int run(struct replicator *self, int channel, struct hf_error *err)
{
    const struct hf_config *config = self->options->config;
    int64_t interval = hf_config_duration(config, HF_SETTING_SYNC_INTERVAL);
    struct hf_retention_rule rule;
    /* First, so that whoever started this hears of any failure. */
    if (hf_driver_post_open(&self->post, channel, err) ||
        hf_keep_rule(&rule, config, self->options->env, err))
        return -1;
    self->world = (struct hf_replica_world){
        .config = config,
        .zone = hf_keep_zone(config),
        .repository = self->options->repository,
        .env = self->options->env,
        .wanted = (enum hf_capture_wanted)hf_config_choice(config, HF_SETTING_CAPTURE),
        .gentle = hf_config_switch(config, HF_SETTING_GENTLE),
        .take_over = self->options->take_over,
        .interval = interval,
        .notice = pass_notice,
        .context = self,
    };
    hf_batch_budget_init(&self->world.budget, MEMORY_BUDGET, FILE_BUDGET);
    raise_descriptor_limit();
    if (hf_signals_open(&self->signals, err) || add_from(self, 0, err))
        return -1;
    watch_directories(self);
    /* What came since the configuration was read, which a replicator that is started again after a
     * failure has from its parent. */
    if (config->pattern_count)
        self->expand_at = hf_monotonic();
    return loop(self, err);
}

int hf_replicator_run(const struct hf_replicator_options *options, int channel,
                      struct hf_error *err)
{
    struct replicator self = {.options = options, .post = {.woken_fd = -1, .channel = {.fd = -1}}};
    struct hf_error cause = {0};
    int failed = run(&self, channel, &cause);
    if (failed && self.post.channel.fd >= 0) {
        json_t *ended = hf_json_failed(&cause);
        if (ended)
            json_object_set_new(ended, "event", json_string("ended"));
        hf_json_channel_send(&self.post.channel, ended);
    }
    atomic_store(&self.world.stopping, true); /* nobody waits for a prune */
    hf_driver_post_close(&self.post);
    for (size_t i = 0; i < self.count; i++) {
        hf_driver_release(self.drivers[i]);
        free(self.drivers[i]);
    }
    free(self.drivers);
    free(self.directory_watches);
    /* A signal that asks for the end once more comes too late to make a failure of it. */
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    hf_signals_release(&self.signals);
    return failed ? hf_error_pass(err, &cause) : 0;
}

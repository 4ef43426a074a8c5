#include "service/replica_driver.h"

#include <stdio.h>
#include <string.h>

#include "os/signals.h"

enum {
    STORE_NICE = 5, /* the application, and rotations, which it may wait for, go first */
    PRUNE_NICE = 10,
    HEADER_PAUSE = 5, /* for a header that does not come to rest */
    SCAN_SHARE = 10,  /* a scan takes at most one part in so many of the time */
};

void hf_driver_init(struct hf_driver *self, struct hf_driver_post *post,
                    struct hf_replica_world *world, const char *name, const char *path,
                    char *state_path)
{
    const struct hf_task task = {.post = post, .owner = self, .replica = &self->replica};
    *self = (struct hf_driver){
        .post = post,
        .pace = {.interval = world->interval, .gentle = world->gentle},
        .log_task = task,
        .store_task = task,
        .prune_task = task,
        .snapshots = {.post = post},
        .view = {.changed = true},
    };
    self->store_task.nice = STORE_NICE;
    self->prune_task.nice = PRUNE_NICE;
    hf_thinning_init(&self->thinning);
    hf_replica_watches_init(&self->watches, &post->watch, path);
    hf_replica_init(&self->replica, world, name, path, state_path);
}

static int64_t clock_of(const struct hf_driver *self)
{
    return hf_now(self->replica.world->env);
}

static void start_log_task(struct hf_driver *self, hf_replica_work *work)
{
    hf_driver_post_start(&self->log_task, self->post->log_pool, work);
}

static void start_store_task(struct hf_driver *self, hf_replica_work *work)
{
    hf_driver_post_start(&self->store_task, self->post->store_pool, work);
}

static bool is_busy(const struct hf_driver *self)
{
    return self->log_task.busy || self->store_task.busy;
}

static void wake_before(struct hf_driver *self, int64_t at)
{
    if (!self->wake_at || at < self->wake_at)
        self->wake_at = at;
}

/* Tells once that something fails, and once that it does not any more. */
static void note_failure(struct hf_driver *self, const struct hf_error *err)
{
    if (hf_trouble_note(&self->trouble, err, clock_of(self)))
        hf_driver_post_notice(self->post, self->replica.name, err->text);
    self->view.changed = true;
}

static void note_success(struct hf_driver *self)
{
    if (hf_trouble_end(&self->trouble))
        hf_driver_post_notice(self->post, self->replica.name, "works again");
    self->view.changed = true;
}

static void end(struct hf_driver *self, const struct hf_error *why)
{
    self->phase = HF_DRIVE_LEAVE;
    if (why && why->code) {
        self->end.why = *why;
        note_failure(self, why);
    }
}

/* It is asked to stop, and the last state cannot be stored. */
static void end_short(struct hf_driver *self, const char *why)
{
    struct hf_error err = {0};
    hf_error_set(&err, HF_FAILED,
                 "what was committed last to '%s' may not be in the repository: %s",
                 self->replica.name, why);
    end(self, &err);
}

/* Only a comparison of all pages can tell what has changed. */
static void doubt(struct hf_driver *self, const char *why)
{
    hf_trouble_doubt(&self->trouble);
    snprintf(self->replica.scan_why, sizeof self->replica.scan_why, "%.*s",
             (int)sizeof self->replica.scan_why - 1, why);
    self->phase = HF_DRIVE_BREAK;
}

void hf_driver_snapshot(struct hf_driver *self, const struct hf_snapshot *snapshot)
{
    hf_snapshot_queue_add(&self->snapshots, snapshot);
    hf_driver_step(self);
}

static void tell_point(struct hf_driver *self)
{
    const struct hf_point_result *point = &self->replica.point;
    if (!point->is_new)
        return;
    hf_thinning_note_point(&self->thinning);
    hf_driver_post_tell(self->post, "point", self->replica.name, hf_point_json(point));
}

static void begin(struct hf_driver *self)
{
    if (hf_monotonic() < self->trouble.retry_at) {
        wake_before(self, self->trouble.retry_at);
        return;
    }
    hf_replica_watches_forget(&self->watches);
    start_store_task(self, hf_replica_begin);
}

/* Asked to stop while nothing is held: what was committed meanwhile is brought in first, once. */
static void begin_at_last(struct hf_driver *self)
{
    self->trouble.retry_at = 0;
    if (self->end.begun)
        end_short(self, self->replica.scan_why);
    self->end.begun = true;
}

static void note_pending(struct hf_driver *self, bool uncut)
{
    int64_t before = hf_backlog_since(&self->backlog);
    hf_backlog_note(&self->backlog, uncut, clock_of(self));
    self->view.changed |= hf_backlog_since(&self->backlog) != before;
}

/* Written to between the look and the watch: looked at again soon. */
static bool grew_unseen(struct hf_driver *self)
{
    struct hf_log_look again;
    return hf_log_capture_look(self->replica.capture, &again, NULL) ||
           again.frames != self->log.frames || again.unread != self->log.unread;
}

static void wait_for_more(struct hf_driver *self, const struct hf_pace_order *order)
{
    int64_t now = hf_monotonic();
    self->wake_at = order->look_at;
    if (!order->watch)
        return;
    wake_before(self, hf_replica_watches_log_until(&self->watches, now));
    if (grew_unseen(self))
        wake_before(self, now + 1);
}

/* The log as it is now; false when there is nothing more to do with it. */
static bool look_at_log(struct hf_driver *self)
{
    struct hf_log_capture *capture = self->replica.capture;
    struct hf_error err = {0};
    bool failed = false;
    if (self->watches.fate_known) {
        hf_auto(hf_lock_table) struct hf_lock_table table = {0};
        hf_lock_table_load(&table);
        failed = hf_log_capture_check(capture, &table, &err);
        self->watches.fate_known = failed && err.code == HF_LOCKED;
    }
    if (!failed && !hf_log_capture_look(capture, &self->log, &err))
        return true;
    if (err.code == HF_LOCKED)
        self->wake_at = hf_monotonic() + HEADER_PAUSE;
    else
        doubt(self, err.text);
    return false;
}

static void follow(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    bool may_cut = !self->store_task.busy && !replica->has_cut;
    if (!look_at_log(self))
        return;
    if (may_cut)
        hf_snapshot_queue_give(&self->snapshots, replica);
    const struct hf_pace_view view = {
        .now = hf_monotonic(),
        .log = self->log,
        .has_pages = hf_log_capture_has_pages(replica->capture),
        .may_cut = may_cut,
        .cut_now = replica->snapshot.request || self->end.asked,
    };
    struct hf_pace_order order = hf_pace_decide(&self->pace, &view);
    note_pending(self, view.log.unread || view.has_pages);
    if (self->end.cut && may_cut && !replica->snapshot.request) {
        end(self, NULL);
        return;
    }
    if (!order.rotate && !order.cut) {
        wait_for_more(self, &order);
        return;
    }
    self->end.cut = self->end.asked && order.cut;
    replica->rotate = order.rotate;
    replica->force_frames = order.force_frames;
    replica->cut_wanted = order.cut;
    start_log_task(self, hf_replica_tail);
}

static void follow_both(struct hf_driver *self)
{
    if (!self->log_task.busy)
        follow(self);
    bool is_cutting = self->log_task.busy && self->replica.cut_wanted;
    if (self->phase != HF_DRIVE_FOLLOW || self->store_task.busy || is_cutting ||
        !self->replica.has_cut)
        return;
    if (hf_monotonic() < self->trouble.retry_at)
        wake_before(self, self->trouble.retry_at);
    else
        start_store_task(self, hf_replica_store);
}

/* A scan reads all of the database: not more often than it can be afforded. */
static void look_through(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    int64_t now = hf_monotonic();
    hf_snapshot_queue_give(&self->snapshots, replica);
    bool is_watched = self->watches.file >= 0;
    bool due = self->watches.written || !is_watched;
    bool asked = replica->snapshot.request || (self->end.asked && due && !self->end.cut);
    if (self->end.asked && !asked) {
        end(self, NULL);
        return;
    }
    note_pending(self, self->watches.written && is_watched);
    if (!asked && (!due || now < self->trouble.retry_at)) {
        self->wake_at = due ? self->trouble.retry_at : 0;
        return;
    }
    /* Before it is read: what is written during the scan is seen after it. */
    hf_replica_watches_look(&self->watches);
    self->end.cut = self->end.asked;
    hf_backlog_cut(&self->backlog);
    self->watches.written = false;
    snprintf(replica->scan_why, sizeof replica->scan_why, "it was written to");
    start_store_task(self, hf_replica_scan);
}

static void let_go(struct hf_driver *self)
{
    hf_replica_watches_forget(&self->watches);
    start_log_task(self, hf_replica_let_go);
}

static void step(struct hf_driver *self)
{
    if (self->phase == HF_DRIVE_FOLLOW)
        follow_both(self);
    if (self->phase == HF_DRIVE_FOLLOW || self->phase == HF_DRIVE_END || is_busy(self))
        return;
    if (self->phase == HF_DRIVE_BEGIN && self->end.asked)
        begin_at_last(self);
    if (self->phase == HF_DRIVE_BEGIN)
        begin(self);
    else if (self->phase == HF_DRIVE_LOOK)
        look_through(self);
    if (!is_busy(self) && (self->phase == HF_DRIVE_BREAK || self->phase == HF_DRIVE_LEAVE))
        let_go(self);
}

/* Not while nothing is held, nor while it runs already: each ends with a step. */
static bool may_thin(const struct hf_driver *self)
{
    bool is_protecting = self->phase == HF_DRIVE_FOLLOW || self->phase == HF_DRIVE_LOOK;
    return is_protecting && self->thinning.at && !self->prune_task.busy && !self->end.asked;
}

static void thin(struct hf_driver *self)
{
    if (!may_thin(self))
        return;
    if (!hf_thinning_is_due(&self->thinning)) {
        wake_before(self, self->thinning.at);
        return;
    }
    hf_thinning_begun(&self->thinning);
    hf_driver_post_start(&self->prune_task, self->post->prune_pool, hf_replica_prune);
}

void hf_driver_step(struct hf_driver *self)
{
    self->wake_at = 0; /* a time that is past would not let the loop wait */
    step(self);
    thin(self);
}

static void begin_succeeded(struct hf_driver *self)
{
    const struct hf_replica *replica = &self->replica;
    self->trouble.begun_at = hf_monotonic();
    note_success(self);
    self->phase = replica->capture ? HF_DRIVE_FOLLOW : HF_DRIVE_LOOK;
    self->backlog = (struct hf_backlog){0};
    self->watches.written = true; /* perhaps, before it is watched */
    self->pace = (struct hf_pace){.interval = self->pace.interval, .gentle = self->pace.gentle};
    if (replica->capture)
        hf_replica_watches_follow(&self->watches);
    else
        self->trouble.retry_at = self->trouble.begun_at + self->pace.interval;
    tell_point(self);
}

static void begin_failed(struct hf_driver *self, const struct hf_error *err)
{
    struct hf_replica *replica = &self->replica;
    bool is_absent = hf_trouble_is_absence(err);
    self->phase = HF_DRIVE_BEGIN;
    if (err->code == HF_REFUSED || err->code == HF_WRONG_KEY) {
        end(self, err);
        return;
    }
    if (self->end.asked) {
        end(self, is_absent ? NULL : err);
        return;
    }
    if (!is_absent)
        note_failure(self, err);
    else
        snprintf(replica->mode_why, sizeof replica->mode_why, "there is no database yet");
    hf_trouble_retry_later(&self->trouble, is_absent ? HF_ABSENT_PAUSE : HF_LONGEST_PAUSE);
}

static void begin_done(struct hf_driver *self)
{
    const struct hf_error *err = &self->replica.store_outcome.err;
    if (err->code)
        begin_failed(self, err);
    else
        begin_succeeded(self);
}

static void note_cut(struct hf_driver *self)
{
    hf_pace_cut(&self->pace);
    hf_backlog_cut(&self->backlog);
}

static void tail_done(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    const struct hf_error *err = &replica->log_outcome.err;
    if (replica->rotate)
        hf_pace_rotated(&self->pace, replica->rotation, hf_monotonic());
    if (!err->code) {
        if (replica->cut_later)
            self->end.cut = false;
        else if (replica->cut_wanted)
            note_cut(self);
        return;
    }
    doubt(self, err->text);
    /* The disk, or what may be kept, is full: whoever comes back at once only fills it again. */
    if (err->code == HF_NO_SPACE) {
        note_failure(self, err);
        hf_trouble_retry_later(&self->trouble, HF_LONGEST_PAUSE);
    }
}

static void store_done(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    const struct hf_error *err = &replica->store_outcome.err;
    if (!err->code) {
        hf_backlog_stored(&self->backlog);
        /* With the log given up meanwhile nothing is over yet. */
        if (self->phase != HF_DRIVE_BREAK)
            note_success(self);
        hf_pace_stored(&self->pace, replica->store_outcome.took);
        tell_point(self);
        hf_snapshot_queue_answer(&self->snapshots, replica, NULL);
        return;
    }
    hf_snapshot_queue_answer(&self->snapshots, replica, err);
    if (self->end.asked) {
        end(self, err);
        return;
    }
    note_failure(self, err);
    if (hf_trouble_may_pass(err))
        hf_trouble_retry_later(&self->trouble, HF_LONGEST_PAUSE);
    else
        doubt(self, err->text);
}

/* In WAL mode commits go to a log, which that scan may have been the first to open. */
static void watch_new_log(struct hf_driver *self)
{
    struct hf_replica_watches *watches = &self->watches;
    if (watches->log < 0 && !watches->written)
        watches->written = hf_replica_watches_log(watches);
}

static void scan_done(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    const struct hf_error *err = &replica->store_outcome.err;
    if (err->code)
        hf_snapshot_queue_answer(&self->snapshots, replica, err);
    /* Or its log can be held now. */
    if (err->code || replica->capture) {
        begin_done(self);
        return;
    }
    hf_snapshot_queue_answer(&self->snapshots, replica, NULL);
    hf_backlog_stored(&self->backlog);
    note_success(self);
    tell_point(self);
    watch_new_log(self);
    int64_t pause = replica->store_outcome.took * SCAN_SHARE;
    self->trouble.retry_at =
        hf_monotonic() + (pause > self->pace.interval ? pause : self->pace.interval);
}

static void let_go_done(struct hf_driver *self)
{
    struct hf_error ended = {0};
    bool leaves = self->phase == HF_DRIVE_LEAVE;
    hf_error_set(&ended, HF_FAILED, "protection of '%s' has ended", self->replica.name);
    if (leaves)
        hf_snapshot_queue_refuse(&self->snapshots, &self->replica,
                                 self->end.why.code ? &self->end.why : &ended);
    self->phase = leaves ? HF_DRIVE_END : HF_DRIVE_BEGIN;
    self->view.changed = true;
}

static const struct hf_replica_outcome *outcome_of(const struct hf_driver *self,
                                                   const struct hf_task *task)
{
    if (task == &self->log_task)
        return &self->replica.log_outcome;
    return task == &self->store_task ? &self->replica.store_outcome : &self->replica.prune_outcome;
}

void hf_driver_task_done(struct hf_driver *self, struct hf_task *task)
{
    task->busy = false;
    if (!self->store_task.busy)
        hf_replica_view_copy(&self->view, &self->replica, self->log_task.busy);
    hf_replica_view_count(&self->view, &self->replica, &outcome_of(self, task)->traffic);
    if (task == &self->prune_task)
        hf_thinning_ended(&self->thinning, &self->replica, self->post);
    else if (task->work == hf_replica_begin)
        begin_done(self);
    else if (task->work == hf_replica_tail)
        tail_done(self);
    else if (task->work == hf_replica_store)
        store_done(self);
    else if (task->work == hf_replica_scan)
        scan_done(self);
    else
        let_go_done(self);
    hf_driver_step(self);
}

void hf_driver_woken(struct hf_driver *self, int watch)
{
    if (hf_replica_watches_take(&self->watches, watch))
        hf_driver_step(self);
}

void hf_driver_stop(struct hf_driver *self)
{
    self->end.asked = true;
    self->trouble.retry_at = 0;
    hf_driver_step(self);
}

json_t *hf_driver_status(const struct hf_driver *self)
{
    const struct hf_replica_facts facts = {
        .replica = &self->replica,
        .backlog = &self->backlog,
        .trouble = &self->trouble,
        .log = &self->log,
        .next_prune =
            may_thin(self) ? hf_thinning_due(&self->thinning, self->replica.world->env) : 0};
    return hf_replica_view_json(&self->view, &facts);
}

void hf_driver_release(struct hf_driver *self)
{
    hf_replica_release(&self->replica);
    hf_snapshot_queue_release(&self->snapshots);
}

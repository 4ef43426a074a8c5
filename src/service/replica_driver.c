#include "service/replica_driver.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/signals.h"

enum {
    STORE_NICE = 5,
    PRUNE_NICE = 10,
    FIRST_PRUNE = 60000,
    PRUNE_EVERY = 300000,
    FIRST_PAUSE = 500,
    LONGEST_PAUSE = 10000,
    ABSENT_PAUSE = 1000, /* for a database that is not there yet */
    HEADER_PAUSE = 5,    /* for a header that does not come to rest */
    SAFETY = 20000,      /* a look that nothing asked for */
    WITHOUT_WATCH = 200, /* the same where the system tells nothing */
    SOON_AGAIN = 5000,
    SCAN_SHARE = 10, /* a scan takes at most one part in so many of the time */
};

void hf_driver_init(struct hf_driver *self, struct hf_driver_post *post,
                    struct hf_replica_world *world, const char *name, const char *path,
                    char *state_path)
{
    *self = (struct hf_driver){
        .post = post,
        .pace = {.interval = world->interval, .gentle = world->gentle},
        .write_watch = -1,
        .fate_watch = -1,
        .log_watch = -1,
        .changed = true,
    };
    self->log_task.owner = self->store_task.owner = self->prune_task.owner = self;
    self->prune_at = hf_monotonic() + FIRST_PRUNE;
    hf_replica_init(&self->replica, world, name, path, state_path);
}

static int64_t clock_of(const struct hf_driver *self)
{
    return hf_now(self->replica.world->env);
}

/* On a worker's thread: the loop hears of it. */
static void run_task(struct hf_job *job, int worker)
{
    struct hf_task *task = (struct hf_task *)job;
    struct hf_driver_post *post = task->owner->post;
    const uint64_t one = 1;
    (void)worker;
    /* The application, and rotations, which it may wait for, go first. */
    if (task == &task->owner->store_task)
        hf_thread_be_nice(STORE_NICE);
    if (task == &task->owner->prune_task)
        hf_thread_be_nice(PRUNE_NICE);
    task->work(&task->owner->replica);
    pthread_mutex_lock(&post->lock);
    task->next_done = post->done;
    post->done = task;
    pthread_mutex_unlock(&post->lock);
    ssize_t ignored = write(post->woken_fd, &one, sizeof one);
    (void)ignored;
}

static void start_task(struct hf_task *task, struct hf_pool *pool,
                       void (*work)(struct hf_replica *replica))
{
    task->job.run = run_task;
    task->work = work;
    task->busy = true;
    hf_pool_submit(pool, &task->job);
}

static bool is_busy(const struct hf_driver *self)
{
    return self->log_task.busy || self->store_task.busy;
}

static void tell(struct hf_driver *self, const char *event, json_t *fields)
{
    json_t *message = json_pack("{s:s, s:s}", "event", event, "database", self->replica.name);
    if (fields)
        json_object_update(message, fields);
    json_decref(fields);
    hf_json_channel_send(&self->post->channel, message);
}

static void notice(struct hf_driver *self, const char *text)
{
    tell(self, "notice", json_pack("{s:o}", "text", hf_text_value(text)));
}

static void wake_before(struct hf_driver *self, int64_t at)
{
    if (!self->wake_at || at < self->wake_at)
        self->wake_at = at;
}

/* Tells once that something fails, and once that it does not any more. */
static void note_failure(struct hf_driver *self, const struct hf_error *err)
{
    if (!self->failing_since) {
        self->failing_since = clock_of(self);
        notice(self, err->text);
    }
    snprintf(self->failing, sizeof self->failing, "%.*s", (int)sizeof self->failing - 1, err->text);
    self->changed = true;
}

static void note_success(struct hf_driver *self)
{
    if (self->failing_since)
        notice(self, "works again");
    self->failing_since = 0;
    self->retry_at = 0;
    /* A beginning that is doubted at once is none that ends the pauses. */
    if (hf_monotonic() - self->begun_at >= SOON_AGAIN)
        self->retry_pause = 0;
    self->changed = true;
}

static void retry_later(struct hf_driver *self, int64_t longest)
{
    self->retry_pause = self->retry_pause ? 2 * self->retry_pause : FIRST_PAUSE;
    if (self->retry_pause > longest)
        self->retry_pause = longest;
    self->retry_at = hf_monotonic() + self->retry_pause;
}

static void end(struct hf_driver *self, const struct hf_error *why)
{
    self->phase = HF_DRIVE_LEAVE;
    if (why && why->code) {
        self->end = *why;
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

/* Only a comparison of all pages can tell what has changed. What fails again and again must not
 * read the database all the time. */
static void doubt(struct hf_driver *self, const char *why)
{
    if (hf_monotonic() - self->begun_at < SOON_AGAIN)
        retry_later(self, LONGEST_PAUSE);
    snprintf(self->replica.scan_why, sizeof self->replica.scan_why, "%.*s",
             (int)sizeof self->replica.scan_why - 1, why);
    self->phase = HF_DRIVE_BREAK;
}

static json_t *point_answer(const struct hf_point_result *point)
{
    return json_pack("{s:s, s:I, s:I, s:b, s:I, s:I}", "event", "done", "point",
                     (json_int_t)point->seq, "time", (json_int_t)point->time, "new", point->is_new,
                     "pages_stored", (json_int_t)point->pages_stored, "bytes_added",
                     (json_int_t)point->bytes_added);
}

static void tell_answer(struct hf_driver *self, json_t *answer, int64_t request)
{
    if (answer)
        json_object_set_new(answer, "id", json_integer((json_int_t)request));
    hf_json_channel_send(&self->post->channel, answer);
}

/* `err` NULL: it was taken. */
static void answer_snapshot(struct hf_driver *self, const struct hf_error *err)
{
    struct hf_replica *replica = &self->replica;
    tell_answer(self, err ? hf_json_failed(err) : point_answer(&replica->point),
                replica->snapshot.request);
    replica->snapshot = (struct hf_snapshot){0};
    memmove(self->snapshots, self->snapshots + 1, --self->snapshot_count * sizeof *self->snapshots);
}

/* The first that waits goes with the next point. */
static void take_snapshot(struct hf_driver *self)
{
    if (!self->replica.snapshot.request && self->snapshot_count)
        self->replica.snapshot = self->snapshots[0];
}

void hf_driver_snapshot(struct hf_driver *self, const struct hf_snapshot *snapshot)
{
    struct hf_snapshot *grown =
        realloc(self->snapshots, (self->snapshot_count + 1) * sizeof *grown);
    if (!grown) {
        struct hf_error err = {0};
        hf_error_memory(&err);
        tell_answer(self, hf_json_failed(&err), snapshot->request);
        return;
    }
    self->snapshots = grown;
    grown[self->snapshot_count++] = *snapshot;
    hf_driver_step(self);
}

static void tell_point(struct hf_driver *self)
{
    const struct hf_point_result *point = &self->replica.point;
    if (!point->is_new)
        return;
    if (!self->prune_at)
        self->prune_at = hf_monotonic() + PRUNE_EVERY;
    tell(self, "point",
         json_pack("{s:I, s:I, s:I, s:I}", "point", (json_int_t)point->seq, "time",
                   (json_int_t)point->time, "pages_stored", (json_int_t)point->pages_stored,
                   "bytes_added", (json_int_t)point->bytes_added));
}

/* Where SQLite has the log: beside the file itself, when the path is a symbolic link. -1: there is
 * none, or it cannot be watched. */
static int watch_log(struct hf_driver *self)
{
    char log[PATH_MAX + 8], real[PATH_MAX];
    if (!realpath(self->replica.path, real))
        return -1;
    snprintf(log, sizeof log, "%s-wal", real);
    return hf_watch_add(&self->post->watch, log, HF_WATCH_WRITE);
}

static void forget_watches(struct hf_driver *self)
{
    hf_watch_remove(&self->post->watch, self->write_watch);
    hf_watch_remove(&self->post->watch, self->fate_watch);
    hf_watch_remove(&self->post->watch, self->log_watch);
    self->write_watch = self->fate_watch = self->log_watch = -1;
}

static void begin(struct hf_driver *self)
{
    if (hf_monotonic() < self->retry_at) {
        wake_before(self, self->retry_at);
        return;
    }
    forget_watches(self);
    start_task(&self->store_task, self->post->store_pool, hf_replica_begin);
}

/* Asked to stop while nothing is held: what was committed meanwhile is brought in first, once. */
static void begin_at_last(struct hf_driver *self)
{
    self->retry_at = 0;
    if (self->begun_at_last)
        end_short(self, self->replica.scan_why);
    self->begun_at_last = true;
}

/* What was committed and is not confirmed yet: cut, or still to be cut. */
static void note_pending(struct hf_driver *self, bool uncut)
{
    int64_t before = self->cut_since ? self->cut_since : self->uncut_since;
    if (uncut && !self->uncut_since)
        self->uncut_since = clock_of(self);
    if (!uncut)
        self->uncut_since = 0;
    self->pending_since = self->cut_since ? self->cut_since : self->uncut_since;
    self->changed |= self->pending_since != before;
}

static void note_cut(struct hf_driver *self)
{
    self->cut_since = self->uncut_since;
    self->uncut_since = 0;
}

/* Written to between the look and the watch: looked at again soon. */
static bool grew_unseen(struct hf_driver *self)
{
    struct hf_log_look again;
    return hf_log_capture_look(self->replica.capture, &again, NULL) ||
           again.frames != self->log.frames || again.unread != self->log.unread;
}

/* What was written to the log is published after it, and after its fsync, of which nothing tells:
 * once woken, it is looked at again and again, ever more rarely. */
static void look_on(struct hf_driver *self, int64_t now)
{
    int64_t since = now - self->woken_at;
    if (self->woken_at && since < SAFETY)
        wake_before(self, now + 1 + since / 2);
}

static void wait_for_more(struct hf_driver *self, const struct hf_pace_order *order)
{
    int64_t now = hf_monotonic();
    self->wake_at = order->look_at;
    if (!order->watch)
        return;
    if (self->write_watch < 0)
        self->write_watch = watch_log(self);
    look_on(self, now);
    wake_before(self, now + (self->write_watch >= 0 ? SAFETY : WITHOUT_WATCH));
    if (grew_unseen(self))
        wake_before(self, now + 1);
}

/* The log as it is now; false when there is nothing more to do with it. */
static bool look_at_log(struct hf_driver *self)
{
    struct hf_log_capture *capture = self->replica.capture;
    struct hf_error err = {0};
    bool failed = false;
    if (self->fate) {
        hf_auto(hf_lock_table) struct hf_lock_table table = {0};
        hf_lock_table_load(&table);
        failed = hf_log_capture_check(capture, &table, &err);
        self->fate = false;
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
        take_snapshot(self);
    const struct hf_pace_view view = {
        .now = hf_monotonic(),
        .log = self->log,
        .has_pages = hf_log_capture_has_pages(replica->capture),
        .may_cut = may_cut,
        .cut_now = replica->snapshot.request || self->stopping,
    };
    struct hf_pace_order order = hf_pace_decide(&self->pace, &view);
    note_pending(self, view.log.unread || view.has_pages);
    if (self->cut_at_last && may_cut && !replica->snapshot.request) {
        end(self, NULL);
        return;
    }
    if (!order.rotate && !order.cut) {
        wait_for_more(self, &order);
        return;
    }
    self->cut_at_last = self->stopping && order.cut;
    replica->rotate = order.rotate;
    replica->force_frames = order.force_frames;
    replica->cut_wanted = order.cut;
    start_task(&self->log_task, self->post->log_pool, hf_replica_tail);
}

static void follow_both(struct hf_driver *self)
{
    self->wake_at = 0;
    if (!self->log_task.busy)
        follow(self);
    bool is_cutting = self->log_task.busy && self->replica.cut_wanted;
    if (self->phase != HF_DRIVE_FOLLOW || self->store_task.busy || is_cutting ||
        !self->replica.has_cut)
        return;
    if (hf_monotonic() < self->retry_at)
        wake_before(self, self->retry_at);
    else
        start_task(&self->store_task, self->post->store_pool, hf_replica_store);
}

/* A scan reads all of the database: not more often than it can be afforded. */
static void look_through(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    int64_t now = hf_monotonic();
    take_snapshot(self);
    bool is_watched = self->write_watch >= 0;
    bool due = self->written || !is_watched;
    bool asked = replica->snapshot.request || (self->stopping && due && !self->cut_at_last);
    if (self->stopping && !asked) {
        end(self, NULL);
        return;
    }
    note_pending(self, self->written && is_watched);
    if (!asked && (!due || now < self->retry_at)) {
        self->wake_at = due ? self->retry_at : 0;
        return;
    }
    /* Before it is read: what is written during the scan is seen after it. */
    self->write_watch = hf_watch_add(&self->post->watch, replica->path, HF_WATCH_WRITE);
    self->log_watch = watch_log(self);
    self->cut_at_last = self->stopping;
    note_cut(self);
    self->written = false;
    snprintf(replica->scan_why, sizeof replica->scan_why, "it was written to");
    start_task(&self->store_task, self->post->store_pool, hf_replica_scan);
}

static void let_go(struct hf_driver *self)
{
    forget_watches(self);
    start_task(&self->log_task, self->post->log_pool, hf_replica_let_go);
}

static void prune(struct hf_driver *self)
{
    bool is_protecting = self->phase == HF_DRIVE_FOLLOW || self->phase == HF_DRIVE_LOOK;
    if (!self->prune_at || self->prune_task.busy || self->stopping || !is_protecting ||
        hf_monotonic() < self->prune_at)
        return;
    self->prune_at = 0;
    start_task(&self->prune_task, self->post->prune_pool, hf_replica_prune);
}

static void step(struct hf_driver *self)
{
    if (self->phase == HF_DRIVE_FOLLOW)
        follow_both(self);
    if (self->phase == HF_DRIVE_FOLLOW || self->phase == HF_DRIVE_END || is_busy(self))
        return;
    self->wake_at = 0;
    if (self->phase == HF_DRIVE_BEGIN && self->stopping)
        begin_at_last(self);
    if (self->phase == HF_DRIVE_BEGIN)
        begin(self);
    else if (self->phase == HF_DRIVE_LOOK)
        look_through(self);
    if (!is_busy(self) && (self->phase == HF_DRIVE_BREAK || self->phase == HF_DRIVE_LEAVE))
        let_go(self);
}

void hf_driver_step(struct hf_driver *self)
{
    step(self);
    prune(self);
    if (self->prune_at && self->phase != HF_DRIVE_END && !self->stopping)
        wake_before(self, self->prune_at);
}

static bool is_absent(const struct hf_error *err)
{
    return err->code == HF_NOT_FOUND || strstr(err->text, "holds no database");
}

static void begin_done(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    const struct hf_error *err = &replica->store_outcome.err;
    if (!err->code) {
        self->begun_at = hf_monotonic();
        note_success(self);
        self->phase = replica->capture ? HF_DRIVE_FOLLOW : HF_DRIVE_LOOK;
        self->cut_since = self->uncut_since = 0;
        self->written = true; /* perhaps, before it is watched */
        self->pace = (struct hf_pace){.interval = self->pace.interval, .gentle = self->pace.gentle};
        self->retry_at = replica->capture ? 0 : self->begun_at + self->pace.interval;
        if (replica->capture)
            self->fate_watch = hf_watch_add(&self->post->watch, replica->path, HF_WATCH_FATE);
        tell_point(self);
        return;
    }
    self->phase = HF_DRIVE_BEGIN;
    if (err->code == HF_REFUSED || err->code == HF_WRONG_KEY) {
        end(self, err);
        return;
    }
    if (self->stopping) {
        end(self, is_absent(err) ? NULL : err);
        return;
    }
    if (!is_absent(err))
        note_failure(self, err);
    else
        snprintf(replica->mode_why, sizeof replica->mode_why, "there is no database yet");
    retry_later(self, is_absent(err) ? ABSENT_PAUSE : LONGEST_PAUSE);
}

static void tail_done(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    const struct hf_error *err = &replica->log_outcome.err;
    if (replica->rotate)
        hf_pace_rotated(&self->pace, replica->rotation, hf_monotonic());
    if (!err->code) {
        if (replica->cut_wanted) {
            hf_pace_cut(&self->pace);
            note_cut(self);
        }
        return;
    }
    doubt(self, err->text);
    /* The disk, or what may be kept, is full: whoever comes back at once only fills it again. */
    if (err->code == HF_NO_SPACE) {
        note_failure(self, err);
        retry_later(self, LONGEST_PAUSE);
    }
}

/* What may pass by itself, with the cut kept. */
static bool can_wait(const struct hf_error *err)
{
    return err->code == HF_UNREACHABLE || err->code == HF_IO || err->code == HF_NO_SPACE ||
           err->code == HF_NO_MEMORY;
}

static void store_done(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    const struct hf_error *err = &replica->store_outcome.err;
    if (!err->code) {
        self->cut_since = 0;
        note_success(self);
        hf_pace_stored(&self->pace, replica->store_outcome.took);
        tell_point(self);
        if (replica->snapshot.request)
            answer_snapshot(self, NULL);
        return;
    }
    if (replica->snapshot.request)
        answer_snapshot(self, err);
    if (self->stopping) {
        end(self, err);
        return;
    }
    note_failure(self, err);
    if (can_wait(err))
        retry_later(self, LONGEST_PAUSE);
    else
        doubt(self, err->text);
}

static void scan_done(struct hf_driver *self)
{
    struct hf_replica *replica = &self->replica;
    const struct hf_error *err = &replica->store_outcome.err;
    if (err->code) {
        if (replica->snapshot.request)
            answer_snapshot(self, err);
        begin_done(self);
        return;
    }
    if (replica->capture) {
        /* Its log can be held now. The file's watch for writes goes: the system keeps one watch a
         * file, and it would stand in the way of the log's. */
        forget_watches(self);
        begin_done(self);
        return;
    }
    if (replica->snapshot.request)
        answer_snapshot(self, NULL);
    self->cut_since = 0;
    note_success(self);
    tell_point(self);
    /* In WAL mode commits go to a log, which that scan may have been the first to open. */
    if (self->log_watch < 0 && !self->written) {
        self->log_watch = watch_log(self);
        self->written = self->log_watch >= 0;
    }
    int64_t pause = replica->store_outcome.took * SCAN_SHARE;
    self->retry_at = hf_monotonic() + (pause > self->pace.interval ? pause : self->pace.interval);
}

static void let_go_done(struct hf_driver *self)
{
    while (self->phase == HF_DRIVE_LEAVE && self->snapshot_count) {
        struct hf_error ended = {0};
        take_snapshot(self);
        hf_error_set(&ended, HF_FAILED, "protection of '%s' has ended", self->replica.name);
        answer_snapshot(self, self->end.code ? &self->end : &ended);
    }
    self->phase = self->phase == HF_DRIVE_LEAVE ? HF_DRIVE_END : HF_DRIVE_BEGIN;
    self->changed = true;
}

static void note_for_status(struct hf_driver *self)
{
    const struct hf_replica *replica = &self->replica;
    if (self->store_task.busy)
        return;
    self->seen = replica->point;
    self->seen_scan = replica->last_scan;
    self->changed = true;
    if (self->log_task.busy)
        return;
    self->phase_mode = replica->mode;
    memcpy(self->phase_why, replica->mode_why, sizeof self->phase_why);
    self->spool_bytes = replica->has_cut ? hf_page_batch_bytes(&replica->cut.pages) : 0;
    if (replica->capture) {
        self->spool_bytes += hf_log_capture_bytes(replica->capture);
        self->rotations = *hf_log_capture_counts(replica->capture);
    }
}

static void prune_done(struct hf_driver *self)
{
    const struct hf_replica *replica = &self->replica;
    const struct hf_prune_result *pruned = &replica->pruned;
    if (replica->prune_outcome.err.code)
        notice(self, replica->prune_outcome.err.text);
    /* With nothing added since, there is nothing to thin but what waits for its time. */
    if (pruned->more || replica->prune_outcome.err.code)
        self->prune_at = hf_monotonic() + FIRST_PRUNE;
    else if (pruned->waits.objects)
        self->prune_at = hf_monotonic() + PRUNE_EVERY;
    if (pruned->merges || pruned->deleted.objects)
        tell(self, "pruned",
             json_pack("{s:I, s:I, s:I, s:I, s:I}", "merges", (json_int_t)pruned->merges,
                       "bytes_written", (json_int_t)pruned->bytes_written, "objects_removed",
                       (json_int_t)pruned->deleted.objects, "bytes_freed",
                       (json_int_t)pruned->deleted.bytes, "points", (json_int_t)pruned->kept));
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
    const struct hf_traffic *traffic = &outcome_of(self, task)->traffic;
    task->busy = false;
    note_for_status(self);
    hf_usage_add(&self->usage, clock_of(self), traffic->requests, traffic->sent);
    if (task == &self->prune_task) {
        prune_done(self);
        return;
    }
    if (task->work == hf_replica_begin)
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
    bool write = watch < 0 || watch == self->write_watch || watch == self->log_watch;
    bool fate = watch < 0 || watch == self->fate_watch;
    if (!write && !fate)
        return;
    self->fate |= fate;
    self->written |= write;
    if (write)
        self->woken_at = hf_monotonic();
    /* They tell of one write each, and with an overflow not even that. */
    if (watch < 0 || watch == self->write_watch)
        self->write_watch = -1;
    if (watch < 0 || watch == self->log_watch)
        self->log_watch = -1;
    hf_driver_step(self);
}

void hf_driver_stop(struct hf_driver *self)
{
    self->stopping = true;
    self->retry_at = 0;
    hf_driver_step(self);
}

void hf_driver_release(struct hf_driver *self)
{
    hf_replica_release(&self->replica);
    free(self->snapshots);
}

#include "service/replica.h"

#include "service/keep_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/backup.h"
#include "os/signals.h"

enum {
    BUSY_MS = 1000,
    LEAVE_MS = 2000, /* for a checkpointer that may be in flight; most often none is */
};

void hf_replica_init(struct hf_replica *self, struct hf_replica_world *world, const char *name,
                     const char *path, char *state_path)
{
    *self =
        (struct hf_replica){.world = world, .name = name, .path = path, .state_path = state_path};
    snprintf(self->scan_why, sizeof self->scan_why, "protection begins");
}

/* Measures what is done between the two. */
struct measure {
    int64_t began;
    struct hf_traffic before;
};

static struct measure measure_begin(struct hf_replica_outcome *outcome)
{
    *outcome = (struct hf_replica_outcome){0};
    return (struct measure){hf_monotonic(), hf_store_traffic()};
}

static void measure_end(const struct measure *measure, struct hf_replica_outcome *outcome)
{
    struct hf_traffic now = hf_store_traffic();
    outcome->took = hf_monotonic() - measure->began;
    outcome->traffic.requests = now.requests - measure->before.requests;
    outcome->traffic.sent = now.sent - measure->before.sent;
}

static void pass_notice(void *context, const char *text)
{
    const struct hf_replica *self = context;
    self->world->notice(self->world->context, self->name, text);
}

static enum hf_claim_manner claim_of(const struct hf_replica *self)
{
    /* Once: who takes over from us later is not to be taken over from again. */
    return self->world->take_over && !self->is_known ? HF_CLAIM_TAKE_OVER : HF_CLAIM_POLITE;
}

static void set_mode(struct hf_replica *self, enum hf_capture_mode mode, const char *why)
{
    self->mode = mode;
    snprintf(self->mode_why, sizeof self->mode_why, "%.*s", (int)sizeof self->mode_why - 1, why);
}

/* Holds the log, and puts the database in WAL mode for that when it is in another. Without a log to
 * hold it is no failure, and `capture` stays NULL. */
static int hold_log(struct hf_replica *self, struct hf_error *err)
{
    struct hf_replica_world *world = self->world;
    struct hf_error cause = {0};
    if (world->wanted == HF_CAPTURE_WANT_SCAN) {
        set_mode(self, HF_CAPTURE_SCAN, "capture: scan");
        return 0;
    }
    self->capture = hf_log_capture_open(self->path, world->env, &world->budget, BUSY_MS, &cause);
    if (!self->capture && cause.code == HF_UNSUPPORTED && !self->made_wal) {
        cause = (struct hf_error){0};
        self->made_wal = !hf_log_make_wal(self->path, BUSY_MS, &cause);
        if (self->made_wal) {
            pass_notice(self, "put in WAL mode");
            self->capture =
                hf_log_capture_open(self->path, world->env, &world->budget, BUSY_MS, &cause);
        }
    }
    if (self->capture) {
        set_mode(self, HF_CAPTURE_LOG, "");
        return 0;
    }
    if (cause.code != HF_UNSUPPORTED && cause.code != HF_LOCKED)
        return hf_error_pass(err, &cause);
    set_mode(self, HF_CAPTURE_SCAN,
             self->made_wal ? "the application has taken it out of WAL mode" : cause.text);
    return 0;
}

static int know_database(struct hf_replica *self, struct hf_error *err)
{
    if (self->is_known)
        return 0;
    return hf_database_open(&self->database, self->world->repository, self->name,
                            HF_DATABASE_CREATE, err);
}

static struct hf_point_text text_of(const struct hf_snapshot *snapshot)
{
    if (!snapshot->request)
        return (struct hf_point_text){.reason = "continuous"};
    return (struct hf_point_text){snapshot->reason, snapshot->label, snapshot->pin, snapshot->own};
}

static int look_through(struct hf_replica *self, const struct hf_point_text *text,
                        struct hf_error *err)
{
    const struct hf_events events = {.context = self, .notice = pass_notice};
    const struct hf_backup_options options = {
        .path = self->path,
        .state_path = self->state_path,
        .reason = text->reason,
        .label = text->label,
        .pin = text->pin,
        .own = text->own,
        .claim = claim_of(self),
        .spare_writers = true,
        .busy_ms = BUSY_MS,
        .events = &events,
    };
    struct hf_backup_result result;
    if (hf_backup(&self->database, &options, &result, err))
        return -1;
    self->point = (struct hf_point_result){.seq = result.seq,
                                           .time = result.time,
                                           .is_new = result.kind != HF_BACKUP_UNCHANGED,
                                           .pages_stored = result.pages_stored,
                                           .bytes_added = result.bytes_added};
    self->last_scan = (struct hf_replica_scan){.time = hf_now(self->world->env),
                                               .took = result.duration,
                                               .pages_read = result.pages_read,
                                               .pages_stored = result.pages_stored};
    snprintf(self->last_scan.why, sizeof self->last_scan.why, "%s", self->scan_why);
    return 0;
}

static int open_writer(struct hf_replica *self, struct hf_error *err)
{
    const struct hf_point_writer_options options = {
        .path = self->path, .state_path = self->state_path, .claim = claim_of(self)};
    self->writer = hf_point_writer_open(&self->database, &options, err);
    return self->writer ? 0 : -1;
}

static void note_newest(struct hf_replica *self)
{
    const struct hf_known_state *known = hf_point_writer_known(self->writer);
    if (self->point.seq == known->segment.to)
        return; /* what made it is told with it */
    self->point = (struct hf_point_result){.seq = known->segment.to, .time = known->segment.time};
}

/* True when the log still has all since the newest point. */
static bool goes_on(struct hf_replica *self, struct hf_error *err)
{
    if (open_writer(self, err))
        return false;
    if (self->capture &&
        hf_log_capture_resume(self->capture, &hf_point_writer_known(self->writer)->stamp))
        return true;
    hf_point_writer_free(self->writer);
    self->writer = NULL;
    return false;
}

/* The log is held first, so that what is committed during the scan is seen after it. */
static int begin(struct hf_replica *self, struct hf_error *err)
{
    static const struct hf_point_text scan = {.reason = "scan"};
    struct hf_error cause = {0};
    if (hold_log(self, err) || know_database(self, err))
        return -1;
    self->point.is_new = false;
    bool scanned = !goes_on(self, &cause);
    if (scanned) {
        if (cause.code && cause.code != HF_STALE)
            return hf_error_pass(err, &cause);
        if (look_through(self, &scan, err) || open_writer(self, err))
            return -1;
    }
    self->is_known = true;
    note_newest(self);
    if (self->capture) {
        const struct hf_known_state *known = hf_point_writer_known(self->writer);
        /* What the scan has seen is not read from the log again: that could be more than may be
         * kept. Where it does not know how far that was, all of the log is read. */
        if (scanned)
            hf_log_capture_resume(self->capture, &known->stamp);
        hf_log_capture_base(self->capture, known->page_size, known->page_count);
    } else {
        /* The state file is the scans'. */
        hf_point_writer_free(self->writer);
        self->writer = NULL;
    }
    return 0;
}

static void drop_cut(struct hf_replica *self)
{
    if (self->has_cut)
        hf_cut_release(&self->cut);
    self->has_cut = false;
}

static void let_go(struct hf_replica *self, int wait_ms)
{
    hf_log_capture_free(self->capture, wait_ms);
    self->capture = NULL;
    hf_point_writer_free(self->writer);
    self->writer = NULL;
    drop_cut(self);
    self->mode = HF_CAPTURE_NONE;
}

void hf_replica_begin(struct hf_replica *self)
{
    struct measure measure = measure_begin(&self->store_outcome);
    let_go(self, LEAVE_MS);
    if (begin(self, &self->store_outcome.err))
        let_go(self, LEAVE_MS);
    measure_end(&measure, &self->store_outcome);
}

static int cut(struct hf_replica *self, struct hf_error *err)
{
    hf_auto(hf_lock_table) struct hf_lock_table table = {0};
    struct hf_error cause = {0};
    hf_lock_table_load(&table);
    self->has_cut = !hf_log_capture_cut(self->capture, &table, &self->cut, &cause);
    self->cut_later = !self->has_cut && cause.code == HF_LOCKED;
    return self->has_cut || self->cut_later ? 0 : hf_error_pass(err, &cause);
}

void hf_replica_tail(struct hf_replica *self)
{
    struct measure measure = measure_begin(&self->log_outcome);
    struct hf_error *err = &self->log_outcome.err;
    int failed = 0;
    self->cut_later = false;
    if (self->rotate) {
        self->rotation = hf_log_capture_rotate(self->capture, self->force_frames, err);
        failed = self->rotation == HF_ROTATION_FAILED;
    }
    if (!failed && self->cut_wanted)
        failed = cut(self, err);
    if (failed && !err->code)
        hf_error_set(err, HF_FAILED, "the log cannot be followed");
    measure_end(&measure, &self->log_outcome);
}

void hf_replica_store(struct hf_replica *self)
{
    struct measure measure = measure_begin(&self->store_outcome);
    const struct hf_point_text text = text_of(&self->snapshot);
    if (!hf_point_writer_append(self->writer, &self->cut, &text, &self->point,
                                &self->store_outcome.err))
        drop_cut(self);
    measure_end(&measure, &self->store_outcome);
}

/* The application may have put it in WAL mode meanwhile. */
void hf_replica_scan(struct hf_replica *self)
{
    struct measure measure = measure_begin(&self->store_outcome);
    struct hf_error *err = &self->store_outcome.err;
    const struct hf_point_text text = text_of(&self->snapshot);
    if (!hold_log(self, err)) {
        if (self->capture) {
            let_go(self, 0);
            if (begin(self, err))
                let_go(self, LEAVE_MS); /* a log that nobody reads must not be held */
        } else {
            look_through(self, &text, err);
        }
    }
    measure_end(&measure, &self->store_outcome);
}

static bool is_stopping(void *context)
{
    return atomic_load(&((struct hf_replica *)context)->world->stopping);
}

void hf_replica_let_go(struct hf_replica *self)
{
    struct measure measure = measure_begin(&self->log_outcome);
    if (self->capture && is_stopping(self))
        hf_log_capture_fold_at_end(self->capture);
    let_go(self, LEAVE_MS);
    measure_end(&measure, &self->log_outcome);
}

void hf_replica_prune(struct hf_replica *self)
{
    struct measure measure = measure_begin(&self->prune_outcome);
    const struct hf_events events = {.context = self, .notice = pass_notice};
    struct hf_retention_rule rule;
    const struct hf_prune_options options = {
        .rule = &rule,
        .zone = self->world->zone,
        .grace = -1,
        .quick = true,
        .workers = 1,
        .events = &events,
        .stop = is_stopping,
        .context = self,
    };
    /* Each time: the console may have changed it. */
    if (!hf_keep_rule(&rule, self->world->config, self->world->env, &self->prune_outcome.err))
        hf_prune(&self->database, &options, &self->pruned, &self->prune_outcome.err);
    measure_end(&measure, &self->prune_outcome);
}

void hf_replica_release(struct hf_replica *self)
{
    let_go(self, 0);
    free(self->state_path);
    *self = (struct hf_replica){0};
}

#include "service/pace.h"

enum {
    ROTATE_FRAMES = 800, /* below the 1,000 at which an application checkpoints by itself */
    FAST_ROTATE_FRAMES = 300,
    FAST_RATE = 4,           /* frames a millisecond */
    ROTATE_BYTES = 16 << 20, /* with large pages sooner */
    FORCE_BYTES = 8 << 20,
    QUIET = 150, /* ms without a commit until the log is brought into the file */
    SOONEST = 2, /* ms between two looks */
    LATEST = 50, /* the same while it is written to: a burst must not find us asleep */
    FAST_LATEST = 8,
    FIRST_PAUSE = 4, /* before the next attempt at a rotation that was in vain */
    READER_PAUSE = 100,
    LONGEST_PAUSE = 5000,
};

static int64_t earlier(int64_t a, int64_t b)
{
    return !a || (b && b < a) ? b : a;
}

/* Frames that came since the last look; a log that begins anew has come to all that it has. */
static uint32_t growth(const struct hf_pace *pace, const struct hf_log_look *log)
{
    return log->frames >= pace->frames ? log->frames - pace->frames : log->frames;
}

static uint32_t at_most(uint32_t frames, uint32_t bytes, const struct hf_log_look *log)
{
    uint32_t fit = log->page_size ? bytes / log->page_size : frames;
    return fit < frames ? fit : frames;
}

/* A writer that is as fast as the disk commits as much during a copy as is copied, and waits while
 * that is copied: the less it is, the shorter. */
static uint32_t rotate_frames(const struct hf_pace *pace, const struct hf_log_look *log)
{
    return at_most(pace->is_fast ? FAST_ROTATE_FRAMES : ROTATE_FRAMES, ROTATE_BYTES, log);
}

/* Well above what a rotation begins at: the write lock is taken once for many that were almost
 * done. Fewer than one in a hundred commits of a writer with ordinary traffic then meet it. */
static uint32_t force_frames(const struct hf_pace *pace, const struct hf_log_look *log)
{
    return pace->gentle ? 0 : at_most(UINT32_MAX, FORCE_BYTES, log);
}

/* When the log will be full, going by the last look. */
static int64_t full_at(const struct hf_pace *pace, const struct hf_pace_view *view, uint32_t grown,
                       int64_t took)
{
    int64_t room = (int64_t)rotate_frames(pace, &view->log) - (int64_t)view->log.not_in_file;
    if (room <= 0)
        return view->now + SOONEST;
    int64_t wait = room * (took > 0 ? took : 1) * 3 / 4 / grown;
    wait = wait < SOONEST ? SOONEST : wait;
    int64_t latest = pace->is_fast ? FAST_LATEST : LATEST;
    return view->now + (wait > latest ? latest : wait);
}

static void note_cut(struct hf_pace *pace, const struct hf_pace_view *view)
{
    bool pending = view->log.unread || view->has_pages;
    /* Storing belongs to the interval. */
    int64_t ahead = pace->storing * 3 / 2;
    ahead = ahead > pace->interval / 2 ? pace->interval / 2 : ahead;
    if (!pending)
        pace->cut_at = 0;
    else if (!pace->cut_at)
        pace->cut_at = view->now + pace->interval - ahead;
}

/* On a mark with all in the file a rotation costs nothing, and somebody may wait for it: a
 * checkpoint that restarts the log holds the write lock meanwhile. */
static bool may_rotate(const struct hf_log_look *log)
{
    return log->not_in_file || (log->frames && !log->on_slot_0);
}

static bool wants_rotation(const struct hf_pace *pace, const struct hf_pace_view *view)
{
    uint32_t force = force_frames(pace, &view->log);
    if (!may_rotate(&view->log) || view->now < pace->rotate_after)
        return false;
    return view->cut_now || !view->log.not_in_file ||
           view->log.not_in_file >= rotate_frames(pace, &view->log) ||
           (force && view->log.frames >= force) || view->now - pace->grew_at >= QUIET;
}

static int64_t next_look(const struct hf_pace *pace, const struct hf_pace_view *view,
                         uint32_t grown, int64_t took)
{
    int64_t at = view->may_cut ? pace->cut_at : 0;
    if (grown)
        at = earlier(at, full_at(pace, view, grown, took));
    if (may_rotate(&view->log)) {
        int64_t quiet = view->log.not_in_file ? pace->grew_at + QUIET : view->now;
        at = earlier(at, quiet > pace->rotate_after ? quiet : pace->rotate_after);
    }
    return at && at < view->now + SOONEST ? view->now + SOONEST : at;
}

struct hf_pace_order hf_pace_decide(struct hf_pace *pace, const struct hf_pace_view *view)
{
    uint32_t grown = growth(pace, &view->log);
    int64_t took = view->now - pace->looked_at;
    if (grown)
        pace->grew_at = view->now;
    if (grown && took > 0)
        pace->is_fast = grown / took >= FAST_RATE;
    note_cut(pace, view);
    struct hf_pace_order order = {
        .cut = view->may_cut && (view->cut_now || (pace->cut_at && view->now >= pace->cut_at)),
        .idle = !view->log.unread && !view->has_pages && !may_rotate(&view->log),
    };
    order.rotate = wants_rotation(pace, view);
    if (order.rotate)
        order.force_frames = force_frames(pace, &view->log);
    order.look_at = next_look(pace, view, grown, took);
    order.watch = !grown;
    pace->looked_at = view->now;
    pace->frames = view->log.frames;
    return order;
}

void hf_pace_rotated(struct hf_pace *pace, enum hf_rotation result, int64_t now)
{
    if (result == HF_ROTATION_DONE) {
        pace->rotate_pause = pace->rotate_after = 0;
        /* The log begins anew: what comes is not to be measured by how long the rotation took. */
        pace->frames = 0;
        pace->looked_at = now;
        return;
    }
    int64_t first = result == HF_ROTATION_READER ? READER_PAUSE : FIRST_PAUSE;
    int64_t longest = result == HF_ROTATION_READER ? LONGEST_PAUSE : READER_PAUSE;
    /* Commits that come faster are no reason to wait longer: they will be forced. Nor is a fast
     * writer's own checkpoint, which it makes after each commit past its threshold. */
    if (result == HF_ROTATION_LATER || (result == HF_ROTATION_CHECKPOINT && pace->is_fast))
        longest = first;
    pace->rotate_pause = pace->rotate_pause < first ? first : 2 * pace->rotate_pause;
    if (pace->rotate_pause > longest)
        pace->rotate_pause = longest;
    pace->rotate_after = now + pace->rotate_pause;
}

void hf_pace_cut(struct hf_pace *pace)
{
    pace->cut_at = 0;
}

void hf_pace_stored(struct hf_pace *pace, int64_t took)
{
    pace->storing = pace->storing ? (3 * pace->storing + took) / 4 : took;
}

#include "cli/progress.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { REDRAW_AFTER = 100, STEADY_AFTER = 500 };

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *hf_progress_line_text(char *out, size_t size, const char *stage, uint64_t done,
                                  uint64_t total, int64_t elapsed, uint64_t since_start)
{
    char amount[16], whole[16], rate[16], left[32];
    int used = snprintf(out, size, "%s  %s", stage, hf_format_bytes(amount, sizeof amount, done));
    if (total && done <= total)
        used += snprintf(out + used, size - (size_t)used, " of %s  %d %%",
                         hf_format_bytes(whole, sizeof whole, total),
                         (int)((double)done * 100 / (double)total));
    /* A rate over the first moments says nothing, and neither does the time that it foretells. */
    if (elapsed < STEADY_AFTER || !since_start)
        return out;
    double speed = (double)since_start * 1000 / (double)elapsed;
    used += snprintf(out + used, size - (size_t)used, "  %s/s",
                     hf_format_bytes(rate, sizeof rate, (uint64_t)speed));
    if (total > done) {
        int64_t seconds = (int64_t)((double)(total - done) / speed) + 1;
        const char *text = hf_format_duration(left, sizeof left, seconds * 1000);
        if (seconds < 10)
            snprintf(left, sizeof left, "%d s", (int)seconds);
        snprintf(out + used, size - (size_t)used, "  %s left", text);
    }
    return out;
}

static void draw(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct hf_progress_line *progress = context;
    int64_t now = monotonic();
    if (strncmp(progress->stage, stage, sizeof progress->stage - 1)) {
        snprintf(progress->stage, sizeof progress->stage, "%s", stage);
        progress->started = now;
        progress->first = done;
        progress->last = now; /* what is over at once is not worth a flicker */
        return;
    }
    if (now - progress->last < REDRAW_AFTER)
        return;
    char text[160];
    fprintf(progress->out, "\r\033[K%s",
            hf_progress_line_text(text, sizeof text, stage, done, total, now - progress->started,
                                  done - progress->first));
    fflush(progress->out);
    progress->last = now;
    progress->drawn = true;
}

static void tell(void *context, const char *text)
{
    struct hf_progress_line *progress = context;
    hf_progress_line_clear(progress);
    fprintf(progress->out, "holdfast: note: %s\n", text);
}

void hf_progress_line_init(struct hf_progress_line *progress, FILE *out, enum hf_progress_mode mode)
{
    *progress = (struct hf_progress_line){.out = out};
    if (mode == HF_PROGRESS_QUIET)
        return;
    progress->draws = isatty(fileno(out));
    progress->events = (struct hf_events){
        .context = progress, .notice = tell, .progress = progress->draws ? draw : NULL};
}

void hf_progress_line_clear(struct hf_progress_line *progress)
{
    if (!progress->drawn)
        return;
    fputs("\r\033[K", progress->out);
    fflush(progress->out);
    progress->drawn = false;
}

#include "console/live_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "console/live_question.h"
#include "service/json_channel.h"

static void put_file(char *out, size_t size, const struct hf_env *env, const char *path)
{
    struct stat status = {0};
    size_t used = strlen(out);
    if (!env->fs.stat(env->fs.context, path, &status))
        snprintf(out + used, size - used, " %ju %jd %jd.%ld", (uintmax_t)status.st_ino,
                 (intmax_t)status.st_size, (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

/* While it is followed the newest point tells, as the replicator itself writes to the file; else
 * the files do. */
int hf_live_state(const struct hf_work *work, char out[HF_LIVE_STATE_TEXT], struct hf_error *err)
{
    const struct hf_console *console = work->console;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto_free char *log = NULL;
    json_t *answer = hf_live_question(console->config, console->env, work->configured);
    struct hf_live live;
    hf_live_look(&live, answer, work->database.name);
    bool is_followed =
        live.entry && strcmp(hf_member_text(live.entry, "capture", "none"), "none") != 0;
    json_decref(answer);
    snprintf(out, HF_LIVE_STATE_TEXT, "files");
    if (!is_followed) {
        if (asprintf(&log, "%s-wal", work->configured->path) < 0) {
            log = NULL;
            return hf_error_memory(err);
        }
        put_file(out, HF_LIVE_STATE_TEXT, console->env, work->configured->path);
        put_file(out, HF_LIVE_STATE_TEXT, console->env, log);
        return 0;
    }
    if (hf_timeline_load(&timeline, &work->database, err))
        return -1;
    const struct hf_timeline_entry *newest = hf_timeline_newest(&timeline);
    snprintf(out, HF_LIVE_STATE_TEXT, "point %" PRIu64, newest ? newest->name.to : 0);
    return 0;
}

int hf_live_state_check(const struct hf_work *work, const char *previewed, struct hf_error *err)
{
    char now[HF_LIVE_STATE_TEXT];
    if (!previewed)
        return 0;
    if (hf_live_state(work, now, err))
        return -1;
    if (!strcmp(now, previewed))
        return 0;
    hf_error_set(err, HF_STALE, "the database has changed since the preview");
    return hf_error_hint(
        err, "preview again, or accept the changes: what is there now becomes a restore "
             "point first");
}

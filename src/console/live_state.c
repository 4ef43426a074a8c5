#include "console/live_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "console/live_question.h"
#include "console/work.h"
#include "service/json_channel.h"

/* One without bytes says no more than one that is not there: whoever opens a database leaves an
 * empty log. */
static void put_file(char *out, size_t size, const struct hf_env *env, const char *path)
{
    struct stat status = {0};
    size_t used = strlen(out);
    if (!env->fs.stat(env->fs.context, path, &status) && status.st_size)
        snprintf(out + used, size - used, " %ju %jd %jd.%ld", (uintmax_t)status.st_ino,
                 (intmax_t)status.st_size, (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

static int put_files(char *out, const struct hf_env *env, const char *path, struct hf_error *err)
{
    hf_auto_free char *log = NULL;
    if (asprintf(&log, "%s-wal", path) < 0) {
        log = NULL;
        return hf_error_memory(err);
    }
    snprintf(out, HF_LIVE_STATE_TEXT, "files");
    put_file(out, HF_LIVE_STATE_TEXT, env, path);
    put_file(out, HF_LIVE_STATE_TEXT, env, log);
    return 0;
}

static int put_newest(char *out, const struct hf_work *work, struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    if (hf_timeline_load(&timeline, &work->database, err))
        return -1;
    const struct hf_timeline_entry *newest = hf_timeline_newest(&timeline);
    snprintf(out, HF_LIVE_STATE_TEXT, "point %" PRIu64, newest ? newest->name.to : 0);
    return 0;
}

static bool is_followed(const struct hf_console *console, const struct hf_config_database *database)
{
    json_t *answer = hf_live_question(console->config, console->env, database);
    struct hf_live live;
    hf_live_look(&live, answer, database->name);
    bool is_it = live.entry && strcmp(hf_member_text(live.entry, "capture", "none"), "none") != 0;
    json_decref(answer);
    return is_it;
}

/* While it is followed the newest point tells, as the replicator itself writes to the file; else,
 * and before the first point, the files do. */
int hf_live_state(const struct hf_console *console, const struct hf_config_database *database,
                  char out[HF_LIVE_STATE_TEXT], struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    struct hf_error why = {0};
    if (is_followed(console, database)) {
        if (!hf_work_begin(&work, console, database->name, HF_DATABASE_EXISTING, &why))
            return put_newest(out, &work, err);
        if (why.code != HF_NOT_FOUND)
            return hf_error_pass(err, &why);
    }
    return put_files(out, console->env, database->path, err);
}

int hf_live_state_check(const struct hf_console *console, const struct hf_config_database *database,
                        const char *previewed, struct hf_error *err)
{
    char now[HF_LIVE_STATE_TEXT];
    if (!previewed)
        return 0;
    if (hf_live_state(console, database, now, err))
        return -1;
    if (!strcmp(now, previewed))
        return 0;
    hf_error_set(err, HF_STALE, "the database has changed since the preview");
    return hf_error_hint(
        err, "preview again, or accept the changes: what is there now becomes a restore "
             "point first");
}

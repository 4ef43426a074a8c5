#include "service/boot_rescue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/restore.h"
#include "os/file.h"
#include "sqlite/soundness.h"

enum { MOST_NAMES = 100 };

static int newest_first(const void *a, const void *b)
{
    const struct hf_candidate *first = a, *second = b;
    if (first->time != second->time)
        return first->time < second->time ? 1 : -1;
    return (first->seq < second->seq) - (first->seq > second->seq);
}

/* Points keep their own order, whatever the clock was when they were taken. */
static void add_points(struct hf_rescue *rescue)
{
    const struct hf_timeline *timeline = &rescue->timeline;
    for (size_t i = timeline->count; i-- > 0;) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        bool again = rescue->count && rescue->candidates[rescue->count - 1].seq == entry->name.to;
        if (entry->restorable && !again)
            rescue->candidates[rescue->count++] =
                (struct hf_candidate){.time = entry->name.time, .seq = entry->name.to};
    }
    for (size_t i = 1; i < rescue->count; i++) {
        if (rescue->candidates[i].time > rescue->candidates[i - 1].time)
            rescue->candidates[i].time = rescue->candidates[i - 1].time;
    }
}

/* A copy is dated to the millisecond when it is made. One that has another time was copied with the
 * whole folder, and may be older than any point. */
static void add_copy(struct hf_rescue *rescue)
{
    struct stat status;
    const struct hf_fs *fs = &rescue->boot->env->fs;
    if (fs->stat(fs->context, rescue->database->copy_path, &status) || !status.st_size)
        return;
    int64_t time = (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
    if (status.st_mtim.tv_nsec % 1000000 && rescue->count)
        time = rescue->candidates[rescue->count - 1].time;
    rescue->candidates[rescue->count++] = (struct hf_candidate){.time = time};
    qsort(rescue->candidates, rescue->count, sizeof *rescue->candidates, newest_first);
}

int hf_rescue_find(struct hf_rescue *rescue, struct hf_error *err)
{
    if (rescue->database->is_known &&
        hf_timeline_load(&rescue->timeline, &rescue->database->history, err))
        return -1;
    rescue->candidates = calloc(rescue->timeline.count + 1, sizeof *rescue->candidates);
    if (!rescue->candidates)
        return hf_error_memory(err);
    add_points(rescue);
    add_copy(rescue);
    return 0;
}

void hf_rescue_only(struct hf_rescue *rescue, uint64_t seq)
{
    size_t kept = 0;
    for (size_t i = 0; i < rescue->count; i++) {
        if (rescue->candidates[i].seq == seq)
            rescue->candidates[kept++] = rescue->candidates[i];
    }
    rescue->count = kept;
}

void hf_rescue_release(struct hf_rescue *rescue)
{
    hf_timeline_release(&rescue->timeline);
    free(rescue->candidates);
    rescue->candidates = NULL;
    rescue->count = 0;
}

static int try_candidate(struct hf_rescue *rescue, const struct hf_candidate *candidate,
                         const char *scratch, struct hf_error *err)
{
    struct hf_boot *boot = rescue->boot;
    const struct hf_restore_options options = {.target = scratch,
                                               .manner = HF_RESTORE_REPLACE,
                                               .busy_ms = HF_BOOT_BUSY_MS,
                                               .events = &boot->log.events};
    struct hf_restore_result result;
    int failed = candidate->seq
                     ? hf_restore(&rescue->database->history, &rescue->timeline, candidate->seq,
                                  &options, &result, err)
                     : hf_file_copy(boot->env, rescue->database->copy_path, scratch, 0644, err);
    struct hf_error why = {0};
    rescue->database->history_is_damaged |= failed && candidate->seq;
    if (failed)
        return -1;
    if (!hf_soundness_check(scratch, HF_USED_BY_NOBODY, HF_BOOT_BUSY_MS, &why) ||
        why.code == HF_UNSUPPORTED)
        return 0;
    return hf_error_pass(err, &why);
}

/* An older state does not help against it. */
static bool is_not_the_points_fault(enum hf_code code)
{
    return code == HF_NO_SPACE || code == HF_NO_MEMORY || code == HF_LOCKED ||
           code == HF_UNREACHABLE;
}

/* The first candidate that is whole and sound, restored to `scratch`. */
static const struct hf_candidate *restore_newest(struct hf_rescue *rescue, const char *scratch,
                                                 struct hf_error *err)
{
    struct hf_error first = {0};
    for (size_t i = 0; i < rescue->count; i++) {
        const struct hf_candidate *candidate = &rescue->candidates[i];
        struct hf_error why = {0};
        if (!try_candidate(rescue, candidate, scratch, &why))
            return candidate;
        if (is_not_the_points_fault(why.code)) {
            hf_error_pass(err, &why);
            return NULL;
        }
        if (candidate->seq)
            hf_boot_log_notice(&rescue->boot->log, "restore point %" PRIu64 " is passed over: %s",
                               candidate->seq, why.text);
        first = i ? first : why;
    }
    hf_file_remove(rescue->boot->env, scratch, NULL);
    hf_error_set(err, HF_CORRUPT, "none of %zu restore points and copies can be restored: %s",
                 rescue->count, first.text);
    hf_error_hint(err, "holdfast check --repair says what is damaged");
    return NULL;
}

/* A database and what may lie beside it. The database first: while it is there without its log, it
 * could be taken for one that is whole. */
static const char *const ends[] = {"", "-journal", "-wal", "-shm"};

/* A log may have been set aside under a name before, without a database. */
static bool is_taken(const struct hf_boot *boot, const char *name)
{
    struct stat status;
    char path[PATH_MAX + 16];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s%s", name, ends[i]);
        if (!boot->env->fs.stat(boot->env->fs.context, path, &status))
            return true;
    }
    return false;
}

/* "<path>.corrupt-2026-11-22T14-05-10", with a number after it when that is taken. */
static int name_aside(char out[PATH_MAX], const struct hf_boot *boot, const char *path,
                      struct hf_error *err)
{
    struct tm utc;
    char stamp[32];
    time_t now = (time_t)(hf_now(boot->env) / 1000);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H-%M-%S", gmtime_r(&now, &utc));
    for (int i = 0; i < MOST_NAMES; i++) {
        char number[16] = "";
        if (i)
            snprintf(number, sizeof number, ".%d", i);
        if (snprintf(out, PATH_MAX, "%s.corrupt-%s%s", path, stamp, number) >= PATH_MAX)
            return hf_error_sys(err, ENAMETOOLONG, "set aside", path);
        if (!is_taken(boot, out))
            return 0;
    }
    return hf_error_sys(err, EEXIST, "set aside", path);
}

static int not_set_aside(int sys, const char *path, struct hf_error *err)
{
    hf_error_sys(err, sys, "set aside", path);
    if (sys == EBUSY)
        hf_error_hint(err, "it is a mount of its own: mount the folder that it is in instead");
    return -1;
}

static int set_aside(const struct hf_boot *boot, const char *path, char kept[PATH_MAX],
                     struct hf_error *err)
{
    const struct hf_fs *fs = &boot->env->fs;
    char aside[PATH_MAX];
    if (name_aside(aside, boot, path, err))
        return -1;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char from[PATH_MAX + 16], to[PATH_MAX + 16];
        snprintf(from, sizeof from, "%s%s", path, ends[i]);
        snprintf(to, sizeof to, "%s%s", aside, ends[i]);
        if (fs->rename_new(fs->context, from, to) == 0)
            snprintf(kept, PATH_MAX, "%s", aside);
        else if (errno != ENOENT)
            return not_set_aside(errno, from, err);
    }
    return kept[0] ? hf_sync_parent(boot->env, path, err) : 0;
}

/* Those of the database, else of the copy of its last start. An application that root starts may
 * well not stay root. */
static void give_owner_and_mode(const struct hf_boot_database *database, const char *path,
                                const char *scratch)
{
    struct stat status;
    if (stat(path, &status) && stat(database->copy_path, &status))
        return;
    /* Some file systems have but one owner, and only root gives files away. */
    int ignored = chown(scratch, status.st_uid, status.st_gid);
    (void)ignored;
    chmod(scratch, status.st_mode & 0777);
}

static int put_in_place(const struct hf_boot *boot, const char *scratch, const char *path,
                        char kept[PATH_MAX], struct hf_error *err)
{
    const struct hf_fs *fs = &boot->env->fs;
    if (set_aside(boot, path, kept, err))
        return -1;
    if (fs->rename_new(fs->context, scratch, path))
        return hf_error_sys(err, errno, "put in place", path);
    return hf_sync_parent(boot->env, path, err);
}

int hf_rescue_restore(struct hf_rescue *rescue, struct hf_rescued *out, struct hf_error *err)
{
    const struct hf_boot *boot = rescue->boot;
    /* Where a link points at, so that the link stays one. */
    hf_auto_free char *path = hf_path_real(rescue->database->path), *scratch = NULL;
    if (!path || asprintf(&scratch, "%s.holdfast-restored", path) < 0) {
        scratch = NULL;
        return hf_error_memory(err);
    }
    const struct hf_candidate *used = restore_newest(rescue, scratch, err);
    if (!used)
        return -1;
    out->time = used->time;
    out->seq = used->seq;
    give_owner_and_mode(rescue->database, path, scratch);
    if (!put_in_place(boot, scratch, path, out->kept, err))
        return 0;
    hf_file_remove(boot->env, scratch, NULL);
    return -1;
}

#include "service/boot_rescue.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/lost_log.h"
#include "sqlite/other_users.h"
#include "sqlite/soundness.h"

enum condition {
    SOUND,
    ABSENT,
    EMPTY, /* no byte in it: new, or cut off */
    DAMAGED,
    LOST_LOG, /* sound, and older than its newest point: its log was removed */
};

/* What is found in a database's place. */
struct finding {
    enum condition condition;
    int64_t written;     /* when it was last written, be it by the damage, ms; absent: now */
    struct hf_error why; /* it is not sound */
    uint64_t point;      /* LOST_LOG: the one that has all of it, and what the log had */
};

static int64_t milliseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

static int look_inside(struct hf_boot *boot, const char *path, struct finding *out,
                       struct hf_error *err)
{
    struct hf_error why = {0};
    if (!hf_soundness_check(path, HF_USED_BY_OTHERS, HF_BOOT_BUSY_MS, &why))
        return 0;
    if (why.code == HF_UNSUPPORTED) {
        hf_boot_log_notice(&boot->log, "%s", why.text);
        return 0;
    }
    if (why.code != HF_CORRUPT)
        return hf_error_pass(err, &why);
    out->condition = DAMAGED;
    out->why = why;
    return 0;
}

static int look(struct hf_boot *boot, const char *path, struct finding *out, struct hf_error *err)
{
    struct stat status, log;
    const struct hf_fs *fs = &boot->env->fs;
    *out = (struct finding){.condition = SOUND, .written = hf_now(boot->env)};
    if (fs->stat(fs->context, path, &status)) {
        if (errno != ENOENT)
            return hf_error_sys(err, errno, "look at", path);
        out->condition = ABSENT;
        return 0;
    }
    out->written = milliseconds(&status.st_mtim);
    hf_auto_free char *log_path = NULL;
    if (asprintf(&log_path, "%s-wal", path) < 0) {
        log_path = NULL;
        return hf_error_memory(err);
    }
    if (!fs->stat(fs->context, log_path, &log) && milliseconds(&log.st_mtim) > out->written)
        out->written = milliseconds(&log.st_mtim);
    if (status.st_size && look_inside(boot, path, out, err))
        return -1;
    /* Whoever was making it was killed: the look has taken all of it back. */
    if (out->condition == DAMAGED && fs->stat(fs->context, path, &status))
        return hf_error_sys(err, errno, "look at", path);
    if (status.st_size)
        return 0;
    out->condition = EMPTY;
    hf_error_set(&out->why, HF_CORRUPT, "'%s' is empty, which it was not before", path);
    return 0;
}

/* A log that somebody removed leaves a database that looks well. */
static int look_for_log(struct hf_boot_database *database, struct finding *found,
                        struct hf_error *err)
{
    struct hf_error why = {0};
    if (!database->is_known)
        return 0;
    if (hf_lost_log_find(&database->history, database->path, database->state_path, &found->point,
                         &why))
        return why.code == HF_LOCKED ? 0 : hf_error_pass(err, &why);
    if (!found->point)
        return 0;
    found->condition = LOST_LOG;
    hf_error_set(&found->why, HF_CORRUPT,
                 "the log '%s-wal' was removed, and with it what had been committed last",
                 database->path);
    return 0;
}

static int refuse(const struct hf_boot_database *database, const struct finding *found,
                  struct hf_error *err)
{
    if (found->condition == ABSENT) {
        hf_error_set(err, HF_REFUSED, "the database '%s' is missing, and on-missing is 'refuse'",
                     database->path);
        return hf_error_hint(err, "on-missing: restore brings it back, on-missing: fresh starts "
                                  "without it");
    }
    hf_error_set(err, HF_REFUSED, "%s, and on-corrupt is 'refuse'", found->why.text);
    return hf_error_hint(err, "on-corrupt: restore sets it aside and brings the newest restore "
                              "point back");
}

static bool is_refused(const struct hf_boot *boot, const struct finding *found)
{
    return found->condition == ABSENT
               ? hf_config_choice(boot->config, HF_SETTING_ON_MISSING) == HF_MISSING_REFUSE
               : hf_config_choice(boot->config, HF_SETTING_ON_CORRUPT) == HF_CORRUPT_REFUSE;
}

static int begin_anew(struct hf_boot *boot, struct hf_boot_database *database, const char *why)
{
    database->is_missing = true;
    hf_boot_log_done(&boot->log, json_pack("{s:s}", "database", database->name), "%s: %s",
                     database->name, why);
    return 0;
}

/* What looks like a first start may be none: there may be points that could not be looked at. */
static int history_is_unknown(const struct hf_boot_database *database, const struct finding *found,
                              struct hf_error *err)
{
    if (found->condition == ABSENT)
        hf_error_set(err, HF_REFUSED,
                     "the database '%s' is missing, and its history is not at hand",
                     database->path);
    else
        hf_error_set(err, HF_REFUSED, "%s, and its history is not at hand", found->why.text);
    return hf_error_hint(err,
                         "make the repository available; or, if nothing was lost, start once "
                         "with on-missing: fresh%s",
                         found->condition == ABSENT ? "" : " and the file moved away");
}

static int nothing_to_go_back_to(const struct finding *found, struct hf_error *err)
{
    hf_error_set(err, HF_CORRUPT, "%s. There is no restore point of it, nor a copy",
                 found->why.text);
    return hf_error_hint(err, "an application is never started on an empty database in the place "
                              "of a damaged one: repair the file, or move it away to start anew");
}

/* Whoever has the damaged file open would go on writing to it after it was set aside. */
static int check_unused(const char *path, struct hf_error *err)
{
    struct stat status;
    struct hf_other_user user;
    if (stat(path, &status) || !hf_find_other_user(&status, &user))
        return 0;
    hf_error_set(err, HF_LOCKED, "'%s' is damaged, and process %d (%s) has it open", path, user.pid,
                 user.command);
    return hf_error_hint(err, "stop that process first");
}

static void tell(struct hf_boot *boot, const struct hf_boot_database *database,
                 const struct finding *found, const struct hf_rescued *rescued)
{
    char from[64] = "the copy of the last start", moment[48], loss[64];
    int64_t lost = found->written > rescued->time ? found->written - rescued->time : 0;
    if (rescued->seq)
        snprintf(from, sizeof from, "restore point %" PRIu64, rescued->seq);
    if (lost)
        snprintf(loss, sizeof loss, "at most %.1f s of changes are lost", (double)lost / 1000);
    else
        snprintf(loss, sizeof loss, "nothing is known to be lost");
    if (found->condition != ABSENT)
        hf_boot_log_notice(&boot->log, "%s", found->why.text);
    if (rescued->kept[0])
        hf_boot_log_notice(&boot->log, "what was there is kept as %s", rescued->kept);
    hf_boot_log_done(&boot->log,
                     json_pack("{s:s, s:s, s:I, s:I, s:s}", "database", database->name, "found",
                               found->condition == ABSENT ? "missing" : "damaged", "point",
                               (json_int_t)rescued->seq, "lost_ms", (json_int_t)lost, "kept",
                               rescued->kept),
                     "%s: was %s, brought back from %s of %s; %s", database->name,
                     found->condition == ABSENT ? "missing" : "damaged", from,
                     hf_time_local(moment, sizeof moment, rescued->time), loss);
}

static int bring_back(struct hf_boot *boot, struct hf_boot_database *database,
                      const struct finding *found, struct hf_rescue *rescue, struct hf_error *err)
{
    struct hf_rescued rescued = {0};
    if (!database->is_alone)
        return hf_boot_lock_refused(database,
                                    found->condition == ABSENT ? "is missing" : "is damaged", err);
    if (found->condition != ABSENT && check_unused(database->path, err))
        return -1;
    if (hf_rescue_restore(rescue, &rescued, err)) {
        if (found->condition != ABSENT)
            hf_error_wrap(err, "%s", found->why.text);
        return -1;
    }
    tell(boot, database, found, &rescued);
    return 0;
}

int hf_boot_heal(struct hf_boot *boot, struct hf_boot_database *database, struct hf_error *err)
{
    struct finding found;
    if (look(boot, database->path, &found, err))
        return -1;
    if (found.condition == SOUND && look_for_log(database, &found, err))
        return -1;
    if (found.condition == SOUND)
        return 0;
    hf_auto(hf_rescue) struct hf_rescue rescue = {.boot = boot, .database = database};
    if (hf_rescue_find(&rescue, err))
        return -1;
    if (found.condition == LOST_LOG)
        hf_rescue_only(&rescue, found.point);
    bool can_go_back = rescue.count > 0;
    bool wants_fresh = found.condition == ABSENT &&
                       hf_config_choice(boot->config, HF_SETTING_ON_MISSING) == HF_MISSING_FRESH;
    if (!can_go_back && database->history_is_unknown && !wants_fresh)
        return history_is_unknown(database, &found, err);
    if (found.condition == EMPTY && !can_go_back)
        return begin_anew(boot, database, "the database is empty: a first start");
    if (is_refused(boot, &found))
        return refuse(database, &found, err);
    if (found.condition == ABSENT && !can_go_back)
        return begin_anew(boot, database, "no database yet: a first start");
    if (wants_fresh)
        return begin_anew(boot, database, "no database: a fresh start, as on-missing says");
    if (!can_go_back)
        return nothing_to_go_back_to(&found, err);
    return bring_back(boot, database, &found, &rescue, err);
}

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "service/boot_steps.h"
#include "sqlite/state_copy.h"

enum { PATIENCE = 3000 /* ms */, BETWEEN_TRIES = 50000 /* us */ };

/* Data that nobody protects is worse than an application that does not start, unless a person said
 * otherwise. */
static int go_on_unprotected(struct hf_boot *boot, const struct hf_error *why, struct hf_error *err)
{
    if (hf_config_choice(boot->config, HF_SETTING_ON_UNPROTECTED) == HF_UNPROTECTED_STOP) {
        hf_error_pass(err, why);
        if (why->sys == EACCES || why->sys == EPERM)
            hf_error_hint(err, "as root: chown -R %u:%u '%.150s' '%.150s'", (unsigned)geteuid(),
                          (unsigned)getegid(), boot->data_dir,
                          boot->config->values[HF_SETTING_REPOSITORY].text);
        return hf_error_wrap(err, "not started, as the data would be unprotected "
                                  "(on-unprotected: stop)");
    }
    hf_boot_log_notice(&boot->log, "%s. The application starts unprotected", why->text);
    return 0;
}

static int open_repository(struct hf_boot *boot, struct hf_error *err)
{
    struct hf_error cause = {0};
    if (hf_access_connect(&boot->session, boot->config, boot->env, HF_SESSION_OR_CREATE, &cause))
        return go_on_unprotected(boot, &cause, err);
    if (boot->session.created)
        hf_boot_log_notice(&boot->log, "made repository %s",
                           boot->config->values[HF_SETTING_REPOSITORY].text);
    return 0;
}

static int know_database(struct hf_boot *boot, struct hf_boot_database *database,
                         struct hf_error *err)
{
    struct hf_error cause = {0};
    if (hf_access_state_path(&database->state_path, boot->config, boot->env, database->name, err))
        return -1;
    database->history_is_unknown = !boot->session.repository;
    if (database->history_is_unknown)
        return 0;
    database->is_known = !hf_database_open(&database->history, boot->session.repository,
                                           database->name, HF_DATABASE_EXISTING, &cause);
    database->history_is_unknown = !database->is_known && cause.code != HF_NOT_FOUND;
    return database->history_is_unknown ? go_on_unprotected(boot, &cause, err) : 0;
}

/* One consistent state, with what is only in the log: a `cp` would miss that. */
static int copy_beside(struct hf_boot *boot, const struct hf_boot_database *database,
                       struct hf_error *err)
{
    hf_auto(hf_new_file) struct hf_new_file file = {0};
    struct stat status;
    if (boot->env->fs.stat(boot->env->fs.context, database->path, &status))
        return hf_error_sys(err, errno, "look at", database->path);
    hf_auto_ptr(hf_page_source) struct hf_page_source *source =
        hf_page_source_open(database->path, HF_BOOT_BUSY_MS, err);
    if (!source ||
        hf_new_file_begin(&file, boot->env, database->copy_path, status.st_mode & 0777, err))
        return -1;
    hf_new_file_remove_litter(&file, HF_LITTER_OF_FILE);
    if (hf_state_copy_pages(boot->env, source, file.fd, file.temporary, NULL, err))
        return -1;
    /* Only root can, and for whom it starts an application that does not stay root. */
    int ignored = fchown(file.fd, status.st_uid, status.st_gid);
    (void)ignored;
    return hf_new_file_commit(&file, HF_COMMIT_REPLACE, err);
}

/* The copy is as old as the state in it, so that it can be told from a newer point; to the
 * millisecond, which tells that its time was given to it. */
static void date_copy(const struct hf_boot_database *database, int64_t time)
{
    struct timespec when = {.tv_sec = time / 1000, .tv_nsec = time % 1000 * 1000000};
    const struct timespec both[2] = {when, when};
    utimensat(AT_FDCWD, database->copy_path, both, 0);
}

/* A Holdfast that was killed may leave a replicator that stores what was written last, and then
 * ends.
 */
static int back_up(const struct hf_database *history, const struct hf_backup_options *options,
                   struct hf_backup_result *result, struct hf_error *err)
{
    int64_t until = hf_monotonic() + PATIENCE;
    struct hf_error cause = {0};
    while (hf_backup(history, options, result, &cause)) {
        if (cause.code != HF_LOCKED || hf_monotonic() >= until)
            return hf_error_pass(err, &cause);
        cause = (struct hf_error){0};
        hf_pause_us(BETWEEN_TRIES);
    }
    return 0;
}

int hf_boot_take_point(struct hf_boot *boot, struct hf_boot_database *database, const char *reason,
                       const char *label, struct hf_backup_result *result, struct hf_error *err)
{
    *result = (struct hf_backup_result){0};
    if (!boot->session.repository)
        return 0;
    const struct hf_backup_options options = {
        .path = database->path,
        .state_path = database->state_path,
        .reason = reason,
        .label = label,
        .full = database->history_is_damaged,
        .busy_ms = HF_BOOT_BUSY_MS,
        .events = &boot->log.events,
    };
    if (!database->is_known && hf_database_open(&database->history, boot->session.repository,
                                                database->name, HF_DATABASE_CREATE, err))
        return -1;
    database->is_known = true;
    if (back_up(&database->history, &options, result, err))
        return -1;
    database->point = result->seq;
    return 0;
}

static void tell(struct hf_boot *boot, const struct hf_boot_database *database,
                 const struct hf_backup_result *result)
{
    char size[16];
    json_t *fields =
        json_pack("{s:s, s:I, s:I, s:I}", "database", database->name, "point",
                  (json_int_t)result->seq, "pages_stored", (json_int_t)result->pages_stored,
                  "bytes_added", (json_int_t)result->bytes_added);
    if (!database->point)
        hf_boot_log_done(&boot->log, fields, "%s: a copy beside it, and no restore point",
                         database->name);
    else if (result->kind == HF_BACKUP_UNCHANGED)
        hf_boot_log_done(&boot->log, fields, "%s: as it was at restore point %" PRIu64,
                         database->name, result->seq);
    else
        hf_boot_log_done(&boot->log, fields,
                         "%s: restore point %" PRIu64 ", %" PRIu64 " page%s (%s)", database->name,
                         result->seq, result->pages_stored, result->pages_stored == 1 ? "" : "s",
                         hf_format_bytes(size, sizeof size, result->bytes_added));
}

/* The copy of an earlier start, dated as the point that is still the newest. */
static bool has_copy_of(const struct hf_boot *boot, const struct hf_boot_database *database,
                        const struct hf_backup_result *point)
{
    struct stat copy;
    return point->kind == HF_BACKUP_UNCHANGED &&
           !boot->env->fs.stat(boot->env->fs.context, database->copy_path, &copy) &&
           (uint64_t)copy.st_size == point->database_bytes &&
           copy.st_mtim.tv_sec == point->time / 1000 &&
           copy.st_mtim.tv_nsec == point->time % 1000 * 1000000;
}

static int protect(struct hf_boot *boot, struct hf_boot_database *database, struct hf_error *err)
{
    struct hf_error no_copy = {0}, no_point = {0};
    struct hf_backup_result result;
    if (hf_boot_take_point(boot, database, "startup", NULL, &result, &no_point) &&
        go_on_unprotected(boot, &no_point, err))
        return -1;
    if (!database->point || !has_copy_of(boot, database, &result)) {
        bool copied = !copy_beside(boot, database, &no_copy);
        if (!copied && !database->point)
            return hf_error_pass(err, &no_copy);
        if (!copied)
            hf_boot_log_notice(&boot->log, "no copy beside the database: %s", no_copy.text);
        else
            date_copy(database, database->point ? result.time : hf_now(boot->env));
    }
    tell(boot, database, &result);
    return 0;
}

int hf_boot_restore_points(struct hf_boot *boot, struct hf_error *err)
{
    if (open_repository(boot, err))
        return -1;
    for (size_t i = 0; i < boot->database_count; i++) {
        struct hf_boot_database *database = &boot->databases[i];
        hf_boot_lock(boot, database);
        if (know_database(boot, database, err) || hf_boot_heal(boot, database, err))
            return -1;
        if (!database->is_missing && protect(boot, database, err))
            return -1;
    }
    return 0;
}

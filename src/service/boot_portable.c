#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"
#include "portable/export.h"
#include "portable/profile_export.h"
#include "service/boot_steps.h"
#include "sqlite/connection.h"

static const char latest_name[] = "backup_latest.json";
static const char newest_pattern[] = "backup_dddd-dd-ddTdd-dd-dd.json";

enum { NAME = sizeof newest_pattern, PIECE = 1 << 16 };

/* The application's own copy where a profile knows it, else the generic one. */
struct copying {
    struct hf_boot *boot;
    const char *path; /* of the database */
    char *latest;     /* where it goes */
    char *about;      /* which kind it is, for the log */
};

static struct hf_export_options options_of(const struct copying *copying)
{
    struct hf_boot *boot = copying->boot;
    return (struct hf_export_options){.path = copying->path,
                                      .name = boot->databases[0].name,
                                      .program = boot->options->version,
                                      .output = {.to = copying->latest},
                                      .busy_ms = HF_BOOT_BUSY_MS,
                                      .events = &boot->log.events};
}

static int export_by_profile(struct copying *copying, const struct hf_profile *profile,
                             struct hf_error *err)
{
    const struct hf_profile_export_options options = {profile, options_of(copying)};
    struct hf_profile_export_result result;
    if (hf_profile_export(&options, copying->boot->env, &result, err))
        return -1;
    if (asprintf(&copying->about, "%s %s", profile->name, result.version) >= 0)
        return 0;
    copying->about = NULL;
    return hf_error_memory(err);
}

static int export_generic(struct copying *copying, struct hf_error *err)
{
    const struct hf_export_options options = options_of(copying);
    struct hf_export_result result;
    if (hf_export(&options, copying->boot->env, &result, err))
        return -1;
    if (asprintf(&copying->about, "%llu rows of %llu table%s", (unsigned long long)result.rows,
                 (unsigned long long)result.tables, result.tables == 1 ? "" : "s") >= 0)
        return 0;
    copying->about = NULL;
    return hf_error_memory(err);
}

static int choose_profile(struct copying *copying, const struct hf_profiles *profiles, sqlite3 *db,
                          const struct hf_profile **out, struct hf_error *err)
{
    const struct hf_value *wanted = &copying->boot->config->values[HF_SETTING_PROFILE];
    *out = NULL;
    if (!wanted->text)
        return hf_profiles_detect(profiles, db, out, err);
    if (!strcmp(wanted->text, "none"))
        return 0;
    *out = hf_profiles_find(profiles, wanted->text, err);
    return *out ? 0 : hf_error_wrap(err, "%s", wanted->source);
}

static int export_latest(struct copying *copying, struct hf_error *err)
{
    hf_auto(hf_profiles) struct hf_profiles profiles = {0};
    const struct hf_profile *profile = NULL;
    if (hf_profiles_load(&profiles, NULL, copying->boot->env, err))
        return -1;
    sqlite3 *db = hf_connection_open(copying->path, NULL, HF_BOOT_BUSY_MS, err);
    if (!db)
        return -1;
    int failed = choose_profile(copying, &profiles, db, &profile, err);
    sqlite3_close(db);
    if (failed)
        return -1;
    return profile ? export_by_profile(copying, profile, err) : export_generic(copying, err);
}

static bool is_dated(const char *name)
{
    if (strlen(name) != NAME - 1)
        return false;
    for (size_t i = 0; newest_pattern[i]; i++) {
        bool digit = name[i] >= '0' && name[i] <= '9';
        if (newest_pattern[i] == 'd' && i > 6 ? !digit : name[i] != newest_pattern[i])
            return false;
    }
    return true;
}

struct dated {
    char (*names)[NAME]; /* in order of time once sorted */
    size_t count;
};

static int collect(void *context, const char *name)
{
    struct dated *dated = context;
    if (!is_dated(name))
        return 0;
    char(*grown)[NAME] = realloc(dated->names, (dated->count + 1) * sizeof *grown);
    if (!grown) {
        errno = ENOMEM;
        return -1;
    }
    dated->names = grown;
    memcpy(grown[dated->count++], name, NAME);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int list_dated(struct hf_boot *boot, struct dated *out, struct hf_error *err)
{
    if (boot->env->fs.list(boot->env->fs.context, boot->data_dir, collect, out))
        return hf_error_sys(err, errno, "list", boot->data_dir);
    if (out->count)
        qsort(out->names, out->count, sizeof *out->names, by_name);
    return 0;
}

/* The time of writing, at the beginning of a copy, is no difference. */
static void hide_time(uint8_t *bytes, size_t length)
{
    static const char key[] = "\"exported_at\": \"";
    uint8_t *found = memmem(bytes, length, key, sizeof key - 1);
    uint8_t *end = bytes + length;
    for (found += found ? sizeof key - 1 : 0; found && found < end && *found != '"'; found++)
        *found = '0';
}

static int same_text(const struct hf_env *env, const char *a, const char *b, bool *same,
                     struct hf_error *err)
{
    hf_auto_free uint8_t *pieces = malloc(2 * PIECE);
    int64_t first = 1, second = 1;
    int fds[2] = {-1, -1}, failed = pieces ? 0 : hf_error_memory(err);
    if (!failed)
        failed = (fds[0] = hf_file_open(env, a, O_RDONLY, 0, err)) < 0 ||
                 (fds[1] = hf_file_open(env, b, O_RDONLY, 0, err)) < 0;
    *same = true;
    for (uint64_t offset = 0; !failed && *same && first > 0; offset += PIECE) {
        first = hf_file_read(env, fds[0], a, pieces, PIECE, offset, err);
        second = first < 0 ? -1 : hf_file_read(env, fds[1], b, pieces + PIECE, PIECE, offset, err);
        failed = first < 0 || second < 0;
        if (failed)
            break;
        if (!offset) {
            hide_time(pieces, (size_t)first);
            hide_time(pieces + PIECE, (size_t)second);
        }
        *same = first == second && !memcmp(pieces, pieces + PIECE, (size_t)first);
    }
    for (size_t i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            hf_file_close(env, fds[i], i ? b : a, NULL);
    }
    return failed ? -1 : 0;
}

/* The same file under a second name: the next export makes a new one under the first. */
static int add_dated(struct hf_boot *boot, const char *latest, char name[NAME],
                     struct hf_error *err)
{
    const struct hf_fs *fs = &boot->env->fs;
    struct tm utc;
    time_t now = (time_t)(hf_now(boot->env) / 1000);
    strftime(name, NAME, "backup_%Y-%m-%dT%H-%M-%S.json", gmtime_r(&now, &utc));
    hf_auto_free char *path = hf_path_join(boot->data_dir, name);
    if (!path)
        return hf_error_memory(err);
    /* A boot in the same second may have made one of this name. */
    if (fs->link(fs->context, latest, path))
        return hf_boot_copy_file(boot->env, latest, path, 0600, err);
    return hf_sync_parent(boot->env, path, err);
}

/* Removes the oldest until `keep` are left besides `newest`. */
static int prune(struct hf_boot *boot, const struct dated *dated, const char *newest, size_t keep,
                 struct hf_error *err)
{
    size_t others = 0;
    for (size_t i = 0; i < dated->count; i++)
        others += strcmp(dated->names[i], newest) != 0;
    for (size_t i = 0; i < dated->count && others > keep; i++) {
        if (!strcmp(dated->names[i], newest))
            continue;
        hf_auto_free char *path = hf_path_join(boot->data_dir, dated->names[i]);
        if (!path)
            return hf_error_memory(err);
        if (hf_file_remove(boot->env, path, err))
            return -1;
        others--;
    }
    return 0;
}

/* `name` becomes the dated copy that holds what the latest one does; "" when none is kept. */
static int keep_dated(struct hf_boot *boot, const char *latest, char name[NAME],
                      struct hf_error *err)
{
    size_t keep = (size_t)hf_config_count(boot->config, HF_SETTING_KEEP_COPIES);
    struct dated dated = {0};
    bool same = false;
    int failed = list_dated(boot, &dated, err);
    name[0] = 0;
    if (!failed && keep && dated.count) {
        hf_auto_free char *newest = hf_path_join(boot->data_dir, dated.names[dated.count - 1]);
        memcpy(name, dated.names[dated.count - 1], NAME);
        failed = newest ? same_text(boot->env, latest, newest, &same, err) : hf_error_memory(err);
    }
    if (!failed && keep && !same)
        failed = add_dated(boot, latest, name, err);
    if (!failed)
        failed = prune(boot, &dated, name, keep ? keep - 1 : 0, err);
    free(dated.names);
    return failed;
}

static int write_copies(struct copying *copying, char name[NAME], struct hf_error *err)
{
    struct hf_boot *boot = copying->boot;
    copying->latest = hf_path_join(boot->data_dir, latest_name);
    if (!copying->latest)
        return hf_error_memory(err);
    if (export_latest(copying, err))
        return hf_error_wrap(err, "%s", copying->latest);
    return keep_dated(boot, copying->latest, name, err);
}

int hf_boot_portable(struct hf_boot *boot, struct hf_error *err)
{
    struct copying copying = {.boot = boot, .path = boot->databases[0].path};
    struct hf_error failure = {0};
    struct stat status;
    char name[NAME] = "";
    (void)err; /* a copy more or less is no reason to keep an application from starting */
    if (boot->databases[0].is_missing ||
        boot->env->fs.stat(boot->env->fs.context, copying.path, &status) || !status.st_size) {
        hf_boot_log_skipped(&boot->log, "no database yet: no portable copy");
        return 0;
    }
    if (write_copies(&copying, name, &failure)) {
        hf_boot_log_notice(&boot->log, "no portable copy: %s", failure.text);
        hf_boot_log_skipped(&boot->log, "portable copy failed; the boot goes on");
    } else {
        hf_boot_log_done(
            &boot->log,
            json_pack("{s:s, s:s?}", "latest", copying.latest, "dated", name[0] ? name : NULL),
            "portable copy %s (%s)", name[0] ? name : latest_name, copying.about);
    }
    free(copying.latest);
    free(copying.about);
    return 0;
}

#include "service/setup_restore.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/key.h"
#include "engine/target_proof.h"
#include "engine/undo.h"
#include "history/timeline.h"
#include "os/file.h"
#include "service/access.h"
#include "service/exporting.h"
#include "service/json_channel.h"
#include "service/profile_choice.h"
#include "service/safety_point.h"
#include "service/setup_kind.h"
#include "service/setup_settings.h"
#include "sqlite/untrusted.h"

enum { BUSY_MS = 5000, ATTEMPTS = 5 };

struct restoring {
    struct hf_setup_restored *out;
    const struct hf_setup_place *place;
    const struct hf_setup_restore_options *options;
};

static struct hf_safety_point_options safety_of(const struct restoring *job)
{
    const struct hf_setup_options *look = &job->options->look;
    return (struct hf_safety_point_options){.config = look->config,
                                            .env = look->env,
                                            .database = look->database,
                                            .path = look->path,
                                            .reason = HF_BEFORE_RESTORE,
                                            .secrets = look->secrets,
                                            .events = look->events};
}

static int take_point(struct restoring *job, struct hf_error *err)
{
    const struct hf_safety_point_options wanted = safety_of(job);
    return hf_safety_point_take(&wanted, &job->out->point_before, err)
               ? hf_error_wrap(err, "take a restore point of what is there")
               : 0;
}

static int write_settings(const struct restoring *job, struct hf_error *err)
{
    const struct hf_setup_options *look = &job->options->look;
    return job->options->settings ? hf_setup_settings_write(look->config, look->env, look->path,
                                                            job->options->settings, err)
                                  : 0;
}

/* From a file. */

static bool has_tables(const struct restoring *job)
{
    hf_auto(hf_profile_choice) struct hf_profile_choice form = {0};
    const struct hf_setup_options *look = &job->options->look;
    return !hf_profile_choose(&form, look->config, look->env, look->path, HF_USED_BY_OTHERS,
                              NULL) &&
           form.profile;
}

static int import(struct restoring *job, struct hf_copy_input *input, struct hf_error *err)
{
    const struct hf_setup_restore_options *options = job->options;
    const struct hf_setup_options *look = &options->look;
    struct hf_error failure = {0};
    const struct hf_importing_options wanted = {.is_guarded = true,
                                                .config = look->config,
                                                .env = look->env,
                                                .secrets = look->secrets,
                                                .database = look->database,
                                                .path = look->path,
                                                .edited = look->edited,
                                                .user = look->user,
                                                .settings = options->settings,
                                                .events = look->events,
                                                .context = options->context,
                                                .problem = options->problem,
                                                .user_progress = options->user_progress,
                                                .ask_progress = options->ask_progress};
    if (!hf_importing(input, &wanted, &job->out->import, &failure)) {
        job->out->imported = true;
        job->out->point_before = job->out->import.point_before;
        return 0;
    }
    /* An application's copy that has no tables of its own, and there are none to put it into. */
    return failure.code == HF_UNSUPPORTED && !has_tables(job) ? hf_setup_no_tables(look->path, err)
                                                              : hf_error_pass(err, &failure);
}

static int import_copy(struct restoring *job, const char *path, const struct hf_copy_keys *keys,
                       struct hf_error *err)
{
    const struct hf_setup_options *look = &job->options->look;
    struct hf_copy_input_options from = {
        .path = path, .most_text = look->most_text ? look->most_text : HF_SETUP_MOST_TEXT};
    if (keys)
        from.keys =
            (struct hf_age_decryption){keys->identities, keys->identity_count, keys->passphrase};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input =
        hf_copy_input_new(&from, look->env, err);
    return input ? import(job, input, err) : -1;
}

/* A SQLite file goes in as the portable copy of it would: exactly where nothing is there, else in
 * the application's form, whatever version it is of. */
static int import_database(struct restoring *job, const char *path, struct hf_error *err)
{
    const struct hf_setup_options *look = &job->options->look;
    hf_auto(hf_exporting_result) struct hf_exporting_result result = {0};
    hf_auto_free char *copy = NULL;
    if (asprintf(&copy, "%s-restore.json", look->scratch) < 0) {
        copy = NULL;
        return hf_error_memory(err);
    }
    const struct hf_exporting_options export = {
        .config = look->config,
        .env = look->env,
        .copy = {.path = path,
                 .name = look->database,
                 .program = job->options->program,
                 .output = {.to = copy, .packing = HF_COPY_ZSTD},
                 .busy_ms = BUSY_MS,
                 .untrusted = true,
                 .users = job->place->users,
                 .events = look->events}};
    sqlite3 *keeper = hf_untrusted_open(path, job->place->users, BUSY_MS, err); /* closed last */
    int failed = !keeper || hf_exporting(&export, &result, err);
    sqlite3_close(keeper);
    if (!failed)
        failed = import_copy(job, copy, NULL, err);
    look->env->fs.unlink(look->env->fs.context, copy);
    return failed ? -1 : 0;
}

static int restore_file(struct restoring *job, struct hf_error *err)
{
    enum hf_file_kind kind;
    if (hf_file_kind_look(&kind, job->options->look.env, job->place->path, err))
        return -1;
    return kind == HF_FILE_SQLITE ? import_database(job, job->place->path, err)
                                  : import_copy(job, job->place->path, job->place->keys, err);
}

/* From a repository. */

struct found {
    char name[HF_DATABASE_NAME_TEXT];
    size_t count;
};

static int note_name(void *context, const struct hf_database *database,
                     const struct hf_error *damaged, struct hf_error *err)
{
    struct found *found = context;
    (void)damaged, (void)err;
    if (database->name[0] && !found->count++)
        memcpy(found->name, database->name, sizeof found->name);
    return 0;
}

static int open_history(struct hf_database *out, const struct hf_repository *repository,
                        const char *name, struct hf_error *err)
{
    struct found found = {0};
    if (!name && hf_repository_databases(repository, note_name, &found, err))
        return -1;
    if (!name && found.count != 1)
        return hf_error_set(err, found.count ? HF_USAGE : HF_NOT_FOUND,
                            "the repository has %zu databases%s", found.count,
                            found.count ? ": which one?" : "");
    return hf_database_open(out, repository, name ? name : found.name, HF_DATABASE_EXISTING, err);
}

/* What is restored, and from where. */
struct wanted_point {
    const struct hf_database *database;
    const struct hf_timeline *timeline;
    uint64_t seq;
};

/* Replaces nothing but what the point before it holds: HF_STALE when that has changed since. */
static int restore_over_point(struct restoring *job, const struct wanted_point *wanted,
                              struct hf_error *err)
{
    const struct hf_setup_options *look = &job->options->look;
    const struct hf_safety_point_options safety = safety_of(job);
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_database own;
    struct hf_state kept;
    if (take_point(job, err))
        return -1;
    uint64_t before = job->out->point_before;
    if (before && (hf_safety_point_history(&session, &own, &safety, err) ||
                   hf_state_of_point(&kept, &own, before, err)))
        return -1;
    const struct hf_restore_options restore = {
        .target = look->path,
        .manner = before ? HF_RESTORE_REPLACE : HF_RESTORE_NEW,
        .expected = before ? &kept : NULL,
        .expected_of = &own,
        .busy_ms = BUSY_MS,
        .events = look->events,
    };
    return hf_restore(wanted->database, wanted->timeline, wanted->seq, &restore, &job->out->restore,
                      err);
}

static int restore_into_place(struct restoring *job, const struct wanted_point *wanted,
                              struct hf_error *err)
{
    struct hf_error local = {.code = HF_STALE};
    for (int i = 0; i < ATTEMPTS && local.code == HF_STALE; i++) {
        local = (struct hf_error){0};
        if (!restore_over_point(job, wanted, &local)) {
            job->out->restored = true;
            return write_settings(job, err);
        }
    }
    if (local.code != HF_STALE)
        return hf_error_pass(err, &local);
    return hf_error_set(err, HF_LOCKED, "'%s' is written to all the time", job->options->look.path);
}

/* Into the database of an application that runs a point goes as a SQLite file does. */
static int import_point(struct restoring *job, const struct wanted_point *wanted,
                        struct hf_error *err)
{
    const struct hf_setup_options *look = &job->options->look;
    struct hf_restore_result result;
    hf_auto_free char *path = NULL;
    if (asprintf(&path, "%s-restore.db", look->scratch) < 0) {
        path = NULL;
        return hf_error_memory(err);
    }
    const struct hf_restore_options restore = {
        .target = path, .manner = HF_RESTORE_REPLACE, .events = look->events};
    int failed =
        hf_restore(wanted->database, wanted->timeline, wanted->seq, &restore, &result, err) ||
        import_database(job, path, err);
    look->env->fs.unlink(look->env->fs.context, path);
    return failed ? -1 : 0;
}

static int restore_wanted(struct restoring *job, const struct hf_database *database,
                          struct hf_error *err)
{
    const struct hf_setup_options *look = &job->options->look;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_error failure = {0};
    if (hf_timeline_load(&timeline, database, err))
        return -1;
    const struct hf_timeline_entry *newest = hf_timeline_newest(&timeline);
    const struct wanted_point wanted = {.database = database,
                                        .timeline = &timeline,
                                        .seq = job->place->point ? job->place->point
                                               : newest          ? newest->name.to
                                                                 : 0};
    if (!wanted.seq)
        return hf_error_set(err, HF_NOT_FOUND, "'%s' has no restore point", database->name);
    if (!restore_into_place(job, &wanted, &failure))
        return 0;
    if (failure.code != HF_LOCKED || job->out->restored)
        return hf_error_pass(err, &failure);
    hf_notice(look->events, "the database is in use: the point is taken in as a copy of it");
    return import_point(job, &wanted, err);
}

static int restore_point(struct restoring *job, struct hf_error *err)
{
    const struct hf_setup_options *look = &job->options->look;
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_config config;
    struct hf_database database;
    hf_setup_repository_config(&config, look->config, job->place);
    return hf_access_open(&session, &config, look->env, HF_SESSION_EXISTING, err) ||
                   open_history(&database, session.repository, job->place->database, err) ||
                   restore_wanted(job, &database, err)
               ? -1
               : 0;
}

static int begin_anew(struct restoring *job, struct hf_error *err)
{
    if (!has_tables(job))
        return hf_setup_no_tables(job->options->look.path, err);
    return take_point(job, err) || write_settings(job, err) ? -1 : 0;
}

int hf_setup_restore(struct hf_setup_restored *out, const struct hf_setup_place *place,
                     const struct hf_setup_restore_options *options, struct hf_error *err)
{
    struct hf_setup_restored done = {0};
    struct restoring job = {.out = &done, .place = place, .options = options};
    int failed = hf_codec_init(err);
    if (!failed)
        failed = !place        ? begin_anew(&job, err)
                 : place->path ? restore_file(&job, err)
                               : restore_point(&job, err);
    if (failed)
        hf_setup_restored_release(&done);
    else
        *out = done;
    return failed;
}

void hf_setup_restored_release(struct hf_setup_restored *restored)
{
    hf_importing_result_release(&restored->import);
    *restored = (struct hf_setup_restored){0};
}

static json_t *restore_json(const struct hf_restore_result *result)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "point", (json_int_t)result->seq, "segments",
                     (json_int_t)result->segments, "bytes_restored", (json_int_t)result->size,
                     "pages", (json_int_t)result->pages, "duration_ms",
                     (json_int_t)result->duration);
}

json_t *hf_setup_restored_json(const struct hf_setup_restored *restored)
{
    return json_pack(
        "{s:o, s:o, s:o}", "point_before",
        restored->point_before ? json_integer((json_int_t)restored->point_before) : json_null(),
        "import", restored->imported ? hf_importing_json(&restored->import) : json_null(),
        "restore", restored->restored ? restore_json(&restored->restore) : json_null());
}

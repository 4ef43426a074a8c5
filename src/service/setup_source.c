#include "service/setup_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/key.h"
#include "history/timeline.h"
#include "os/file.h"
#include "portable/import.h"
#include "service/access.h"
#include "service/setup_kind.h"
#include "sqlite/connection.h"
#include "sqlite/soundness.h"

enum { BUSY_MS = 5000 };

struct looking {
    struct hf_setup_source *out;
    const struct hf_setup_place *place;
    const struct hf_setup_options *options;
    bool is_generic; /* the profile setting says 'none' */
};

static void note_problem(void *context, const struct hf_profile_problem *problem)
{
    struct looking *looking = context;
    hf_copy_problems_add(&looking->out->problems, problem);
}

static struct hf_profile_summary_options summary_options(struct looking *looking)
{
    const struct hf_setup_options *options = looking->options;
    return (struct hf_profile_summary_options){.env = options->env,
                                               .user = options->user,
                                               .trust = options->edited ? HF_COPY_EDITED
                                                                        : HF_COPY_PROVEN,
                                               .problem = note_problem,
                                               .problem_context = looking};
}

/* A SQLite file, table by table. */

static int note_table(void *context, const char *name, uint64_t rows, struct hf_error *err)
{
    struct hf_setup_source *out = context;
    struct hf_setup_table table = {.name = strdup(name), .rows = rows};
    if (!table.name)
        return hf_error_memory(err);
    out->tables[out->table_count++] = table;
    out->rows += rows;
    return 0;
}

static int look_into(struct looking *looking, sqlite3 *db, const char *path, struct hf_error *err)
{
    struct hf_setup_source *out = looking->out;
    const struct hf_profile_summary_options options = summary_options(looking);
    out->tables = calloc(HF_SETUP_MOST_TABLES, sizeof *out->tables);
    if (!out->tables)
        return hf_error_memory(err);
    if (hf_untrusted_tables(db, path, HF_SETUP_MOST_TABLES, note_table, out, err))
        return -1;
    if (!looking->is_generic && hf_profiles_detect(&out->profiles, db, &out->profile, err))
        return -1;
    return out->profile
               ? hf_profile_summary_of_database(&out->summary, out->profile, db, &options, err)
               : 0;
}

static int look_at_database(struct looking *looking, const char *path, enum hf_file_users users,
                            struct hf_error *err)
{
    sqlite3 *db = hf_untrusted_open(path, users, BUSY_MS, err);
    int failed =
        !db || hf_soundness_check(path, users, BUSY_MS, err) || look_into(looking, db, path, err);
    sqlite3_close(db);
    return failed ? -1 : 0;
}

/* A generic copy is proven by importing it, into a database that is thrown away. */

static void remove_scratch(const struct hf_env *env, const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        hf_auto_free char *name = NULL;
        if (asprintf(&name, "%s%s", path, suffixes[i]) < 0)
            name = NULL;
        if (name)
            env->fs.unlink(env->fs.context, name);
    }
}

static int import_and_look(struct looking *looking, struct hf_copy_input *input, const char *path,
                           struct hf_error *err)
{
    const struct hf_setup_options *options = looking->options;
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    const struct hf_import_options import = {.path = path,
                                             .busy_ms = BUSY_MS,
                                             .trust =
                                                 options->edited ? HF_COPY_EDITED : HF_COPY_PROVEN,
                                             .events = options->events};
    if (hf_import(input, &import, options->env, &result, err))
        return -1;
    memcpy(looking->out->exported_at, result.exported_at, sizeof looking->out->exported_at);
    return look_at_database(looking, path, HF_USED_BY_NOBODY, err);
}

static int look_at_table_copy(struct looking *looking, struct hf_copy_input *input,
                              struct hf_error *err)
{
    const struct hf_setup_options *options = looking->options;
    hf_auto_free char *path = NULL;
    if (asprintf(&path, "%s-look.db", options->scratch) < 0) {
        path = NULL;
        return hf_error_memory(err);
    }
    remove_scratch(options->env, path);
    looking->out->kind = HF_SETUP_TABLE_COPY;
    int failed = import_and_look(looking, input, path, err);
    remove_scratch(options->env, path);
    return failed;
}

/* A copy in the form of an application: of the one whose database it would go into, else of the
 * first that knows anything of what is in it. */

/* `target`: the database that it would go into, when it is of that application. */
static int look_by(struct looking *looking, struct hf_copy_input *input,
                   const struct hf_profile *profile, sqlite3 *target, struct hf_error *err)
{
    struct hf_setup_source *out = looking->out;
    struct hf_profile_summary_options options = summary_options(looking);
    options.target = target;
    const struct hf_source *text = hf_copy_input_text(input, err);
    hf_copy_problems_release(&out->problems);
    if (!text || hf_profile_summary_of_copy(&out->summary, profile, text, &options, err))
        return -1;
    out->profile = profile;
    snprintf(out->exported_at, sizeof out->exported_at, "%s",
             out->summary.exported_at ? out->summary.exported_at : "");
    return 0;
}

static int look_by_any(struct looking *looking, struct hf_copy_input *input, struct hf_error *err)
{
    const struct hf_profiles *profiles = &looking->out->profiles;
    struct hf_error failure = {0};
    for (size_t i = 0; i < profiles->count; i++) {
        failure = (struct hf_error){0};
        if (!look_by(looking, input, &profiles->items[i], NULL, &failure))
            return 0;
        if (failure.code != HF_CORRUPT)
            break;
    }
    return failure.code ? hf_error_pass(err, &failure)
                        : hf_error_set(err, HF_UNSUPPORTED, "no application's profile is known");
}

/* NULL without an error: there is none yet. */
static int open_target(sqlite3 **out, const struct hf_setup_options *options, struct hf_error *err)
{
    struct stat status;
    *out = NULL;
    if (!options->path || options->env->fs.stat(options->env->fs.context, options->path, &status) ||
        !status.st_size)
        return 0;
    *out = hf_connection_open(options->path, NULL, BUSY_MS, err);
    return *out ? 0 : -1;
}

static int look_with_target(struct looking *looking, struct hf_copy_input *input, sqlite3 *target,
                            struct hf_error *err)
{
    const struct hf_profiles *profiles = &looking->out->profiles;
    const char *wanted = looking->options->config->values[HF_SETTING_PROFILE].text;
    const struct hf_profile *named = NULL, *found = NULL;
    if (wanted && !(named = hf_profiles_find(profiles, wanted, err)))
        return -1;
    if (target && hf_profiles_detect(profiles, target, &found, err))
        return -1;
    if (named)
        return look_by(looking, input, named, named == found ? target : NULL, err);
    return found ? look_by(looking, input, found, target, err) : look_by_any(looking, input, err);
}

static int look_at_application_copy(struct looking *looking, struct hf_copy_input *input,
                                    struct hf_error *err)
{
    sqlite3 *target;
    looking->out->kind = HF_SETUP_APPLICATION_COPY;
    if (open_target(&target, looking->options, err))
        return -1;
    int failed = look_with_target(looking, input, target, err);
    sqlite3_close(target);
    return failed;
}

static int look_at_copy(struct looking *looking, struct hf_error *err)
{
    const struct hf_setup_options *options = looking->options;
    const struct hf_copy_keys *keys = looking->place->keys;
    bool generic;
    struct hf_copy_input_options from = {.path = looking->place->path,
                                         .most_text = options->most_text ? options->most_text
                                                                         : HF_SETUP_MOST_TEXT};
    if (keys)
        from.keys =
            (struct hf_age_decryption){keys->identities, keys->identity_count, keys->passphrase};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input =
        hf_copy_input_new(&from, options->env, err);
    const struct hf_source *text = input ? hf_copy_input_text(input, err) : NULL;
    if (!text || hf_copy_is_generic(text, &generic, err))
        return -1;
    return generic || looking->is_generic ? look_at_table_copy(looking, input, err)
                                          : look_at_application_copy(looking, input, err);
}

/* A repository. */

void hf_setup_repository_config(struct hf_config *out, const struct hf_config *config,
                                const struct hf_setup_place *place)
{
    static char source[] = "setup";
    *out = *config;
    out->values[HF_SETTING_REPOSITORY] = (struct hf_value){(char *)place->repository, source};
    out->values[HF_SETTING_PASSPHRASE] = (struct hf_value){(char *)place->passphrase, source};
    out->values[HF_SETTING_RECOVERY_KEY] = (struct hf_value){(char *)place->recovery_key, source};
    out->values[HF_SETTING_KEYFILE] = (struct hf_value){0};
    out->database_count = 0; /* none of this host's belongs there */
}

static int note_history(void *context, const struct hf_database *database,
                        const struct hf_error *damaged, struct hf_error *err)
{
    struct hf_setup_source *out = context;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    (void)err;
    if (out->history_count == HF_SETUP_MOST_DATABASES)
        return 0;
    struct hf_setup_history *history = &out->histories[out->history_count++];
    memcpy(history->name, database->name, sizeof history->name);
    history->damaged = damaged || hf_timeline_load(&timeline, database, NULL);
    const struct hf_timeline_entry *newest =
        history->damaged ? NULL : hf_timeline_newest(&timeline);
    if (!newest)
        return 0;
    history->newest = newest->name.to;
    history->time = newest->name.time;
    for (size_t i = 0; i < timeline.count; i++)
        history->points += timeline.entries[i].restorable;
    return 0;
}

static int look_at_repository(struct looking *looking, struct hf_error *err)
{
    struct hf_setup_source *out = looking->out;
    hf_auto(hf_session) struct hf_session session = {0};
    struct hf_config config;
    out->kind = HF_SETUP_REPOSITORY;
    out->histories = calloc(HF_SETUP_MOST_DATABASES, sizeof *out->histories);
    if (!out->histories)
        return hf_error_memory(err);
    hf_setup_repository_config(&config, looking->options->config, looking->place);
    return hf_access_open(&session, &config, looking->options->env, HF_SESSION_EXISTING, err) ||
                   hf_repository_is_encrypted(session.repository, &out->encrypted, err) ||
                   hf_repository_databases(session.repository, note_history, out, err)
               ? -1
               : 0;
}

static int look(struct looking *looking, struct hf_error *err)
{
    const struct hf_setup_options *options = looking->options;
    const char *wanted = options->config->values[HF_SETTING_PROFILE].text;
    enum hf_file_kind kind;
    looking->is_generic = wanted && !strcmp(wanted, "none");
    if (hf_codec_init(err))
        return -1;
    if (!looking->place->path)
        return look_at_repository(looking, err);
    if (hf_profiles_load(&looking->out->profiles,
                         options->config->values[HF_SETTING_PROFILES_DIR].text, options->env,
                         err) ||
        hf_file_kind_look(&kind, options->env, looking->place->path, err))
        return -1;
    looking->out->kind = HF_SETUP_DATABASE;
    if (kind == HF_FILE_OTHER)
        return hf_error_set(err, HF_CORRUPT, "this is neither a portable copy nor a SQLite file");
    return kind == HF_FILE_SQLITE
               ? look_at_database(looking, looking->place->path, looking->place->users, err)
               : look_at_copy(looking, err);
}

int hf_setup_look(struct hf_setup_source *out, const struct hf_setup_place *place,
                  const struct hf_setup_options *options, struct hf_error *err)
{
    struct hf_setup_source found = {0};
    struct looking looking = {.out = &found, .place = place, .options = options};
    if (look(&looking, err)) {
        hf_setup_source_release(&found);
        return -1;
    }
    *out = found;
    return 0;
}

void hf_setup_source_release(struct hf_setup_source *source)
{
    if (source->summary.profile)
        hf_profile_summary_release(&source->summary);
    for (size_t i = 0; i < source->table_count; i++)
        free(source->tables[i].name);
    free(source->tables);
    free(source->histories);
    hf_copy_problems_release(&source->problems);
    hf_profiles_release(&source->profiles);
    *source = (struct hf_setup_source){0};
}

#include "portable/profile_summary.h"

#include <stdlib.h>
#include <string.h>

#include "codec/key.h"
#include "portable/profile_database.h"
#include "portable/profile_places.h"
#include "portable/profile_reading.h"
#include "portable/profile_settings.h"

enum { LONGEST_TEXT = 4096, MOST_MISSING = 100 };

struct summing {
    struct hf_profile_summary *out;
    sqlite3 *db;
    const struct hf_profile_script *script;
    const struct hf_profile_parameters *parameters;
    struct hf_error *err;
};

/* A column's text, cut where a person would not read on; NULL stays NULL. */
static int take_text(char **out, sqlite3_stmt *row, int column, struct hf_error *err)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    free(*out);
    *out = text ? strndup(text, LONGEST_TEXT) : NULL;
    return text && !*out ? hf_error_memory(err) : 0;
}

static struct hf_profile_summary_user *find_user(struct hf_profile_summary *out, const char *name)
{
    /* The newest first: rows come user by user. */
    for (size_t i = out->user_count; i-- > 0;) {
        struct hf_profile_summary_user *user = &out->users[i];
        if (user->name && name ? !strcmp(user->name, name) : user->name == name)
            return user;
    }
    return NULL;
}

static struct hf_profile_summary_user *add_user(struct summing *summing, const char *name)
{
    struct hf_profile_summary *out = summing->out;
    if (out->user_count == HF_PROFILE_MOST_USERS) {
        hf_error_set(summing->err, HF_UNSUPPORTED, "more than %d users", HF_PROFILE_MOST_USERS);
        return NULL;
    }
    struct hf_profile_summary_user *grown =
        realloc(out->users, (out->user_count + 1) * sizeof *out->users);
    if (grown)
        out->users = grown;
    struct hf_profile_summary_user user = {
        .name = name ? strndup(name, LONGEST_TEXT) : NULL,
        .items = calloc(out->profile->list_count + 1, sizeof *user.items)};
    if (!grown || !user.items || (name && !user.name)) {
        free(user.name);
        free(user.items);
        hf_error_memory(summing->err);
        return NULL;
    }
    grown[out->user_count] = user;
    return &grown[out->user_count++];
}

static int take_list(struct summing *summing, sqlite3_stmt *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const char *list = (const char *)sqlite3_column_text(row, 1);
    const struct hf_profile *profile = summing->out->profile;
    struct hf_profile_summary_user *user = find_user(summing->out, name);
    if (!user)
        user = add_user(summing, name);
    if (!user)
        return -1;
    for (size_t i = 0; list && i < profile->list_count; i++)
        if (!strcmp(profile->lists[i].name, list)) {
            sqlite3_int64 items = sqlite3_column_int64(row, 2);
            user->items[i] += items > 0 ? (uint64_t)items : 0;
        }
    return 0;
}

static int take_about(struct summing *summing, sqlite3_stmt *row)
{
    return take_text(&summing->out->copy_version, row, 0, summing->err) ||
                   take_text(&summing->out->exported_at, row, 1, summing->err)
               ? -1
               : 0;
}

static void forget(char *text)
{
    if (text)
        hf_wipe(text, strlen(text));
    free(text);
}

static int keep_setting(void *context, const struct hf_profile_field *field, const char *value,
                        struct hf_error *err)
{
    struct hf_profile_summary *out = context;
    char **kept = &out->settings[field - out->profile->fields];
    forget(*kept);
    *kept = value && *value ? strndup(value, LONGEST_TEXT) : NULL;
    return value && *value && !*kept ? hf_error_memory(err) : 0;
}

static int take_setting(struct summing *summing, sqlite3_stmt *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    const struct hf_profile_field *field =
        name ? hf_profile_field_find(summing->out->profile, name) : NULL;
    return field ? keep_setting(summing->out, field, (const char *)sqlite3_column_text(row, 1),
                                summing->err)
                 : 0;
}

static int take_missing(struct summing *summing, sqlite3_stmt *row)
{
    struct hf_profile_summary *out = summing->out;
    if (!out->missing)
        out->missing = calloc(MOST_MISSING, sizeof *out->missing);
    if (!out->missing)
        return hf_error_memory(summing->err);
    if (out->missing_count == MOST_MISSING)
        return 0;
    struct hf_profile_missing *missing = &out->missing[out->missing_count++];
    return take_text(&missing->name, row, 0, summing->err) ||
                   take_text(&missing->label, row, 1, summing->err)
               ? -1
               : 0;
}

static const struct section {
    const char *name;
    int columns;
    int (*take)(struct summing *summing, sqlite3_stmt *row);
} sections[] = {{"about", 2, take_about},
                {"lists", 3, take_list},
                {"settings", 2, take_setting},
                {"missing", 2, take_missing}};

static const struct section *find_section(const char *name)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (!strcmp(sections[i].name, name))
            return &sections[i];
    return NULL;
}

static int wrong(const struct summing *summing, const struct hf_profile_statement *statement,
                 const char *what)
{
    return hf_error_set(summing->err, HF_CONFIG, "%s line %zu: @summary %s: %s",
                        summing->script->file, statement->line, statement->summary, what);
}

static int take_rows(struct summing *summing, const struct hf_profile_statement *statement,
                     const struct section *section, sqlite3_stmt *rows)
{
    if (sqlite3_column_count(rows) != section->columns)
        return wrong(summing, statement, "a row has another number of columns there");
    int rc;
    while ((rc = sqlite3_step(rows)) == SQLITE_ROW)
        if (section->take(summing, rows))
            return -1;
    return rc == SQLITE_DONE
               ? 0
               : hf_profile_sql_error(summing->db, summing->script, statement, summing->err);
}

static int run_summary(struct summing *summing, const struct hf_profile_statement *statement)
{
    const struct section *section = find_section(statement->summary);
    sqlite3_stmt *rows = NULL;
    if (!section)
        return wrong(summing, statement, "there are about, lists, settings and missing");
    if (hf_profile_prepare(summing->db, summing->script, statement, &rows, summing->err))
        return -1;
    int failed = rows ? take_rows(summing, statement, section, rows) : 0;
    sqlite3_finalize(rows);
    return failed;
}

static int run_all(struct summing *summing)
{
    for (size_t i = 0; i < summing->script->count; i++)
        if (summing->script->statements[i].summary &&
            run_summary(summing, &summing->script->statements[i]))
            return -1;
    return 0;
}

static int begin(struct hf_profile_summary *out, const struct hf_profile *profile,
                 struct hf_error *err)
{
    *out = (struct hf_profile_summary){
        .profile = profile, .settings = calloc(profile->field_count + 1, sizeof *out->settings)};
    return out->settings ? 0 : hf_error_memory(err);
}

/* What import.sql does before it would ask and write. */
static int work_out(struct hf_profile_reading *reading, struct hf_error *err)
{
    const struct hf_profile_script *script = &reading->profile->import_script;
    for (size_t i = 0; i < script->count && !script->statements[i].write; i++) {
        const struct hf_profile_statement *statement = &script->statements[i];
        if (!statement->ask && !statement->place && !statement->summary &&
            hf_profile_reading_run(reading, statement, err))
            return -1;
    }
    return 0;
}

static int sum_copy(struct hf_profile_summary *out, struct hf_profile_reading *reading,
                    const struct hf_source *source, struct hf_error *err)
{
    struct summing summing = {.out = out,
                              .db = reading->db,
                              .script = &reading->profile->import_script,
                              .parameters = &reading->parameters,
                              .err = err};
    if (hf_profile_reading_prepare(reading, err) || hf_profile_execute(reading->db, "BEGIN", err) ||
        hf_profile_reading_stage(reading, source, err) || work_out(reading, err) ||
        run_all(&summing) || hf_profile_reading_tell_problems(reading, err))
        return -1;
    out->is_whole = reading->has_own_member;
    for (size_t i = 0; i < reading->profile->version_count; i++)
        if (!strcmp(reading->profile->versions[i].name, reading->version))
            out->version = reading->profile->versions[i].name;
    return 0;
}

int hf_profile_summary_of_copy(struct hf_profile_summary *out, const struct hf_profile *profile,
                               const struct hf_source *source,
                               const struct hf_profile_summary_options *options,
                               struct hf_error *err)
{
    sqlite3 *own = NULL; /* in memory: every table of the profile is empty */
    struct hf_profile_reading reading = {
        .db = options->target,
        .profile = profile,
        .parameters = {.now = hf_now(options->env), .user = options->user},
        .trust = options->trust,
        .problem_context = options->problem_context,
        .problem = options->problem,
    };
    struct hf_profile_summary summary;
    if (begin(&summary, profile, err))
        return -1;
    int failed = 0;
    if (!reading.db && sqlite3_open(":memory:", &own))
        failed = hf_error_memory(err);
    if (own)
        reading.db = own;
    if (!failed)
        failed = sum_copy(&summary, &reading, source, err);
    if (reading.db && !sqlite3_get_autocommit(reading.db))
        hf_profile_execute(reading.db, "ROLLBACK", NULL);
    sqlite3_close(own);
    if (failed)
        hf_profile_summary_release(&summary);
    else
        *out = summary;
    return failed;
}

static int sum_database(struct hf_profile_summary *out, sqlite3 *db,
                        const struct hf_profile_parameters *parameters, struct hf_error *err)
{
    const struct hf_profile *profile = out->profile;
    struct summing summing = {.out = out,
                              .db = db,
                              .script = &profile->export_script,
                              .parameters = parameters,
                              .err = err};
    return hf_profile_execute(db, "PRAGMA temp.journal_mode = OFF; BEGIN", err) ||
                   hf_profile_version(db, profile, &out->version, err) ||
                   hf_profile_settings_read(db, profile, keep_setting, out, err) ||
                   hf_profile_make_views(db, profile, err) ||
                   hf_profile_prepare_copy(db, profile, parameters, err) || run_all(&summing)
               ? -1
               : 0;
}

int hf_profile_summary_of_database(struct hf_profile_summary *out, const struct hf_profile *profile,
                                   sqlite3 *db, const struct hf_profile_summary_options *options,
                                   struct hf_error *err)
{
    const struct hf_profile_parameters parameters = {.now = hf_now(options->env),
                                                     .user = options->user};
    struct hf_profile_summary summary;
    if (begin(&summary, profile, err))
        return -1;
    int failed = sum_database(&summary, db, &parameters, err);
    if (!sqlite3_get_autocommit(db))
        hf_profile_execute(db, "ROLLBACK", NULL);
    if (failed)
        hf_profile_summary_release(&summary);
    else
        *out = summary;
    return failed;
}

void hf_profile_summary_release(struct hf_profile_summary *summary)
{
    for (size_t i = 0; i < summary->user_count; i++) {
        free(summary->users[i].name);
        free(summary->users[i].items);
    }
    for (size_t i = 0; i < summary->missing_count; i++) {
        free(summary->missing[i].name);
        free(summary->missing[i].label);
    }
    for (size_t i = 0; summary->settings && i < summary->profile->field_count; i++)
        forget(summary->settings[i]);
    free(summary->settings);
    free(summary->users);
    free(summary->missing);
    free(summary->copy_version);
    free(summary->exported_at);
    *summary = (struct hf_profile_summary){0};
}

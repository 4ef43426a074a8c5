#include "portable/profile_progress.h"

#include <stdlib.h>
#include <string.h>

#include "portable/profile_database.h"

enum { PAUSE_MS = 250, MOST_ENDS = 32 };

static bool is_named(const struct hf_profile_user *user, const char *name)
{
    return user->name && name ? !strcmp(user->name, name) : user->name == name;
}

/* Entries come user by user for the most part: the one of the last entry is looked at first. */
static struct hf_profile_user *find_user(struct hf_profile_progress *progress, const char *name)
{
    if (progress->current < progress->count && is_named(&progress->users[progress->current], name))
        return &progress->users[progress->current];
    for (progress->current = 0; progress->current < progress->count; progress->current++)
        if (is_named(&progress->users[progress->current], name))
            return &progress->users[progress->current];
    struct hf_profile_user *grown =
        realloc(progress->users, (progress->count + 1) * sizeof *progress->users);
    if (!grown)
        return NULL;
    progress->users = grown;
    grown[progress->count] = (struct hf_profile_user){.name = name ? strdup(name) : NULL};
    if (name && !grown[progress->count].name)
        return NULL;
    return &grown[progress->count++];
}

static void count(struct hf_profile_counts *counts, const char *result)
{
    counts->total++;
    if (!strcmp(result, "imported"))
        counts->imported++;
    else if (!strcmp(result, "skipped"))
        counts->skipped++;
    else if (!strcmp(result, "unresolved"))
        counts->unresolved++;
    else
        counts->errors++;
}

static bool is_time(struct hf_profile_progress *progress)
{
    int64_t now = hf_now(progress->options->env);
    if (now >= progress->told && now < progress->told + PAUSE_MS)
        return false;
    progress->told = now;
    return true;
}

/* The final counts are the table's own: what this cannot count for want of memory is not told. */
static void note_outcome(sqlite3_context *context, int arguments, sqlite3_value **values)
{
    struct hf_profile_progress *progress = sqlite3_user_data(context);
    const char *name = (const char *)sqlite3_value_text(values[0]);
    const char *result = (const char *)sqlite3_value_text(values[1]);
    (void)arguments;
    struct hf_profile_user *user = find_user(progress, name);
    if (!user)
        return;
    count(&user->counts, result ? result : "");
    if (is_time(progress))
        progress->options->user_progress(progress->options->progress_context, user);
}

int hf_profile_progress_begin(struct hf_profile_progress *progress, sqlite3 *db,
                              const struct hf_profile_import_options *options, struct hf_error *err)
{
    progress->options = options;
    if (!options->user_progress)
        return 0;
    if (sqlite3_create_function(db, "note_outcome", 2, SQLITE_UTF8, progress, note_outcome, NULL,
                                NULL))
        return hf_profile_db_error(db, err);
    return hf_profile_execute(db,
                              "CREATE TEMP TRIGGER outcome_progress AFTER INSERT ON outcome BEGIN"
                              " SELECT note_outcome(new.user, new.result); END",
                              err);
}

void hf_profile_progress_asked(struct hf_profile_progress *progress, uint64_t asked, uint64_t of)
{
    const struct hf_profile_import_options *options = progress->options;
    if (options->ask_progress && (is_time(progress) || asked == of))
        options->ask_progress(options->progress_context, asked, of);
}

void hf_profile_progress_end(struct hf_profile_progress *progress,
                             const struct hf_profile_import_result *result)
{
    const struct hf_profile_import_options *options = progress->options;
    for (size_t i = 0; options->user_progress && i < result->user_count; i++)
        if (i < MOST_ENDS || is_time(progress))
            options->user_progress(options->progress_context, &result->users[i]);
}

void hf_profile_progress_release(struct hf_profile_progress *progress)
{
    for (size_t i = 0; i < progress->count; i++)
        free(progress->users[i].name);
    free(progress->users);
}

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"
#include "portable/profile.h"
#include "portable/profile_builtin.h"
#include "portable/profile_database.h"

/* Takes the place of one of the same name. Owns `profile` from here on. */
static int add(struct hf_profiles *profiles, struct hf_profile *profile, struct hf_error *err)
{
    for (size_t i = 0; i < profiles->count; i++)
        if (!strcmp(profiles->items[i].name, profile->name)) {
            hf_profile_release(&profiles->items[i]);
            profiles->items[i] = *profile;
            return 0;
        }
    struct hf_profile *grown =
        realloc(profiles->items, (profiles->count + 1) * sizeof *profiles->items);
    if (!grown) {
        hf_profile_release(profile);
        return hf_error_memory(err);
    }
    profiles->items = grown;
    grown[profiles->count++] = *profile;
    return 0;
}

struct listing {
    char **names;
    size_t count;
};

static int note_name(void *arg, const char *name)
{
    struct listing *listing = arg;
    if (*name == '.')
        return 0;
    char **grown = realloc(listing->names, (listing->count + 1) * sizeof *grown);
    if (grown)
        listing->names = grown;
    char *copy = grown ? strdup(name) : NULL;
    if (!copy)
        return -ENOMEM;
    grown[listing->count++] = copy;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder that holds no profile.yml is no profile. */
static int read_named(struct hf_profiles *out, const char *directory, const char *name,
                      const struct hf_env *env, struct hf_error *err)
{
    struct stat status;
    char *path = NULL;
    struct hf_profile profile;
    if (asprintf(&path, "%s/%s/profile.yml", directory, name) < 0)
        return hf_error_memory(err);
    int absent = env->fs.stat(env->fs.context, path, &status);
    free(path);
    if (absent)
        return 0;
    return hf_profile_read(&profile, directory, name, env, err) ? -1 : add(out, &profile, err);
}

static int read_directory(struct hf_profiles *out, const char *directory, const struct hf_env *env,
                          struct hf_error *err)
{
    struct listing listing = {0};
    int failed = env->fs.list(env->fs.context, directory, note_name, &listing);
    if (failed)
        failed = hf_error_sys(err, failed == -ENOMEM ? ENOMEM : errno, "list", directory);
    if (listing.count)
        qsort(listing.names, listing.count, sizeof *listing.names, by_name);
    for (size_t i = 0; i < listing.count; i++) {
        if (!failed)
            failed = read_named(out, directory, listing.names[i], env, err);
        free(listing.names[i]);
    }
    free(listing.names);
    return failed;
}

int hf_profiles_load(struct hf_profiles *out, const char *directory, const struct hf_env *env,
                     struct hf_error *err)
{
    struct hf_profiles profiles = {0};
    for (size_t i = 0; i < hf_profile_builtin_count; i++) {
        struct hf_profile profile;
        if (hf_profile_parse(&profile, &hf_profile_builtin[i], err) ||
            add(&profiles, &profile, err)) {
            hf_profiles_release(&profiles);
            return -1;
        }
    }
    if (directory && read_directory(&profiles, directory, env, err)) {
        hf_profiles_release(&profiles);
        return -1;
    }
    *out = profiles;
    return 0;
}

void hf_profiles_release(struct hf_profiles *profiles)
{
    for (size_t i = 0; i < profiles->count; i++)
        hf_profile_release(&profiles->items[i]);
    free(profiles->items);
    *profiles = (struct hf_profiles){0};
}

const struct hf_profile *hf_profiles_find(const struct hf_profiles *profiles, const char *name,
                                          struct hf_error *err)
{
    char all[300] = "";
    for (size_t i = 0; i < profiles->count; i++) {
        if (!strcmp(profiles->items[i].name, name))
            return &profiles->items[i];
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", profiles->items[i].name);
    }
    hf_error_set(err, HF_USAGE, "there is no profile '%s'", name);
    hf_error_hint(err, "there are: %s", all);
    return NULL;
}

int hf_profiles_detect(const struct hf_profiles *profiles, sqlite3 *db,
                       const struct hf_profile **out, struct hf_error *err)
{
    const struct hf_profile *best = NULL;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct hf_profile *profile = &profiles->items[i];
        bool all = true;
        for (size_t j = 0; all && j < profile->identified_by.count; j++)
            if (hf_profile_has_column(db, profile->identified_by.items[j], &all, err))
                return -1;
        if (all && (!best || profile->identified_by.count > best->identified_by.count))
            best = profile;
    }
    *out = best;
    return 0;
}

#include "console/setup_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/json_members.h"

static void forget_upload(struct hf_setup_file *upload)
{
    if (upload->path)
        unlink(upload->path);
    free(upload->path);
    *upload = (struct hf_setup_file){0};
}

static void forget_chosen(struct hf_setup_chosen *chosen)
{
    hf_json_wipe(chosen->place);
    json_decref(chosen->asked);
    json_decref(chosen->looked);
    hf_json_wipe(chosen->settings);
    hf_setup_choice_release(&chosen->choice);
    *chosen = (struct hf_setup_chosen){0};
}

const struct hf_setup_file *hf_setup_file_add(struct hf_setup_sources *sources, const char *login,
                                              char *path, uint64_t bytes, const struct hf_env *env,
                                              struct hf_error *err)
{
    struct hf_setup_file *place = &sources->uploads[0];
    struct hf_setup_file fresh = {.path = path, .bytes = bytes, .since = hf_now(env)};
    for (size_t i = 1; i < HF_MOST_UPLOADS; i++)
        place = sources->uploads[i].since < place->since ? &sources->uploads[i] : place;
    snprintf(fresh.login, sizeof fresh.login, "%s", login);
    if (hf_secret_make(fresh.id, 16, env, err)) {
        forget_upload(&fresh);
        return NULL;
    }
    forget_upload(place);
    *place = fresh;
    return place;
}

const struct hf_setup_file *hf_setup_file_find(struct hf_setup_sources *sources, const char *login,
                                               const char *id, const struct hf_env *env,
                                               struct hf_error *err)
{
    for (size_t i = 0; i < HF_MOST_UPLOADS; i++) {
        struct hf_setup_file *upload = &sources->uploads[i];
        if (!upload->id[0] || strcmp(upload->id, id) || strcmp(upload->login, login))
            continue;
        upload->since = hf_now(env);
        return upload;
    }
    hf_error_set(err, HF_NOT_FOUND, "this file is not here any more: send it again");
    return NULL;
}

struct hf_setup_chosen *hf_setup_choose(struct hf_setup_sources *sources, const char *login,
                                        json_t *place, json_t *asked, const struct hf_env *env,
                                        struct hf_error *err)
{
    struct hf_setup_chosen *free_one = &sources->chosen[0];
    struct hf_setup_chosen fresh = {.place = place, .asked = asked, .since = hf_now(env)};
    for (size_t i = 1; i < HF_MOST_SOURCES; i++)
        free_one = sources->chosen[i].since < free_one->since ? &sources->chosen[i] : free_one;
    snprintf(fresh.login, sizeof fresh.login, "%s", login);
    int failed = !place || !asked ? hf_error_memory(err) : hf_secret_make(fresh.id, 16, env, err);
    if (failed) {
        forget_chosen(&fresh);
        return NULL;
    }
    forget_chosen(free_one);
    *free_one = fresh;
    return free_one;
}

/* A file lives as long as the choice of it. */
static int use(struct hf_setup_sources *sources, struct hf_setup_chosen *chosen,
               const struct hf_env *env, struct hf_error *err)
{
    const char *upload = json_string_value(json_object_get(chosen->place, "upload"));
    chosen->since = hf_now(env);
    return !upload || hf_setup_file_find(sources, chosen->login, upload, env, err) ? 0 : -1;
}

struct hf_setup_chosen *hf_setup_chosen_of(struct hf_setup_sources *sources, const char *id)
{
    for (size_t i = 0; i < HF_MOST_SOURCES; i++)
        if (sources->chosen[i].id[0] && !strcmp(sources->chosen[i].id, id))
            return &sources->chosen[i];
    return NULL;
}

struct hf_setup_chosen *hf_setup_chosen_find(struct hf_setup_sources *sources, const char *login,
                                             const char *id, const struct hf_env *env,
                                             struct hf_error *err)
{
    struct hf_setup_chosen *chosen = hf_setup_chosen_of(sources, id);
    if (chosen && chosen->looked && !strcmp(chosen->login, login))
        return use(sources, chosen, env, err) ? NULL : chosen;
    hf_error_set(err, HF_NOT_FOUND, "this backup was looked at too long ago: choose it again");
    return NULL;
}

struct hf_setup_chosen *hf_setup_chosen_last(struct hf_setup_sources *sources, const char *login,
                                             const struct hf_env *env)
{
    struct hf_setup_chosen *last = NULL;
    for (size_t i = 0; i < HF_MOST_SOURCES; i++) {
        struct hf_setup_chosen *chosen = &sources->chosen[i];
        if (chosen->id[0] && !strcmp(chosen->login, login) &&
            (!last || chosen->since > last->since))
            last = chosen;
    }
    if (last)
        use(sources, last, env, NULL);
    return last;
}

json_t *hf_setup_chosen_settings(const struct hf_setup_chosen *chosen)
{
    json_t *settings = chosen->settings ? json_deep_copy(chosen->settings) : json_object();
    const char *name;
    json_t *value;
    json_object_foreach(chosen->choice.fields, name, value)
    {
        json_object_set_new(settings, name, json_deep_copy(value));
    }
    return settings;
}

json_t *hf_setup_chosen_json(const struct hf_setup_chosen *chosen)
{
    json_t *out = hf_json_new();
    hf_json_text(out, "source", chosen->looked ? chosen->id : NULL);
    hf_json_text(out, "look", chosen->look[0] ? chosen->look : NULL);
    json_object_set(out, "asked", chosen->asked);
    json_object_set_new(out, "looked",
                        chosen->looked ? json_deep_copy(chosen->looked) : json_null());
    hf_json_text(out, "restore", chosen->restore[0] ? chosen->restore : NULL);
    hf_setup_choice_json(out, &chosen->choice, chosen->looked);
    return out;
}

static bool is_over(const struct hf_credentials *credentials, const char *login, int64_t since)
{
    return since <= hf_now(credentials->env) - HF_SETUP_LIFE ||
           !hf_login_is_there(credentials, login);
}

void hf_setup_expire(struct hf_setup_sources *sources, const struct hf_credentials *credentials)
{
    for (size_t i = 0; i < HF_MOST_UPLOADS; i++) {
        struct hf_setup_file *upload = &sources->uploads[i];
        if (upload->id[0] && is_over(credentials, upload->login, upload->since))
            forget_upload(upload);
    }
    for (size_t i = 0; i < HF_MOST_SOURCES; i++) {
        struct hf_setup_chosen *chosen = &sources->chosen[i];
        if (chosen->id[0] && is_over(credentials, chosen->login, chosen->since))
            forget_chosen(chosen);
    }
}

void hf_setup_forget(struct hf_setup_sources *sources, const char *login)
{
    for (size_t i = 0; i < HF_MOST_UPLOADS; i++)
        if (!login || !strcmp(sources->uploads[i].login, login))
            forget_upload(&sources->uploads[i]);
    for (size_t i = 0; i < HF_MOST_SOURCES; i++)
        if (!login || !strcmp(sources->chosen[i].login, login))
            forget_chosen(&sources->chosen[i]);
}

void hf_setup_forget_keys(struct hf_setup_sources *sources)
{
    for (size_t i = 0; i < HF_MOST_SOURCES; i++)
        forget_chosen(&sources->chosen[i]);
}

#include "console/setup_sources.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/key.h"

static void forget_upload(struct hf_setup_file *upload)
{
    if (upload->path)
        unlink(upload->path);
    free(upload->path);
    *upload = (struct hf_setup_file){0};
}

/* jansson frees texts as they are. Nothing else may refer to the place. */
void hf_setup_place_free(json_t *place)
{
    const char *name;
    json_t *value;
    json_object_foreach(place, name, value)
    {
        if (json_is_string(value))
            hf_wipe((char *)(uintptr_t)json_string_value(value), json_string_length(value));
    }
    json_decref(place);
}

static void forget_chosen(struct hf_setup_chosen *chosen)
{
    hf_setup_place_free(chosen->place);
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

const struct hf_setup_file *hf_setup_file_find(const struct hf_setup_sources *sources,
                                               const char *login, const char *id,
                                               struct hf_error *err)
{
    for (size_t i = 0; i < HF_MOST_UPLOADS; i++) {
        const struct hf_setup_file *upload = &sources->uploads[i];
        if (upload->id[0] && !strcmp(upload->id, id) && !strcmp(upload->login, login))
            return upload;
    }
    hf_error_set(err, HF_NOT_FOUND, "this file is not here any more: send it again");
    return NULL;
}

const struct hf_setup_chosen *hf_setup_choose(struct hf_setup_sources *sources, const char *login,
                                              json_t *place, const struct hf_env *env,
                                              struct hf_error *err)
{
    struct hf_setup_chosen *free_one = &sources->chosen[0];
    struct hf_setup_chosen fresh = {.place = place, .since = hf_now(env)};
    for (size_t i = 1; i < HF_MOST_SOURCES; i++)
        free_one = sources->chosen[i].since < free_one->since ? &sources->chosen[i] : free_one;
    snprintf(fresh.login, sizeof fresh.login, "%s", login);
    if (!place || hf_secret_make(fresh.id, 16, env, err)) {
        forget_chosen(&fresh);
        return NULL;
    }
    forget_chosen(free_one);
    *free_one = fresh;
    return free_one;
}

const struct hf_setup_chosen *hf_setup_chosen_find(const struct hf_setup_sources *sources,
                                                   const char *login, const char *id,
                                                   struct hf_error *err)
{
    for (size_t i = 0; i < HF_MOST_SOURCES; i++) {
        const struct hf_setup_chosen *chosen = &sources->chosen[i];
        if (chosen->id[0] && !strcmp(chosen->id, id) && !strcmp(chosen->login, login))
            return chosen;
    }
    hf_error_set(err, HF_NOT_FOUND, "this backup was looked at too long ago: choose it again");
    return NULL;
}

void hf_setup_expire(struct hf_setup_sources *sources, const struct hf_env *env)
{
    int64_t oldest = hf_now(env) - HF_SETUP_LIFE;
    for (size_t i = 0; i < HF_MOST_UPLOADS; i++)
        if (sources->uploads[i].id[0] && sources->uploads[i].since <= oldest)
            forget_upload(&sources->uploads[i]);
    for (size_t i = 0; i < HF_MOST_SOURCES; i++)
        if (sources->chosen[i].id[0] && sources->chosen[i].since <= oldest)
            forget_chosen(&sources->chosen[i]);
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

#include "console/setup_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/console_state.h"
#include "console/copy_work.h"
#include "console/scratch.h"
#include "console/setup_repository.h"
#include "console/setup_unresolved.h"
#include "console/work.h"
#include "os/file.h"
#include "service/connection_test.h"
#include "service/json_members.h"
#include "service/profile_choice.h"
#include "service/setup_candidates.h"
#include "service/setup_restore.h"

/* A source as it is asked about, with what it needs to be opened. */
struct setting_up {
    const struct hf_console *console;
    const struct hf_config_database *configured;
    struct hf_copy_keys keys;
    struct hf_setup_place place;
    struct hf_setup_options options;
    char *scratch, *candidate;
    bool has_place;
};

static void setting_up_release(struct setting_up *self)
{
    hf_copy_keys_release(&self->keys);
    free(self->scratch);
    free(self->candidate);
}
HF_AUTO_RELEASE(setting_up)

static const char *given(const json_t *question, const char *key)
{
    const char *text = hf_member_text(question, key, NULL);
    return text && *text ? text : NULL;
}

/* A file of the data directory is known by its id alone. */
static int find_candidate(struct setting_up *self, const json_t *question, struct hf_error *err)
{
    const char *id = given(question, "candidate");
    if (!id)
        return 0;
    self->candidate = hf_setup_candidate_path(hf_member_text(question, "directory", "."), id,
                                              self->console->env, err);
    return self->candidate ? 0 : -1;
}

static void take_place(struct setting_up *self, const json_t *question)
{
    struct hf_setup_place *place = &self->place;
    place->path = self->candidate ? self->candidate : given(question, "path");
    place->users = self->candidate ? HF_USED_BY_OTHERS : HF_USED_BY_NOBODY; /* sent to us alone */
    place->repository = place->path ? NULL : given(question, "repository");
    place->keys = &self->keys;
    if (place->repository) {
        place->recovery_key = given(question, "recovery_key");
        place->passphrase = place->recovery_key ? NULL : given(question, "passphrase");
    }
    place->database = given(question, "source_database");
    place->point = (uint64_t)hf_member_integer(question, "point", 0);
    self->has_place = place->path || place->repository;
}

static int begin(struct setting_up *out, const struct hf_console *console, const json_t *question,
                 const struct hf_events *events, struct hf_error *err)
{
    const struct hf_config *config = console->config;
    *out = (struct setting_up){.console = console};
    out->configured = hf_work_database(config, hf_member_text(question, "database", ""), err);
    if (!out->configured || find_candidate(out, question, err))
        return -1;
    take_place(out, question);
    if (hf_copy_work_keys(&out->keys, question, err))
        return -1;
    if (!(out->scratch = hf_scratch_name(console, err)))
        return -1;
    out->options = (struct hf_setup_options){.config = config,
                                             .env = console->env,
                                             .secrets = &console->options->session->secrets,
                                             .database = out->configured->name,
                                             .path = out->configured->path,
                                             .scratch = out->scratch,
                                             .user = given(question, "user"),
                                             .events = events};
    return 0;
}

json_t *hf_find_candidates(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err)
{
    const struct hf_console *console = context;
    hf_auto(hf_setup_candidates) struct hf_setup_candidates candidates = {0};
    (void)events;
    if (hf_setup_candidates_find(&candidates, hf_member_text(question, "directory", "."),
                                 console->env, err))
        return NULL;
    json_t *out = hf_json_new();
    json_object_set_new(out, "candidates", hf_setup_candidates_json(&candidates));
    return out;
}

/* Settings without which a test cannot be made, or comes to something else. */
static void put_used(json_t *out, const struct hf_profile *profile,
                     const struct hf_profile_test *test)
{
    json_t *list = hf_json_list(out, "fields");
    for (size_t i = 0; i < profile->field_count; i++) {
        bool uses = false;
        for (size_t j = 0; j < test->count; j++)
            uses |= hf_profile_request_uses(&test->requests[j], profile->fields[i].name);
        if (uses)
            hf_json_text_item(list, profile->fields[i].name);
    }
}

static void put_tests(json_t *out, const struct hf_profile *profile)
{
    json_t *list = hf_json_list(out, "tests");
    for (size_t i = 0; profile && i < profile->test_count; i++) {
        json_t *item = hf_json_item(list);
        hf_json_text(item, "name", profile->tests[i].name);
        hf_json_text(item, "label", profile->tests[i].label);
        put_used(item, profile, &profile->tests[i]);
    }
}

/* The database itself as the source: its own settings are what a new installation begins with. */
static int look(struct hf_setup_source *out, struct setting_up *self, struct hf_error *err)
{
    const struct hf_setup_place own = {.path = self->configured->path, .keys = &self->keys};
    return hf_setup_look(out, self->has_place ? &self->place : &own, &self->options, err);
}

static const char *setting_of(const struct hf_setup_source *source, const char *name)
{
    for (size_t i = 0;
         source->profile && source->summary.settings && i < source->profile->field_count; i++)
        if (!strcmp(source->profile->fields[i].name, name))
            return source->summary.settings[i];
    return NULL;
}

/* Which of the backup's settings are others than the database's now: of a secret that too, and no
 * more. A database that is not there yet, or that cannot be read, has none. */
static void put_changed(json_t *out, const struct hf_setup_source *source,
                        const struct setting_up *self)
{
    hf_auto(hf_setup_source) struct hf_setup_source now = {0};
    const struct hf_setup_place own = {.path = self->configured->path, .keys = &self->keys};
    json_t *field;
    size_t i;
    if (self->has_place && source->profile)
        hf_setup_look(&now, &own, &self->options, NULL);
    json_array_foreach(json_object_get(out, "fields"), i, field)
    {
        const char *name = hf_member_text(field, "name", "");
        const char *was = self->has_place ? setting_of(&now, name) : setting_of(source, name);
        const char *is = setting_of(source, name);
        hf_json_boolean(field, "changed", strcmp(is ? is : "", was ? was : "") != 0);
    }
}

/* For the console alone, which takes them out. */
static void put_settings(json_t *out, const struct hf_setup_source *source)
{
    json_t *settings = hf_json_object(out, "settings");
    for (size_t i = 0; source->profile && i < source->profile->field_count; i++) {
        const char *name = source->profile->fields[i].name, *value = setting_of(source, name);
        if (value)
            hf_json_text(settings, name, value);
    }
}

/* What was looked at, as it is told. NULL: no memory. */
static json_t *told(const struct hf_setup_source *source, const struct setting_up *self,
                    struct hf_error *err)
{
    json_t *out = hf_setup_source_json(source);
    if (!out) {
        hf_error_memory(err);
        return NULL;
    }
    put_tests(out, source->profile);
    put_changed(out, source, self);
    put_settings(out, source);
    return out;
}

/* All keys that this process was given, or was forked with. */
static void forget_keys(struct setting_up *self, const json_t *question)
{
    hf_copy_keys_release(&self->keys);
    self->keys = (struct hf_copy_keys){0};
    hf_json_wipe_text(json_object_get(question, "passphrase"));
    hf_json_wipe_text(json_object_get(question, "recovery_key"));
    hf_setup_forget_keys((struct hf_setup_sources *)(uintptr_t)&self->console->setup_sources);
}

/* What is in a database of a repository: the same as of a file. */
static int look_into_point(json_t *out, struct setting_up *self, const char *database,
                           const json_t *question, struct hf_error *err)
{
    hf_auto(hf_setup_point) struct hf_setup_point point = {0};
    hf_auto(hf_setup_source) struct hf_setup_source found = {0};
    if (hf_setup_point_bring_out(&point, self->console, self->configured, &self->place, database,
                                 given(question, "at"), self->options.events, err))
        return -1;
    forget_keys(self, question);
    const struct hf_setup_place file = {
        .path = point.path, .users = HF_USED_BY_NOBODY, .keys = &self->keys};
    json_t *inside =
        hf_setup_look(&found, &file, &self->options, err) ? NULL : told(&found, self, err);
    if (!inside)
        return -1;
    int failed = json_object_del(out, "tests") || json_object_del(out, "settings") ||
                 json_object_update_missing(out, inside);
    json_decref(inside);
    hf_json_text(out, "database", point.database);
    hf_json_integer(out, "point", (int64_t)point.seq);
    hf_json_time(out, "time", point.time);
    return failed ? hf_error_memory(err) : 0;
}

json_t *hf_look_at_source(void *context, const json_t *question, const struct hf_events *events,
                          struct hf_error *err)
{
    hf_auto(setting_up) struct setting_up self = {0};
    hf_auto(hf_setup_source) struct hf_setup_source source = {0};
    hf_progress(events, "look", 0, 0);
    if (hf_work_confine_reading(err) || begin(&self, context, question, events, err) ||
        look(&source, &self, err))
        return NULL;
    json_t *out = told(&source, &self, err);
    const char *database = source.kind == HF_SETUP_REPOSITORY
                               ? hf_setup_database_of(&source, self.place.database)
                               : NULL;
    if (!out || !database || !look_into_point(out, &self, database, question, err))
        return out;
    hf_json_wipe(out);
    return NULL;
}

/* The question's settings; ends with a NULL name. Texts are borrowed. NULL: no memory. */
static struct hf_profile_value *chosen_values(const json_t *question)
{
    json_t *fields = json_object_get(question, "fields");
    struct hf_profile_value *values = calloc(json_object_size(fields) + 1, sizeof *values);
    const char *name;
    json_t *value;
    size_t count = 0;
    if (values)
        json_object_foreach(fields, name, value) if (json_is_string(value)) values[count++] =
            (struct hf_profile_value){name, json_string_value(value)};
    return values;
}

static const struct hf_profile_test *find_test(const struct hf_profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->test_count; i++)
        if (!strcmp(profile->tests[i].name, name))
            return &profile->tests[i];
    return NULL;
}

json_t *hf_test_connection(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err)
{
    const struct hf_console *console = context;
    hf_auto(hf_profiles) struct hf_profiles profiles = {0};
    hf_auto_free struct hf_profile_value *values = chosen_values(question);
    struct hf_connection_result result;
    (void)events;
    if (!values) {
        hf_error_memory(err);
        return NULL;
    }
    if (hf_work_confine_reading(err) ||
        hf_profiles_load(&profiles, console->config->values[HF_SETTING_PROFILES_DIR].text,
                         console->env, err))
        return NULL;
    const struct hf_profile *profile =
        hf_profiles_find(&profiles, hf_member_text(question, "profile", ""), NULL);
    const struct hf_profile_test *test =
        profile ? find_test(profile, hf_member_text(question, "test", "")) : NULL;
    if (!test) {
        hf_error_set(err, HF_NOT_FOUND, "there is no such connection test");
        return NULL;
    }
    hf_connection_test(&result, test, values);
    return hf_connection_json(&result);
}

struct telling {
    const struct hf_events *events;
    struct hf_unresolved unresolved;
};

static void note_problem(void *context, const struct hf_profile_problem *problem)
{
    struct telling *telling = context;
    hf_unresolved_add(&telling->unresolved, problem);
}

static void tell_user(void *context, const struct hf_profile_user *user)
{
    const struct telling *telling = context;
    hf_copy_work_tell_user(telling->events, user);
}

static void tell_asked(void *context, uint64_t asked, uint64_t of)
{
    const struct telling *telling = context;
    hf_copy_work_tell_asked(telling->events, asked, of);
}

/* The backup is restored by then: that there is no list of what is missing does not change it. */
static void keep_unresolved(const struct telling *telling, const struct setting_up *self)
{
    struct hf_error err = {0};
    if (hf_unresolved_keep(&telling->unresolved, self->console, self->configured->name, &err))
        hf_notice(telling->events, "titles that could not be placed: %s", err.text);
}

json_t *hf_carry_out_setup(void *context, const json_t *question, const struct hf_events *events,
                           struct hf_error *err)
{
    hf_auto(setting_up) struct setting_up self = {0};
    hf_auto(hf_setup_restored) struct hf_setup_restored restored = {0};
    struct telling telling = {.events = events};
    if (hf_work_confine_memory(err) || begin(&self, context, question, events, err))
        return NULL;
    hf_auto_free struct hf_profile_value *values = chosen_values(question);
    if (!values) {
        hf_error_memory(err);
        return NULL;
    }
    const struct hf_setup_restore_options options = {.look = self.options,
                                                     .program = self.console->options->version,
                                                     .settings = values[0].name ? values : NULL,
                                                     .context = &telling,
                                                     .problem = note_problem,
                                                     .user_progress = tell_user,
                                                     .ask_progress = tell_asked};
    hf_progress(events, "restore_point", 0, 0);
    int failed = hf_setup_restore(&restored, self.has_place ? &self.place : NULL, &options, err);
    if (!failed)
        keep_unresolved(&telling, &self);
    hf_unresolved_release(&telling.unresolved);
    if (failed)
        return NULL;
    json_t *out = hf_setup_restored_json(&restored);
    if (!out)
        hf_error_memory(err);
    return out;
}

#include "service/replicate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "engine/state_file.h"
#include "service/access.h"
#include "service/json_channel.h"
#include "service/protection.h"

struct replicating {
    const struct hf_replicate_options *options;
    enum hf_log_format format;
    struct hf_signals signals;
    struct hf_protection protection;
    struct hf_protected *list;
    char **state_paths; /* that the list borrows */
    size_t count;
    json_t *found; /* names of databases that were found later */
    bool failed;   /* the replicator ended, and said why */
    struct hf_error why;
};

/* What was not stored until then is found by the next scan: nobody needs to wait for a store that
 * hangs, least of all longer than whoever ends containers does. */
static int64_t stop_deadline(const struct replicating *self)
{
    return hf_monotonic() +
           hf_config_duration(self->options->replicator.config, HF_SETTING_STOP_TIMEOUT);
}

static void put_json(const struct replicating *self, const char *event, const char *database,
                     const char *text, const json_t *fields)
{
    char time[40];
    hf_time_iso(time, sizeof time, hf_now(self->options->replicator.env));
    json_t *line =
        json_pack("{s:s, s:s, s:s?, s:o, s:O?}", "time", time, "event", event, "database", database,
                  "text", text ? hf_text_value(text) : json_null(), "fields", fields);
    char *dump = line ? json_dumps(line, JSON_COMPACT) : NULL;
    if (dump)
        fprintf(self->options->log, "%s\n", dump);
    free(dump);
    json_decref(line);
}

static void put_text(const struct replicating *self, const char *database, const char *text)
{
    fprintf(self->options->log, "%s%s%s\n", database ? database : "", database ? ": " : "", text);
}

static void put(const struct replicating *self, const char *event, const char *database,
                const char *text)
{
    if (self->options->quiet)
        return;
    if (self->format == HF_LOG_JSON)
        put_json(self, event, database, text, NULL);
    else
        put_text(self, database, text);
    fflush(self->options->log);
}

static void take_notice(void *context, const char *text)
{
    put(context, "notice", NULL, text);
}

static void put_pruned(const struct replicating *self, const char *database, const json_t *event)
{
    char text[160], freed[16];
    snprintf(
        text, sizeof text, "thinned: %" PRId64 " restore points are kept, %s freed",
        hf_member_integer(event, "points", 0),
        hf_format_bytes(freed, sizeof freed, (uint64_t)hf_member_integer(event, "bytes_freed", 0)));
    put(self, "pruned", database, text);
}

/* A file that a pattern matches: `backup` and `status` ask at its place from now on. */
static void take_found(struct replicating *self, const json_t *entry)
{
    const struct hf_replicator_options *options = &self->options->replicator;
    const char *name = hf_member_text(entry, "name", ""), *at = hf_member_text(entry, "path", "");
    hf_auto_free char *wanted = NULL;
    struct hf_error err = {0};
    for (size_t i = 0; i < self->count; i++)
        if (!strcmp(self->list[i].name, name))
            return;
    if (json_object_get(self->found, name) || json_object_set_new(self->found, name, json_true()) ||
        hf_access_state_path(&wanted, options->config, options->env, name, &err))
        return;
    hf_auto_free char *path = hf_state_file_path(at, wanted);
    if (path && hf_protection_also(&self->protection, path, &err))
        put(self, "notice", name, err.text);
}

/* A person is told of what is not as always; a program of each point. */
static void hear(void *context, const json_t *event)
{
    struct replicating *self = context;
    const char *name = hf_member_text(event, "event", "");
    const char *database = hf_member_text(event, "database", NULL);
    const json_t *entries = json_object_get(event, "databases");
    for (size_t i = 0; i < json_array_size(entries); i++)
        take_found(self, json_array_get(entries, i));
    if (!strcmp(name, "ended")) {
        self->failed = true;
        hf_json_failure(event, &self->why);
        hf_guard_stop(self->protection.guard, stop_deadline(self));
    } else if (!strcmp(name, "pruned") && self->format == HF_LOG_TEXT) {
        put_pruned(self, database, event);
    } else if (self->format == HF_LOG_JSON && !self->options->quiet) {
        put_json(self, name, database, NULL, event);
        fflush(self->options->log);
    }
}

static int replicate(void *context, int channel)
{
    const struct replicating *self = context;
    return hf_replicator_run(&self->options->replicator, channel, NULL) ? 1 : 0;
}

static int serve(void *context, int channel)
{
    const struct hf_replicate_options *options = ((const struct replicating *)context)->options;
    return options->console->serve(options->console->context, options->session, channel);
}

static bool is_chosen(const struct replicating *self, const char *name)
{
    const char *const *names = self->options->replicator.names;
    for (size_t i = 0; names && names[i]; i++)
        if (!strcmp(names[i], name))
            return true;
    return !names || !names[0];
}

static int list_databases(struct replicating *self, struct hf_error *err)
{
    const struct hf_replicator_options *options = &self->options->replicator;
    const struct hf_config *config = options->config;
    self->list = calloc(config->database_count + 1, sizeof *self->list);
    self->state_paths = calloc(config->database_count + 1, sizeof(char *));
    if (!self->list || !self->state_paths)
        return hf_error_memory(err);
    for (size_t i = 0; i < config->database_count; i++) {
        const struct hf_config_database *database = &config->databases[i];
        hf_auto_free char *wanted = NULL;
        if (!is_chosen(self, database->name))
            continue;
        if (hf_access_state_path(&wanted, config, options->env, database->name, err))
            return -1;
        char *path = hf_state_file_path(database->path, wanted);
        if (!path)
            return hf_error_memory(err);
        self->state_paths[self->count] = path;
        self->list[self->count++] = (struct hf_protected){database->name, path};
    }
    return 0;
}

static bool is_asked_to_end(void *context, const struct hf_happening *happening)
{
    (void)context;
    return hf_asks_for_end(happening);
}

/* Until somebody asks for the end, or the replicator says that it cannot go on. */
static int watch_over(struct replicating *self, struct hf_error *err)
{
    struct hf_happening happening;
    bool is_ours = false;
    /* What the replicator says is the protection's to hear, and may be the end of it. */
    while (!self->failed && !(is_ours && is_asked_to_end(NULL, &happening))) {
        int64_t deadline = hf_protection_deadline(&self->protection);
        if (hf_signals_wait(&self->signals, deadline, &happening, err))
            return -1;
        is_ours = !hf_protection_take(&self->protection, &happening);
    }
    bool well = hf_protection_stop_replicator(&self->protection, &self->signals,
                                              stop_deadline(self), is_asked_to_end, NULL);
    if (self->failed)
        return hf_error_pass(err, &self->why);
    if (well)
        put(self, "stopped", NULL, "stopped: all that was committed is in the repository");
    if (well)
        return 0;
    hf_error_set(err, HF_FAILED,
                 "the replicator did not end as it should: what was committed last may not be in "
                 "the repository");
    return hf_error_hint(err, "the next start stores it; 'stop-timeout' says how long an end may "
                              "take");
}

static int run(struct replicating *self, struct hf_error *err)
{
    const struct hf_protection_options options = {
        .command = "replicate",
        .replicate = replicate,
        .serve = self->options->console ? serve : NULL,
        .notice = take_notice,
        .heard = hear,
        .context = self,
    };
    struct hf_protection_options with_list = options;
    if (list_databases(self, err) || hf_signals_open(&self->signals, err))
        return -1;
    with_list.databases = self->list;
    with_list.database_count = self->count;
    if (hf_protection_start(&self->protection, &self->signals, &with_list, err))
        return -1;
    put(self, "started", NULL, "protecting until it is asked to end");
    return watch_over(self, err);
}

int hf_replicate(const struct hf_replicate_options *options, struct hf_error *err)
{
    const struct hf_config *config = options->replicator.config;
    struct replicating self = {
        .options = options,
        .format = (enum hf_log_format)hf_config_choice(config, HF_SETTING_LOG),
        .found = json_object(),
    };
    fflush(NULL); /* the other process must not write what is buffered here again */
    int failed = run(&self, err);
    hf_protection_release(&self.protection);
    hf_signals_release(&self.signals);
    for (size_t i = 0; i < self.count; i++)
        free(self.state_paths[i]);
    free(self.state_paths);
    free(self.list);
    json_decref(self.found);
    return failed;
}

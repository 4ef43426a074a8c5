#include "console/reader.h"

#include <stdlib.h>
#include <string.h>

#include "console/overview_json.h"
#include "console/work.h"
#include "console/worker.h"
#include "history/prune.h"
#include "os/signals.h"
#include "service/json_channel.h"
#include "service/json_members.h"
#include "service/keep_settings.h"
#include "service/key_slots.h"
#include "service/point_json.h"
#include "service/recovery_kit.h"

enum { FRESH_MS = 1000, OLD_ENOUGH_MS = 5000, COST_SHARE = 20 };

struct reader {
    const struct hf_console_options *options;
    struct hf_session session; /* opened here; its repository only when the console had none */
    const struct hf_repository *repository;
    struct hf_read_database *databases;
    size_t count;
    int64_t read_at; /* of hf_monotonic; 0: never, or in vain */
    int64_t cost;    /* ms that the last reading took */
    bool is_plain;   /* as far as is known: it opens by itself */
};

/* The console may have been started while the repository was away. */
static int connect(struct reader *reader, struct hf_error *err)
{
    const struct hf_console_options *options = reader->options;
    if (reader->repository)
        return 0;
    hf_session_borrow(&reader->session, &options->session->secrets);
    if (hf_access_connect(&reader->session, options->config, options->env, HF_SESSION_EXISTING,
                          err))
        return -1;
    reader->repository = reader->session.repository;
    return 0;
}

/* What was read less than `most` ms ago is good enough, and so is what was costly to read. What
 * cannot be read now stays as it was, and is read again next time. */
static int read_all(struct reader *reader, int64_t most, struct hf_error *err)
{
    int64_t now = hf_monotonic(), share = reader->cost * COST_SHARE;
    if (reader->read_at && now - reader->read_at < (share > most ? share : most))
        return 0;
    reader->read_at = 0;
    for (size_t i = 0; i < reader->count; i++)
        hf_read_database_ask(&reader->databases[i], reader->options->config, reader->options->env);
    if (connect(reader, err))
        return -1;
    for (size_t i = 0; i < reader->count; i++)
        if (hf_read_database_again(&reader->databases[i], reader->repository, err))
            return -1;
    reader->read_at = hf_monotonic();
    reader->cost = reader->read_at - now;
    return 0;
}

static int read_judged(struct reader *reader, struct hf_read_database *read, struct hf_error *err)
{
    const struct hf_console_options *options = reader->options;
    return read_all(reader, OLD_ENOUGH_MS, err) ||
                   hf_read_database_judge(read, options->config, options->env, err)
               ? -1
               : 0;
}

/* A repository that cannot be read is what the overview is there to tell. */
static json_t *answer_overview(struct reader *reader, const json_t *question)
{
    struct hf_error unreachable = {0};
    bool is_encrypted;
    if (!read_all(reader, FRESH_MS, &unreachable) &&
        !hf_repository_is_encrypted(reader->repository, &is_encrypted, &unreachable))
        reader->is_plain = !is_encrypted;
    const struct hf_overview_facts facts = {
        .config = reader->options->config,
        .env = reader->options->env,
        .unreachable = unreachable.code ? &unreachable : NULL,
        .is_unmade = reader->session.is_unmade,
        .is_encrypted = !reader->is_plain,
        .kit_saved = hf_member_integer(question, "kit_saved", 0),
        .databases = reader->databases,
        .count = reader->count,
    };
    return hf_overview_json(&facts);
}

static struct hf_read_database *find(const struct reader *reader, const char *name,
                                     struct hf_error *err)
{
    const struct hf_config *config = reader->options->config;
    const struct hf_config_database *found = hf_work_database(config, name, err);
    return found ? &reader->databases[found - config->databases] : NULL;
}

/* One of the points that were read, and when it will go. */
static void put_point(json_t *object, const struct hf_read_database *read,
                      const struct hf_point *point)
{
    int64_t expires = read->kept.list[point - read->points.list].expires;
    hf_json_point(object, point);
    json_object_set_new(object, "drop_ms",
                        expires == INT64_MAX ? json_null() : json_integer(expires));
}

/* Newest first: the points before one, which the reader of a long list has seen already. */
static json_t *answer_points(struct reader *reader, const json_t *question, struct hf_error *err)
{
    struct hf_read_database *read = find(reader, hf_member_text(question, "database", ""), err);
    uint64_t before = (uint64_t)hf_member_integer(question, "before", INT64_MAX);
    int64_t limit = hf_member_integer(question, "limit", 100);
    if (!read || read_judged(reader, read, err))
        return NULL;
    json_t *answer = hf_json_new(), *list = hf_json_list(answer, "points");
    size_t at = hf_points_below(&read->points, before);
    for (; at && limit; limit--)
        put_point(hf_json_item(list), read, &read->points.list[--at]);
    hf_json_boolean(answer, "more", at > 0);
    return answer;
}

/* Oldest first, without those that cannot be restored: for who chooses a moment among all. */
static json_t *answer_moments(struct reader *reader, const json_t *question, struct hf_error *err)
{
    const struct hf_read_database *read =
        find(reader, hf_member_text(question, "database", ""), err);
    int64_t after = hf_member_integer(question, "after", 0);
    int64_t limit = hf_member_integer(question, "limit", 0);
    if (!read || read_all(reader, OLD_ENOUGH_MS, err))
        return NULL;
    json_t *answer = hf_json_new();
    json_t *numbers = hf_json_list(answer, "points"), *times = hf_json_list(answer, "times");
    size_t at = hf_points_below(&read->points, (uint64_t)after + 1);
    for (; at < read->points.count && limit; at++) {
        const struct hf_point *point = &read->points.list[at];
        if (point->damaged)
            continue;
        json_array_append_new(numbers, json_integer((json_int_t)point->seq));
        json_array_append_new(times, json_integer(point->time));
        limit--;
    }
    hf_json_boolean(answer, "more", at < read->points.count);
    return answer;
}

static json_t *answer_point(struct reader *reader, const json_t *question, struct hf_error *err)
{
    struct hf_read_database *read = find(reader, hf_member_text(question, "database", ""), err);
    uint64_t seq = (uint64_t)hf_member_integer(question, "point", 0);
    if (!read || read_judged(reader, read, err))
        return NULL;
    const struct hf_point *point = hf_points_by_seq(&read->points, seq);
    if (!point) {
        hf_work_no_point(err);
        return NULL;
    }
    json_t *answer = hf_json_new();
    put_point(answer, read, point);
    return answer;
}

/* A small change, which is made here so that the answer is the point as it is then. */
static int change_pin(const struct reader *reader, const struct hf_read_database *read,
                      uint64_t seq, bool is_pinned, struct hf_error *err)
{
    static const struct hf_point_change unpin = {.pin = 0};
    const struct hf_config *config = reader->options->config;
    struct hf_retention_rule rule;
    if (!is_pinned)
        return hf_point_change(&read->database, seq, &unpin, err);
    if (hf_keep_rule(&rule, config, reader->options->env, err))
        return -1;
    const struct hf_prune_options wanted = {
        .rule = &rule, .zone = hf_keep_zone(config), .grace = -1};
    return hf_prune_pin(&read->database, &wanted, seq, err);
}

static json_t *answer_pin(struct reader *reader, const json_t *question, struct hf_error *err)
{
    const struct hf_read_database *read =
        find(reader, hf_member_text(question, "database", ""), err);
    uint64_t seq = (uint64_t)hf_member_integer(question, "point", 0);
    if (!read || read_all(reader, OLD_ENOUGH_MS, err))
        return NULL;
    if (!hf_timeline_at(&read->timeline, seq)) {
        hf_error_set(err, HF_NOT_FOUND, "there is no such restore point");
        return NULL;
    }
    if (change_pin(reader, read, seq, hf_member_true(question, "pinned"), err))
        return NULL;
    reader->read_at = 0;
    return answer_point(reader, question, err);
}

static json_t *answer_keys(struct reader *reader, struct hf_error *err)
{
    if (connect(reader, err))
        return NULL;
    json_t *answer = hf_json_new();
    if (!hf_key_slots_json(hf_json_list(answer, "slots"), reader->repository, err))
        return answer;
    json_decref(answer);
    return NULL;
}

static json_t *answer_kit(struct reader *reader, struct hf_error *err)
{
    hf_auto(hf_recovery_kit) struct hf_recovery_kit kit = {0};
    const char *place = reader->options->config->values[HF_SETTING_REPOSITORY].text;
    if (connect(reader, err) || hf_recovery_kit_make(&kit, reader->repository, place, err))
        return NULL;
    json_t *answer = hf_json_new();
    hf_json_text(answer, "repository", kit.place);
    hf_json_text(answer, "key_id", kit.key_id);
    hf_json_text(answer, "recovery_key", kit.key);
    hf_json_text(answer, "page", kit.page);
    return answer;
}

static json_t *answer(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err)
{
    struct reader *reader = context;
    const char *wanted = hf_member_text(question, "do", "");
    (void)events;
    if (hf_member_true(question, "fresh"))
        reader->read_at = 0;
    if (!strcmp(wanted, "overview"))
        return answer_overview(reader, question);
    if (!strcmp(wanted, "points"))
        return answer_points(reader, question, err);
    if (!strcmp(wanted, "moments"))
        return answer_moments(reader, question, err);
    if (!strcmp(wanted, "point"))
        return answer_point(reader, question, err);
    if (!strcmp(wanted, "pin"))
        return answer_pin(reader, question, err);
    if (!strcmp(wanted, "keys"))
        return answer_keys(reader, err);
    if (!strcmp(wanted, "kit"))
        return answer_kit(reader, err);
    hf_error_set(err, HF_UNSUPPORTED, "'%s' is nothing that can be asked for", wanted);
    return NULL;
}

int hf_reader_run(const struct hf_console_options *options, int channel)
{
    const struct hf_config *config = options->config;
    struct reader reader = {.options = options,
                            .repository = options->session->repository,
                            .count = config->database_count};
    reader.databases = calloc(config->database_count + 1, sizeof *reader.databases);
    if (!reader.databases)
        return 1;
    for (size_t i = 0; i < reader.count; i++)
        reader.databases[i].configured = &config->databases[i];
    int status = hf_worker_serve(channel, answer, &reader);
    for (size_t i = 0; i < reader.count; i++)
        hf_read_database_release(&reader.databases[i]);
    free(reader.databases);
    hf_session_release(&reader.session);
    return status;
}

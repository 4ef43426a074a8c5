#include "console/upkeep_work.h"

#include <string.h>

#include "console/work.h"
#include "history/write_probe.h"
#include "service/check_json.h"
#include "service/json_members.h"
#include "service/keep_settings.h"
#include "service/prune_json.h"

enum { MOST_FINDINGS = 500 }; /* of each severity: a repository may have lost everything */

struct findings {
    json_t *list;
    uint64_t losses, notes;
};

static int take_finding(void *arg, const struct hf_finding *finding, struct hf_error *err)
{
    struct findings *findings = arg;
    uint64_t *count = finding->severity == HF_CHECK_LOSS ? &findings->losses : &findings->notes;
    (void)err;
    if (++*count <= MOST_FINDINGS)
        hf_finding_json(findings->list, finding);
    return 0;
}

json_t *hf_check_work(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session own = {0};
    const struct hf_repository *repository = hf_work_repository(&own, context, err);
    struct hf_check_result result = {0};
    const struct hf_check_options wanted = {
        .depth = hf_member_true(question, "read_data") ? HF_CHECK_DATA : HF_CHECK_STRUCTURE,
        .events = events};
    if (!repository)
        return NULL;
    json_t *answer = hf_json_new();
    struct findings findings = {.list = hf_json_list(answer, "findings")};
    if (hf_check(repository, &wanted, take_finding, &findings, &result, err)) {
        json_decref(answer);
        answer = NULL;
    } else {
        hf_check_json(answer, &result);
        hf_json_integer(answer, "findings_total", (int64_t)(findings.losses + findings.notes));
        hf_json_boolean(answer, "whole", !result.losses);
    }
    return answer;
}

static void add_to(json_t *sums, const char *key, uint64_t value)
{
    hf_json_integer(sums, key, hf_member_integer(sums, key, 0) + (int64_t)value);
}

static void hf_gone_json(json_t *item, const struct hf_prune *prune)
{
    const struct hf_retention_points *points = &prune->plan.points;
    int64_t first = 0, last = 0;
    for (size_t i = 0; i < points->count; i++) {
        if (points->list[i].keep)
            continue;
        first = first ? first : points->list[i].effective;
        last = points->list[i].effective;
    }
    hf_json_time(item, "first_gone", first);
    hf_json_time(item, "last_gone", last);
}

/* What would be merged goes too, and frees what the kept ones do not need of it: less than this. */
static uint64_t merged_bytes(const struct hf_prune *prune)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < prune->plan.merge_count; i++)
        bytes += prune->plan.merges[i].bytes;
    return bytes;
}

static int prune_one(const struct hf_console *console, const char *database,
                     const struct hf_prune_options *wanted, json_t *answer, struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {0};
    hf_auto(hf_prune) struct hf_prune prune = {0};
    struct hf_prune_result result = {0};
    struct hf_error why = {0};
    if (hf_work_begin(&work, console, database, HF_DATABASE_EXISTING, &why))
        return why.code == HF_NOT_FOUND ? 0 : hf_error_pass(err, &why); /* no history yet */
    if (hf_prune_look(&prune, &work.database, wanted, err))
        return -1;
    json_t *item = hf_json_item(json_object_get(answer, "databases"));
    hf_json_text(item, "database", database);
    hf_gone_json(item, &prune);
    hf_json_integer(item, "bytes_merged", (int64_t)merged_bytes(&prune));
    if (hf_prune_act(&prune, &result, err))
        return -1;
    hf_prune_json(item, &prune, &result);
    add_to(answer, "points", result.points);
    add_to(answer, "kept", result.kept);
    add_to(answer, "bytes_freed", result.deleted.bytes);
    add_to(answer, "bytes_merged", merged_bytes(&prune));
    return 0;
}

static int rule_of(struct hf_retention_rule *out, const struct hf_console *console,
                   const json_t *question, struct hf_error *err)
{
    const char *rule = hf_member_text(question, "rule", NULL);
    return rule ? hf_retention_rule_parse(out, rule, err)
                : hf_keep_rule(out, console->config, console->env, err);
}

json_t *hf_prune_work(void *context, const json_t *question, const struct hf_events *events,
                      struct hf_error *err)
{
    const struct hf_console *console = context;
    const struct hf_config *config = console->config;
    const char *database = hf_member_text(question, "database", NULL);
    struct hf_retention_rule rule;
    if (rule_of(&rule, console, question, err))
        return NULL;
    const struct hf_prune_options wanted = {.rule = &rule,
                                            .zone = hf_keep_zone(config),
                                            .grace = -1,
                                            .dry_run = hf_member_true(question, "dry_run"),
                                            .events = events};
    json_t *answer = hf_json_new();
    hf_json_list(answer, "databases");
    for (size_t i = 0; i < config->database_count; i++) {
        const char *name = config->databases[i].name;
        if ((database && strcmp(database, name) != 0) ||
            !prune_one(console, name, &wanted, answer, err))
            continue;
        json_decref(answer);
        return NULL;
    }
    return answer;
}

/* True when it was so; each is asked only when the one before it was. */
static bool note(json_t *checks, const char *check, int failed, const struct hf_error *why)
{
    json_t *item = hf_json_item(checks);
    hf_json_text(item, "check", check);
    hf_json_boolean(item, "ok", !failed);
    hf_json_text(item, "text", failed ? why->text : NULL);
    hf_json_text(item, "hint", failed && why->hint[0] ? why->hint : NULL);
    return !failed;
}

static int write_small_object(const struct hf_repository *repository,
                              const struct hf_console *console, struct hf_error *err)
{
    struct hf_database database = {0};
    int64_t now = 0;
    if (!console->config->database_count)
        return hf_error_set(err, HF_CONFIG, "there is no database to write for");
    return hf_database_open(&database, repository, console->config->databases[0].name,
                            HF_DATABASE_CREATE, err) ||
                   hf_write_probe(&database, &now, err)
               ? -1
               : 0;
}

json_t *hf_repository_test_work(void *context, const json_t *question,
                                const struct hf_events *events, struct hf_error *err)
{
    const struct hf_console *console = context;
    hf_auto(hf_session) struct hf_session fresh = {0};
    struct hf_error why = {0};
    json_t *answer = hf_json_new(), *checks = hf_json_list(answer, "checks");
    (void)question, (void)events, (void)err;
    hf_session_borrow(&fresh, &console->options->session->secrets);
    /* Anew, and not by what this console opened when it began. */
    int failed =
        hf_access_connect(&fresh, console->config, console->env, HF_SESSION_EXISTING, &why);
    bool is_key = failed && why.code == HF_WRONG_KEY;
    bool ok = note(checks, "reachable", failed && !is_key, &why) &&
              note(checks, "key", failed, &why) &&
              note(checks, "writable", write_small_object(fresh.repository, console, &why), &why);
    hf_json_boolean(answer, "ok", ok);
    return answer;
}

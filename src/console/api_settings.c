/*
 * What is set and by what, and the upkeep of the repository.
 */
#include <string.h>

#include "config/settings.h"
#include "console/api.h"
#include "console/console_state.h"
#include "console/job.h"
#include "console/overview.h"
#include "console/question.h"
#include "console/upkeep_work.h"
#include "service/json_members.h"
#include "service/keep_settings.h"

/* As a person would look for it. */
static const char *kind_of_source(const char *source)
{
    if (!strcmp(source, "default"))
        return "default";
    if (!strcmp(source, "the console"))
        return "console";
    if (!strncmp(source, "--", 2))
        return "flag";
    bool is_variable = *source && !source[strspn(source, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_ and")];
    return is_variable ? "variable" : "file";
}

static void setting_json(json_t *item, enum hf_setting setting, const struct hf_value *value)
{
    bool is_secret = hf_setting_is_secret(setting);
    const char *kind = kind_of_source(value->source);
    hf_json_text(item, "setting", hf_setting_flag(setting) + 2);
    hf_json_boolean(item, "secret", is_secret);
    hf_json_boolean(item, "set", value->text != NULL);
    hf_json_text(item, "value", is_secret ? NULL : value->text);
    hf_json_text(item, "source", value->source);
    hf_json_text(item, "source_kind", kind);
    hf_json_boolean(item, "locked", strcmp(kind, "default") && strcmp(kind, "console"));
}

static void retention_json(json_t *item, const struct hf_console *console)
{
    struct hf_keep_setting keep;
    struct hf_error why = {0};
    const char *rule;
    int failed = hf_keep_setting(&keep, console->config, console->env, &why);
    hf_json_text(item, "rule", failed ? NULL : keep.text);
    hf_json_text(item, "problem", failed ? why.text : NULL);
    hf_json_text(item, "source", failed ? NULL : keep.source);
    hf_json_boolean(item, "locked", !failed && keep.is_fixed);
    hf_json_text(item, "zone", console->config->values[HF_SETTING_KEEP_ZONE].text);
    json_t *presets = hf_json_list(item, "presets");
    for (size_t i = 0; hf_retention_preset(i, &rule); i++) {
        json_t *preset = hf_json_item(presets);
        hf_json_text(preset, "name", hf_retention_preset(i, &rule));
        hf_json_text(preset, "rule", rule);
    }
}

static json_t *all_json(const struct hf_console *console)
{
    const struct hf_config *config = console->config;
    json_t *root = hf_json_new(), *list = hf_json_list(root, "settings");
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++)
        if (i != HF_SETTING_KEEP)
            setting_json(hf_json_item(list), i, &config->values[i]);
    retention_json(hf_json_object(root, "retention"), console);
    json_t *repository = hf_json_object(root, "repository");
    hf_json_text(repository, "place", config->values[HF_SETTING_REPOSITORY].text);
    hf_json_text(repository, "source", config->values[HF_SETTING_REPOSITORY].source);
    hf_json_time(root, "kit_saved", console->credentials.kit_saved);
    return root;
}

static void get_settings(struct hf_exchange *exchange)
{
    hf_exchange_reply(exchange, 200, all_json(exchange->console));
}

/* A rule of the body that is one; NULL: it has been answered. */
static const char *rule_of(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    struct hf_retention_rule parsed;
    const char *rule;
    if (!hf_exchange_text(exchange, "rule", HF_RETENTION_TEXT - 1, &rule, &err) &&
        !hf_retention_rule_parse(&parsed, rule, &err))
        return rule;
    err.code = HF_USAGE;
    hf_exchange_fail(exchange, &err);
    return NULL;
}

static void preview_retention(struct hf_exchange *exchange)
{
    const char *rule = rule_of(exchange);
    if (!rule)
        return;
    const struct hf_job_wanted wanted = {
        .kind = "retention_preview",
        .work = hf_prune_work,
        .question = json_pack("{s:s, s:s, s:b}", "do", "prune", "rule", rule, "dry_run", 1)};
    hf_job_start_for(exchange, &wanted);
}

static void put_retention(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    struct hf_console *console = exchange->console;
    const char *rule = rule_of(exchange);
    if (!rule)
        return;
    if (hf_keep_change(console->config, console->env, rule, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    json_t *body = hf_json_new();
    retention_json(body, console);
    hf_exchange_reply(exchange, 200, body);
}

static void test_repository(struct hf_exchange *exchange)
{
    const struct hf_job_wanted wanted = {.kind = "repository_test",
                                         .work = hf_repository_test_work,
                                         .question = json_pack("{s:s}", "do", "test"),
                                         .is_alone = true};
    hf_job_start_for(exchange, &wanted);
}

/* An operator may look; to thin history for good is the owner's. */
static void post_job(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    const json_t *body = exchange->body;
    const char *kind, *database = hf_member_text(body, "database", NULL);
    bool dry = hf_member_true(body, "dry_run");
    if (hf_exchange_text(exchange, "kind", 16, &kind, &err)) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    bool is_check = !strcmp(kind, "check");
    if (!is_check && strcmp(kind, "prune") != 0) {
        hf_exchange_refuse(exchange, 400, "usage", "'kind' is check or prune");
        return;
    }
    if (!is_check && !dry && exchange->visitor.access != HF_ACCESS_OWNER) {
        hf_exchange_refuse(exchange, 403, "refused", "this token may only prune with dry_run");
        return;
    }
    if (database && !hf_console_database(exchange, database))
        return;
    json_t *question = json_pack("{s:s, s:b, s:b}", "do", kind, "dry_run", (int)dry, "read_data",
                                 (int)hf_member_true(body, "read_data"));
    hf_question_text(&question, "database", database);
    const struct hf_job_wanted wanted = {.kind = is_check ? "check" : "prune",
                                         .database = is_check ? NULL : database,
                                         .work = is_check ? hf_check_work : hf_prune_work,
                                         .question = question,
                                         .is_alone = true};
    hf_job_start_for(exchange, &wanted);
}

const struct hf_route hf_settings_routes[] = {
    {"GET", "/api/v1/settings", HF_ACCESS_OWNER, HF_BODY_NONE, get_settings},
    {"PUT", "/api/v1/settings/retention", HF_ACCESS_OWNER, "rule:text", put_retention},
    {"POST", "/api/v1/settings/retention/preview", HF_ACCESS_OWNER, "rule:text", preview_retention},
    {"POST", "/api/v1/settings/repository/tests", HF_ACCESS_OWNER, "", test_repository},
    {"POST", "/api/v1/jobs", HF_ACCESS_OPERATOR,
     "kind:text database:text dry_run:switch read_data:switch", post_job},
    {0}};

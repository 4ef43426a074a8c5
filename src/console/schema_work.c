#include "console/schema_work.h"

#include <string.h>

#include "console/work.h"
#include "schema/compile.h"
#include "service/json_members.h"
#include "service/schema_json.h"

static enum hf_schema_dialect dialect_of(const json_t *question)
{
    return !strcmp(hf_member_text(question, "language", ""), "sql") ? HF_SCHEMA_SQL
                                                                    : HF_SCHEMA_PRISMA;
}

/* One that was sent has no name of its own that anybody knows. */
static int read_sources(struct hf_schema_sources *out, const char **name,
                        const struct hf_console *console, const json_t *question,
                        struct hf_error *err)
{
    const char *sent = hf_member_text(question, "path", NULL);
    enum hf_schema_dialect dialect = dialect_of(question);
    if (sent) {
        *name = dialect == HF_SCHEMA_SQL ? "schema.sql" : "schema.prisma";
        return hf_schema_sources_load_as(out, console->env, sent, dialect, *name, err);
    }
    *name = console->config->values[HF_SETTING_SCHEMA].text;
    if (*name)
        return hf_schema_sources_load(out, console->env, *name, err);
    hf_error_set(err, HF_CONFIG, "no schema is configured");
    return hf_error_hint(err, "send one, or give HOLDFAST_SCHEMA, or 'schema:' in holdfast.yml");
}

/* `name`: what it is called, for the answer. */
static int load(struct hf_wanted *out, const char **name, const struct hf_console *console,
                const json_t *question, struct hf_error *err)
{
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    hf_auto(hf_diagnostics) struct hf_diagnostics diagnostics = {0};
    return read_sources(&sources, name, console, question, err) ||
                   hf_schema_compile(out, &sources, &diagnostics, err)
               ? -1
               : 0;
}

static int choose(struct hf_schema_change_options *out, const struct hf_console *console,
                  const json_t *question, const struct hf_events *events, struct hf_error *err)
{
    const struct hf_config_database *database =
        hf_work_database(console->config, hf_member_text(question, "database", ""), err);
    if (!database)
        return -1;
    *out =
        (struct hf_schema_change_options){.config = console->config,
                                          .secrets = &console->options->session->secrets,
                                          .env = console->env,
                                          .database = database->name,
                                          .path = database->path,
                                          .accepts_loss = hf_member_true(question, "accepts_loss"),
                                          .seen = hf_member_text(question, "seen", NULL),
                                          .events = events};
    return 0;
}

/* What the plan is bound to, when it is one that can be carried out. */
static int put_bound(json_t *out, const struct hf_sync_plan *plan, bool accepts_loss,
                     struct hf_error *err)
{
    char seen[HF_SCHEMA_DIGEST_TEXT];
    if (hf_sync_plan_is_empty(plan) || hf_schema_plan_is_refused(plan, accepts_loss))
        return 0;
    if (hf_schema_plan_digest(seen, plan, err))
        return -1;
    json_object_set_new(out, "bound", json_pack("{s:s}", "seen", seen));
    return 0;
}

json_t *hf_plan_schema(void *context, const json_t *question, const struct hf_events *events,
                       struct hf_error *err)
{
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    struct hf_schema_change_options options = {0};
    const char *name;
    if (hf_work_confine(err) || choose(&options, context, question, events, err) ||
        load(&wanted, &name, context, question, err) ||
        hf_schema_plan(&plan, &wanted, &options, err))
        return NULL;
    json_t *out = hf_json_new();
    hf_json_text(out, "database", options.path);
    hf_json_text(out, "schema", name);
    hf_schema_plan_json(out, &plan);
    if (!put_bound(out, &plan, options.accepts_loss, err))
        return out;
    json_decref(out);
    return NULL;
}

json_t *hf_carry_out_schema(void *context, const json_t *question, const struct hf_events *events,
                            struct hf_error *err)
{
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    hf_auto(hf_schema_changed) struct hf_schema_changed changed = {0};
    struct hf_schema_change_options options = {0};
    const char *name;
    if (choose(&options, context, question, events, err) ||
        load(&wanted, &name, context, question, err) ||
        hf_schema_change(&changed, &wanted, &options, err))
        return NULL;
    json_t *out = hf_json_new();
    hf_json_text(out, "database", options.path);
    hf_json_text(out, "schema", name);
    hf_schema_changed_json(out, &changed);
    return out;
}

json_t *hf_pull_schema(void *context, const json_t *question, const struct hf_events *events,
                       struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    struct hf_schema_change_options options = {0};
    if (choose(&options, context, question, events, err) ||
        hf_schema_pull(&text, options.path, dialect_of(question), err) ||
        hf_buf_append(&text, "", 1, err))
        return NULL;
    json_t *out = hf_json_new();
    hf_json_text(out, "database", options.path);
    hf_json_text(out, "text", (const char *)text.data);
    return out;
}

json_t *hf_show_schema(void *context, const json_t *question, const struct hf_events *events,
                       struct hf_error *err)
{
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    const char *name;
    (void)events;
    if (hf_work_confine(err) || load(&wanted, &name, context, question, err))
        return NULL;
    json_t *out = hf_json_new();
    hf_json_text(out, "schema", name);
    hf_schema_statements_json(out, &wanted);
    return out;
}

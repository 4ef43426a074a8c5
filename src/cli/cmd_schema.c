#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/schema_output.h"
#include "cli/session.h"
#include "schema/compile.h"
#include "service/schema_json.h"

enum { EXIT_CHANGES = 8 };

static const struct hf_option show_options[] = {
    {"schema", 0, "PATH", "a Prisma or SQL schema: a file or a folder"}, {0}};

static const struct hf_option plan_options[] = {
    {"schema", 0, "PATH", "a Prisma or SQL schema: a file or a folder"},
    {"accept-data-loss", 0, NULL, "plan to drop tables that the schema does not name, too"},
    {"check", 0, NULL, "exit with 8 when there is something to do"},
    {0}};

static const struct hf_option apply_options[] = {
    {"schema", 0, "PATH", "a Prisma or SQL schema: a file or a folder"},
    {"accept-data-loss", 0, NULL, "do what loses data, and drop tables the schema does not name"},
    {"dry-run", 0, NULL, "say what would be done, and do nothing"},
    {0}};

static const struct hf_option pull_options[] = {
    {"format", 0, "FORMAT", "the language, prisma by default: prisma, sql"}, {0}};

/* Where a schema is wrong: all of it, not only the first mistake. */
static int tell_diagnostics(struct hf_cli *cli, const struct hf_diagnostics *diagnostics,
                            struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    struct hf_error ignored = {0};
    if (!diagnostics->count)
        return -1;
    if (!hf_diagnostics_print(&text, diagnostics, &ignored))
        fwrite(text.data, 1, text.length, stderr);
    if (cli->json)
        hf_schema_diagnostics_json(cli->json, diagnostics);
    char count[32];
    return hf_error_set(err, HF_CONFIG, "the schema has %s",
                        hf_format_count(count, sizeof count, diagnostics->count, "mistake"));
}

static int load_schema(struct hf_wanted *out, struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    hf_auto(hf_diagnostics) struct hf_diagnostics diagnostics = {0};
    const char *path = cli->config.values[HF_SETTING_SCHEMA].text;
    if (!path) {
        hf_error_set(err, HF_CONFIG, "no schema is given");
        return hf_error_hint(err, "say which: --schema PATH, HOLDFAST_SCHEMA, or 'schema:' in "
                                  "holdfast.yml");
    }
    if (cli->json)
        hf_json_text(cli->json, "schema", path);
    if (hf_schema_sources_load(&sources, cli->env, path, err))
        return -1;
    if (!hf_schema_compile(out, &sources, &diagnostics, err))
        return 0;
    return tell_diagnostics(cli, &diagnostics, err);
}

static int choose_database(struct hf_choice *choice, struct hf_cli *cli, struct hf_error *err)
{
    if (hf_choose_one(choice, cli, err))
        return -1;
    if (!choice->name) {
        hf_error_set(err, HF_CONFIG, "no database is given");
        return hf_error_hint(err, "say which: --db PATH, HOLDFAST_DB, or 'databases:' in "
                                  "holdfast.yml");
    }
    if (!choice->path)
        return hf_not_configured(choice->name, err);
    if (cli->json)
        hf_json_text(cli->json, "database", choice->path);
    return 0;
}

static bool accepts_loss(const struct hf_cli *cli)
{
    return hf_config_switch(&cli->config, HF_SETTING_ACCEPT_DATA_LOSS);
}

static int run_show(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    if (load_schema(&wanted, cli, err))
        return -1;
    if (cli->json)
        hf_schema_statements_json(cli->json, &wanted);
    for (size_t i = 0; !cli->json && i < wanted.statement_count; i++)
        printf("%s%s;\n", i ? "\n" : "", wanted.statements[i]);
    return 0;
}

static struct hf_schema_change_options options_of(struct hf_cli *cli,
                                                  const struct hf_choice *choice)
{
    return (struct hf_schema_change_options){.config = &cli->config,
                                             .env = cli->env,
                                             .database = choice->name,
                                             .path = choice->path,
                                             .accepts_loss = accepts_loss(cli),
                                             .events = &cli->progress.events};
}

static void tell_plan(struct hf_cli *cli, const struct hf_choice *choice,
                      const struct hf_sync_plan *plan)
{
    if (cli->json)
        hf_schema_plan_json(cli->json, plan);
    else if (plan->count)
        hf_schema_plan_text(stdout, plan);
    if (!cli->json && hf_sync_plan_is_empty(plan))
        printf("%s%s has the schema: nothing to do\n", plan->count ? "-- " : "", choice->path);
}

static int run_plan(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    struct hf_choice choice;
    if (choose_database(&choice, cli, err) || load_schema(&wanted, cli, err))
        return -1;
    const struct hf_schema_change_options options = options_of(cli, &choice);
    if (hf_schema_plan(&plan, &wanted, &options, err))
        return -1;
    tell_plan(cli, &choice, &plan);
    if (hf_option_given(&cli->arguments, "check") && !hf_sync_plan_is_empty(&plan))
        cli->status = EXIT_CHANGES;
    return 0;
}

static void tell_result(struct hf_cli *cli, const struct hf_choice *choice,
                        const struct hf_schema_changed *changed)
{
    char time[32], count[32];
    int64_t changes = hf_schema_plan_changes(&changed->plan);
    if (cli->json) {
        hf_schema_changed_json(cli->json, changed);
        return;
    }
    hf_schema_steps_text(stdout, &changed->plan);
    if (!changes) {
        printf("%s has the schema: nothing to do\n", choice->path);
        return;
    }
    printf("%s: %s%s in %s", choice->path, changed->created ? "made in " : "",
           hf_format_count(count, sizeof count, (uint64_t)changes, "step"),
           hf_format_duration(time, sizeof time, changed->duration));
    if (changed->point_before)
        printf("; restore point %" PRIu64 " is the state before", changed->point_before);
    putchar('\n');
}

static int refused(struct hf_cli *cli, const struct hf_sync_plan *plan, enum hf_data_loss data_loss,
                   struct hf_error *err)
{
    if (cli->json)
        hf_schema_plan_json(cli->json, plan);
    if (err->code == HF_REFUSED)
        hf_schema_obstacles_text(stderr, plan, data_loss);
    return -1;
}

static int apply(struct hf_cli *cli, const struct hf_choice *choice, const struct hf_wanted *wanted,
                 struct hf_error *err)
{
    hf_auto(hf_schema_changed) struct hf_schema_changed changed = {0};
    const struct hf_schema_change_options options = options_of(cli, choice);
    int failed = hf_schema_change(&changed, wanted, &options, err);
    hf_progress_line_clear(&cli->progress);
    if (failed)
        return refused(cli, &changed.plan,
                       options.accepts_loss ? HF_DATA_LOSS_ACCEPTED : HF_DATA_LOSS_REFUSED, err);
    tell_result(cli, choice, &changed);
    return 0;
}

static int dry_run(struct hf_cli *cli, const struct hf_choice *choice,
                   const struct hf_wanted *wanted, struct hf_error *err)
{
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    const struct hf_schema_change_options options = options_of(cli, choice);
    if (hf_schema_plan(&plan, wanted, &options, err))
        return -1;
    tell_plan(cli, choice, &plan);
    return hf_schema_plan_is_refused(&plan, options.accepts_loss)
               ? hf_error_set(err, HF_REFUSED, "this plan would be refused")
               : 0;
}

static int run_apply(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    struct hf_choice choice;
    if (choose_database(&choice, cli, err) || load_schema(&wanted, cli, err))
        return -1;
    return hf_option_given(&cli->arguments, "dry-run") ? dry_run(cli, &choice, &wanted, err)
                                                       : apply(cli, &choice, &wanted, err);
}

static int run_pull(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    struct hf_choice choice;
    const char *format = hf_option(&cli->arguments, "format");
    bool sql = format && !strcmp(format, "sql");
    if (format && !sql && strcmp(format, "prisma") != 0) {
        hf_error_set(err, HF_USAGE, "'%s' is no format of schemas", format);
        return hf_error_hint(err, "--format prisma or --format sql");
    }
    if (choose_database(&choice, cli, err) ||
        hf_schema_pull(&text, choice.path, sql ? HF_SCHEMA_SQL : HF_SCHEMA_PRISMA, err))
        return -1;
    if (cli->json)
        hf_json_text(cli->json, "text", text.length ? (const char *)text.data : "");
    else if (fwrite(text.data, 1, text.length, stdout) != text.length)
        return hf_error_sys(err, errno, "write", "standard output");
    return 0;
}

const struct hf_verb hf_verb_schema_show = {
    .name = "schema show",
    .operands = "",
    .summary = "print the SQL that a schema stands for",
    .about = "Prints the statements that make the schema in an empty database; reads no database.",
    .options = show_options,
    .run = run_show,
};

const struct hf_verb hf_verb_schema_plan = {
    .name = "schema plan",
    .operands = "[DATABASE]",
    .summary = "say what it takes to give a database a schema",
    .about = "Compares the schema with the database and prints what has to be done, in words and\n"
             "in SQL: safe, may lose data (with the rows counted), or impossible. Changes nothing.",
    .most_operands = 1,
    .options = plan_options,
    .run = run_plan,
};

const struct hf_verb hf_verb_schema_apply = {
    .name = "schema apply",
    .operands = "[DATABASE]",
    .summary = "give a database a schema, in one transaction",
    .about = "Does what 'holdfast schema plan' says, after taking a restore point. All of it is\n"
             "done or nothing. What would lose data is refused unless it is accepted.",
    .most_operands = 1,
    .options = apply_options,
    .run = run_apply,
};

const struct hf_verb hf_verb_schema_pull = {
    .name = "schema pull",
    .operands = "[DATABASE]",
    .summary = "print a database's schema, as Prisma or SQL",
    .about = "Prints the schema that a live database has, without changing anything. What Prisma\n"
             "has no words for is named in comments.",
    .most_operands = 1,
    .options = pull_options,
    .run = run_pull,
};

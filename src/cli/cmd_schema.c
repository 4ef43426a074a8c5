#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/schema_output.h"
#include "cli/session.h"
#include "engine/backup.h"
#include "os/file.h"
#include "schema/compile.h"
#include "schema/prisma/pull.h"
#include "schema/sql_pull.h"
#include "sqlite/connection.h"

enum { BUSY_MS = 5000, EXIT_CHANGES = 8 };

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
    json_t *list = cli->json ? hf_json_list(cli->json, "diagnostics") : NULL;
    for (size_t i = 0; list && i < diagnostics->count; i++) {
        const struct hf_diagnostic *diagnostic = &diagnostics->list[i];
        size_t line, column;
        json_t *item = hf_json_item(list);
        hf_source_position(diagnostic->source, diagnostic->offset, &line, &column);
        hf_json_text(item, "path", diagnostic->source->path);
        hf_json_integer(item, "line", (int64_t)line);
        hf_json_integer(item, "column", (int64_t)column);
        hf_json_text(item, "message", diagnostic->message);
    }
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

static bool is_there(const struct hf_cli *cli, const char *path)
{
    struct stat status;
    return !cli->env->fs.stat(cli->env->fs.context, path, &status);
}

/* No file, or one without a byte in it or in its log: there is nothing to keep. */
static bool is_empty(const struct hf_cli *cli, const char *path)
{
    struct stat status;
    char *log = NULL;
    if (!is_there(cli, path))
        return true;
    if (cli->env->fs.stat(cli->env->fs.context, path, &status) || status.st_size ||
        asprintf(&log, "%s-wal", path) < 0)
        return false;
    bool has_log = !cli->env->fs.stat(cli->env->fs.context, log, &status) && status.st_size;
    free(log);
    return !has_log;
}

/* A database that does not exist is planned for as an empty one. */
static sqlite3 *open_for_plan(const struct hf_cli *cli, const struct hf_choice *choice,
                              struct hf_error *err)
{
    if (is_there(cli, choice->path))
        return hf_connection_open(choice->path, NULL, BUSY_MS, err);
    sqlite3 *empty = NULL;
    if (sqlite3_open(":memory:", &empty) == SQLITE_OK)
        return empty;
    hf_error_memory(err);
    sqlite3_close(empty);
    return NULL;
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
    json_t *list = cli->json ? hf_json_list(cli->json, "statements") : NULL;
    for (size_t i = 0; i < wanted.statement_count; i++) {
        if (list)
            hf_json_text_item(list, wanted.statements[i]);
        else
            printf("%s%s;\n", i ? "\n" : "", wanted.statements[i]);
    }
    return 0;
}

static int make_plan(struct hf_sync_plan *plan, struct hf_cli *cli, const struct hf_choice *choice,
                     const struct hf_wanted *wanted, struct hf_error *err)
{
    const struct hf_sync_options options = {.drop_extra_tables = accepts_loss(cli)};
    sqlite3 *live = open_for_plan(cli, choice, err);
    if (!live)
        return -1;
    int failed = hf_sync_plan_make(plan, live, wanted, &options, err);
    sqlite3_close(live);
    return failed;
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
    if (choose_database(&choice, cli, err) || load_schema(&wanted, cli, err) ||
        make_plan(&plan, cli, &choice, &wanted, err))
        return -1;
    tell_plan(cli, &choice, &plan);
    if (hf_option_given(&cli->arguments, "check") && !hf_sync_plan_is_empty(&plan))
        cli->status = EXIT_CHANGES;
    return 0;
}

/* What the restore point before a change needs. */
struct safety {
    struct hf_cli *cli;
    const struct hf_choice *choice;
    bool is_empty; /* the database: there is nothing to keep */
    struct hf_backup_result point;
};

static int take_point(void *context, const struct hf_sync_plan *plan, struct hf_error *err)
{
    (void)plan;
    struct safety *safety = context;
    struct hf_cli *cli = safety->cli;
    hf_auto(hf_session) struct hf_session session = {0};
    hf_auto_free char *state = NULL;
    struct hf_database database;
    if (safety->is_empty)
        return 0;
    if (hf_session_open(&session, cli, HF_SESSION_OR_CREATE, err) ||
        hf_database_open(&database, session.repository, safety->choice->name, HF_DATABASE_CREATE,
                         err) ||
        hf_state_path(&state, cli, safety->choice, err))
        return hf_error_wrap(err, "restore point before the change");
    if (session.created)
        hf_notice(&cli->progress.events, "made repository %s", hf_session_place(cli));
    const struct hf_backup_options options = {.path = safety->choice->path,
                                              .state_path = state,
                                              .reason = "schema",
                                              .busy_ms = BUSY_MS,
                                              .events = &cli->progress.events};
    if (hf_backup(&database, &options, &safety->point, err))
        return hf_error_wrap(err, "restore point before the change");
    hf_progress_line_clear(&cli->progress);
    return 0;
}

static int make_database(const struct hf_cli *cli, const char *path, struct hf_error *err)
{
    int fd = hf_file_open(cli->env, path, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
    return fd < 0 ? -1 : hf_file_close(cli->env, fd, path, err);
}

static void tell_result(struct hf_cli *cli, const struct safety *safety,
                        const struct hf_sync_plan *plan, int64_t duration)
{
    const char *path = safety->choice->path;
    char time[32], count[32];
    size_t changes = 0;
    for (size_t i = 0; i < plan->count; i++)
        changes += plan->steps[i].risk != HF_RISK_NOTE;
    if (cli->json) {
        hf_schema_plan_json(cli->json, plan);
        hf_json_boolean(cli->json, "created", safety->is_empty);
        hf_json_sequence(cli->json, "point_before", safety->point.seq);
        hf_json_integer(cli->json, "duration_ms", duration);
        return;
    }
    hf_schema_steps_text(stdout, plan);
    if (!changes) {
        printf("%s has the schema: nothing to do\n", path);
        return;
    }
    printf("%s: %s%s in %s", path, safety->is_empty ? "made in " : "",
           hf_format_count(count, sizeof count, changes, "step"),
           hf_format_duration(time, sizeof time, duration));
    if (safety->point.seq)
        printf("; restore point %" PRIu64 " is the state before", safety->point.seq);
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
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    struct safety safety = {.cli = cli, .choice = choice, .is_empty = is_empty(cli, choice->path)};
    bool makes = !is_there(cli, choice->path);
    const struct hf_sync_apply_options options = {
        .plan.drop_extra_tables = accepts_loss(cli),
        .data_loss = accepts_loss(cli) ? HF_DATA_LOSS_ACCEPTED : HF_DATA_LOSS_REFUSED,
        .before = take_point,
        .context = &safety,
        .events = &cli->progress.events};
    int64_t start = hf_now(cli->env);
    if (makes && make_database(cli, choice->path, err))
        return -1;
    sqlite3 *live = hf_connection_open(choice->path, NULL, BUSY_MS, err);
    int failed = live ? hf_sync_apply(live, wanted, &options, &plan, err) : -1;
    sqlite3_close(live);
    if (failed && makes && is_empty(cli, choice->path)) /* somebody else may have used it */
        hf_file_remove(cli->env, choice->path, NULL);
    hf_progress_line_clear(&cli->progress);
    if (failed)
        return refused(cli, &plan, options.data_loss, err);
    tell_result(cli, &safety, &plan, hf_now(cli->env) - start);
    return 0;
}

static int dry_run(struct hf_cli *cli, const struct hf_choice *choice,
                   const struct hf_wanted *wanted, struct hf_error *err)
{
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    if (make_plan(&plan, cli, choice, wanted, err))
        return -1;
    tell_plan(cli, choice, &plan);
    enum hf_risk risk = hf_sync_plan_risk(&plan);
    if (risk != HF_RISK_IMPOSSIBLE && (risk != HF_RISK_DATA_LOSS || accepts_loss(cli)))
        return 0;
    return hf_error_set(err, HF_REFUSED, "this plan would be refused");
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
    if (choose_database(&choice, cli, err))
        return -1;
    sqlite3 *live = hf_connection_open(choice.path, NULL, BUSY_MS, err);
    if (!live)
        return -1;
    int failed = sql ? hf_sql_pull(&text, live, err) : hf_prisma_pull(&text, live, err);
    sqlite3_close(live);
    if (failed)
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

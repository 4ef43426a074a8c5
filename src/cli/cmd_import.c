#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/copy_keys.h"
#include "cli/output.h"
#include "cli/profile_import.h"
#include "cli/session.h"
#include "cli/table.h"
#include "engine/backup.h"
#include "portable/import.h"

enum { BUSY_MS = 5000 };

static const struct hf_option options[] = {
    {"merge", 0, NULL, "into tables that have rows: those stay, what is missing is added"},
    {"dry-run", 'n', NULL, "do all of it but the end, and say what would be done"},
    {"accept-data-loss", 0, NULL, "leave out what the database has no place for"},
    {"edited", 0, NULL, "the copy was changed on purpose: its checksums do not matter"},
    {"profile", 0, "NAME", "the copy is in this application's own form"},
    {"profiles-dir", 0, "DIR", "where profiles of your own are"},
    {"generic", 0, NULL, "the tables as they are, also in a copy in an application's form"},
    {"user", 0, "NAME", "whose the titles are, where an application's copy does not say"},
    {"no-restore-point", 0, NULL, "do not take a restore point first"},
    {"identity", 0, "FILE", "the age identities that open the copy, as age-keygen writes them"},
    {"copy-passphrase-file", 0, "PATH", "a file that holds the copy's passphrase"},
    {0}};

/* What is there before the import. */
struct safety {
    struct hf_cli *cli;
    const struct hf_choice *choice;
    bool wanted;
    struct hf_backup_result point; /* seq 0: none was taken */
};

static int64_t read_input(void *context, void *out, size_t capacity, struct hf_error *err)
{
    size_t got = fread(out, 1, capacity, context);
    if (!got && ferror(context))
        return hf_error_sys(err, errno, "read", "standard input");
    return (int64_t)got;
}

/* What cannot be looked at may well be one. */
static bool has_content(const struct hf_env *env, const char *path)
{
    struct stat status;
    return env->fs.stat(env->fs.context, path, &status) ? errno != ENOENT : status.st_size > 0;
}

static int take_restore_point(void *context, struct hf_error *err)
{
    struct safety *safety = context;
    struct hf_cli *cli = safety->cli;
    const struct hf_choice *choice = safety->choice;
    if (!safety->wanted || !has_content(cli->env, choice->path))
        return 0;
    hf_auto(hf_session) struct hf_session session = {0};
    hf_auto_free char *state = NULL;
    struct hf_database database;
    if (hf_session_open(&session, cli, HF_SESSION_OR_CREATE, err)) {
        hf_error_wrap(err, "take a restore point before the import");
        return hf_error_hint(err, "--no-restore-point imports without one");
    }
    if (hf_database_open(&database, session.repository, choice->name, HF_DATABASE_CREATE, err) ||
        hf_state_path(&state, cli, choice, err))
        return -1;
    const struct hf_backup_options wanted = {.path = choice->path,
                                             .state_path = state,
                                             .reason = "import",
                                             .claim = HF_CLAIM_POLITE,
                                             .busy_ms = BUSY_MS,
                                             .events = &cli->progress.events};
    if (hf_backup(&database, &wanted, &safety->point, err))
        return hf_error_wrap(err, "take a restore point before the import");
    return 0;
}

static void to_json(json_t *root, const struct hf_import_options *job,
                    const struct hf_import_result *result, const struct safety *safety)
{
    hf_json_text(root, "database", safety->choice->name);
    hf_json_text(root, "path", job->path);
    hf_json_boolean(root, "dry_run", job->dry_run);
    hf_json_boolean(root, "created", result->created);
    hf_json_text(root, "exported_at", result->exported_at);
    hf_json_sequence(root, "point_before", safety->point.seq);
    hf_json_integer(root, "read", (int64_t)result->read);
    hf_json_integer(root, "inserted", (int64_t)result->inserted);
    hf_json_integer(root, "kept", (int64_t)result->kept);
    hf_json_integer(root, "not_placed", (int64_t)result->not_placed);
    hf_json_integer(root, "orphans", (int64_t)result->orphans);
    hf_json_integer(root, "duration_ms", result->duration);
    json_t *list = hf_json_list(root, "tables");
    for (size_t i = 0; i < result->table_count; i++) {
        const struct hf_import_table *table = &result->tables[i];
        json_t *item = hf_json_item(list);
        hf_json_text(item, "name", table->name);
        hf_json_integer(item, "read", (int64_t)table->read);
        hf_json_integer(item, "inserted", (int64_t)table->inserted);
        hf_json_integer(item, "kept", (int64_t)table->kept);
        hf_json_integer(item, "not_placed", (int64_t)table->not_placed);
        hf_json_text(item, "reason", table->reason);
        hf_json_boolean(item, "rebuilt", table->rebuilt);
    }
}

static int print_tables(const struct hf_import_result *result, struct hf_error *err)
{
    static const struct hf_column columns[] = {{"table", HF_LEFT},
                                               {"read", HF_RIGHT},
                                               {"inserted", HF_RIGHT},
                                               {"kept", HF_RIGHT},
                                               {"not placed", HF_RIGHT},
                                               {"", HF_LEFT},
                                               {0}};
    hf_auto(hf_table) struct hf_table table;
    hf_table_init(&table, columns);
    for (size_t i = 0; i < result->table_count; i++) {
        const struct hf_import_table *row = &result->tables[i];
        char read[24], inserted[24], kept[24], lost[24];
        snprintf(read, sizeof read, "%" PRIu64, row->read);
        snprintf(inserted, sizeof inserted, "%" PRIu64, row->inserted);
        snprintf(kept, sizeof kept, "%" PRIu64, row->kept);
        snprintf(lost, sizeof lost, "%" PRIu64, row->not_placed);
        const char *const cells[] = {row->name,
                                     read,
                                     inserted,
                                     kept,
                                     row->not_placed ? lost : NULL,
                                     row->reason    ? row->reason
                                     : row->rebuilt ? "rebuilt"
                                                    : NULL};
        if (hf_table_add(&table, cells, err))
            return -1;
    }
    hf_table_print(&table, stdout);
    return 0;
}

static int to_text(const struct hf_import_options *job, const struct hf_import_result *result,
                   const struct safety *safety, struct hf_error *err)
{
    char read[32], duration[32];
    if (print_tables(result, err))
        return -1;
    printf("%s: %s%s read, %" PRIu64 " inserted, %" PRIu64 " kept, in %s\n", safety->choice->name,
           job->dry_run ? "would be: " : "",
           hf_format_count(read, sizeof read, result->read, "row"), result->inserted, result->kept,
           hf_format_duration(duration, sizeof duration, result->duration));
    if (safety->point.seq)
        printf("before it: point %" PRIu64 "\n", safety->point.seq);
    return 0;
}

static int show(struct hf_cli *cli, const struct hf_import_options *job,
                const struct hf_import_result *result, const struct safety *safety,
                struct hf_error *err)
{
    if (!cli->json)
        return to_text(job, result, safety, err);
    to_json(cli->json, job, result, safety);
    return 0;
}

/* A copy that Holdfast wrote has every table beside the application's form: into tables without a
 * row it comes back as it was. 1 when it did, 0 when the copy has none of that, or is of another
 * version of the application. */
static int restore_exactly(struct hf_cli *cli, struct hf_copy_input *input,
                           const struct hf_import_options *job, const struct safety *safety,
                           struct hf_error *err)
{
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    struct hf_error failure = {0};
    struct hf_import_options exactly = *job;
    exactly.merge = true; /* what other tables hold, such as migrations, stays */
    if (!hf_import(input, &exactly, cli->env, &result, &failure)) {
        hf_progress_line_clear(&cli->progress);
        return show(cli, job, &result, safety, err) ? -1 : 1;
    }
    if (failure.code == HF_REFUSED && !job->accept_data_loss) {
        hf_notice(job->events, "%s", failure.text);
        hf_notice(job->events, "so the copy is taken in the application's own form; "
                               "--accept-data-loss takes each table as far as it has a place");
        return 0;
    }
    return failure.code == HF_UNSUPPORTED ? 0 : hf_error_pass(err, &failure);
}

/* 1 when it was done, 0 when the copy is to be taken as a generic one. */
static int import_by_profile(struct hf_cli *cli, struct hf_copy_input *input,
                             const struct hf_import_options *job, struct safety *safety,
                             struct hf_error *err)
{
    hf_auto(hf_profile_choice) struct hf_profile_choice form = {0};
    bool generic, fresh;
    const struct hf_source *text = hf_copy_input_text(input, err);
    if (!text || hf_copy_is_generic(text, &generic, err))
        return -1;
    if (hf_choose_form(&form, cli, job->path, err))
        return -1;
    if (generic || !form.profile)
        return 0;
    const struct hf_profile_import_job by_profile = {.choice = safety->choice,
                                                     .profile = form.profile,
                                                     .user = hf_option(&cli->arguments, "user"),
                                                     .options = job,
                                                     .point_before = &safety->point.seq};
    if (hf_profile_import_is_fresh(&fresh, &by_profile, err))
        return -1;
    int done = fresh ? restore_exactly(cli, input, job, safety, err) : 0;
    if (!done)
        done = hf_profile_import_run(cli, input, &by_profile, err) ? -1 : 1;
    return done;
}

/* The first operand is the copy: what follows says which database, as with every verb. */
static int take_operands(struct hf_cli *cli, const char **file, struct hf_error *err)
{
    struct hf_arguments *arguments = &cli->arguments;
    if (!arguments->operand_count) {
        hf_error_set(err, HF_USAGE, "no copy is given");
        return hf_error_hint(err, "holdfast import FILE, or '-' for standard input");
    }
    *file = arguments->operands[0];
    memmove(arguments->operands, arguments->operands + 1,
            (size_t)arguments->operand_count * sizeof *arguments->operands);
    arguments->operand_count--;
    return 0;
}

static int choose_database(struct hf_choice *out, struct hf_cli *cli, struct hf_error *err)
{
    if (hf_choose_one(out, cli, err))
        return -1;
    if (out->path)
        return 0;
    if (out->name)
        return hf_not_configured(out->name, err);
    hf_error_set(err, HF_CONFIG, "no database is given");
    return hf_error_hint(err, "say which: --db PATH, HOLDFAST_DB, or 'databases:' in holdfast.yml");
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_copy_keys) struct hf_copy_keys keys = {0};
    hf_auto(hf_import_result) struct hf_import_result result = {0};
    struct hf_choice choice;
    const char *file;
    const struct hf_source standard = {.context = stdin, .read = read_input};
    if (take_operands(cli, &file, err) || choose_database(&choice, cli, err) ||
        hf_copy_keys_read(&keys, cli, NULL, hf_option(&cli->arguments, "identity"), err))
        return -1;
    bool piped = !strcmp(file, "-");
    const struct hf_copy_input_options from = {
        .path = piped ? "standard input" : file,
        .stream = piped ? &standard : NULL,
        .spool_beside = choice.path,
        .keys = {keys.identities, keys.identity_count, keys.passphrase}};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input =
        hf_copy_input_new(&from, cli->env, err);
    bool dry_run = hf_option_given(&cli->arguments, "dry-run");
    struct safety safety = {.cli = cli,
                            .choice = &choice,
                            .wanted =
                                !dry_run && !hf_option_given(&cli->arguments, "no-restore-point")};
    const struct hf_import_options job = {
        .path = choice.path,
        .busy_ms = BUSY_MS,
        .merge = hf_option_given(&cli->arguments, "merge"),
        .accept_data_loss = hf_option_given(&cli->arguments, "accept-data-loss"),
        .dry_run = dry_run,
        .trust = hf_option_given(&cli->arguments, "edited") ? HF_COPY_EDITED : HF_COPY_PROVEN,
        .events = &cli->progress.events,
        .before_writing = take_restore_point,
        .before_context = &safety};
    if (!input)
        return -1;
    int done = import_by_profile(cli, input, &job, &safety, err);
    if (done)
        return done < 0 ? -1 : 0;
    if (hf_import(input, &job, cli->env, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    return show(cli, &job, &result, &safety, err);
}

const struct hf_verb hf_verb_import = {
    .name = "import",
    .operands = "FILE [DATABASE]",
    .summary = "take a portable copy into a database",
    .own_flag = "user",
    .about =
        "Proves the copy to its last byte, takes a restore point of the database, and then\n"
        "writes in one transaction, or not at all. A database that is not there is made. FILE\n"
        "may be '-', compressed with gzip or zstd, and encrypted with age.",
    .most_operands = 2,
    .options = options,
    .run = run,
};

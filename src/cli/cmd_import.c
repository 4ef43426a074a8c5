#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/table.h"
#include "service/copy_keys.h"
#include "service/importing.h"

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

enum { MOST_TOLD = 20 };

static int64_t read_input(void *context, void *out, size_t capacity, struct hf_error *err)
{
    size_t got = fread(out, 1, capacity, context);
    if (!got && ferror(context))
        return hf_error_sys(err, errno, "read", "standard input");
    return (int64_t)got;
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

static int tables_to_text(const char *database, const struct hf_importing_result *result,
                          struct hf_error *err)
{
    const struct hf_import_result *done = &result->tables;
    char read[32], duration[32];
    if (print_tables(done, err))
        return -1;
    printf("%s: %s%s read, %" PRIu64 " inserted, %" PRIu64 " kept, in %s\n", database,
           result->dry_run ? "would be: " : "",
           hf_format_count(read, sizeof read, done->read, "row"), done->inserted, done->kept,
           hf_format_duration(duration, sizeof duration, done->duration));
    return 0;
}

static int print_users(const struct hf_profile_import_result *result, struct hf_error *err)
{
    static const struct hf_column columns[] = {{"user", HF_LEFT},
                                               {"total", HF_RIGHT},
                                               {"imported", HF_RIGHT},
                                               {"skipped", HF_RIGHT},
                                               {"unresolved", HF_RIGHT},
                                               {"errors", HF_RIGHT},
                                               {0}};
    hf_auto(hf_table) struct hf_table table;
    hf_table_init(&table, columns);
    for (size_t i = 0; i < result->user_count; i++) {
        const struct hf_profile_counts *counts = &result->users[i].counts;
        const uint64_t numbers[] = {counts->total, counts->imported, counts->skipped,
                                    counts->unresolved, counts->errors};
        char texts[5][24];
        const char *cells[6] = {result->users[i].name ? result->users[i].name : "(none)"};
        for (size_t j = 0; j < 5; j++) {
            snprintf(texts[j], sizeof texts[j], "%" PRIu64, numbers[j]);
            cells[j + 1] = texts[j];
        }
        if (hf_table_add(&table, cells, err))
            return -1;
    }
    hf_table_print(&table, stdout);
    return 0;
}

static int titles_to_text(const char *database, const struct hf_importing_result *result,
                          struct hf_error *err)
{
    const struct hf_profile_counts *counts = &result->titles.counts;
    char total[32], time[32];
    if (print_users(&result->titles, err))
        return -1;
    printf("%s: %s%s: %" PRIu64 " imported, %" PRIu64 " skipped, %" PRIu64 " unresolved, %" PRIu64
           " errors, in %s\n",
           database, result->dry_run ? "would be: " : "",
           hf_format_count(total, sizeof total, counts->total, "title"), counts->imported,
           counts->skipped, counts->unresolved, counts->errors,
           hf_format_duration(time, sizeof time, result->duration));
    if (result->titles.unresolved_path)
        printf("what is unresolved was kept in '%s'\n", result->titles.unresolved_path);
    return 0;
}

static int to_text(const char *database, const struct hf_importing_result *result,
                   struct hf_error *err)
{
    if (result->profile ? titles_to_text(database, result, err)
                        : tables_to_text(database, result, err))
        return -1;
    if (result->point_before)
        printf("before it: point %" PRIu64 "\n", result->point_before);
    return 0;
}

static int show(struct hf_cli *cli, const struct hf_choice *choice,
                const struct hf_importing_result *result, struct hf_error *err)
{
    hf_progress_line_clear(&cli->progress);
    if (cli->json) {
        hf_json_text(cli->json, "database", choice->name);
        hf_json_text(cli->json, "path", choice->path);
        return hf_json_take(cli->json, hf_importing_json(result), err);
    }
    if (result->problems.total > MOST_TOLD)
        hf_notice(&cli->progress.events, "and %" PRIu64 " more",
                  result->problems.total - MOST_TOLD);
    return to_text(choice->name, result, err);
}

/* The first of what was not imported is told as it is met; --json has all of it. */
struct telling {
    struct hf_cli *cli;
    unsigned told;
};

static void tell_problem(void *context, const struct hf_profile_problem *problem)
{
    struct telling *telling = context;
    if (!telling->cli->json && telling->told++ < MOST_TOLD)
        hf_notice(&telling->cli->progress.events, "line %" PRIu64 ", %s: %s", problem->line,
                  problem->path, problem->why);
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

static int import(struct hf_cli *cli, const char *file, const struct hf_choice *choice,
                  const struct hf_copy_keys *keys, struct hf_error *err)
{
    const struct hf_arguments *arguments = &cli->arguments;
    const struct hf_source standard = {.context = stdin, .read = read_input};
    hf_auto(hf_importing_result) struct hf_importing_result result = {0};
    bool piped = !strcmp(file, "-");
    const struct hf_copy_input_options from = {
        .path = piped ? "standard input" : file,
        .stream = piped ? &standard : NULL,
        .spool_beside = choice->path,
        .keys = {keys->identities, keys->identity_count, keys->passphrase}};
    struct telling telling = {.cli = cli};
    struct hf_importing_options job = {
        .config = &cli->config,
        .env = cli->env,
        .database = choice->name,
        .path = choice->path,
        .merge = hf_option_given(arguments, "merge"),
        .accept_data_loss = hf_option_given(arguments, "accept-data-loss"),
        .dry_run = hf_option_given(arguments, "dry-run"),
        .edited = hf_option_given(arguments, "edited"),
        .without_restore_point = hf_option_given(arguments, "no-restore-point"),
        .user = hf_option(arguments, "user"),
        .events = &cli->progress.events,
        .context = &telling,
        .problem = tell_problem};
    hf_auto_ptr(hf_copy_input) struct hf_copy_input *input =
        hf_copy_input_new(&from, cli->env, err);
    if (!input || hf_choose_form(&job.generic, cli, err) || hf_importing(input, &job, &result, err))
        return -1;
    return show(cli, choice, &result, err);
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_copy_keys) struct hf_copy_keys keys = {0};
    struct hf_choice choice;
    const char *file;
    const struct hf_copy_key_places places = {
        .passphrase_file = hf_option(&cli->arguments, "copy-passphrase-file"),
        .identity_file = hf_option(&cli->arguments, "identity")};
    if (take_operands(cli, &file, err) || choose_database(&choice, cli, err) ||
        hf_copy_keys_read(&keys, cli->env, &places, err))
        return -1;
    return import(cli, file, &choice, &keys, err);
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

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/session.h"
#include "service/copy_keys.h"
#include "service/exporting.h"

enum { BUSY_MS = 5000 };

static const struct hf_option options[] = {
    {"to", 'o', "FILE", "write there, complete or not at all; '-' is standard output"},
    {"profile", 0, "NAME", "in this application's own form; 'none' is the generic one"},
    {"profiles-dir", 0, "DIR", "where profiles of your own are"},
    {"generic", 0, NULL, "every table as it is, also where an application's own form is known"},
    {"gzip", 0, NULL, "compress as gzip does"},
    {"zstd", 0, NULL, "compress as zstd does"},
    {"encrypt", 0, NULL, "encrypt with a passphrase, as age does"},
    {"recipient", 0, "AGE1...", "encrypt to this age key; several with commas between"},
    {"copy-passphrase-file", 0, "PATH", "a file that holds the copy's passphrase"},
    {0}};

static int write_output(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    if (fwrite(bytes, 1, length, context) != length)
        return hf_error_sys(err, errno, "write", "standard output");
    return 0;
}

static int finish_output(void *context, struct hf_error *err)
{
    return fflush(context) ? hf_error_sys(err, errno, "write", "standard output") : 0;
}

static int choose_target(struct hf_copy_output_options *output, const struct hf_cli *cli,
                         const struct hf_sink *standard, struct hf_error *err)
{
    const char *to = hf_option(&cli->arguments, "to");
    bool gzip = hf_option_given(&cli->arguments, "gzip");
    bool zstd = hf_option_given(&cli->arguments, "zstd");
    if (gzip && zstd)
        return hf_error_set(err, HF_USAGE, "--gzip or --zstd: not both");
    output->packing = gzip ? HF_COPY_GZIP : zstd ? HF_COPY_ZSTD : HF_COPY_PLAIN;
    if (to && !*to)
        return hf_error_set(err, HF_USAGE, "--to is empty");
    if (to && strcmp(to, "-") != 0) {
        output->to = to;
        return 0;
    }
    if (cli->json) {
        hf_error_set(err, HF_USAGE, "--json and the copy cannot both go to standard output");
        return hf_error_hint(err, "--to FILE");
    }
    output->sink = standard;
    if ((gzip || zstd || output->encryption) && isatty(STDOUT_FILENO)) {
        hf_error_set(err, HF_USAGE, "a compressed or encrypted copy is nothing for a terminal");
        return hf_error_hint(err, "--to FILE");
    }
    return 0;
}

/* Encryption is asked for by name: a passphrase that happens to be in the environment is not. */
static int choose_encryption(struct hf_age_encryption *out, const struct hf_copy_keys *keys,
                             const struct hf_cli *cli, struct hf_error *err)
{
    bool encrypt = hf_option_given(&cli->arguments, "encrypt");
    if (encrypt && keys->recipient_count)
        return hf_error_set(err, HF_USAGE, "--encrypt (a passphrase) or --recipient: not both");
    if (hf_option_given(&cli->arguments, "copy-passphrase-file") && !encrypt)
        return hf_error_set(err, HF_USAGE, "--copy-passphrase-file needs --encrypt");
    if (encrypt && !keys->passphrase) {
        hf_error_set(err, HF_CONFIG, "no passphrase is given to encrypt the copy with");
        return hf_error_hint(err, "set HOLDFAST_COPY_PASSPHRASE_FILE, or --copy-passphrase-file; "
                                  "or encrypt to a key: --recipient age1...");
    }
    *out = (struct hf_age_encryption){.recipients = keys->recipients,
                                      .recipient_count = keys->recipient_count,
                                      .passphrase = encrypt ? keys->passphrase : NULL};
    return 0;
}

static int to_json(json_t *root, const struct hf_exporting_options *job,
                   const struct hf_exporting_result *result, struct hf_error *err)
{
    hf_json_text(root, "database", job->copy.name);
    hf_json_text(root, "path", job->copy.path);
    hf_json_text(root, "file", job->copy.output.to);
    return hf_json_take(root, hf_exporting_json(job, result), err);
}

static void to_text(FILE *out, const struct hf_export_options *job,
                    const struct hf_exporting_result *done)
{
    const struct hf_export_result *result = &done->copy;
    char rows[32], tables[32], size[16], duration[32];
    fprintf(out, "%s: %s of %s%s%s in %s%s%s, %s, in %s\n", job->name,
            hf_format_count(rows, sizeof rows, result->rows, "row"),
            hf_format_count(tables, sizeof tables, result->tables, "table"),
            done->profile ? " in the form of " : "", done->profile ? done->profile : "",
            job->output.to ? "'" : "", job->output.to ? job->output.to : "standard output",
            job->output.to ? "'" : "", hf_format_bytes(size, sizeof size, result->bytes),
            hf_format_duration(duration, sizeof duration, result->duration));
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_copy_keys) struct hf_copy_keys keys = {0};
    struct hf_age_encryption encryption;
    hf_auto(hf_exporting_result) struct hf_exporting_result result = {0};
    struct hf_choice choice;
    const struct hf_copy_key_places places = {
        .passphrase_file = hf_option(&cli->arguments, "copy-passphrase-file"),
        .recipients = hf_option(&cli->arguments, "recipient")};
    struct hf_sink standard = {.context = stdout, .write = write_output, .finish = finish_output};
    if (hf_choose_one(&choice, cli, err))
        return -1;
    if (!choice.path && choice.name)
        return hf_not_configured(choice.name, err);
    if (!choice.path) {
        hf_error_set(err, HF_CONFIG, "no database is given");
        return hf_error_hint(err, "say which: --db PATH, HOLDFAST_DB, or 'databases:' in "
                                  "holdfast.yml");
    }
    if (hf_copy_keys_read(&keys, cli->env, &places, err) ||
        choose_encryption(&encryption, &keys, cli, err))
        return -1;
    struct hf_exporting_options job = {.config = &cli->config,
                                       .env = cli->env,
                                       .copy = {.path = choice.path,
                                                .name = choice.name,
                                                .program = HF_VERSION,
                                                .busy_ms = BUSY_MS,
                                                .events = &cli->progress.events}};
    if (encryption.passphrase || encryption.recipient_count)
        job.copy.output.encryption = &encryption;
    if (choose_target(&job.copy.output, cli, &standard, err) ||
        hf_choose_form(&job.generic, cli, err) || hf_exporting(&job, &result, err))
        return -1;
    hf_progress_line_clear(&cli->progress);
    if (cli->json)
        return to_json(cli->json, &job, &result, err);
    if (job.copy.output.to)
        to_text(stdout, &job.copy, &result);
    return 0;
}

const struct hf_verb hf_verb_export = {
    .name = "export",
    .operands = "[DATABASE]",
    .summary = "write a portable copy: the database as JSON",
    .about =
        "Writes all that is in the database, losslessly, as JSON that is readable by other\n"
        "programs: one moment of it, while writers go on. Compressed and encrypted copies open\n"
        "with gzip, zstd and age. 'holdfast import' takes every such copy.",
    .most_operands = 1,
    .options = options,
    .run = run,
};

#include "cli/options.h"

#include <assert.h>
#include <getopt.h>
#include <string.h>

#include "base/text.h"

const struct hf_option hf_common_options[] = {
    {"repository", 'r', "PLACE", "where history is kept"},
    {"db", 'd', "PATH", "the database's file; takes the place of the configured ones"},
    {"name", 0, "NAME", "the name of --db, when it is not its file's name"},
    {"passphrase-file", 0, "PATH", "a file that holds the passphrase"},
    {"keyfile", 0, "PATH", "the file that is the key"},
    {"recovery-key-file", 0, "PATH", "a file that holds the recovery key"},
    {"config", 'c', "PATH", "the configuration file"},
    {"state-dir", 0, "PATH", "where what can be thrown away is kept"},
    {"json", 0, NULL, "one JSON object on standard output"},
    {"quiet", 'q', NULL, "no progress, no notices"},
    {"help", 'h', NULL, "this text"},
    {0}};

/* Both tables as getopt wants them; `rows` in the same order. */
struct tables {
    const struct hf_option *rows[HF_MOST_OPTIONS];
    struct option longs[HF_MOST_OPTIONS + 1];
    char shorts[2 * HF_MOST_OPTIONS + 3];
    int count;
};

static void add_rows(struct tables *tables, const struct hf_option *options)
{
    for (; options && options->name; options++) {
        assert(tables->count < HF_MOST_OPTIONS);
        int at = tables->count++;
        tables->rows[at] = options;
        tables->longs[at] = (struct option){
            options->name, options->argument ? required_argument : no_argument, NULL, 256 + at};
        if (options->letter) {
            size_t used = strlen(tables->shorts);
            snprintf(tables->shorts + used, sizeof tables->shorts - used, "%c%s", options->letter,
                     options->argument ? ":" : "");
        }
    }
}

static void make_tables(struct tables *tables, const struct hf_option *options)
{
    memset(tables, 0, sizeof *tables);
    strcpy(tables->shorts, "-:"); /* operands in their place; a missing argument is ':' */
    add_rows(tables, options);
    add_rows(tables, hf_common_options);
}

static int row_of(const struct tables *tables, int code)
{
    for (int i = 0; i < tables->count; i++) {
        if (code == 256 + i || (code < 256 && tables->rows[i]->letter == code))
            return i;
    }
    return -1;
}

static int unknown_option(const struct tables *tables, const char *verb, const char *typed,
                          struct hf_error *err)
{
    const char *names[HF_MOST_OPTIONS + 1] = {NULL};
    for (int i = 0; i < tables->count; i++)
        names[i] = tables->rows[i]->name;
    if (optopt > 0 && optopt < 256) {
        hf_error_set(err, HF_USAGE, "%s has no option '-%c'", verb, optopt);
        return hf_error_hint(err, "holdfast %s --help", verb);
    }
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(typed, "="), typed);
    for (int i = 0; i < tables->count; i++) {
        if (!strcmp(tables->rows[i]->name, name + 2))
            return hf_error_set(err, HF_USAGE, "option '%s' takes no value", name);
    }
    const char *nearest = hf_nearest(name + 2, names);
    hf_error_set(err, HF_USAGE, "%s has no option '%s'", verb, name);
    if (nearest)
        return hf_error_hint(err, "did you mean '--%s'?", nearest);
    return hf_error_hint(err, "holdfast %s --help", verb);
}

static int take_option(struct hf_arguments *out, const struct tables *tables, int code,
                       struct hf_error *err)
{
    int at = row_of(tables, code);
    assert(at >= 0);
    if (out->values[at])
        return hf_error_set(err, HF_USAGE, "option '--%s' is given twice", tables->rows[at]->name);
    out->values[at] = optarg ? optarg : "";
    return 0;
}

static int take_operand(struct hf_arguments *out, const char *verb, int most, const char *operand,
                        struct hf_error *err)
{
    if (out->operand_count >= most) {
        hf_error_set(err, HF_USAGE, "%s does not know what to do with '%s'", verb, operand);
        return hf_error_hint(err, "holdfast %s --help", verb);
    }
    out->operands[out->operand_count++] = operand;
    return 0;
}

int hf_options_parse(struct hf_arguments *out, const char *verb, const struct hf_option *options,
                     int most_operands, int argc, char **argv, int first, struct hf_error *err)
{
    struct tables tables;
    make_tables(&tables, options);
    if (most_operands == HF_COMMAND)
        tables.shorts[0] = '+'; /* stops at the first operand */
    struct hf_arguments arguments = {.options = options};
    assert(most_operands <= HF_MOST_OPERANDS);
    /* The verb takes the place of getopt's program name; 0 makes getopt start afresh. */
    argc -= first - 1;
    argv += first - 1;
    opterr = optind = 0;
    int code, failed = 0;
    while (!failed && (code = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        if (code == 1)
            failed = take_operand(&arguments, verb, most_operands, optarg, err);
        else if (code == ':')
            failed = hf_error_set(err, HF_USAGE, "option '%s' needs a value", argv[optind - 1]);
        else if (code == '?')
            failed = unknown_option(&tables, verb, argv[optind - 1], err);
        else
            failed = take_option(&arguments, &tables, code, err);
    }
    if (most_operands == HF_COMMAND)
        arguments.command = argv + optind;
    for (; !failed && most_operands != HF_COMMAND && optind < argc; optind++)
        failed = take_operand(&arguments, verb, most_operands, argv[optind], err);
    if (!failed)
        *out = arguments;
    return failed;
}

static int find_row(const struct hf_arguments *arguments, const char *name)
{
    struct tables tables;
    make_tables(&tables, arguments->options);
    for (int i = 0; i < tables.count; i++) {
        if (!strcmp(tables.rows[i]->name, name))
            return i;
    }
    return -1;
}

const char *hf_option_if_known(const struct hf_arguments *arguments, const char *name)
{
    int row = find_row(arguments, name);
    return row < 0 ? NULL : arguments->values[row];
}

const char *hf_option(const struct hf_arguments *arguments, const char *name)
{
    int row = find_row(arguments, name);
    assert(row >= 0);
    return row < 0 ? NULL : arguments->values[row];
}

bool hf_option_given(const struct hf_arguments *arguments, const char *name)
{
    return hf_option(arguments, name) != NULL;
}

void hf_options_help(FILE *out, const struct hf_option *options, const char *but)
{
    for (; options && options->name; options++) {
        char left[64], letter[8] = "    ";
        if (but && !strcmp(options->name, but))
            continue;
        if (options->letter)
            snprintf(letter, sizeof letter, "-%c, ", options->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, options->name,
                 options->argument ? " " : "", options->argument ? options->argument : "");
        fprintf(out, "  %-30s %s\n", left, options->help);
    }
}

/*
 * Command lines from a table: one row is one option, and the help and the complaints about
 * what was typed come from the same rows.
 */
#ifndef HF_CLI_OPTIONS_H
#define HF_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct hf_option {
    const char *name;     /* without dashes; NULL ends a table */
    char letter;          /* or 0 */
    const char *argument; /* "PATH", or NULL for a switch */
    const char *help;
};

/* What every verb takes. */
extern const struct hf_option hf_common_options[];

/* As the number of operands HF_COMMAND: the first operand ends the options, and it and all that
 * follows is a command, of any length. */
enum { HF_MOST_OPTIONS = 40, HF_MOST_OPERANDS = 8, HF_COMMAND = -1 };

struct hf_arguments {
    const struct hf_option *options; /* the verb's own */
    const char *values[HF_MOST_OPTIONS];
    const char *operands[HF_MOST_OPERANDS + 1]; /* ends with NULL */
    int operand_count;
    char **command; /* with HF_COMMAND; ends with NULL, and may have nothing before it */
};

/*
 * Reads argv[first..]. Options and operands may be mixed; "--" ends the options. HF_USAGE, with the
 * nearest option as hint, for what the tables do not have, for an option given twice, and for more
 * than `most_operands`. Strings are borrowed from argv. `verb` is for the texts.
 */
int hf_options_parse(struct hf_arguments *out, const char *verb, const struct hf_option *options,
                     int most_operands, int argc, char **argv, int first, struct hf_error *err);

/* What was given for an option, "" for a switch, or NULL: not given, or (with _if_known) not in the
 * tables. */
const char *hf_option_if_known(const struct hf_arguments *arguments, const char *name);
const char *hf_option(const struct hf_arguments *arguments, const char *name);
bool hf_option_given(const struct hf_arguments *arguments, const char *name);

/* The rows, aligned, for a verb's --help, without the one of the name `but` (or NULL). */
void hf_options_help(FILE *out, const struct hf_option *options, const char *but);

#endif

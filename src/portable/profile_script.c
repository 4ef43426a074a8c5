#include "portable/profile_script.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct splitter {
    struct hf_profile_script *out;
    char *at;
    size_t line;
    struct hf_profile_statement next; /* what is known of the statement to come */
    struct hf_error *err;
};

static int wrong(const struct splitter *splitter, const char *what)
{
    return hf_error_set(splitter->err, HF_CONFIG, "%s line %zu: %s", splitter->out->file,
                        splitter->line, what);
}

/* The annotation's argument when the comment begins with `name`, without spaces around it. */
static char *argument_of(char *comment, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(comment, name, length) || (comment[length] && !strchr(" \t\r", comment[length])))
        return NULL;
    char *argument = comment + length + strspn(comment + length, " \t");
    char *end = argument + strlen(argument);
    while (end > argument && strchr(" \t\r", end[-1]))
        *--end = 0;
    return argument;
}

static int annotate(struct splitter *splitter, char *comment)
{
    struct hf_profile_statement *next = &splitter->next;
    char *argument;
    if (*comment != '@')
        return 0;
    if ((argument = argument_of(comment, "@at"))) {
        if (next->place)
            return wrong(splitter, "a second '@at' for one statement");
        next->place = argument;
    } else if ((argument = argument_of(comment, "@when"))) {
        if (next->when || !*argument)
            return wrong(splitter, *argument ? "a second '@when' for one statement"
                                             : "'@when' must name columns");
        next->when = argument;
    } else if ((argument = argument_of(comment, "@summary"))) {
        if (next->write || next->summary)
            return wrong(splitter, next->write ? "'@summary' after '@write'"
                                               : "a second '@summary' for one statement");
        next->summary = argument;
    } else if (argument_of(comment, "@ask")) {
        next->ask = true;
    } else if (argument_of(comment, "@write")) {
        next->write = true;
    } else {
        wrong(splitter, "unknown annotation");
        return hf_error_hint(splitter->err, "there are @at, @when, @summary, @ask and @write");
    }
    return 0;
}

static int pass_line_comment(struct splitter *splitter)
{
    char *comment = splitter->at + 2, *end = strchrnul(comment, '\n');
    bool more = *end;
    *end = 0; /* annotations are kept as text of their own */
    if (annotate(splitter, comment + strspn(comment, " \t")))
        return -1;
    splitter->at = more ? end + 1 : end;
    splitter->line += more;
    return 0;
}

static int pass_block_comment(struct splitter *splitter)
{
    char *end = strstr(splitter->at + 2, "*/");
    if (!end)
        return wrong(splitter, "a comment without an end");
    for (; splitter->at < end + 2; splitter->at++)
        splitter->line += *splitter->at == '\n';
    return 0;
}

/* To the next statement's first word, or the end. */
static int pass_comments(struct splitter *splitter)
{
    for (;;) {
        if (!strncmp(splitter->at, "--", 2)) {
            if (pass_line_comment(splitter))
                return -1;
        } else if (!strncmp(splitter->at, "/*", 2)) {
            if (pass_block_comment(splitter))
                return -1;
        } else if (*splitter->at && strchr(" \t\r\n;", *splitter->at)) {
            splitter->line += *splitter->at++ == '\n';
        } else {
            return 0;
        }
    }
}

/* sqlite3_complete knows quotes, comments and the bodies of triggers. */
static char *end_of_statement(char *sql)
{
    for (char *end = strchr(sql, ';'); end; end = strchr(end + 1, ';')) {
        char after = end[1];
        end[1] = 0;
        int complete = sqlite3_complete(sql);
        end[1] = after;
        if (complete)
            return end;
    }
    return NULL;
}

static int add_statement(struct splitter *splitter)
{
    struct hf_profile_script *out = splitter->out;
    struct hf_profile_statement *grown = realloc(out->statements, (out->count + 1) * sizeof *grown);
    if (!grown)
        return hf_error_memory(splitter->err);
    out->statements = grown;
    char *end = end_of_statement(splitter->at);
    if (!end)
        return wrong(splitter, "a statement without ';' at its end");
    splitter->next.sql = splitter->at;
    splitter->next.line = splitter->line;
    grown[out->count++] = splitter->next;
    splitter->next = (struct hf_profile_statement){.write = splitter->next.write};
    for (; splitter->at <= end; splitter->at++)
        splitter->line += *splitter->at == '\n';
    *end = 0;
    return 0;
}

static int split(struct splitter *splitter)
{
    for (;;) {
        if (pass_comments(splitter))
            return -1;
        if (!*splitter->at)
            break;
        if (add_statement(splitter))
            return -1;
    }
    if (splitter->next.place || splitter->next.when || splitter->next.summary || splitter->next.ask)
        return wrong(splitter, "an annotation without a statement");
    return 0;
}

int hf_profile_script_parse(struct hf_profile_script *out, const char *file, const void *bytes,
                            size_t length, struct hf_error *err)
{
    struct hf_profile_script script = {.file = strdup(file), .text = malloc(length + 1)};
    if (!script.file || !script.text) {
        hf_profile_script_release(&script);
        return hf_error_memory(err);
    }
    memcpy(script.text, bytes, length);
    script.text[length] = 0;
    struct splitter splitter = {.out = &script, .at = script.text, .line = 1, .err = err};
    if (strlen(script.text) != length ? wrong(&splitter, "a NUL character in the file")
                                      : split(&splitter)) {
        hf_profile_script_release(&script);
        return -1;
    }
    *out = script;
    return 0;
}

void hf_profile_script_release(struct hf_profile_script *script)
{
    free(script->statements);
    free(script->text);
    free(script->file);
    *script = (struct hf_profile_script){0};
}

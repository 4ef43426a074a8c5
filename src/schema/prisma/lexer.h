/*
 * The words and signs of Prisma's schema language, taken from a cursor one at a time.
 *
 * The language is read line by line and tries one form after the other, so there is no stream of
 * tokens: what "5" is (a number, a name) depends on what is tried. Each function takes what it
 * names and moves the cursor past it, or leaves the cursor alone and returns false.
 */
#ifndef HF_SCHEMA_PRISMA_LEXER_H
#define HF_SCHEMA_PRISMA_LEXER_H

#include "schema/prisma/ast.h"

struct hf_prisma_cursor {
    const struct hf_schema_source *source;
    size_t at;
};

bool hf_prisma_at_end(const struct hf_prisma_cursor *cursor);

/* Spaces and tabs, also Unicode's; never the end of a line. */
void hf_prisma_skip_space(struct hf_prisma_cursor *cursor);

/* The exact sign or word. */
bool hf_prisma_take(struct hf_prisma_cursor *cursor, const char *text);

/* "\n", "\r\n" or "\r". */
bool hf_prisma_take_newline(struct hf_prisma_cursor *cursor);

/* The rest of the line, without its end. */
void hf_prisma_skip_line(struct hf_prisma_cursor *cursor);

/* A letter or digit, then letters, digits, "_" and "-". */
bool hf_prisma_take_identifier(struct hf_prisma_cursor *cursor);

/* Identifiers with dots between them. */
bool hf_prisma_take_path(struct hf_prisma_cursor *cursor);

/* -?[0-9]+(.[0-9]+)? */
bool hf_prisma_take_number(struct hf_prisma_cursor *cursor);

/* From quote to quote, on one line, with "\" before any character; what an escape means is for
 * hf_prisma_unescape (schema/prisma/parser.h). */
bool hf_prisma_take_string(struct hf_prisma_cursor *cursor);

/* "// ..." up to the end of its line, or a bracketed one over any number of lines. */
bool hf_prisma_take_comment(struct hf_prisma_cursor *cursor);

#endif

/*
 * Schemas in a test's own text, compiled.
 */
#ifndef HF_TESTS_SCHEMA_PRISMA_STAGE_H
#define HF_TESTS_SCHEMA_PRISMA_STAGE_H

#include "schema/compile.h"

/* A datasource, which every schema needs, and a line of its own before what follows. */
#define PRISMA_DATASOURCE "datasource db {\n  provider = \"sqlite\"\n}\n"

struct prisma_stage {
    struct hf_schema_source source;
    struct hf_wanted wanted;
    struct hf_diagnostics found;
    struct hf_error err;
    int result;
};

/* Compiles exactly this text. */
void prisma_stage_init(struct prisma_stage *stage, const char *text);
void prisma_stage_release(struct prisma_stage *stage);
HF_AUTO_RELEASE(prisma_stage)

/* With a datasource before the text: it compiles to these statements, with ";\n" after each. */
void assert_compiles(const char *text, const char *statements);

/* With a datasource before the text: it is refused, and the first complaint is about the line that
 * begins so (but for spaces). */
void assert_refused(const char *text, const char *line);

#endif

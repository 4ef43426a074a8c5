#include <string.h>

#include "schema/prisma/schema.h"

/* "/// @renamed-from old": what a comment tells Holdfast and nobody else. */

static const char mark[] = "@renamed-from";

/* The line of the documentation that holds the hint, after its mark; NULL: there is none. */
static const char *find_hint(const char *documentation)
{
    for (const char *line = documentation; line && *line;) {
        const char *after = line + sizeof mark - 1;
        if (!strncmp(line, mark, sizeof mark - 1) && (!*after || strchr(" \t\r\n", *after)))
            return after;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return NULL;
}

const char *hf_prisma_former_name(struct hf_prisma_schema *schema, const char *documentation)
{
    const char *start = find_hint(documentation);
    if (!start)
        return NULL;
    const char *end = strchrnul(start, '\n');
    while (end > start && strchr(" \t\r", end[-1]))
        end--;
    while (start < end && strchr(" \t", *start))
        start++;
    return end > start ? hf_prisma_print(schema, "%.*s", (int)(end - start), start) : NULL;
}

static void check_hint(struct hf_prisma_schema *schema, const char *documentation,
                       struct hf_prisma_span span, bool has_name)
{
    if (!find_hint(documentation))
        return;
    if (!has_name)
        hf_prisma_complain(schema, span, "%s belongs above what has a table or a column of its own",
                           mark);
    else if (!hf_prisma_former_name(schema, documentation))
        hf_prisma_complain(schema, span, "%s needs the former name behind it", mark);
}

void hf_prisma_check_hints(struct hf_prisma_schema *schema)
{
    for (struct hf_prisma_model *model = schema->models; model; model = model->next) {
        check_hint(schema, model->block->documentation, model->block->name_span, !model->view);
        for (size_t i = 0; i < model->field_count; i++)
            check_hint(schema, model->fields[i].entry->documentation,
                       model->fields[i].entry->name_span,
                       !model->view && model->fields[i].kind != HF_PRISMA_RELATION_FIELD);
    }
    for (struct hf_prisma_block *block = schema->blocks; block; block = block->next)
        if (block->kind == HF_PRISMA_ENUM)
            check_hint(schema, block->documentation, block->name_span, false);
}

#include "schema/prisma_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void prisma_stage_init(struct prisma_stage *stage, const char *text)
{
    *stage = (struct prisma_stage){.source = {.path = (char *)"schema.prisma"}};
    stage->source.text = strdup(text);
    stage->source.length = strlen(text);
    assert_non_null(stage->source.text);
    const struct hf_schema_sources sources = {HF_SCHEMA_PRISMA, &stage->source, 1};
    stage->result = hf_schema_compile(&stage->wanted, &sources, &stage->found, &stage->err);
}

void prisma_stage_release(struct prisma_stage *stage)
{
    hf_wanted_release(&stage->wanted);
    hf_diagnostics_release(&stage->found);
    free(stage->source.text);
    stage->source.text = NULL;
}

static void stage_with_datasource(struct prisma_stage *stage, const char *text)
{
    hf_auto(hf_buf) struct hf_buf whole = {0};
    assert_int_equal(hf_buf_print(&whole, NULL, "%s%s", PRISMA_DATASOURCE, text), 0);
    prisma_stage_init(stage, (const char *)whole.data);
}

void assert_compiles(const char *text, const char *statements)
{
    hf_auto(prisma_stage) struct prisma_stage stage;
    hf_auto(hf_buf) struct hf_buf all = {0};
    stage_with_datasource(&stage, text);
    if (stage.result)
        print_error("%s\n", stage.err.text);
    assert_int_equal(stage.result, 0);
    assert_int_equal(stage.found.count, 0);
    for (size_t i = 0; i < stage.wanted.statement_count; i++)
        assert_int_equal(hf_buf_print(&all, NULL, "%s;\n", stage.wanted.statements[i]), 0);
    assert_string_equal(all.length ? (const char *)all.data : "", statements);
}

void assert_refused(const char *text, const char *line)
{
    hf_auto(prisma_stage) struct prisma_stage stage;
    stage_with_datasource(&stage, text);
    assert_int_equal(stage.result, -1);
    assert_int_equal(stage.err.code, HF_CONFIG);
    assert_true(stage.found.count > 0);
    const char *at = stage.source.text + stage.found.list[0].offset;
    while (at > stage.source.text && at[-1] != '\n')
        at--;
    at += strspn(at, " ");
    if (strncmp(at, line, strlen(line)) != 0)
        print_error("complaint: %s\nat: %s\n", stage.found.list[0].message, at);
    assert_int_equal(strncmp(at, line, strlen(line)), 0);
}

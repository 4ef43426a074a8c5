#include "schema/compile.h"

#include "schema/prisma/compile.h"
#include "schema/sql_compile.h"

int hf_schema_compile(struct hf_wanted *out, const struct hf_schema_sources *sources,
                      struct hf_diagnostics *diagnostics, struct hf_error *err)
{
    if (sources->dialect == HF_SCHEMA_PRISMA)
        return hf_prisma_compile(out, sources, diagnostics, err);
    return hf_sql_compile(out, sources, diagnostics, err);
}

#include "service/schema_json.h"

#include "service/json_members.h"

static const char *const risk_names[] = {"safe", "note", "data_loss", "impossible"};

int64_t hf_schema_plan_changes(const struct hf_sync_plan *plan)
{
    int64_t changes = 0;
    for (size_t i = 0; i < plan->count; i++)
        changes += plan->steps[i].risk != HF_RISK_NOTE;
    return changes;
}

static void step_json(json_t *item, const struct hf_sync_step *step)
{
    hf_json_text(item, "risk", risk_names[step->risk]);
    hf_json_text(item, "table", step->table);
    hf_json_text(item, "text", step->text);
    hf_json_text(item, "advice", step->advice);
    hf_json_integer(item, "rows", step->rows);
    json_t *sql = hf_json_list(item, "sql");
    for (const char **statement = step->sql; *statement; statement++)
        hf_json_text_item(sql, *statement);
}

void hf_schema_plan_json(json_t *object, const struct hf_sync_plan *plan)
{
    hf_json_text(object, "risk", risk_names[hf_sync_plan_risk(plan)]);
    json_t *list = hf_json_list(object, "steps");
    for (size_t i = 0; i < plan->count; i++)
        step_json(hf_json_item(list), &plan->steps[i]);
    hf_json_integer(object, "changes", hf_schema_plan_changes(plan));
}

void hf_schema_changed_json(json_t *object, const struct hf_schema_changed *changed)
{
    hf_schema_plan_json(object, &changed->plan);
    hf_json_boolean(object, "created", changed->created);
    hf_json_sequence(object, "point_before", changed->point_before);
    hf_json_integer(object, "duration_ms", changed->duration);
}

void hf_schema_statements_json(json_t *object, const struct hf_wanted *wanted)
{
    json_t *list = hf_json_list(object, "statements");
    for (size_t i = 0; i < wanted->statement_count; i++)
        hf_json_text_item(list, wanted->statements[i]);
}

void hf_schema_diagnostics_json(json_t *object, const struct hf_diagnostics *diagnostics)
{
    json_t *list = hf_json_list(object, "diagnostics");
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct hf_diagnostic *diagnostic = &diagnostics->list[i];
        size_t line, column;
        json_t *item = hf_json_item(list);
        hf_source_position(diagnostic->source, diagnostic->offset, &line, &column);
        hf_json_text(item, "path", diagnostic->source->path);
        hf_json_integer(item, "line", (int64_t)line);
        hf_json_integer(item, "column", (int64_t)column);
        hf_json_text(item, "message", diagnostic->message);
    }
}

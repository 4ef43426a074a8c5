#include "cli/schema_output.h"

#include <inttypes.h>
#include <string.h>

#include "cli/output.h"

static const char *const risk_words[] = {"safe", "note", "may lose data", "impossible"};

static void rows_text(FILE *out, const struct hf_sync_step *step)
{
    char count[32];
    if (step->rows)
        fprintf(out, " (%s)", hf_format_count(count, sizeof count, (uint64_t)step->rows, "row"));
}

/* A definition in the words may have several lines: a comment has one. */
static void one_line(FILE *out, const char *text)
{
    for (; *text; text++)
        fputc(*text == '\n' ? ' ' : *text, out);
}

static void step_text(FILE *out, const struct hf_sync_step *step, const char *before)
{
    fputs(before, out);
    one_line(out, step->text);
    rows_text(out, step);
    if (step->advice) {
        fputs(": ", out);
        one_line(out, step->advice);
    }
    fputc('\n', out);
}

void hf_schema_plan_text(FILE *out, const struct hf_sync_plan *plan)
{
    bool changes = !hf_sync_plan_is_empty(plan);
    if (changes && plan->foreign_keys_off)
        fputs("PRAGMA foreign_keys = OFF;\n", out);
    if (changes)
        fputs("PRAGMA legacy_alter_table = ON;\nBEGIN IMMEDIATE;\n\n", out);
    for (size_t i = 0; i < plan->count; i++) {
        const struct hf_sync_step *step = &plan->steps[i];
        fprintf(out, "-- %s: ", risk_words[step->risk]);
        step_text(out, step, "");
        for (const char **sql = step->sql; *sql; sql++)
            fprintf(out, "%s;\n", *sql);
        if (*step->sql)
            fputc('\n', out);
    }
    if (changes)
        fputs("COMMIT;\n", out);
}

void hf_schema_steps_text(FILE *out, const struct hf_sync_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct hf_sync_step *step = &plan->steps[i];
        step_text(out, step, step->risk == HF_RISK_NOTE ? "  note: " : "  ");
    }
}

void hf_schema_obstacles_text(FILE *out, const struct hf_sync_plan *plan,
                              enum hf_data_loss data_loss)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct hf_sync_step *step = &plan->steps[i];
        bool stands = step->risk == HF_RISK_IMPOSSIBLE ||
                      (step->risk == HF_RISK_DATA_LOSS && data_loss == HF_DATA_LOSS_REFUSED);
        if (!stands)
            continue;
        fprintf(out, "  %s: ", risk_words[step->risk]);
        step_text(out, step, "");
    }
}

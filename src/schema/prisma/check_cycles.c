#include "schema/prisma/schema.h"

/* Without foreign keys the client does what a cascade does, and would not end on a circle of
 * relations that all change their rows. */

static bool changes_rows(const struct hf_prisma_field *forward)
{
    enum hf_prisma_action on_delete = hf_prisma_on_delete(forward);
    enum hf_prisma_action on_update = hf_prisma_on_update(forward);
    return (on_delete != HF_PRISMA_NO_ACTION && on_delete != HF_PRISMA_RESTRICT) ||
           (on_update != HF_PRISMA_NO_ACTION && on_update != HF_PRISMA_RESTRICT);
}

static bool is_complete(const struct hf_prisma_relation *relation)
{
    return relation->kind <= HF_PRISMA_ONE_TO_MANY && relation->forward && relation->back;
}

/* Follows relations that change rows from `start` until one comes back to its model; each is
 * followed once. */
void hf_prisma_check_cycles(struct hf_prisma_schema *schema, struct hf_prisma_relation *start)
{
    if (!is_complete(start))
        return;
    struct hf_prisma_names visited = {0};
    struct hf_prisma_relation *waiting = start;
    start->next_waiting = NULL;
    while (waiting) {
        const struct hf_prisma_field *forward = waiting->forward;
        waiting = waiting->next_waiting;
        if (!changes_rows(forward))
            continue;
        if (forward->target == forward->model || forward->target == start->forward->model) {
            hf_prisma_complain(schema, start->forward->entry->span,
                               "this relation is part of a circle: break it with onDelete: "
                               "Restrict, onUpdate: Restrict on one of its relations");
            return;
        }
        for (struct hf_prisma_relation *next = forward->target->relations; next;
             next = next->next_from) {
            if (!is_complete(next) || hf_prisma_names_get(&visited, next, ""))
                continue;
            if (hf_prisma_names_put(&visited, schema->heap, next, "", next, NULL, schema->err)) {
                schema->failed = true;
                return;
            }
            next->next_waiting = waiting;
            waiting = next;
        }
    }
}

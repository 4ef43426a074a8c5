#include "service/copy_problems.h"

#include <stdlib.h>
#include <string.h>

#include "service/json_channel.h"

static void release_problem(struct hf_copy_problem *problem)
{
    free(problem->user);
    free(problem->title);
    free(problem->path);
    free(problem->why);
}

void hf_copy_problems_add(struct hf_copy_problems *problems,
                          const struct hf_profile_problem *problem)
{
    problems->total++;
    if (problems->count == HF_COPY_MOST_PROBLEMS)
        return;
    if (!problems->list)
        problems->list = calloc(HF_COPY_MOST_PROBLEMS, sizeof *problems->list);
    struct hf_copy_problem kept = {.outcome = problem->outcome,
                                   .user = problem->user ? strdup(problem->user) : NULL,
                                   .title = problem->title ? strdup(problem->title) : NULL,
                                   .path = strdup(problem->path),
                                   .why = strdup(problem->why),
                                   .line = problem->line};
    if (problems->list && kept.path && kept.why && (kept.user || !problem->user) &&
        (kept.title || !problem->title))
        problems->list[problems->count++] = kept;
    else
        release_problem(&kept);
}

void hf_copy_problems_release(struct hf_copy_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        release_problem(&problems->list[i]);
    free(problems->list);
    *problems = (struct hf_copy_problems){0};
}

static json_t *problem_json(const struct hf_copy_problem *problem)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}", "outcome",
                     problem->outcome == HF_PROFILE_UNRESOLVED ? "unresolved" : "error", "user",
                     hf_text_or_null(problem->user), "title", hf_text_or_null(problem->title),
                     "place", hf_text_value(problem->path), "line", (json_int_t)problem->line,
                     "reason", hf_text_value(problem->why));
}

json_t *hf_copy_problems_json(const struct hf_copy_problems *problems)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < problems->count; i++)
        if (hf_json_append(list, problem_json(&problems->list[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

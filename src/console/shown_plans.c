#include "console/shown_plans.h"

#include <string.h>

#include "service/json_members.h"

enum { LIFE = 15 * 60 * 1000 };

void hf_shown_plan_forget(struct hf_shown_plan *plan)
{
    hf_json_wipe(plan->action);
    *plan = (struct hf_shown_plan){0};
}

const struct hf_shown_plan *hf_shown_plan_add(struct hf_shown_plans *plans,
                                              const struct hf_shown_plan *plan,
                                              const struct hf_env *env, struct hf_error *err)
{
    struct hf_shown_plan *place = &plans->list[0], fresh = *plan;
    for (size_t i = 1; i < HF_MOST_PLANS; i++)
        place = plans->list[i].expires < place->expires ? &plans->list[i] : place;
    if (hf_secret_make(fresh.id, 32, env, err)) {
        hf_shown_plan_forget(&fresh);
        return NULL;
    }
    fresh.expires = hf_now(env) + LIFE;
    hf_shown_plan_forget(place);
    *place = fresh;
    return place;
}

struct hf_shown_plan *hf_shown_plan_find(struct hf_shown_plans *plans,
                                         const struct hf_shown_plan *wanted,
                                         const struct hf_env *env, struct hf_error *err)
{
    int64_t now = hf_now(env);
    for (size_t i = 0; i < HF_MOST_PLANS; i++) {
        struct hf_shown_plan *plan = &plans->list[i];
        if (plan->id[0] && !strcmp(plan->id, wanted->id) && !strcmp(plan->kind, wanted->kind) &&
            !strcmp(plan->login, wanted->login) && !strcmp(plan->database, wanted->database) &&
            plan->expires > now)
            return plan;
    }
    hf_error_set(err, HF_STALE, "this preview was used already, or is too old");
    hf_error_hint(err, "preview it again");
    return NULL;
}

void hf_shown_plans_expire(struct hf_shown_plans *plans, const struct hf_credentials *credentials)
{
    int64_t now = hf_now(credentials->env);
    for (size_t i = 0; i < HF_MOST_PLANS; i++) {
        struct hf_shown_plan *plan = &plans->list[i];
        if (plan->id[0] && (plan->expires <= now || !hf_login_is_there(credentials, plan->login)))
            hf_shown_plan_forget(plan);
    }
}

void hf_shown_plans_release(struct hf_shown_plans *plans)
{
    for (size_t i = 0; i < HF_MOST_PLANS; i++)
        hf_shown_plan_forget(&plans->list[i]);
}

#include "console/restore_plans.h"

#include <string.h>

enum { LIFE = 15 * 60 * 1000 };

const struct hf_restore_plan *hf_restore_plan_add(struct hf_restore_plans *plans,
                                                  const struct hf_restore_plan *plan,
                                                  const struct hf_env *env, struct hf_error *err)
{
    struct hf_restore_plan *place = &plans->list[0], fresh = *plan;
    for (size_t i = 1; i < HF_MOST_RESTORE_PLANS; i++)
        place = plans->list[i].expires < place->expires ? &plans->list[i] : place;
    if (hf_secret_make(fresh.id, 32, env, err))
        return NULL;
    fresh.expires = hf_now(env) + LIFE;
    *place = fresh;
    return place;
}

struct hf_restore_plan *hf_restore_plan_find(struct hf_restore_plans *plans, const char *id,
                                             const char *login, const char *database,
                                             const struct hf_env *env, struct hf_error *err)
{
    int64_t now = hf_now(env);
    for (size_t i = 0; i < HF_MOST_RESTORE_PLANS; i++) {
        struct hf_restore_plan *plan = &plans->list[i];
        if (plan->id[0] && !strcmp(plan->id, id) && !strcmp(plan->login, login) &&
            !strcmp(plan->database, database) && plan->expires > now)
            return plan;
    }
    hf_error_set(err, HF_STALE, "this preview was used already, or is too old");
    hf_error_hint(err, "preview the restore again");
    return NULL;
}

/*
 * What somebody has seen a preview of and may carry out: once, by whom it was shown to, for a
 * quarter of an hour. Single-threaded.
 */
#ifndef HF_CONSOLE_SHOWN_PLANS_H
#define HF_CONSOLE_SHOWN_PLANS_H

#include <jansson.h>
#include <stdint.h>

#include "console/credentials.h"
#include "history/database.h"

enum { HF_MOST_PLANS = 16, HF_PLAN_KIND_TEXT = 16 };

struct hf_shown_plan {
    char id[HF_SECRET_TEXT];      /* "": free */
    char kind[HF_PLAN_KIND_TEXT]; /* "restore": of what it may be carried out as */
    char login[HF_ID_TEXT];
    char database[HF_DATABASE_NAME_TEXT];
    json_t *action;  /* what carries it out, with the state that was previewed; may hold keys */
    int64_t expires; /* ms since 1970 */
};

struct hf_shown_plans {
    struct hf_shown_plan list[HF_MOST_PLANS];
};

/* Keeps it under a new id, in the place of the one that expires first. Its action is taken over. */
const struct hf_shown_plan *hf_shown_plan_add(struct hf_shown_plans *plans,
                                              const struct hf_shown_plan *plan,
                                              const struct hf_env *env, struct hf_error *err);

/* The one with the id, kind, login and database of `wanted`. HF_STALE: there is none (any more). */
struct hf_shown_plan *hf_shown_plan_find(struct hf_shown_plans *plans,
                                         const struct hf_shown_plan *wanted,
                                         const struct hf_env *env, struct hf_error *err);

/* It was used. */
void hf_shown_plan_forget(struct hf_shown_plan *plan);

/* Forgets those that are too old, or that were shown to who is not signed in any more. */
void hf_shown_plans_expire(struct hf_shown_plans *plans, const struct hf_credentials *credentials);
void hf_shown_plans_release(struct hf_shown_plans *plans);

#endif

/*
 * Restores that somebody has seen a preview of: each may be carried out once, by whom it was shown
 * to, for a quarter of an hour. Single-threaded.
 */
#ifndef HF_CONSOLE_RESTORE_PLANS_H
#define HF_CONSOLE_RESTORE_PLANS_H

#include <stdint.h>

#include "console/credentials.h"
#include "history/database.h"

enum { HF_MOST_RESTORE_PLANS = 16, HF_LIVE_STATE_TEXT = 128 };

struct hf_restore_plan {
    char id[HF_SECRET_TEXT]; /* "": free */
    char login[HF_ID_TEXT];
    char database[HF_DATABASE_NAME_TEXT];
    uint64_t point;
    char state[HF_LIVE_STATE_TEXT]; /* of the database when it was previewed */
    int64_t expires;                /* ms since 1970 */
};

struct hf_restore_plans {
    struct hf_restore_plan list[HF_MOST_RESTORE_PLANS];
};

/* Keeps it under a new id, in the place of the one that expires first. */
const struct hf_restore_plan *hf_restore_plan_add(struct hf_restore_plans *plans,
                                                  const struct hf_restore_plan *plan,
                                                  const struct hf_env *env, struct hf_error *err);

/* HF_STALE: there is none (any more) for this login and database. */
struct hf_restore_plan *hf_restore_plan_find(struct hf_restore_plans *plans, const char *id,
                                             const char *login, const char *database,
                                             const struct hf_env *env, struct hf_error *err);

#endif

/*
 * What changes an application's database in the console: a preview first, then, by its single-use
 * plan, the database's name and the password, the change itself. Of databases in the path's first
 * parameter. Single-threaded.
 */
#ifndef HF_CONSOLE_PLANNING_H
#define HF_CONSOLE_PLANNING_H

#include "console/job.h"
#include "console/shown_plans.h"
#include "console/sign_in.h"

/*
 * Starts the preview, and answers. When it has come to its end with a member "bound", an object,
 * that is joined to `action` (taken over), which becomes a plan of this kind; the result is shown
 * with `plan` and `expires` in the place of "bound". Without "bound" there is nothing to carry out,
 * and `plan` is null.
 */
void hf_planning_preview(struct hf_exchange *exchange, const char *kind,
                         const struct hf_job_wanted *preview, json_t *action);

/* The plan, name and password of the body: calls `proven` when the first two are right. Else it has
 * been answered. */
void hf_planning_confirm(struct hf_exchange *exchange, const char *kind, hf_password_proven proven);

/* In `proven`: the plan, which may have been used while the password was proven. NULL: it has been
 * answered. */
struct hf_shown_plan *hf_planning_confirmed(struct hf_exchange *exchange, const char *kind,
                                            bool fits);

/* Starts the job that carries the plan out, and answers. `change` goes over the plan's action; it
 * is taken over, NULL counts as no memory. The plan is used up when the job has begun. */
void hf_planning_carry_out(struct hf_exchange *exchange, struct hf_shown_plan *plan,
                           const struct hf_job_wanted *job, json_t *change);

#endif

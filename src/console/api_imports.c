/*
 * A portable copy that was sent, taken into a database: previewed first.
 */
#include "console/api.h"
#include "console/console_state.h"
#include "console/import_work.h"
#include "console/planning.h"
#include "console/question.h"
#include "console/upload.h"
#include "service/json_members.h"

enum { LONGEST_KEY = 8192, LONGEST_NAME = 256 };

static const char plan_kind[] = "import";

/* What is imported and how; NULL: err. */
static json_t *read_wish(const struct hf_exchange *exchange, struct hf_error *err)
{
    static const char *const switches[] = {"merge", "accept_data_loss", "edited", "generic"};
    json_t *wish = json_pack("{s:s, s:s}", "do", "import", "database", exchange->parameters[0]);
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (hf_member_true(exchange->body, switches[i]))
            hf_question_put(&wish, switches[i], json_true());
    if (!hf_upload_put(exchange, &wish, err) &&
        !hf_exchange_copy_text(exchange, "passphrase", LONGEST_KEY, wish, err) &&
        !hf_exchange_copy_text(exchange, "identity", LONGEST_KEY, wish, err) &&
        !hf_exchange_copy_text(exchange, "user", LONGEST_NAME, wish, err))
        return wish;
    hf_json_wipe(wish);
    return NULL;
}

static void post_plan(struct hf_exchange *exchange)
{
    struct hf_error err = {0};
    if (!hf_console_database(exchange, exchange->parameters[0]))
        return;
    json_t *wish = read_wish(exchange, &err);
    if (!wish) {
        hf_exchange_fail(exchange, &err);
        return;
    }
    const struct hf_job_wanted wanted = {
        .kind = "import_preview", .work = hf_preview_import, .question = json_deep_copy(wish)};
    hf_planning_preview(exchange, plan_kind, &wanted, wish);
}

static void password_proven(struct hf_exchange *exchange, bool fits)
{
    const struct hf_job_wanted wanted = {
        .kind = "import", .work = hf_carry_out_import, .file = "path", .changes_database = true};
    struct hf_shown_plan *plan = hf_planning_confirmed(exchange, plan_kind, fits);
    if (!plan)
        return;
    json_t *change = json_object();
    if (hf_member_true(exchange->body, "accept_changes"))
        hf_question_put(&change, "state", json_null());
    hf_planning_carry_out(exchange, plan, &wanted, change);
}

static void post_import(struct hf_exchange *exchange)
{
    hf_planning_confirm(exchange, plan_kind, password_proven);
}

static const char import_members[] =
    "upload:text passphrase:text identity:text user:text merge:switch accept_data_loss:switch "
    "edited:switch generic:switch";

const struct hf_route hf_import_routes[] = {
    {"POST", "/api/v1/databases/{database}/import-plans", HF_ACCESS_OWNER, import_members,
     post_plan},
    {"POST", "/api/v1/databases/{database}/imports", HF_ACCESS_OWNER,
     "plan:text name:text password:text accept_changes:switch", post_import},
    {0}};

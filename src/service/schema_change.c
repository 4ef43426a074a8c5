#include "service/schema_change.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "os/file.h"
#include "schema/prisma/pull.h"
#include "schema/sql_pull.h"
#include "schema/sync_apply.h"
#include "service/safety_point.h"
#include "service/schema_json.h"
#include "sqlite/connection.h"

enum { BUSY_MS = 5000 };

static bool is_there(const struct hf_schema_change_options *options)
{
    struct stat status;
    return !options->env->fs.stat(options->env->fs.context, options->path, &status);
}

static sqlite3 *open_for_plan(const struct hf_schema_change_options *options, struct hf_error *err)
{
    if (is_there(options))
        return hf_connection_open(options->path, NULL, BUSY_MS, err);
    sqlite3 *empty = NULL;
    if (sqlite3_open(":memory:", &empty) == SQLITE_OK)
        return empty;
    hf_error_memory(err);
    sqlite3_close(empty);
    return NULL;
}

int hf_schema_plan(struct hf_sync_plan *out, const struct hf_wanted *wanted,
                   const struct hf_schema_change_options *options, struct hf_error *err)
{
    const struct hf_sync_options how = {.drop_extra_tables = options->accepts_loss};
    sqlite3 *live = open_for_plan(options, err);
    if (!live)
        return -1;
    int failed = hf_sync_plan_make(out, live, wanted, &how, err);
    sqlite3_close(live);
    return failed;
}

bool hf_schema_plan_is_refused(const struct hf_sync_plan *plan, bool accepts_loss)
{
    enum hf_risk risk = hf_sync_plan_risk(plan);
    return risk == HF_RISK_IMPOSSIBLE || (risk == HF_RISK_DATA_LOSS && !accepts_loss);
}

int hf_schema_plan_digest(char out[HF_SCHEMA_DIGEST_TEXT], const struct hf_sync_plan *plan,
                          struct hf_error *err)
{
    uint8_t bytes[HF_DIGEST_BYTES];
    struct hf_digest digest;
    json_t *shown = json_object();
    if (shown)
        hf_schema_plan_json(shown, plan);
    hf_auto_free char *text = shown ? json_dumps(shown, JSON_COMPACT) : NULL;
    json_decref(shown);
    if (!text)
        return hf_error_memory(err);
    hf_digest_init(&digest);
    hf_digest_update(&digest, text, strlen(text));
    hf_digest_final(&digest, bytes);
    hf_hex_encode(out, bytes, sizeof bytes);
    return 0;
}

struct changing {
    const struct hf_schema_change_options *options;
    struct hf_schema_changed *out;
};

static int check_seen(void *context, const struct hf_sync_plan *plan, struct hf_error *err)
{
    const struct changing *job = context;
    char now[HF_SCHEMA_DIGEST_TEXT];
    if (!job->options->seen)
        return 0;
    if (hf_schema_plan_digest(now, plan, err))
        return -1;
    if (!strcmp(now, job->options->seen))
        return 0;
    hf_error_set(err, HF_STALE, "the database or the schema has changed: the plan is another one");
    return hf_error_hint(err, "plan it again");
}

/* When there is something to do, before it is done. */
static int take_point(void *context, const struct hf_sync_plan *plan, struct hf_error *err)
{
    struct changing *job = context;
    const struct hf_schema_change_options *options = job->options;
    const struct hf_safety_point_options wanted = {.config = options->config,
                                                   .env = options->env,
                                                   .database = options->database,
                                                   .path = options->path,
                                                   .reason = "schema",
                                                   .secrets = options->secrets,
                                                   .events = options->events};
    (void)plan;
    return hf_safety_point_take(&wanted, &job->out->point_before, err)
               ? hf_error_wrap(err, "restore point before the change")
               : 0;
}

static int make_database(const struct hf_schema_change_options *options, struct hf_error *err)
{
    int fd = hf_file_open(options->env, options->path, O_WRONLY | O_CREAT | O_EXCL, 0644, err);
    return fd < 0 ? -1 : hf_file_close(options->env, fd, options->path, err);
}

static int apply(struct changing *job, const struct hf_wanted *wanted, struct hf_error *err)
{
    const struct hf_schema_change_options *options = job->options;
    const struct hf_sync_apply_options how = {
        .plan.drop_extra_tables = options->accepts_loss,
        .data_loss = options->accepts_loss ? HF_DATA_LOSS_ACCEPTED : HF_DATA_LOSS_REFUSED,
        .agrees = check_seen,
        .before = take_point,
        .context = job,
        .events = options->events};
    bool makes = !is_there(options);
    if (makes && make_database(options, err))
        return -1;
    sqlite3 *live = hf_connection_open(options->path, NULL, BUSY_MS, err);
    int failed = live ? hf_sync_apply(live, wanted, &how, &job->out->plan, err) : -1;
    sqlite3_close(live);
    if (failed && makes && !hf_safety_point_is_needed(options->env, options->path))
        hf_file_remove(options->env, options->path, NULL); /* else somebody else used it */
    return failed;
}

int hf_schema_change(struct hf_schema_changed *out, const struct hf_wanted *wanted,
                     const struct hf_schema_change_options *options, struct hf_error *err)
{
    int64_t start = hf_now(options->env);
    *out = (struct hf_schema_changed){.created =
                                          !hf_safety_point_is_needed(options->env, options->path)};
    struct changing job = {options, out};
    if (apply(&job, wanted, err))
        return -1;
    out->duration = hf_now(options->env) - start;
    return 0;
}

void hf_schema_changed_release(struct hf_schema_changed *changed)
{
    hf_sync_plan_release(&changed->plan);
    *changed = (struct hf_schema_changed){0};
}

int hf_schema_pull(struct hf_buf *out, const char *path, enum hf_schema_dialect dialect,
                   struct hf_error *err)
{
    sqlite3 *live = hf_connection_open(path, NULL, BUSY_MS, err);
    if (!live)
        return -1;
    int failed =
        dialect == HF_SCHEMA_SQL ? hf_sql_pull(out, live, err) : hf_prisma_pull(out, live, err);
    sqlite3_close(live);
    return failed;
}

#include "console/read_database.h"

#include "console/live_question.h"
#include "history/retention_marks.h"
#include "service/keep_settings.h"

static int read_points(struct hf_read_database *fresh, const struct hf_read_database *before,
                       const struct hf_repository *repository, struct hf_error *err)
{
    struct hf_error why = {0};
    if (hf_database_open(&fresh->database, repository, fresh->configured->name,
                         HF_DATABASE_EXISTING, &why))
        return why.code == HF_NOT_FOUND ? 0 : hf_error_pass(err, &why);
    fresh->is_known = true;
    return hf_timeline_load_again(&fresh->timeline, &before->timeline, &fresh->database, err) ||
                   hf_points_load_again(&fresh->points, &before->points, &fresh->database,
                                        &fresh->timeline, err)
               ? -1
               : 0;
}

void hf_read_database_ask(struct hf_read_database *read, const struct hf_config *config,
                          const struct hf_env *env)
{
    json_decref(read->live);
    read->live = hf_live_question(config, env, read->configured);
}

int hf_read_database_again(struct hf_read_database *read, const struct hf_repository *repository,
                           struct hf_error *err)
{
    struct hf_read_database fresh = {.configured = read->configured};
    if (read_points(&fresh, read, repository, err)) {
        hf_read_database_release(&fresh);
        return -1;
    }
    fresh.live = json_incref(read->live);
    hf_read_database_release(read);
    *read = fresh;
    return 0;
}

int hf_read_database_judge(struct hf_read_database *read, const struct hf_config *config,
                           const struct hf_env *env, struct hf_error *err)
{
    hf_auto(hf_retention_marks) struct hf_retention_marks marks = {0};
    struct hf_retention_rule rule;
    if (read->kept.list)
        return 0;
    if (hf_keep_rule(&rule, config, env, err) ||
        hf_retention_marks_of_points(&marks, &read->points, err))
        return -1;
    const struct hf_retention_view view = {.timeline = &read->timeline,
                                           .rule = &rule,
                                           .zone = hf_keep_zone(config),
                                           .marks = marks.list,
                                           .mark_count = marks.count,
                                           .at = hf_now(env)};
    return hf_retention_points_judge(&read->kept, &view, err);
}

void hf_read_database_release(struct hf_read_database *read)
{
    hf_timeline_release(&read->timeline);
    hf_points_release(&read->points);
    hf_retention_points_release(&read->kept);
    json_decref(read->live);
    *read = (struct hf_read_database){.configured = read->configured};
}

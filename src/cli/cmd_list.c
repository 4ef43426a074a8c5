#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/cli.h"
#include "cli/list_groups.h"
#include "cli/list_near.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/table.h"
#include "service/point_json.h"

static const struct hf_option options[] = {
    {"all", 0, NULL, "each continuous point, and not one row an hour, day or month"},
    {"at", 0, "TIME", "only the points around then, with their distances: '14:05'"},
    {0}};

static const struct hf_column columns[] = {{"POINT", HF_RIGHT},    {"TIME", HF_LEFT},
                                           {"AGE", HF_LEFT},       {"REASON", HF_LEFT},
                                           {"LABEL", HF_LEFT},     {"ADDED", HF_RIGHT},
                                           {"RESTORES", HF_RIGHT}, {"PINNED", HF_LEFT},
                                           {"PROOF", HF_LEFT},     {0}};

static int add_row(struct hf_table *table, const struct hf_point_group *group, int64_t now,
                   struct hf_error *err)
{
    const struct hf_point *point = group->last;
    char id[48], time[48], age[32], added[16], size[16], reason[64];
    snprintf(id, sizeof id, "%" PRIu64, point->seq);
    snprintf(reason, sizeof reason, "%s", point->damaged ? "damaged" : point->reason);
    if (group->count > 1) {
        snprintf(id, sizeof id, "%" PRIu64 "-%" PRIu64, group->first->seq, point->seq);
        snprintf(reason, sizeof reason, "%zu continuous", group->count);
    }
    hf_time_local(time, sizeof time, group->first->time);
    hf_time_age(age, sizeof age, group->first->time, now);
    hf_format_bytes(added, sizeof added, group->bytes);
    hf_format_bytes(size, sizeof size, point->size);
    const char *cells[] = {id,
                           time,
                           age,
                           reason,
                           point->label,
                           added,
                           point->damaged ? "?" : size,
                           point->pinned ? "pinned" : "",
                           hf_proof_name(point->proof)};
    return hf_table_add(table, cells, err);
}

static int to_table(struct hf_cli *cli, const struct hf_database *database,
                    const struct hf_points *points, struct hf_error *err)
{
    hf_auto(hf_table) struct hf_table table;
    hf_table_init(&table, columns);
    bool all = points->count < HF_LIST_FEW || hf_option_given(&cli->arguments, "all");
    int64_t newest = points->count ? points->list[points->count - 1].effective : 0;
    for (size_t i = 0; i < points->count;) {
        const struct hf_point *point = &points->list[i];
        struct hf_point_group group = {point, point, 1, point->bytes};
        if (!all)
            group = hf_point_group_at(points, i, newest);
        if (add_row(&table, &group, hf_now(cli->env), err))
            return -1;
        i += group.count;
    }
    char count[48];
    printf("%s: %s\n", database->name,
           hf_format_count(count, sizeof count, points->count, "restore point"));
    hf_table_print(&table, stdout);
    return 0;
}

static int list(struct hf_cli *cli, const struct hf_database *database,
                const struct hf_choice *choice, json_t *item, struct hf_error *err)
{
    (void)choice;
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    hf_auto(hf_points) struct hf_points points = {0};
    if (hf_timeline_load(&timeline, database, err) ||
        hf_points_load(&points, database, &timeline, err))
        return -1;
    if (hf_option_given(&cli->arguments, "at"))
        return hf_list_near(cli, database, &points, item, err);
    if (!item)
        return to_table(cli, database, &points, err);
    json_t *all = hf_json_list(item, "points");
    for (size_t i = 0; i < points.count; i++)
        hf_json_point(hf_json_item(all), &points.list[i]);
    return 0;
}

static int run(struct hf_cli *cli, struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    if (hf_session_open(&session, cli, HF_SESSION_EXISTING, err))
        return -1;
    if (cli->json)
        hf_json_text(cli->json, "repository", hf_session_place(cli));
    return hf_session_each(cli, &session, HF_DATABASE_EXISTING, list, err);
}

const struct hf_verb hf_verb_list = {
    .name = "list",
    .operands = "[DATABASE...]",
    .summary = "show the restore points",
    .about =
        "Shows the restore points of each named database, else of every configured one, else\n"
        "of all that the repository has; oldest first. Where there are many, continuous points\n"
        "are one row an hour, and further back one a day and one a month.",
    .most_operands = HF_MOST_OPERANDS,
    .options = options,
    .run = run,
};

#include "cli/list_near.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/table.h"
#include "service/point_json.h"

enum { EACH_SIDE = 5 };

static const struct hf_column columns[] = {
    {"POINT", HF_RIGHT}, {"TIME", HF_LEFT},      {"DISTANCE", HF_LEFT}, {"REASON", HF_LEFT},
    {"LABEL", HF_LEFT},  {"RESTORES", HF_RIGHT}, {"", HF_LEFT},         {0}};

/* Some of the points on either side of a moment: list[first..end); `taken` is the newest at or
 * before it, or none (= end of all). */
struct near {
    int64_t time;
    size_t first, end, taken;
};

static void look(struct near *out, const struct hf_points *points, int64_t time)
{
    size_t after = 0;
    while (after < points->count && points->list[after].effective <= time)
        after++;
    *out =
        (struct near){.time = time,
                      .first = after > EACH_SIDE ? after - EACH_SIDE : 0,
                      .end = after + EACH_SIDE < points->count ? after + EACH_SIDE : points->count,
                      .taken = after ? after - 1 : points->count};
}

/* "at that time", "4.2 s before", "3 min 05 s after" */
static const char *format_distance(char *out, size_t size, int64_t distance)
{
    char amount[32];
    if (!distance)
        return "at that time";
    hf_format_duration(amount, sizeof amount, distance < 0 ? -distance : distance);
    snprintf(out, size, "%s %s", amount, distance < 0 ? "before" : "after");
    return out;
}

static int add_row(struct hf_table *table, const struct hf_point *point, const struct near *near,
                   bool taken, struct hf_error *err)
{
    char id[24], time[48], distance[48], size[16];
    snprintf(id, sizeof id, "%" PRIu64, point->seq);
    const char *cells[] = {
        id,
        hf_time_local(time, sizeof time, point->effective),
        format_distance(distance, sizeof distance, point->effective - near->time),
        point->damaged ? "damaged" : point->reason,
        point->label,
        point->damaged ? "?" : hf_format_bytes(size, sizeof size, point->size),
        taken ? "<- restore --at" : ""};
    return hf_table_add(table, cells, err);
}

static int to_table(const struct hf_database *database, const struct hf_points *points,
                    const struct near *near, struct hf_error *err)
{
    hf_auto(hf_table) struct hf_table table;
    char moment[48];
    hf_table_init(&table, columns);
    for (size_t i = near->first; i < near->end; i++) {
        if (add_row(&table, &points->list[i], near, i == near->taken, err))
            return -1;
    }
    printf("%s: around %s\n", database->name, hf_time_local(moment, sizeof moment, near->time));
    hf_table_print(&table, stdout);
    if (near->taken == points->count)
        puts("no point is as old as that");
    return 0;
}

static void to_json(json_t *item, const struct hf_points *points, const struct near *near)
{
    hf_json_time(item, "at", near->time);
    hf_json_sequence(item, "taken",
                     near->taken < points->count ? points->list[near->taken].seq : 0);
    json_t *all = hf_json_list(item, "points");
    for (size_t i = near->first; i < near->end; i++) {
        json_t *one = hf_json_item(all);
        hf_json_point(one, &points->list[i]);
        hf_json_integer(one, "distance_ms", points->list[i].effective - near->time);
    }
}

int hf_list_near(struct hf_cli *cli, const struct hf_database *database,
                 const struct hf_points *points, json_t *item, struct hf_error *err)
{
    struct near near;
    int64_t time;
    if (hf_choose_time(&time, cli, hf_option(&cli->arguments, "at"), err))
        return -1;
    look(&near, points, time);
    if (!item)
        return to_table(database, points, &near, err);
    to_json(item, points, &near);
    return 0;
}

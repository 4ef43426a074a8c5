#include "console/setup_repository.h"

#include <stdio.h>

#include "base/time.h"
#include "console/restore_room.h"
#include "console/scratch.h"
#include "console/work.h"

const char *hf_setup_database_of(const struct hf_setup_source *repository, const char *wanted)
{
    const char *only = NULL;
    if (wanted)
        return wanted;
    for (size_t i = 0; i < repository->history_count; i++) {
        const struct hf_setup_history *history = &repository->histories[i];
        if (!history->newest)
            continue;
        if (only)
            return NULL;
        only = history->name;
    }
    return only;
}

static int open_history(struct hf_work *work, const struct hf_setup_place *place,
                        const char *database, struct hf_error *err)
{
    struct hf_config config;
    hf_setup_repository_config(&config, work->console->config, place);
    if (hf_access_open(&work->session, &config, work->console->env, HF_SESSION_EXISTING, err))
        return -1;
    work->repository = work->session.repository;
    return hf_database_open(&work->database, work->repository, database, HF_DATABASE_EXISTING,
                            err) ||
                   hf_work_timeline(work, err)
               ? -1
               : 0;
}

static const struct hf_timeline_entry *newest_until(const struct hf_timeline *timeline,
                                                    int64_t moment)
{
    const struct hf_timeline_entry *found = NULL;
    for (size_t i = 0; i < timeline->count; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (entry->restorable && entry->effective <= moment &&
            (!found || entry->name.to > found->name.to))
            found = entry;
    }
    return found;
}

static int choose(struct hf_setup_point *out, const struct hf_work *work, uint64_t wanted,
                  const char *at, struct hf_error *err)
{
    int64_t moment = 0;
    if (at && hf_time_typed(at, hf_now(work->console->env), &moment, err))
        return -1;
    const struct hf_timeline_entry *entry = at       ? newest_until(&work->timeline, moment)
                                            : wanted ? hf_timeline_at(&work->timeline, wanted)
                                                     : hf_timeline_newest(&work->timeline);
    if (!entry)
        return at ? hf_work_no_point_at(err) : hf_work_no_point(err);
    out->seq = entry->name.to;
    out->time = entry->name.time;
    return 0;
}

static int bring_out(struct hf_setup_point *out, struct hf_work *work,
                     const struct hf_events *events, struct hf_error *err)
{
    struct hf_restore_room room;
    struct hf_restore_result result = {0};
    out->path = hf_scratch_name(work->console, err);
    if (!out->path || hf_restore_room_look(&room, work, out->seq, out->path, err) ||
        hf_work_restore(work, out->seq, out->path, events, &result, err))
        return -1;
    return hf_work_turn_to_files(work, out->path, NULL, err);
}

int hf_setup_point_bring_out(struct hf_setup_point *out, const struct hf_console *console,
                             const struct hf_config_database *configured,
                             const struct hf_setup_place *place, const char *database,
                             const char *at, const struct hf_events *events, struct hf_error *err)
{
    hf_auto(hf_work) struct hf_work work = {.console = console, .configured = configured};
    hf_auto(hf_setup_point) struct hf_setup_point point = {0};
    snprintf(point.database, sizeof point.database, "%s", database);
    if (open_history(&work, place, database, err) || choose(&point, &work, place->point, at, err) ||
        bring_out(&point, &work, events, err))
        return -1;
    *out = point;
    point.path = NULL;
    return 0;
}

void hf_setup_point_release(struct hf_setup_point *point)
{
    hf_scratch_free(point->path);
    *point = (struct hf_setup_point){0};
}

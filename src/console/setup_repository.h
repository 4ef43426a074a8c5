/*
 * A restore point of a repository that somebody brought, as a file to be looked at. In the worker's
 * process.
 */
#ifndef HF_CONSOLE_SETUP_REPOSITORY_H
#define HF_CONSOLE_SETUP_REPOSITORY_H

#include "console/console_state.h"
#include "history/database.h"
#include "service/setup_source.h"

struct hf_setup_point {
    char *path; /* a scratch file; removed with the rest */
    char database[HF_DATABASE_NAME_TEXT];
    uint64_t seq;
    int64_t time; /* ms */
};

/* Which database is meant: `wanted`, else the only one of the repository that has points. NULL: a
 * person has to choose, or there is none. Borrowed. */
const char *hf_setup_database_of(const struct hf_setup_source *repository, const char *wanted);

/*
 * The point of `place`, or the newest at or before `at`, a time as a person says it (NULL: any), of
 * `database`. From then on this process only reads files: it has forgotten what opens any
 * repository (hf_work_turn_to_files), but for what `place` borrows. HF_NO_SPACE: nothing was
 * written. HF_NOT_FOUND, HF_USAGE, and as hf_access_open.
 */
int hf_setup_point_bring_out(struct hf_setup_point *out, const struct hf_console *console,
                             const struct hf_config_database *configured,
                             const struct hf_setup_place *place, const char *database,
                             const char *at, const struct hf_events *events, struct hf_error *err);
void hf_setup_point_release(struct hf_setup_point *point);
HF_AUTO_RELEASE(hf_setup_point)

#endif

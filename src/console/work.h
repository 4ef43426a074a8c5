/*
 * What most workers begin with: the repository and one of its databases. In the worker's process.
 */
#ifndef HF_CONSOLE_WORK_H
#define HF_CONSOLE_WORK_H

#include "base/cleanup.h"
#include "console/console_state.h"
#include "engine/restore.h"
#include "history/database.h"
#include "history/timeline.h"

struct hf_work {
    const struct hf_console *console;
    const struct hf_config_database *configured;
    struct hf_session session; /* opened here; without repository when the console had it open */
    const struct hf_repository *repository;
    struct hf_database database;
    struct hf_timeline timeline;
    char *state_path; /* wanted one; NULL: beside the database */
};

/* Bounds this process, which looks at what may come from anybody. */
int hf_work_confine(struct hf_error *err);

/* The same with what SQLite may take besides, for who opens a database that may come from anybody.
 */
int hf_work_confine_reading(struct hf_error *err);

/* Without the time: for what was looked at before and is carried out now. */
int hf_work_confine_memory(struct hf_error *err);

/* The configured database of this name. NULL: HF_NOT_FOUND. */
const struct hf_config_database *hf_work_database(const struct hf_config *config, const char *name,
                                                  struct hf_error *err);

/* The configured database alone, without repository. HF_NOT_FOUND. */
int hf_work_choose(struct hf_work *out, const struct hf_console *console, const char *database,
                   struct hf_error *err);

/* HF_NOT_FOUND: no such database. With HF_DATABASE_CREATE one that has no history yet is made,
 * and so is the repository. */
int hf_work_begin(struct hf_work *out, const struct hf_console *console, const char *database,
                  enum hf_database_open how, struct hf_error *err);

/* Lists the database's segments. */
int hf_work_timeline(struct hf_work *work, struct hf_error *err);

/* The point with this number, or the newest (0). HF_NOT_FOUND. */
int hf_work_point(const struct hf_work *work, uint64_t wanted, uint64_t *seq, struct hf_error *err);

/* HF_NOT_FOUND: it is not among the points that there are. Returns -1. */
int hf_work_no_point(struct hf_error *err);

/* HF_NOT_FOUND: all that there are came later. Returns -1. */
int hf_work_no_point_at(struct hf_error *err);

/* Restores a point to a new file; its timeline has been listed. */
int hf_work_restore(const struct hf_work *work, uint64_t seq, const char *path,
                    const struct hf_events *events, struct hf_restore_result *result,
                    struct hf_error *err);

/* The repository alone: the one that the console has open, else `own`'s, which the caller releases.
 * NULL: err. */
const struct hf_repository *hf_work_repository(struct hf_session *own,
                                               const struct hf_console *console,
                                               struct hf_error *err);

/*
 * From here on this process only reads these two files, or one (NULL), that may come from anybody:
 * it forgets what opens the repository, and gets processor time and room for temporary files by
 * their size. `work` keeps the configured database alone.
 */
int hf_work_turn_to_files(struct hf_work *work, const char *one, const char *other,
                          struct hf_error *err);

void hf_work_release(struct hf_work *work);
HF_AUTO_RELEASE(hf_work)

#endif

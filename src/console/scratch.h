/*
 * Files that workers make for a while, in a folder of the console's own. What a killed worker
 * leaves is removed by the console, if need be by the next one. In the worker's process, unless it
 * says otherwise.
 */
#ifndef HF_CONSOLE_SCRATCH_H
#define HF_CONSOLE_SCRATCH_H

#include "console/console_state.h"

/* "<folder>/scratch/<whose>-<random>"; the folder is made. Caller frees. NULL: err. */
char *hf_scratch_name(const struct hf_console *console, struct hf_error *err);

/* In the console: the file at `path` under a name that is the job's own until it ends, whatever
 * becomes of `path`; a copy where the file system knows no links. Caller frees. NULL: err. */
char *hf_scratch_share(const struct hf_console *console, const char *whose, const char *path,
                       struct hf_error *err);

/* Removes a SQLite file with what SQLite leaves beside, and frees the name. NULL is fine. */
void hf_scratch_free(char *path);

/* A name whose file is removed at the end of the scope. */
static inline void hf_scratch_auto_free(char **path)
{
    hf_scratch_free(*path);
}
#define hf_auto_scratch __attribute__((cleanup(hf_scratch_auto_free)))

/* In the console: what a job made or was given, that is over. */
void hf_scratch_clear_of(const struct hf_console *console, const char *whose);

/* In the console, when its jobs are known and none of its own runs: what was sent to it and made
 * for it before is gone, but for what a job works with that `goes_on`. */
typedef bool (*hf_scratch_user)(const struct hf_jobs *jobs, const char *id);
void hf_scratch_clear(const struct hf_console *console, hf_scratch_user goes_on);

#endif

/*
 * Carries a person's choice out: a backup that was looked at (service/setup_source.h), with the
 * settings that were chosen, becomes the application's database.
 *
 * A restore point of what is there is taken first. A copy or a SQLite file goes in by SQLite's own
 * transactions, so that the application may be running, and needs the application's tables, unless
 * it brings them itself. A point of a repository takes the database's place; where somebody has
 * that open it goes in as a SQLite file does. Blocking; may be killed at any moment: the point
 * tells what was before.
 */
#ifndef HF_SERVICE_SETUP_RESTORE_H
#define HF_SERVICE_SETUP_RESTORE_H

#include "engine/restore.h"
#include "service/importing.h"
#include "service/setup_source.h"

struct hf_setup_restore_options {
    struct hf_setup_options look;            /* `database` and `path` are what is restored into */
    const char *program;                     /* Holdfast's version */
    const struct hf_profile_value *settings; /* that a person chose; NULL: the backup's own */
    /* Each may be NULL: as of struct hf_importing_options. */
    void *context;
    void (*problem)(void *context, const struct hf_profile_problem *problem);
    void (*user_progress)(void *context, const struct hf_profile_user *user);
    void (*ask_progress)(void *context, uint64_t asked, uint64_t of);
};

struct hf_setup_restored {
    uint64_t point_before;             /* 0: nothing was there */
    bool imported, restored;           /* which of the following it was; neither: settings alone */
    struct hf_importing_result import; /* from a file, or while the application runs */
    struct hf_restore_result restore;  /* from a repository, into the database's place */
};

/*
 * `place` NULL: a new installation, which gets the settings alone. HF_REFUSED: the database has not
 * the application's tables yet. Else as hf_importing, hf_restore and hf_setup_look. When writing
 * the settings fails after an exact restore, that stays.
 */
int hf_setup_restore(struct hf_setup_restored *out, const struct hf_setup_place *place,
                     const struct hf_setup_restore_options *options, struct hf_error *err);
void hf_setup_restored_release(struct hf_setup_restored *restored);
HF_AUTO_RELEASE(hf_setup_restored)

/* docs/json.md, "setup restore". NULL: no memory. */
json_t *hf_setup_restored_json(const struct hf_setup_restored *restored);

#endif

/*
 * From settings to an open repository, and from what was typed to databases.
 */
#ifndef HF_CLI_SESSION_H
#define HF_CLI_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/cli.h"
#include "history/database.h"
#include "history/timeline.h"
#include "service/access.h"

/* hf_access_store and hf_access_open with the settings of the command line. */
struct hf_store *hf_session_store(struct hf_cli *cli, struct hf_error *err);
int hf_session_open(struct hf_session *out, struct hf_cli *cli, enum hf_session_manner manner,
                    struct hf_error *err);

/* The configured place, as it is shown. */
const char *hf_session_place(const struct hf_cli *cli);

/* A database that a verb is to work on. Borrowed from settings and command line. */
struct hf_choice {
    const char *name;
    const char *path; /* NULL: only the repository knows it */
};

/*
 * The one database that a verb is about, from its operand or the settings; `out->name` is NULL when
 * neither says, and then the repository may decide (hf_session_database).
 */
int hf_choose_one(struct hf_choice *out, const struct hf_cli *cli, struct hf_error *err);

/* Opens it. Without a name: the only database that the repository has. */
int hf_session_database(struct hf_database *out, const struct hf_session *session,
                        const struct hf_choice *choice, struct hf_error *err);

/* Says that `typed` is no configured database; -1. */
int hf_not_configured(const char *typed, struct hf_error *err);

/* Fails as a backup would fail at once: without a path, or when there is no database there that can
 * be read. For what must not be made in a repository in vain. */
int hf_choice_look(const struct hf_choice *choice, struct hf_error *err);

/* What a verb does to one of several databases. With --json `item` is the database's object. */
typedef int (*hf_each_database)(struct hf_cli *cli, const struct hf_database *database,
                                const struct hf_choice *choice, json_t *item, struct hf_error *err);

/*
 * Runs `one` for the databases that operands name, else for all configured ones, else (with
 * HF_DATABASE_EXISTING) for all that the repository has. With HF_DATABASE_CREATE a new one is
 * looked at (hf_choice_look) before the repository learns its name. One that fails does not stop
 * the others: each failure is told, and the call then fails with the gravest one's code.
 */
int hf_session_each(struct hf_cli *cli, const struct hf_session *session, enum hf_database_open how,
                    hf_each_database one, struct hf_error *err);

/* Where the state of a database is kept; NULL (and 0) when it is beside the database. Caller frees.
 */
int hf_state_path(char **out, const struct hf_cli *cli, const struct hf_choice *choice,
                  struct hf_error *err);

/* Whether --generic says that a portable copy has the generic form, whatever profile is known. */
int hf_choose_form(bool *generic, const struct hf_cli *cli, struct hf_error *err);

/* The last moment that `typed` may mean: of "14:05" its last millisecond. */
int hf_choose_time(int64_t *time, const struct hf_cli *cli, const char *typed,
                   struct hf_error *err);

/* The point that --at or --point asks for, else the newest. */
int hf_choose_point(uint64_t *seq, const struct hf_cli *cli, const struct hf_database *database,
                    const struct hf_timeline *timeline, struct hf_error *err);

#endif

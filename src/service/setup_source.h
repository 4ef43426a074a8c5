/*
 * Looks at something that may be a backup, for a person who sets an application up: what it is and
 * what is in it. Nothing is written but scratch files, and to no database.
 *
 * What is looked at may be hostile. All memory is bounded, but not all time: it belongs into a
 * process that can be killed, and that holds no other SQLite database open.
 */
#ifndef HF_SERVICE_SETUP_SOURCE_H
#define HF_SERVICE_SETUP_SOURCE_H

#include <jansson.h>

#include "config/config.h"
#include "history/database.h"
#include "portable/profile_summary.h"
#include "service/access.h"
#include "service/copy_keys.h"
#include "service/copy_problems.h"
#include "sqlite/untrusted.h"

/* Where it is: a file, or a repository. */
struct hf_setup_place {
    const char *path; /* a portable copy, packed and encrypted or not, or a SQLite file; told by
                         content. NULL: a repository */
    enum hf_file_users users;        /* of a SQLite file */
    const struct hf_copy_keys *keys; /* of a copy; may be NULL */
    const char *repository;
    const char *passphrase, *recovery_key; /* of it, at most one; NULL: it opens without */
    const char *database;                  /* for a restore: which; NULL: the only one */
    uint64_t point;                        /* for a restore; 0: the newest */
};

struct hf_setup_options {
    const struct hf_config *config;
    const struct hf_env *env;
    const struct hf_secrets *secrets; /* of the repository that `config` names; NULL: read then */
    const char *database, *path;      /* what would be restored into; it need not be there */
    const char *scratch;              /* what must be unpacked is in files that begin like this */
    const char *user;                 /* whose the entries are where a copy does not say; or NULL */
    bool edited;                      /* checksums do not matter */
    uint64_t most_text;               /* of an unpacked copy, in bytes; 0: HF_SETUP_MOST_TEXT */
    const struct hf_events *events;   /* may be NULL */
};

#define HF_SETUP_MOST_TEXT ((uint64_t)8 << 30)
enum { HF_SETUP_MOST_TABLES = 1000, HF_SETUP_MOST_DATABASES = 1000 };

enum hf_setup_kind {
    HF_SETUP_APPLICATION_COPY, /* in the form of a profile's application */
    HF_SETUP_TABLE_COPY,       /* generic */
    HF_SETUP_DATABASE,         /* a SQLite file */
    HF_SETUP_REPOSITORY,
};

struct hf_setup_table {
    char *name;
    uint64_t rows;
};

struct hf_setup_history { /* of a repository's database */
    char name[HF_DATABASE_NAME_TEXT];
    uint64_t points;
    uint64_t newest; /* 0: none can be restored */
    int64_t time;    /* of it, ms */
    bool damaged;    /* its name or its points cannot be told */
};

struct hf_setup_source {
    enum hf_setup_kind kind;
    struct hf_profiles profiles;       /* what the rest points into */
    const struct hf_profile *profile;  /* NULL: no application that is known */
    struct hf_profile_summary summary; /* with a profile; its settings may be secret */
    char exported_at[32];              /* of a copy, or "" */
    struct hf_setup_table *tables;     /* not of an application's copy */
    size_t table_count;
    uint64_t rows;
    struct hf_copy_problems problems; /* entries that no import takes */
    struct hf_setup_history *histories;
    size_t history_count;
    bool encrypted; /* the repository */
};

/*
 * HF_CORRUPT: it is none of these, or damaged; the text says what is wrong and in which line.
 * HF_WRONG_KEY: a copy or repository that nothing given opens. HF_USAGE: it must be said whose the
 * entries are. HF_REFUSED: it unpacks to too much. HF_NOT_FOUND, HF_UNREACHABLE.
 */
int hf_setup_look(struct hf_setup_source *out, const struct hf_setup_place *place,
                  const struct hf_setup_options *options, struct hf_error *err);
void hf_setup_source_release(struct hf_setup_source *source); /* wipes */
HF_AUTO_RELEASE(hf_setup_source)

/* docs/json.md, "setup source": of a secret only whether it is there. NULL: no memory. */
json_t *hf_setup_source_json(const struct hf_setup_source *source);

/* The settings with which `place`'s repository is opened: borrowed from it and from `config`, not
 * to be released. */
void hf_setup_repository_config(struct hf_config *out, const struct hf_config *config,
                                const struct hf_setup_place *place);

#endif

/*
 * What somebody brought to the setup: files that were sent, and sources that were looked at, with
 * the keys that open them, which are wiped. Known outside by ids alone, bound to who brought them.
 * Single-threaded; in memory, so that a console that starts again forgets them, and removes the
 * files.
 */
#ifndef HF_CONSOLE_SETUP_SOURCES_H
#define HF_CONSOLE_SETUP_SOURCES_H

#include <jansson.h>

#include "console/credentials.h"
#include "console/setup_choice.h"

enum { HF_MOST_UPLOADS = 4, HF_MOST_SOURCES = 8 };

/* ms after which nobody comes back to what was brought. */
enum { HF_SETUP_LIFE = 60 * 60 * 1000 };

struct hf_setup_file {
    char id[HF_SECRET_TEXT]; /* "": free */
    char login[HF_ID_TEXT];
    char *path;
    uint64_t bytes;
    int64_t since;
};

/* A backup that is looked at, or was, with what a person chose for it since. */
struct hf_setup_chosen {
    char id[HF_SECRET_TEXT]; /* "": free */
    char login[HF_ID_TEXT];
    json_t *place;  /* the question about it; has keys, and a file's id */
    json_t *asked;  /* where it is as may be shown: {"upload"}, {"candidate"}, {"repository"}, {} */
    json_t *looked; /* what is in it; NULL: not known yet, or it could not be told */
    json_t *settings; /* that it has: texts by names of fields. May hold secrets */
    struct hf_setup_choice choice;
    char look[HF_ID_TEXT], restore[HF_ID_TEXT]; /* the jobs; "": none */
    int64_t since;                              /* that it was last of use */
};

struct hf_setup_sources {
    struct hf_setup_file uploads[HF_MOST_UPLOADS];
    struct hf_setup_chosen chosen[HF_MOST_SOURCES];
};

/* Takes the file at `path` over; the oldest upload makes room. NULL: err, and the file is gone. */
const struct hf_setup_file *hf_setup_file_add(struct hf_setup_sources *sources, const char *login,
                                              char *path, uint64_t bytes, const struct hf_env *env,
                                              struct hf_error *err);
/* It is of use again. HF_NOT_FOUND: there is none of this login. */
const struct hf_setup_file *hf_setup_file_find(struct hf_setup_sources *sources, const char *login,
                                               const char *id, const struct hf_env *env,
                                               struct hf_error *err);

/* Remembers where a source is, as the one of this login that goes on. `place` and `asked` are taken
 * over. */
struct hf_setup_chosen *hf_setup_choose(struct hf_setup_sources *sources, const char *login,
                                        json_t *place, json_t *asked, const struct hf_env *env,
                                        struct hf_error *err);

/* One that was looked at, which is of use again with its file. HF_NOT_FOUND: one of them is gone.
 */
struct hf_setup_chosen *hf_setup_chosen_find(struct hf_setup_sources *sources, const char *login,
                                             const char *id, const struct hf_env *env,
                                             struct hf_error *err);

/* The same, whoever it is of and whether it was looked at or not; NULL: it is forgotten. */
struct hf_setup_chosen *hf_setup_chosen_of(struct hf_setup_sources *sources, const char *id);

/* The one that this login used last; NULL: none. It is of use again. */
struct hf_setup_chosen *hf_setup_chosen_last(struct hf_setup_sources *sources, const char *login,
                                             const struct hf_env *env);

/* The settings that it has, but for those that were entered. May hold secrets; the caller frees. */
json_t *hf_setup_chosen_settings(const struct hf_setup_chosen *chosen);

/* `source` (null: not looked at), `look`, `asked`, `looked`, `restore`, and as of
 * hf_setup_choice_json. The caller frees. */
json_t *hf_setup_chosen_json(const struct hf_setup_chosen *chosen);

/* Forgets what was of no use for HF_SETUP_LIFE, or whose login is over, and removes its files. */
void hf_setup_expire(struct hf_setup_sources *sources, const struct hf_credentials *credentials);

/* The setup of this login is over, or never was: all of it is forgotten. NULL: everybody's. */
void hf_setup_forget(struct hf_setup_sources *sources, const char *login);

/* In a worker's process, which is forked with all of it: wipes what was chosen, and leaves the
 * files. */
void hf_setup_forget_keys(struct hf_setup_sources *sources);

#endif

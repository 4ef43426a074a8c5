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

struct hf_setup_chosen {
    char id[HF_SECRET_TEXT]; /* "": free */
    char login[HF_ID_TEXT];
    json_t *place; /* the question that was answered; has keys */
    int64_t since;
};

struct hf_setup_sources {
    struct hf_setup_file uploads[HF_MOST_UPLOADS];
    struct hf_setup_chosen chosen[HF_MOST_SOURCES];
};

/* Takes the file at `path` over; the oldest upload makes room. NULL: err, and the file is gone. */
const struct hf_setup_file *hf_setup_file_add(struct hf_setup_sources *sources, const char *login,
                                              char *path, uint64_t bytes, const struct hf_env *env,
                                              struct hf_error *err);
/* HF_NOT_FOUND: there is none of this login. */
const struct hf_setup_file *hf_setup_file_find(const struct hf_setup_sources *sources,
                                               const char *login, const char *id,
                                               struct hf_error *err);

/* Wipes what it says, and frees it. NULL: nothing. */
void hf_setup_place_free(json_t *place);

/* Remembers where a source is. `place` is taken over. */
const struct hf_setup_chosen *hf_setup_choose(struct hf_setup_sources *sources, const char *login,
                                              json_t *place, const struct hf_env *env,
                                              struct hf_error *err);
const struct hf_setup_chosen *hf_setup_chosen_find(const struct hf_setup_sources *sources,
                                                   const char *login, const char *id,
                                                   struct hf_error *err);

/* Forgets what was brought longer than HF_SETUP_LIFE ago, and removes its files. */
void hf_setup_expire(struct hf_setup_sources *sources, const struct hf_env *env);

/* The setup of this login is over, or never was: all of it is forgotten. NULL: everybody's. */
void hf_setup_forget(struct hf_setup_sources *sources, const char *login);

#endif

/*
 * Files that were made for somebody to take away: each may be fetched once, within a minute, by
 * whom it was made for. Single-threaded.
 */
#ifndef HF_CONSOLE_DOWNLOADS_H
#define HF_CONSOLE_DOWNLOADS_H

#include "console/credentials.h"

enum { HF_MOST_DOWNLOADS = 8, HF_DOWNLOAD_LIFE = 60000, HF_DOWNLOAD_NAME = 160 };

struct hf_download {
    char token[HF_SECRET_TEXT]; /* "": free */
    char login[HF_ID_TEXT];
    char name[HF_DOWNLOAD_NAME]; /* that a browser saves it as */
    char *path;
    int64_t expires; /* ms since 1970 */
};

struct hf_downloads {
    struct hf_download list[HF_MOST_DOWNLOADS];
};

/* Takes the file over, which is removed when it was fetched or has expired; the one that expires
 * first makes room. NULL: err, and the file is gone. */
const struct hf_download *hf_download_add(struct hf_downloads *downloads, const char *login,
                                          const char *name, char *path, const struct hf_env *env,
                                          struct hf_error *err);

struct hf_taken_download {
    int fd; /* the caller's */
    uint64_t size;
    char name[HF_DOWNLOAD_NAME]; /* that a browser saves it as */
};

/* Opens the file, for this login, and only now: its own name is gone then. HF_NOT_FOUND: there is
 * none. A file that cannot be opened may be asked for again. */
int hf_download_take(struct hf_taken_download *out, struct hf_downloads *downloads,
                     const char *token, const char *login, const struct hf_env *env,
                     struct hf_error *err);

/* Whether there is one, without using it up. */
bool hf_download_is_there(const struct hf_downloads *downloads, const char *token,
                          const char *login, const struct hf_env *env);

/* Removes what nobody fetched in time. */
void hf_downloads_expire(struct hf_downloads *downloads, const struct hf_env *env);
void hf_downloads_release(struct hf_downloads *downloads);

#endif

#include "console/downloads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget(struct hf_download *download)
{
    if (download->path)
        unlink(download->path);
    free(download->path);
    *download = (struct hf_download){0};
}

void hf_downloads_expire(struct hf_downloads *downloads, const struct hf_env *env)
{
    int64_t now = hf_now(env);
    for (size_t i = 0; i < HF_MOST_DOWNLOADS; i++)
        if (downloads->list[i].token[0] && downloads->list[i].expires <= now)
            forget(&downloads->list[i]);
}

void hf_downloads_release(struct hf_downloads *downloads)
{
    for (size_t i = 0; i < HF_MOST_DOWNLOADS; i++)
        forget(&downloads->list[i]);
}

const struct hf_download *hf_download_add(struct hf_downloads *downloads, const char *login,
                                          const char *name, char *path, const struct hf_env *env,
                                          struct hf_error *err)
{
    struct hf_download *place = &downloads->list[0];
    struct hf_download fresh = {.path = path, .expires = hf_now(env) + HF_DOWNLOAD_LIFE};
    for (size_t i = 1; i < HF_MOST_DOWNLOADS; i++)
        place = downloads->list[i].expires < place->expires ? &downloads->list[i] : place;
    snprintf(fresh.login, sizeof fresh.login, "%s", login);
    snprintf(fresh.name, sizeof fresh.name, "%s", name);
    if (hf_secret_make(fresh.token, 32, env, err)) {
        forget(&fresh);
        return NULL;
    }
    forget(place);
    *place = fresh;
    return place;
}

static struct hf_download *find(const struct hf_downloads *downloads, const char *token,
                                const char *login, const struct hf_env *env)
{
    for (size_t i = 0; i < HF_MOST_DOWNLOADS; i++) {
        const struct hf_download *download = &downloads->list[i];
        if (download->token[0] && !strcmp(download->token, token) &&
            !strcmp(download->login, login) && download->expires > hf_now(env))
            return (struct hf_download *)(uintptr_t)download;
    }
    return NULL;
}

bool hf_download_is_there(const struct hf_downloads *downloads, const char *token,
                          const char *login, const struct hf_env *env)
{
    return find(downloads, token, login, env);
}

int hf_download_take(struct hf_taken_download *out, struct hf_downloads *downloads,
                     const char *token, const char *login, const struct hf_env *env,
                     struct hf_error *err)
{
    struct hf_download *download = find(downloads, token, login, env);
    struct stat status;
    if (!download) {
        hf_error_set(err, HF_NOT_FOUND, "this download was used already, or its minute is over");
        return hf_error_hint(err, "ask for it again");
    }
    int fd = open(download->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &status)) {
        hf_error_sys(err, errno, "open", download->path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    out->fd = fd;
    out->size = (uint64_t)status.st_size;
    memcpy(out->name, download->name, sizeof out->name);
    forget(download);
    return 0;
}

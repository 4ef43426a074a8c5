/*
 * Who the process runs as: a user given by number or name, files given to it, and the way from root
 * to it that cannot be gone back.
 */
#ifndef HF_OS_IDENTITY_H
#define HF_OS_IDENTITY_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"

struct hf_identity {
    uid_t user;
    gid_t group;
    char name[64];       /* of the user, "" when the system does not know it */
    char home[PATH_MAX]; /* "/" when it is not known */
};

/* "1000", "1000:100", "app", "app:staff". Numbers need no entry in /etc/passwd; without a group it
 * is the user's own there, else the number of the user. HF_CONFIG for a name that is not known. */
int hf_identity_parse(struct hf_identity *out, const char *text, struct hf_error *err);

/* Gives the file or directory itself (not what is in it, nor what a link points at) away. */
int hf_identity_give(const struct hf_identity *identity, const char *path, struct hf_error *err);

/* Where root makes a file for an application that runs as somebody else: gives it the owner that
 * `like` has. Nothing for anybody but root. */
int hf_identity_give_like(const struct stat *like, const char *path, struct hf_error *err);

/*
 * Becomes that user for good: supplementary groups (those of the name, where it is known), group,
 * user, real, effective and saved, and proves it. HOME and USER follow. HF_FAILED with nothing half
 * done that would be noticed as success.
 */
int hf_identity_become(const struct hf_identity *identity, struct hf_error *err);

#endif

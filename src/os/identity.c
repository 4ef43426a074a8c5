#include "os/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The highest number means "no change" to the kernel. */
static bool number_of(const char *text, uint32_t *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*end || errno || number >= UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

static int unknown(const char *what, const char *name, struct hf_error *err)
{
    hf_error_set(err, HF_CONFIG, "this system has no %s '%s'", what, name);
    return hf_error_hint(err, "a number needs no entry: 1000:1000");
}

static int find_group(struct hf_identity *out, const char *text, struct hf_error *err)
{
    uint32_t number;
    if (number_of(text, &number)) {
        out->group = number;
        return 0;
    }
    const struct group *entry = getgrnam(text);
    if (!entry)
        return unknown("group", text, err);
    out->group = entry->gr_gid;
    return 0;
}

int hf_identity_parse(struct hf_identity *out, const char *text, struct hf_error *err)
{
    char user[128];
    const char *colon = strchr(text, ':');
    int length = colon ? (int)(colon - text) : (int)strlen(text);
    if (length >= (int)sizeof user)
        return unknown("user", text, err);
    snprintf(user, sizeof user, "%.*s", length, text);
    struct hf_identity found = {.home = "/"};
    uint32_t number;
    bool numeric = number_of(user, &number);
    const struct passwd *entry = numeric ? getpwuid(number) : getpwnam(user);
    if (!entry && !numeric)
        return unknown("user", user, err);
    found.user = entry ? entry->pw_uid : number;
    found.group = entry ? entry->pw_gid : number;
    if (entry) {
        snprintf(found.name, sizeof found.name, "%s", entry->pw_name);
        snprintf(found.home, sizeof found.home, "%s", entry->pw_dir);
    }
    if (colon && find_group(&found, colon + 1, err))
        return -1;
    *out = found;
    return 0;
}

int hf_identity_give(const struct hf_identity *identity, const char *path, struct hf_error *err)
{
    return lchown(path, identity->user, identity->group) ? hf_error_sys(err, errno, "chown", path)
                                                         : 0;
}

int hf_identity_give_like(const struct stat *like, const char *path, struct hf_error *err)
{
    if (geteuid() || !lchown(path, like->st_uid, like->st_gid))
        return 0;
    return hf_error_sys(err, errno, "chown", path);
}

static int set_groups(const struct hf_identity *identity)
{
    return identity->name[0] ? initgroups(identity->name, identity->group)
                             : setgroups(1, &identity->group);
}

static bool is_for_good(const struct hf_identity *identity)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;
    if (getresuid(&real, &effective, &saved) ||
        getresgid(&real_group, &effective_group, &saved_group))
        return false;
    bool there = real == identity->user && effective == identity->user && saved == identity->user &&
                 real_group == identity->group && effective_group == identity->group &&
                 saved_group == identity->group;
    return there && (identity->user == 0 || (setuid(0) && seteuid(0)));
}

int hf_identity_become(const struct hf_identity *identity, struct hf_error *err)
{
    char subject[96];
    snprintf(subject, sizeof subject, "%u:%u", (unsigned)identity->user, (unsigned)identity->group);
    if (set_groups(identity) || setresgid(identity->group, identity->group, identity->group) ||
        setresuid(identity->user, identity->user, identity->user))
        return hf_error_sys(err, errno, "become user", subject);
    if (!is_for_good(identity))
        return hf_error_set(err, HF_FAILED, "become user '%s': the system did not keep to it",
                            subject);
    if (setenv("HOME", identity->home, 1) ||
        (identity->name[0] ? setenv("USER", identity->name, 1) : unsetenv("USER")))
        return hf_error_memory(err);
    return 0;
}

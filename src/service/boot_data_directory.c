#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "service/boot_steps.h"

static int find_data_dir(struct hf_boot *boot, struct hf_error *err)
{
    const char *given = boot->config->values[HF_SETTING_DATA_DIR].text;
    boot->data_dir = given ? strdup(given) : hf_path_parent(boot->config->databases[0].path);
    return boot->data_dir ? 0 : hf_error_memory(err);
}

/* Only root can become somebody else. Who is that user already needs not. */
static int find_identity(struct hf_boot *boot, struct hf_error *err)
{
    const struct hf_value *user = &boot->config->values[HF_SETTING_USER];
    if (!user->text)
        return 0;
    if (hf_identity_parse(&boot->identity, user->text, err))
        return hf_error_wrap(err, "%s", user->source);
    boot->has_identity = geteuid() == 0;
    if (boot->has_identity || geteuid() == boot->identity.user)
        return 0;
    hf_error_set(err, HF_CONFIG, "%s: only root can become user '%s'", user->source, user->text);
    return hf_error_hint(err, "start the container as root, or leave the user out");
}

/* A folder that root makes for somebody else would be closed to them, and so would those above it.
 * What is there already is never given away: that is for a person to decide. */
static int make_for_user(struct hf_boot *boot, const char *path, mode_t mode, struct hf_error *err)
{
    struct stat status;
    if (boot->env->fs.stat(boot->env->fs.context, path, &status) == 0)
        return 0;
    hf_auto_free char *parent = hf_path_parent(path);
    if (!parent)
        return hf_error_memory(err);
    if (make_for_user(boot, parent, 0755, err) || hf_make_directories(boot->env, path, mode, err))
        return -1;
    return hf_identity_give(&boot->identity, path, err);
}

static int make_folders(struct hf_boot *boot, struct hf_error *err)
{
    const char *place = boot->config->values[HF_SETTING_REPOSITORY].text;
    const char *state = boot->config->values[HF_SETTING_STATE_DIR].text;
    if (make_for_user(boot, boot->data_dir, 0755, err))
        return -1;
    if (state && make_for_user(boot, state, 0700, err))
        return -1;
    return !strstr(place, "://") ? make_for_user(boot, place, 0700, err) : 0;
}

static int no_access(const char *what, const char *path, struct hf_error *err)
{
    int sys = errno;
    hf_error_set(err, HF_IO, "%s '%s' cannot be used by user %u:%u: %s", what, path,
                 (unsigned)geteuid(), (unsigned)getegid(), strerror(sys));
    if (sys == EROFS)
        return hf_error_hint(err, "it is mounted read-only");
    return hf_error_hint(err, "as root: chown -R %u:%u '%.200s'", (unsigned)geteuid(),
                         (unsigned)getegid(), path);
}

static int check_directory(struct hf_boot *boot, const char *what, const char *path,
                           struct hf_error *err)
{
    struct stat status;
    if (boot->env->fs.stat(boot->env->fs.context, path, &status)) {
        if (errno != ENOENT)
            return no_access(what, path, err);
        hf_error_set(err, HF_NOT_FOUND, "%s '%s' does not exist", what, path);
        return hf_error_hint(err, "mount a volume there, or make it; or say where data is kept "
                                  "with DATA_DIR or --data-dir");
    }
    if (!S_ISDIR(status.st_mode))
        return hf_error_set(err, HF_CONFIG, "%s '%s' is no directory", what, path);
    return eaccess(path, R_OK | W_OK | X_OK) ? no_access(what, path, err) : 0;
}

/* SQLite's own files, and what replaces a damaged database, are made beside it. */
static void tell_of_mounted_file(struct hf_boot *boot, const char *path)
{
    struct statx status;
    if (statx(AT_FDCWD, path, 0, STATX_TYPE, &status) ||
        !(status.stx_attributes & STATX_ATTR_MOUNT_ROOT))
        return;
    hf_boot_log_notice(&boot->log,
                       "'%s' is a mount of its own: its log (-wal) is outside of that, and lost "
                       "with the container. Mount the folder that it is in instead",
                       path);
}

static int check_database(struct hf_boot *boot, const char *path, struct hf_error *err)
{
    struct stat status;
    hf_auto_free char *folder = hf_path_parent(path);
    if (!folder)
        return hf_error_memory(err);
    if (check_directory(boot, "the directory of the database", folder, err))
        return -1;
    if (boot->env->fs.stat(boot->env->fs.context, path, &status))
        return errno == ENOENT ? 0 : no_access("database", path, err);
    if (S_ISDIR(status.st_mode)) {
        hf_error_set(err, HF_FAILED, "the database '%s' is a folder", path);
        return hf_error_hint(err, "Docker makes one in the place of a file to mount that is not "
                                  "there: remove it, and mount the folder that the database is in");
    }
    if (!S_ISREG(status.st_mode))
        return hf_error_set(err, HF_FAILED, "the database '%s' is no file", path);
    tell_of_mounted_file(boot, path);
    return eaccess(path, R_OK | W_OK) ? no_access("database", path, err) : 0;
}

int hf_boot_data_directory(struct hf_boot *boot, struct hf_error *err)
{
    if (find_data_dir(boot, err) || find_identity(boot, err))
        return -1;
    if (boot->has_identity && make_folders(boot, err))
        return -1;
    /* What only root may read is read while this is root. */
    if (hf_codec_init(err) || hf_secrets_read(&boot->session.secrets, boot->config, boot->env, err))
        return -1;
    if (boot->has_identity && hf_identity_become(&boot->identity, err))
        return -1;
    if (check_directory(boot, "the data directory", boot->data_dir, err))
        return -1;
    for (size_t i = 0; i < boot->database_count; i++) {
        if (check_database(boot, boot->databases[i].path, err))
            return -1;
    }
    if (boot->has_identity)
        hf_boot_log_done(&boot->log,
                         json_pack("{s:i, s:i}", "user", (int)geteuid(), "group", (int)getegid()),
                         "data directory %s, as user %u:%u", boot->data_dir, (unsigned)geteuid(),
                         (unsigned)getegid());
    else
        hf_boot_log_done(&boot->log, NULL, "data directory %s", boot->data_dir);
    return 0;
}

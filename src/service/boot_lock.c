#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "os/file.h"
#include "service/boot_steps.h"

/* A lock of the kernel's on a file beside the database: it goes with the process, and is seen from
 * other containers, where processes are not. */
static int open_lock(const struct hf_boot *boot, const char *path)
{
    hf_auto_free char *real = hf_path_real(path), *name = NULL;
    if (!real || asprintf(&name, "%s.holdfast-lock", real) < 0) {
        name = NULL;
        return -1;
    }
    return hf_file_open(boot->env, name, O_RDONLY | O_CREAT, 0644, NULL);
}

/* What cannot be locked at all (some network file systems) counts as locked. */
static bool take(const struct hf_boot_database *database, int how)
{
    return flock(database->lock_fd, how) == 0 || errno != EWOULDBLOCK;
}

bool hf_boot_lock_alone(struct hf_boot_database *database)
{
    if (database->lock_fd < 0)
        return true;
    database->is_alone = take(database, LOCK_EX | LOCK_NB);
    if (!database->is_alone)
        take(database, LOCK_SH | LOCK_NB); /* the kernel let go of it to try */
    return database->is_alone;
}

void hf_boot_lock(struct hf_boot *boot, struct hf_boot_database *database)
{
    database->is_alone = true;
    database->lock_fd = open_lock(boot, database->path);
    if (database->lock_fd < 0 || take(database, LOCK_EX | LOCK_NB))
        return;
    if (!take(database, LOCK_SH | LOCK_NB)) {
        hf_boot_log_notice(&boot->log,
                           "%s: another 'holdfast run' boots with it: waiting until that is done",
                           database->name);
        take(database, LOCK_SH);
    }
    hf_boot_lock_alone(database); /* the other may have failed */
}

void hf_boot_lock_share(struct hf_boot *boot)
{
    for (size_t i = 0; i < boot->database_count; i++) {
        if (boot->databases[i].lock_fd >= 0)
            take(&boot->databases[i], LOCK_SH);
        boot->databases[i].is_alone = false;
    }
}

int hf_boot_lock_refused(const struct hf_boot_database *database, const char *is,
                         struct hf_error *err)
{
    hf_error_set(err, HF_LOCKED, "'%s' %s, and another 'holdfast run' works with it",
                 database->path, is);
    return hf_error_hint(err, "stop that one first: its application would go on with the file that "
                              "is replaced");
}

void hf_boot_unlock(struct hf_boot_database *database)
{
    if (database->lock_fd >= 0)
        close(database->lock_fd);
    database->lock_fd = -1;
}

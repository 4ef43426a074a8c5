#include "service/replica_watches.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/signals.h"

enum {
    SAFETY = 20000,      /* a look that nothing asked for */
    WITHOUT_WATCH = 200, /* the same where the system tells nothing */
};

void hf_replica_watches_init(struct hf_replica_watches *self, struct hf_watch *system,
                             const char *path)
{
    *self = (struct hf_replica_watches){
        .system = system, .path = path, .file = -1, .log = -1, .fate = -1};
}

void hf_replica_watches_forget(struct hf_replica_watches *self)
{
    hf_watch_remove(self->system, self->file);
    hf_watch_remove(self->system, self->fate);
    hf_watch_remove(self->system, self->log);
    self->file = self->fate = self->log = -1;
}

/* Where SQLite has the log: beside the file itself, when the path is a symbolic link. -1: there is
 * none, or it cannot be watched. */
static int watch_log(const struct hf_replica_watches *self)
{
    char log[PATH_MAX + 8], real[PATH_MAX];
    if (!realpath(self->path, real))
        return -1;
    snprintf(log, sizeof log, "%s-wal", real);
    return hf_watch_add(self->system, log, HF_WATCH_WRITE);
}

void hf_replica_watches_look(struct hf_replica_watches *self)
{
    self->file = hf_watch_add(self->system, self->path, HF_WATCH_WRITE);
    self->log = watch_log(self);
}

void hf_replica_watches_follow(struct hf_replica_watches *self)
{
    hf_replica_watches_forget(self);
    self->fate = hf_watch_add(self->system, self->path, HF_WATCH_FATE);
}

bool hf_replica_watches_log(struct hf_replica_watches *self)
{
    if (self->log < 0)
        self->log = watch_log(self);
    return self->log >= 0;
}

int64_t hf_replica_watches_log_until(struct hf_replica_watches *self, int64_t now)
{
    int64_t until = now + (hf_replica_watches_log(self) ? SAFETY : WITHOUT_WATCH);
    int64_t since = now - self->woken_at, again = now + 1 + since / 2;
    return self->woken_at && since < SAFETY && again < until ? again : until;
}

bool hf_replica_watches_take(struct hf_replica_watches *self, int id)
{
    bool write = id < 0 || id == self->file || id == self->log;
    bool fate = id < 0 || id == self->fate;
    self->fate_known |= fate;
    self->written |= write;
    if (write)
        self->woken_at = hf_monotonic();
    /* They tell of one write each, and with an overflow not even that. */
    if (id < 0 || id == self->file)
        self->file = -1;
    if (id < 0 || id == self->log)
        self->log = -1;
    return write || fate;
}

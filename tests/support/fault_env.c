#include "support/fault_env.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "support/seeded.h"

struct hf_fault_env {
    struct hf_env env;
    const struct hf_env *inner;
    pthread_mutex_t lock; /* all below */
    struct hf_env_faults faults;
    uint64_t operations, failures;
    unsigned failed_kinds;
    uint64_t seed;
    bool stopped;
    int64_t clock;
};

enum verdict { WORKS, FAILS_BEFORE, FAILS_AFTER, IS_SHORT };

static enum verdict judge(struct hf_fault_env *self, enum hf_file_operation kind, size_t length)
{
    const struct hf_env_faults *faults = &self->faults;
    if (faults->kinds && !(faults->kinds & (unsigned)kind))
        return WORKS;
    uint64_t number = ++self->operations;
    bool later = faults->at && faults->lasting && number > faults->at;
    if (number != faults->at && !later)
        return WORKS;
    self->failures++;
    self->failed_kinds |= (unsigned)kind;
    if (later || faults->effect == HF_FAULT_NOTHING)
        return FAILS_BEFORE;
    if (faults->effect == HF_FAULT_DONE)
        return FAILS_AFTER;
    return length >= 2 ? IS_SHORT : FAILS_BEFORE;
}

static enum verdict verdict_on(struct hf_fault_env *self, enum hf_file_operation kind,
                               size_t length)
{
    pthread_mutex_lock(&self->lock);
    enum verdict verdict = judge(self, kind, length);
    pthread_mutex_unlock(&self->lock);
    return verdict;
}

static int fail(const struct hf_fault_env *self)
{
    errno = self->faults.error ? self->faults.error : EIO;
    return -1;
}

/* An operation without a length: `call` is done unless the verdict is to fail before. */
#define WITH_VERDICT(kind, call)                                                                   \
    struct hf_fault_env *self = context;                                                           \
    const struct hf_fs *fs = &self->inner->fs;                                                     \
    enum verdict verdict = verdict_on(self, kind, 0);                                              \
    if (verdict == FAILS_BEFORE)                                                                   \
        return fail(self);                                                                         \
    int result = call;                                                                             \
    return verdict == FAILS_AFTER ? fail(self) : result

static int fault_open(void *context, const char *path, int flags, mode_t mode)
{
    struct hf_fault_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    enum verdict verdict = verdict_on(self, HF_OP_OPEN, 0);
    if (verdict == FAILS_BEFORE)
        return fail(self);
    int fd = fs->open(fs->context, path, flags, mode);
    if (verdict == WORKS)
        return fd;
    if (fd >= 0)
        fs->close(fs->context, fd);
    return fail(self);
}

static int fault_close(void *context, int fd)
{
    struct hf_fault_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    int result = fs->close(fs->context, fd);
    return verdict_on(self, HF_OP_CLOSE, 0) == WORKS ? result : fail(self);
}

static ssize_t fault_pread(void *context, int fd, void *out, size_t length, off_t offset)
{
    struct hf_fault_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    enum verdict verdict = verdict_on(self, HF_OP_PREAD, length);
    if (verdict == FAILS_BEFORE)
        return fail(self);
    ssize_t got =
        fs->pread(fs->context, fd, out, verdict == IS_SHORT ? length / 2 : length, offset);
    return verdict == FAILS_AFTER ? fail(self) : got;
}

static ssize_t fault_pwrite(void *context, int fd, const void *in, size_t length, off_t offset)
{
    struct hf_fault_env *self = context;
    const struct hf_fs *fs = &self->inner->fs;
    enum verdict verdict = verdict_on(self, HF_OP_PWRITE, length);
    if (verdict == FAILS_BEFORE)
        return fail(self);
    ssize_t put =
        fs->pwrite(fs->context, fd, in, verdict == IS_SHORT ? length / 2 : length, offset);
    return verdict == FAILS_AFTER ? fail(self) : put;
}

static int fault_truncate(void *context, int fd, off_t size)
{
    WITH_VERDICT(HF_OP_TRUNCATE, fs->truncate(fs->context, fd, size));
}

static int fault_sync(void *context, int fd)
{
    WITH_VERDICT(HF_OP_SYNC, fs->sync(fs->context, fd));
}

static void fault_flush_begin(void *context, int fd, off_t offset, off_t length)
{
    const struct hf_fs *fs = &((struct hf_fault_env *)context)->inner->fs;
    if (fs->flush_begin)
        fs->flush_begin(fs->context, fd, offset, length);
}

static int fault_stat(void *context, const char *path, struct stat *out)
{
    WITH_VERDICT(HF_OP_STAT, fs->stat(fs->context, path, out));
}

static int fault_link(void *context, const char *from, const char *to)
{
    WITH_VERDICT(HF_OP_LINK, fs->link(fs->context, from, to));
}

static int fault_rename(void *context, const char *from, const char *to)
{
    WITH_VERDICT(HF_OP_RENAME, fs->rename(fs->context, from, to));
}

static int fault_rename_new(void *context, const char *from, const char *to)
{
    WITH_VERDICT(HF_OP_RENAME, fs->rename_new(fs->context, from, to));
}

static int fault_unlink(void *context, const char *path)
{
    WITH_VERDICT(HF_OP_UNLINK, fs->unlink(fs->context, path));
}

static int fault_mkdir(void *context, const char *path, mode_t mode)
{
    WITH_VERDICT(HF_OP_MKDIR, fs->mkdir(fs->context, path, mode));
}

static int fault_sync_dir(void *context, const char *path)
{
    WITH_VERDICT(HF_OP_SYNC_DIR, fs->sync_dir(fs->context, path));
}

static int fault_list(void *context, const char *path, int (*each)(void *arg, const char *name),
                      void *arg)
{
    WITH_VERDICT(HF_OP_LIST, fs->list(fs->context, path, each, arg));
}

static int64_t fault_now(void *context)
{
    struct hf_fault_env *self = context;
    pthread_mutex_lock(&self->lock);
    int64_t now = self->stopped ? self->clock : hf_now(self->inner);
    pthread_mutex_unlock(&self->lock);
    return now;
}

static int fault_random(void *context, void *out, size_t length, struct hf_error *err)
{
    (void)err;
    struct hf_fault_env *self = context;
    pthread_mutex_lock(&self->lock);
    hf_seeded_fill(&self->seed, out, length);
    pthread_mutex_unlock(&self->lock);
    return 0;
}

struct hf_fault_env *hf_fault_env_new(const struct hf_env *inner)
{
    struct hf_fault_env *self = calloc(1, sizeof *self);
    if (!self)
        return NULL;
    self->env = (struct hf_env){
        .context = self,
        .now = fault_now,
        .random = fault_random,
        .fs = {.context = self,
               .open = fault_open,
               .close = fault_close,
               .pread = fault_pread,
               .pwrite = fault_pwrite,
               .truncate = fault_truncate,
               .sync = fault_sync,
               .flush_begin = fault_flush_begin,
               .stat = fault_stat,
               .link = fault_link,
               .rename = fault_rename,
               .rename_new = fault_rename_new,
               .unlink = fault_unlink,
               .mkdir = fault_mkdir,
               .sync_dir = fault_sync_dir,
               .list = fault_list},
    };
    self->inner = inner;
    self->seed = 1;
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void hf_fault_env_free(struct hf_fault_env *self)
{
    if (!self)
        return;
    pthread_mutex_destroy(&self->lock);
    free(self);
}

const struct hf_env *hf_fault_env_get(const struct hf_fault_env *self)
{
    return &self->env;
}

void hf_fault_env_set(struct hf_fault_env *self, const struct hf_env_faults *faults)
{
    pthread_mutex_lock(&self->lock);
    self->faults = faults ? *faults : (struct hf_env_faults){0};
    self->operations = self->failures = 0;
    self->failed_kinds = 0;
    pthread_mutex_unlock(&self->lock);
}

uint64_t hf_fault_env_operations(const struct hf_fault_env *self)
{
    return self->operations;
}

uint64_t hf_fault_env_failures(const struct hf_fault_env *self)
{
    return self->failures;
}

unsigned hf_fault_env_failed_kinds(const struct hf_fault_env *self)
{
    return self->failed_kinds;
}

void hf_fault_env_set_clock(struct hf_fault_env *self, int64_t now)
{
    pthread_mutex_lock(&self->lock);
    self->stopped = true;
    self->clock = now;
    pthread_mutex_unlock(&self->lock);
}

void hf_fault_env_seed(struct hf_fault_env *self, uint64_t seed)
{
    pthread_mutex_lock(&self->lock);
    self->seed = seed;
    pthread_mutex_unlock(&self->lock);
}

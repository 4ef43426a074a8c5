#include "console/work.h"

#include <string.h>

#include "os/confine.h"
#include "service/forget_secrets.h"
#include "sqlite/look.h"

/* Age's passphrases may ask for 256 MiB by themselves; a copy of some GiB is read within minutes.
 */
#define MOST_MEMORY ((uint64_t)2 << 30)
enum { PROCESSOR_SECONDS = 900 };

/* To read files: many times what comparing them takes (docs/performance.md), and what sorting all
 * of their rows needs. */
enum {
    SECONDS_AT_LEAST = 120,
    BYTES_A_SECOND = 1 << 20,
    MOST_FOR_SQLITE = 256 << 20,
    ROOM_AT_LEAST = 256 << 20,
    ROOM_TIMES = 3,
};

int hf_work_confine_memory(struct hf_error *err)
{
    return hf_confine(MOST_MEMORY, err);
}

int hf_work_confine(struct hf_error *err)
{
    return hf_work_confine_memory(err) || hf_confine_time(PROCESSOR_SECONDS, err) ? -1 : 0;
}

int hf_work_confine_reading(struct hf_error *err)
{
    hf_look_limit_memory(MOST_FOR_SQLITE);
    return hf_work_confine(err);
}

/* 0: it is not there. */
static uint64_t size_of(const struct hf_env *env, const char *path)
{
    struct stat status = {0};
    return !path || env->fs.stat(env->fs.context, path, &status) ? 0 : (uint64_t)status.st_size;
}

int hf_work_turn_to_files(struct hf_work *work, const char *one, const char *other,
                          struct hf_error *err)
{
    const struct hf_console *console = work->console;
    const struct hf_config_database *configured = work->configured;
    uint64_t bytes = size_of(console->env, one) + size_of(console->env, other);
    hf_work_release(work);
    *work = (struct hf_work){.console = console, .configured = configured};
    hf_forget_secrets((struct hf_session *)(uintptr_t)console->options->session, console->config);
    hf_look_limit_memory(MOST_FOR_SQLITE);
    return hf_work_confine_memory(err) ||
                   hf_confine_time(SECONDS_AT_LEAST + (int)(bytes / BYTES_A_SECOND), err) ||
                   hf_confine_files(ROOM_AT_LEAST + ROOM_TIMES * bytes, err)
               ? -1
               : 0;
}

static const struct hf_repository *open_repository(struct hf_session *own,
                                                   const struct hf_console *console,
                                                   enum hf_session_manner manner,
                                                   struct hf_error *err)
{
    const struct hf_session *session = console->options->session;
    if (session->repository)
        return session->repository;
    hf_session_borrow(own, &session->secrets);
    return hf_access_connect(own, console->config, console->env, manner, err) ? NULL
                                                                              : own->repository;
}

const struct hf_repository *hf_work_repository(struct hf_session *own,
                                               const struct hf_console *console,
                                               struct hf_error *err)
{
    return open_repository(own, console, HF_SESSION_EXISTING, err);
}

const struct hf_config_database *hf_work_database(const struct hf_config *config, const char *name,
                                                  struct hf_error *err)
{
    const struct hf_config_database *found = hf_config_database_find(config, name);
    if (!found)
        hf_error_set(err, HF_NOT_FOUND, "there is no database '%s'", name);
    return found;
}

int hf_work_choose(struct hf_work *out, const struct hf_console *console, const char *database,
                   struct hf_error *err)
{
    *out = (struct hf_work){.console = console,
                            .configured = hf_work_database(console->config, database, err)};
    return out->configured ? 0 : -1;
}

int hf_work_begin(struct hf_work *out, const struct hf_console *console, const char *database,
                  enum hf_database_open how, struct hf_error *err)
{
    const struct hf_config *config = console->config;
    if (hf_work_choose(out, console, database, err))
        return -1;
    enum hf_session_manner manner =
        how == HF_DATABASE_CREATE ? HF_SESSION_OR_CREATE : HF_SESSION_EXISTING;
    out->repository = open_repository(&out->session, console, manner, err);
    if (!out->repository)
        return -1;
    if (!hf_access_state_path(&out->state_path, config, console->env, database, err) &&
        !hf_database_open(&out->database, out->repository, database, how, err))
        return 0;
    hf_work_release(out);
    return -1;
}

int hf_work_timeline(struct hf_work *work, struct hf_error *err)
{
    return hf_timeline_load(&work->timeline, &work->database, err);
}

int hf_work_no_point(struct hf_error *err)
{
    return hf_error_set(err, HF_NOT_FOUND,
                        "there is no such restore point: it may have been thinned out");
}

int hf_work_no_point_at(struct hf_error *err)
{
    hf_error_set(err, HF_NOT_FOUND, "there is no restore point at or before that moment");
    return hf_error_hint(err, "choose a later one");
}

int hf_work_point(const struct hf_work *work, uint64_t wanted, uint64_t *seq, struct hf_error *err)
{
    const struct hf_timeline_entry *entry =
        wanted ? hf_timeline_at(&work->timeline, wanted) : hf_timeline_newest(&work->timeline);
    if (!entry)
        return hf_work_no_point(err);
    *seq = entry->name.to;
    return 0;
}

int hf_work_restore(const struct hf_work *work, uint64_t seq, const char *path,
                    const struct hf_events *events, struct hf_restore_result *result,
                    struct hf_error *err)
{
    const struct hf_restore_options options = {
        .target = path, .manner = HF_RESTORE_NEW, .events = events};
    return hf_restore(&work->database, &work->timeline, seq, &options, result, err);
}

void hf_work_release(struct hf_work *work)
{
    hf_timeline_release(&work->timeline);
    free(work->state_path);
    hf_session_release(&work->session);
    *work = (struct hf_work){0};
}

#include "service/safety_point.h"

#include <errno.h>
#include <stdio.h>

#include "service/snapshot.h"

enum { BUSY_MS = 5000 };

/* What cannot be looked at may well be one. */
static bool has_content(const struct hf_env *env, const char *path)
{
    struct stat status;
    return env->fs.stat(env->fs.context, path, &status) ? errno != ENOENT : status.st_size > 0;
}

bool hf_safety_point_is_needed(const struct hf_env *env, const char *path)
{
    hf_auto_free char *log = NULL;
    struct stat status;
    if (has_content(env, path))
        return true;
    if (env->fs.stat(env->fs.context, path, &status))
        return false; /* without it, a log that was left is no database */
    if (asprintf(&log, "%s-wal", path) < 0) {
        log = NULL;
        return true;
    }
    return has_content(env, log);
}

static int open_session(struct hf_session *out, const struct hf_safety_point_options *options,
                        struct hf_error *err)
{
    if (!options->secrets)
        return hf_access_open(out, options->config, options->env, HF_SESSION_OR_CREATE, err);
    hf_session_borrow(out, options->secrets);
    return hf_access_connect(out, options->config, options->env, HF_SESSION_OR_CREATE, err);
}

int hf_safety_point_take(const struct hf_safety_point_options *options, uint64_t *seq,
                         struct hf_error *err)
{
    hf_auto(hf_session) struct hf_session session = {0};
    hf_auto_free char *state = NULL;
    struct hf_database database;
    struct hf_backup_result point;
    *seq = 0;
    if (!hf_safety_point_is_needed(options->env, options->path))
        return 0;
    if (open_session(&session, options, err) ||
        hf_database_open(&database, session.repository, options->database, HF_DATABASE_CREATE,
                         err) ||
        hf_access_state_path(&state, options->config, options->env, options->database, err))
        return -1;
    if (session.created)
        hf_notice(options->events, "made repository %s",
                  options->config->values[HF_SETTING_REPOSITORY].text);
    const struct hf_backup_options wanted = {.path = options->path,
                                             .state_path = state,
                                             .reason = options->reason,
                                             .claim = HF_CLAIM_POLITE,
                                             .busy_ms = BUSY_MS,
                                             .events = options->events};
    if (hf_snapshot_take(&database, &wanted, &point, err))
        return -1;
    *seq = point.seq;
    return 0;
}

int hf_safety_point_history(struct hf_session *session, struct hf_database *history,
                            const struct hf_safety_point_options *options, struct hf_error *err)
{
    return open_session(session, options, err) ||
                   hf_database_open(history, session->repository, options->database,
                                    HF_DATABASE_EXISTING, err)
               ? -1
               : 0;
}

#include "service/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/state_file.h"
#include "os/file.h"
#include "store/kinds.h"

enum { LARGEST_KEYFILE = 1 << 20 };

struct hf_store *hf_access_store(const struct hf_config *config, const struct hf_env *env,
                                 struct hf_error *err)
{
    const struct hf_value *place = &config->values[HF_SETTING_REPOSITORY];
    if (!place->text) {
        hf_error_set(err, HF_CONFIG, "no repository is given");
        hf_error_hint(err, "say where history is kept: -r PATH, HOLDFAST_REPOSITORY, or "
                           "'repository:' in holdfast.yml");
        return NULL;
    }
    if (strstr(place->text, "://")) {
        hf_error_set(err, HF_CONFIG,
                     "%s: '%s' is no local directory, which is the only kind of "
                     "repository that this version has",
                     place->source, place->text);
        hf_error_hint(err, "name a directory");
        return NULL;
    }
    struct hf_store *store = hf_store_directory_new(env, place->text, err);
    return store ? hf_store_counting_new(store, err) : NULL;
}

static int read_keyfile(struct hf_secrets *out, const struct hf_value *value,
                        const struct hf_env *env, struct hf_error *err)
{
    /* Reserved at once, so that growing leaves no copy of a secret in freed memory. */
    if (hf_buf_reserve(&out->keyfile, 2 * LARGEST_KEYFILE, err))
        return -1;
    if (hf_file_read_all(env, value->text, LARGEST_KEYFILE, &out->keyfile, err)) {
        if (err && err->code != HF_NO_MEMORY)
            err->code = HF_CONFIG;
        hf_error_wrap(err, "%s", value->source);
        return hf_error_hint(err, "a new keyfile: head -c 32 /dev/urandom > keyfile");
    }
    out->unlock.keyfile = out->keyfile.data;
    out->unlock.keyfile_length = out->keyfile.length;
    out->kind = HF_SLOT_KEYFILE;
    return 0;
}

static int read_recovery(struct hf_secrets *out, const struct hf_value *value, struct hf_error *err)
{
    if (hf_key_from_recovery_text(&out->recovery, value->text, err)) {
        hf_error_wrap(err, "%s", value->source);
        return hf_error_hint(err, "type it again from the recovery kit: 14 groups of 4 characters");
    }
    out->unlock.recovery = &out->recovery;
    out->kind = 0;
    return 0;
}

int hf_secrets_read(struct hf_secrets *out, const struct hf_config *config,
                    const struct hf_env *env, struct hf_error *err)
{
    *out = (struct hf_secrets){.kind = HF_SLOT_PLAIN};
    const struct hf_value *passphrase = &config->values[HF_SETTING_PASSPHRASE];
    const struct hf_value *keyfile = &config->values[HF_SETTING_KEYFILE];
    const struct hf_value *recovery = &config->values[HF_SETTING_RECOVERY_KEY];
    int failed = 0;
    if (passphrase->text) {
        out->unlock.passphrase = passphrase->text;
        out->kind = HF_SLOT_PASSPHRASE;
    } else if (keyfile->text) {
        failed = read_keyfile(out, keyfile, env, err);
    } else if (recovery->text) {
        failed = read_recovery(out, recovery, err);
    }
    if (failed)
        hf_secrets_release(out);
    return failed;
}

void hf_secrets_release(struct hf_secrets *secrets)
{
    if (secrets->keyfile.data)
        hf_wipe(secrets->keyfile.data, secrets->keyfile.length);
    hf_buf_release(&secrets->keyfile);
    hf_key_release(&secrets->recovery);
    secrets->unlock = (struct hf_unlock){0};
}

static int create(struct hf_session *session, const struct hf_config *config,
                  const struct hf_env *env, struct hf_error *err)
{
    if (!session->secrets.kind) {
        hf_error_set(err, HF_CONFIG, "a recovery key opens a repository, but does not make one");
        return hf_error_hint(err, "give a passphrase or a keyfile, or nothing");
    }
    struct hf_store *store = hf_access_store(config, env, err);
    if (!store)
        return -1;
    /* Named after its kind, so that it can be spoken of without being looked up. */
    struct hf_new_slot slot = {.kind = session->secrets.kind,
                               .name = hf_slot_kind_name(session->secrets.kind),
                               .secret = &session->secrets.unlock};
    session->repository = hf_repository_create(store, env, &slot, err);
    if (!session->repository)
        return -1;
    session->created = true;
    return 0;
}

/*
 * A repository that is not there, though this host has stored points of one of these databases: an
 * unmounted disk looks like that, and what would be made there is no history. In which place they
 * were stored is not asked: of two repositories that are written in turn the state file knows the
 * last alone.
 */
static int refuse_in_vain(const struct hf_config *config, const struct hf_env *env,
                          struct hf_error *err)
{
    for (size_t i = 0; i < config->database_count; i++) {
        const struct hf_config_database *database = &config->databases[i];
        hf_auto_free char *wanted = NULL;
        struct hf_known_state known;
        if (hf_access_state_path(&wanted, config, env, database->name, err))
            return -1;
        hf_auto_free char *path = hf_state_file_path(database->path, wanted);
        if (!path)
            return hf_error_memory(err);
        hf_state_file_peek(&known, env, path);
        if (!known.segment.to)
            continue;
        hf_error_set(err, HF_UNREACHABLE,
                     "this host has stored restore points of '%s' before (the newest: %" PRIu64
                     "), and there is none here now",
                     database->name, known.segment.to);
        return hf_error_hint_typed(err, "holdfast init",
                                   "if a disk or share belongs there, mount it; if a new "
                                   "repository is wanted, make it first");
    }
    return 0;
}

static int open_repository(struct hf_session *session, const struct hf_config *config,
                           const struct hf_env *env, enum hf_session_manner manner,
                           struct hf_error *err)
{
    if (manner == HF_SESSION_CREATE)
        return create(session, config, env, err);
    struct hf_store *store = hf_access_store(config, env, err);
    if (!store)
        return -1;
    session->repository = hf_repository_open(store, env, &session->secrets.unlock, err);
    if (session->repository)
        return 0;
    if (!err || err->code != HF_NOT_FOUND)
        return -1;
    if (refuse_in_vain(config, env, err))
        return -1;
    if (manner == HF_SESSION_OR_CREATE)
        return create(session, config, env, err);
    /* Somebody expects it. */
    err->code = HF_UNREACHABLE;
    session->is_unmade = true;
    return -1;
}

int hf_access_connect(struct hf_session *session, const struct hf_config *config,
                      const struct hf_env *env, enum hf_session_manner manner, struct hf_error *err)
{
    /* The recovery key is in the session itself, which may have moved since it was read. */
    if (session->secrets.unlock.recovery)
        session->secrets.unlock.recovery = &session->secrets.recovery;
    struct hf_error cause = {0};
    if (!hf_codec_init(&cause) && !open_repository(session, config, env, manner, &cause))
        return 0;
    const char *place = config->values[HF_SETTING_REPOSITORY].text;
    hf_error_pass(err, &cause);
    return place ? hf_error_wrap(err, "repository '%s'", place) : -1;
}

int hf_access_open(struct hf_session *out, const struct hf_config *config, const struct hf_env *env,
                   enum hf_session_manner manner, struct hf_error *err)
{
    *out = (struct hf_session){0};
    if (hf_codec_init(err))
        return -1;
    if (!hf_secrets_read(&out->secrets, config, env, err) &&
        !hf_access_connect(out, config, env, manner, err))
        return 0;
    hf_session_release(out);
    return -1;
}

void hf_session_borrow(struct hf_session *out, const struct hf_secrets *secrets)
{
    *out = (struct hf_session){.secrets = *secrets, .has_borrowed = true};
}

void hf_session_release(struct hf_session *session)
{
    hf_repository_free(session->repository);
    if (session->has_borrowed)
        hf_key_release(&session->secrets.recovery); /* which is a copy */
    else
        hf_secrets_release(&session->secrets);
    *session = (struct hf_session){0};
}

int hf_access_state_path(char **out, const struct hf_config *config, const struct hf_env *env,
                         const char *name, struct hf_error *err)
{
    const char *folder = config->values[HF_SETTING_STATE_DIR].text;
    *out = NULL;
    if (!folder)
        return 0;
    if (hf_make_directories(env, folder, 0700, err))
        return hf_error_wrap(err, "state directory");
    hf_auto_free char *beside = hf_path_join(folder, name);
    if (!beside || asprintf(out, "%s-holdfast", beside) < 0) {
        *out = NULL;
        return hf_error_memory(err);
    }
    return 0;
}

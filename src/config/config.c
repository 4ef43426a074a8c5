#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "config/databases.h"
#include "config/yaml_file.h"
#include "os/file.h"

enum { LARGEST_VALUE_FILE = 65536 };

/* Where a value may come from, the strongest last. */
enum level { LEVEL_NONE, LEVEL_FILE, LEVEL_ENVIRONMENT, LEVEL_FLAG };

static const struct {
    const char *title;
    const char *flag;
    const char *variable;
    bool secret; /* flag and configuration file name a file that holds the value */
} rows[HF_SETTING_COUNT] = {
    [HF_SETTING_CONFIG] = {"configuration file", "--config", "HOLDFAST_CONFIG", false},
    [HF_SETTING_REPOSITORY] = {"repository", "--repository", "HOLDFAST_REPOSITORY", false},
    [HF_SETTING_PASSPHRASE] = {"passphrase", "--passphrase-file", "HOLDFAST_PASSPHRASE", true},
    [HF_SETTING_KEYFILE] = {"keyfile", "--keyfile", "HOLDFAST_KEYFILE", false},
    [HF_SETTING_RECOVERY_KEY] = {"recovery key", "--recovery-key-file", "HOLDFAST_RECOVERY_KEY",
                                 true},
    [HF_SETTING_STATE_DIR] = {"state directory", "--state-dir", "HOLDFAST_STATE_DIR", false},
    [HF_SETTING_DB] = {"database", "--db", "HOLDFAST_DB", false},
    [HF_SETTING_NAME] = {"database name", "--name", "HOLDFAST_NAME", false},
};

struct loader {
    struct hf_config *out;
    const struct hf_config_input *input;
    const struct hf_env *env;
    struct hf_error *err;
    enum level levels[HF_SETTING_COUNT];
};

const char *hf_setting_title(enum hf_setting setting)
{
    return rows[setting].title;
}

const char *hf_setting_flag(enum hf_setting setting)
{
    return rows[setting].flag;
}

const char *hf_setting_variable(enum hf_setting setting)
{
    return rows[setting].variable;
}

bool hf_setting_is_secret(enum hf_setting setting)
{
    return rows[setting].secret;
}

static const char *variable(const struct loader *loader, const char *name)
{
    size_t length = strlen(name);
    const char *const *entry = loader->input->environment;
    for (; entry && *entry; entry++) {
        if (!strncmp(*entry, name, length) && (*entry)[length] == '=')
            return *entry + length + 1;
    }
    return NULL;
}

static void wipe_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* Takes ownership of `text`. */
static int set_owned(struct loader *loader, enum hf_setting setting, enum level level, char *text,
                     const char *source)
{
    struct hf_value *value = &loader->out->values[setting];
    char *copy = strdup(source);
    if (!text || !copy) {
        wipe_text(text);
        free(copy);
        return hf_error_memory(loader->err);
    }
    wipe_text(value->text);
    free(value->source);
    *value = (struct hf_value){text, copy};
    loader->levels[setting] = level;
    return 0;
}

static int set(struct loader *loader, enum hf_setting setting, enum level level, const char *text,
               const char *source)
{
    if (!*text) {
        hf_error_set(loader->err, HF_CONFIG, "%s is empty", source);
        return hf_error_hint(loader->err, "give it a value, or leave it out");
    }
    return set_owned(loader, setting, level, strdup(text), source);
}

static int wrong_content(struct loader *loader, const char *source, const char *path,
                         const char *what)
{
    return hf_error_set(loader->err, HF_CONFIG, "%s: '%s' %s", source, path, what);
}

/* The value is what the file holds. */
static int set_from_file(struct loader *loader, enum hf_setting setting, enum level level,
                         const char *path, const char *source)
{
    if (!*path)
        return set(loader, setting, level, path, source);
    /* Reserved at once, so that growing leaves no copy of a secret in freed memory. */
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    if (hf_buf_reserve(&bytes, 2 * LARGEST_VALUE_FILE, loader->err))
        return -1;
    if (hf_file_read_all(loader->env, path, LARGEST_VALUE_FILE, &bytes, loader->err)) {
        hf_error_wrap(loader->err, "%s", source);
        if (loader->err)
            loader->err->code = HF_CONFIG;
        return hf_error_hint(loader->err, "it must name a readable file that holds the %s",
                             rows[setting].title);
    }
    size_t length = bytes.length;
    const char *text = (const char *)bytes.data;
    if (length && text[length - 1] == '\n')
        length--;
    if (length && text[length - 1] == '\r')
        length--;
    int failed;
    if (!length)
        failed = wrong_content(loader, source, path, "is empty");
    else if (memchr(text, '\n', length) || memchr(text, 0, length))
        failed = wrong_content(loader, source, path, "holds more than one line of text");
    else
        failed = set_owned(loader, setting, level, strndup(text, length), source);
    explicit_bzero(bytes.data, bytes.length);
    return failed;
}

static int take_environment(struct loader *loader, enum hf_setting setting)
{
    char file_variable[64];
    const char *name = rows[setting].variable;
    snprintf(file_variable, sizeof file_variable, "%s_FILE", name);
    const char *direct = variable(loader, name), *path = variable(loader, file_variable);
    if (direct && path) {
        hf_error_set(loader->err, HF_CONFIG, "%s and %s are both set", name, file_variable);
        return hf_error_hint(loader->err, "unset one of them");
    }
    if (direct)
        return set(loader, setting, LEVEL_ENVIRONMENT, direct, name);
    return path ? set_from_file(loader, setting, LEVEL_ENVIRONMENT, path, file_variable) : 0;
}

/* Flag, else environment; the configuration file, which they may name, is read after. */
static int take_outer(struct loader *loader, enum hf_setting setting)
{
    const char *typed = loader->input->flags[setting], *flag = rows[setting].flag;
    if (typed && rows[setting].secret)
        return set_from_file(loader, setting, LEVEL_FLAG, typed, flag);
    if (typed)
        return set(loader, setting, LEVEL_FLAG, typed, flag);
    return take_environment(loader, setting);
}

static int find_file(struct loader *loader)
{
    const char *candidates[] = {loader->input->local_file, loader->input->system_file};
    struct stat status;
    for (size_t i = 0; i < 2 && !loader->levels[HF_SETTING_CONFIG]; i++) {
        if (loader->env->fs.stat(loader->env->fs.context, candidates[i], &status) == 0 &&
            set(loader, HF_SETTING_CONFIG, LEVEL_FILE, candidates[i], "found there"))
            return -1;
    }
    return 0;
}

static int take_file(struct loader *loader, struct hf_yaml_file *file)
{
    if (find_file(loader))
        return -1;
    const struct hf_value *config = &loader->out->values[HF_SETTING_CONFIG];
    if (!config->text)
        return 0;
    if (hf_yaml_file_read(file, config->text, loader->env, loader->err)) {
        /* A file that cannot be read is a wrong setting, whatever the system calls it. */
        if (loader->err && loader->err->code != HF_NO_MEMORY)
            loader->err->code = HF_CONFIG;
        return -1;
    }
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        const struct hf_value *value = &file->values[i];
        if (!value->text || loader->levels[i])
            continue;
        if (rows[i].secret ? set_from_file(loader, i, LEVEL_FILE, value->text, value->source)
                           : set(loader, i, LEVEL_FILE, value->text, value->source))
            return -1;
    }
    return 0;
}

static void drop(struct loader *loader, enum hf_setting setting)
{
    struct hf_value *value = &loader->out->values[setting];
    wipe_text(value->text);
    free(value->source);
    *value = (struct hf_value){0};
    loader->levels[setting] = LEVEL_NONE;
}

/* Three settings, one question: what opens the repository. The strongest source answers it. */
static int choose_key(struct loader *loader)
{
    static const enum hf_setting kinds[] = {HF_SETTING_PASSPHRASE, HF_SETTING_KEYFILE,
                                            HF_SETTING_RECOVERY_KEY};
    enum hf_setting best = kinds[0];
    for (size_t i = 1; i < 3; i++) {
        enum hf_setting other = kinds[i];
        if (loader->levels[other] && loader->levels[other] == loader->levels[best]) {
            hf_error_set(loader->err, HF_CONFIG, "%s and %s are both given",
                         loader->out->values[best].source, loader->out->values[other].source);
            return hf_error_hint(loader->err, "one of them opens the repository: give that one");
        }
        if (loader->levels[other] > loader->levels[best])
            best = other;
    }
    for (size_t i = 0; i < 3; i++) {
        if (kinds[i] != best)
            drop(loader, kinds[i]);
    }
    return 0;
}

/* A database named by a flag or the environment takes the place of the file's list. */
static int choose_databases(struct loader *loader, const struct hf_yaml_file *file)
{
    const struct hf_value *path = &loader->out->values[HF_SETTING_DB];
    const struct hf_value *name = &loader->out->values[HF_SETTING_NAME];
    if (path->text)
        return hf_databases_add_one(loader->out, path, name, loader->err);
    if (name->text) {
        hf_error_set(loader->err, HF_CONFIG, "%s names a database, but none is given",
                     name->source);
        return hf_error_hint(loader->err, "give its file with --db or HOLDFAST_DB");
    }
    for (size_t i = 0; i < file->database_count; i++) {
        if (hf_databases_add_entry(loader->out, &file->databases[i], loader->env, loader->err))
            return -1;
    }
    return 0;
}

static int load(struct loader *loader, struct hf_yaml_file *file)
{
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        if (take_outer(loader, i))
            return -1;
    }
    if (take_file(loader, file) || choose_key(loader) || choose_databases(loader, file))
        return -1;
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        struct hf_value *value = &loader->out->values[i];
        if (!value->source && !(value->source = strdup("default")))
            return hf_error_memory(loader->err);
    }
    return 0;
}

int hf_config_load(struct hf_config *out, const struct hf_config_input *input,
                   const struct hf_env *env, struct hf_error *err)
{
    struct hf_config config = {0};
    hf_auto(hf_yaml_file) struct hf_yaml_file file = {0};
    struct loader loader = {.out = &config, .input = input, .env = env, .err = err};
    if (load(&loader, &file)) {
        hf_config_release(&config);
        return -1;
    }
    *out = config;
    return 0;
}

void hf_config_release(struct hf_config *config)
{
    for (size_t i = 0; i < HF_SETTING_COUNT; i++) {
        wipe_text(config->values[i].text);
        free(config->values[i].source);
    }
    for (size_t i = 0; i < config->database_count; i++) {
        free(config->databases[i].name);
        free(config->databases[i].path);
        free(config->databases[i].source);
    }
    for (size_t i = 0; i < config->notice_count; i++)
        free(config->notices[i]);
    free(config->databases);
    free(config->notices);
    *config = (struct hf_config){0};
}

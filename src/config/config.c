#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "config/databases.h"
#include "config/settings.h"
#include "config/yaml_file.h"
#include "os/file.h"

enum { LARGEST_VALUE_FILE = 65536 };

/* Where a value may come from, the strongest last. */
enum level { LEVEL_NONE, LEVEL_FILE, LEVEL_ENVIRONMENT, LEVEL_FLAG };

struct loader {
    struct hf_config *out;
    const struct hf_config_input *input;
    const struct hf_env *env;
    struct hf_error *err;
    enum level levels[HF_SETTING_COUNT];
};

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
    return hf_setting_check(setting, text, source, loader->err);
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
                             hf_setting_title(setting));
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

/* Variables that other images have for the same thing. Compose files pass on what is not set as
 * empty text. */
static const char *foreign_variable(const struct loader *loader, const char *name)
{
    const char *text = name ? variable(loader, name) : NULL;
    return text && *text ? text : NULL;
}

static int take_foreign(struct loader *loader, enum hf_setting setting)
{
    const char *name = hf_setting_rows[setting].foreign;
    const char *text = foreign_variable(loader, name);
    return text ? set(loader, setting, LEVEL_ENVIRONMENT, text, name) : 0;
}

static int take_user_ids(struct loader *loader)
{
    const char *user = foreign_variable(loader, "PUID"), *group = foreign_variable(loader, "PGID");
    if (group && !user) {
        hf_error_set(loader->err, HF_CONFIG, "PGID is set, but not PUID");
        return hf_error_hint(loader->err, "PUID is the number of the user to run as");
    }
    char *both = NULL;
    if (!user)
        return 0;
    if (asprintf(&both, "%s%s%s", user, group ? ":" : "", group ? group : "") < 0)
        return hf_error_memory(loader->err);
    return set_owned(loader, HF_SETTING_USER, LEVEL_ENVIRONMENT, both,
                     group ? "PUID and PGID" : "PUID");
}

static int take_environment(struct loader *loader, enum hf_setting setting)
{
    char file_variable[64];
    const char *name = hf_setting_variable(setting);
    snprintf(file_variable, sizeof file_variable, "%s_FILE", name);
    const char *direct = variable(loader, name), *path = variable(loader, file_variable);
    if (direct && path) {
        hf_error_set(loader->err, HF_CONFIG, "%s and %s are both set", name, file_variable);
        return hf_error_hint(loader->err, "unset one of them");
    }
    if (direct)
        return set(loader, setting, LEVEL_ENVIRONMENT, direct, name);
    if (path)
        return set_from_file(loader, setting, LEVEL_ENVIRONMENT, path, file_variable);
    return setting == HF_SETTING_USER ? take_user_ids(loader) : take_foreign(loader, setting);
}

/* Flag, else environment; the configuration file, which they may name, is read after. */
static int take_outer(struct loader *loader, enum hf_setting setting)
{
    const char *typed = loader->input->flags[setting], *flag = hf_setting_flag(setting);
    if (typed && hf_setting_is_secret(setting))
        return set_from_file(loader, setting, LEVEL_FLAG, typed, flag);
    if (typed && hf_setting_rows[setting].kind == HF_KIND_SWITCH && !*typed)
        typed = "true"; /* it has no value */
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
        if (hf_setting_is_secret(i)
                ? set_from_file(loader, i, LEVEL_FILE, value->text, value->source)
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

/* History is kept near the data until somebody says where: better there than nowhere. */
static int choose_repository(struct loader *loader)
{
    const struct hf_config *config = loader->out;
    if (config->values[HF_SETTING_REPOSITORY].text || !config->database_count)
        return 0;
    hf_auto_free char *folder = hf_path_parent(config->databases[0].path);
    char *place = folder ? hf_path_join(folder, "backups") : NULL;
    return set_owned(loader, HF_SETTING_REPOSITORY, LEVEL_NONE, place, "default");
}

static int take_default(struct loader *loader, enum hf_setting setting)
{
    const char *initial = hf_setting_rows[setting].initial;
    struct hf_value *value = &loader->out->values[setting];
    if (value->source)
        return 0;
    if (initial)
        return set(loader, setting, LEVEL_NONE, initial, "default");
    value->source = strdup("default");
    return value->source ? 0 : hf_error_memory(loader->err);
}

static int load(struct loader *loader, struct hf_yaml_file *file)
{
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        if (take_outer(loader, i))
            return -1;
    }
    if (take_file(loader, file) || choose_key(loader) || choose_databases(loader, file) ||
        choose_repository(loader))
        return -1;
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        if (take_default(loader, i))
            return -1;
    }
    loader->out->generate = file->generate;
    loader->out->generate_count = file->generate_count;
    file->generate = NULL;
    file->generate_count = 0;
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
    hf_config_commands_free(config->generate, config->generate_count);
    for (size_t i = 0; i < config->pattern_count; i++) {
        free(config->patterns[i].path);
        free(config->patterns[i].source);
    }
    free(config->patterns);
    for (size_t i = 0; i < config->notice_count; i++)
        free(config->notices[i]);
    free(config->databases);
    free(config->notices);
    *config = (struct hf_config){0};
}

const char *hf_config_command_text(char *out, size_t size, const struct hf_config_command *command)
{
    char *const *word = command->words;
    size_t used = 0;
    if (!strcmp(word[0], "/bin/sh") && word[1] && !strcmp(word[1], "-c") && word[2])
        word += 2;
    for (*out = 0; *word && used < size; word++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "", *word);
    return out;
}

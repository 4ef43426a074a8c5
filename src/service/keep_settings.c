#include "service/keep_settings.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/file.h"
#include "service/console_folder.h"
#include "service/json_channel.h"
#include "service/json_file.h"

enum { LONGEST_FILE = 16384 };

/* NULL: there is no place for it, or no memory. */
static char *saved_path(const struct hf_config *config, const struct hf_env *env,
                        struct hf_error *err)
{
    hf_auto_free char *folder = NULL;
    if (hf_console_folder(&folder, config, env, err))
        return NULL;
    char *path = hf_path_join(folder, "settings.json");
    if (!path)
        hf_error_memory(err);
    return path;
}

/* "" when the console has changed nothing. */
static int read_saved(char out[HF_RETENTION_TEXT], const struct hf_config *config,
                      const struct hf_env *env, struct hf_error *err)
{
    struct hf_error why = {0};
    hf_auto_free char *path = saved_path(config, env, &why);
    *out = 0;
    if (!path)
        return why.code == HF_CONFIG ? 0 : hf_error_pass(err, &why);
    json_t *root = hf_json_file_read(env, path, LONGEST_FILE, &why);
    const char *keep = hf_member_text(root, "keep", "");
    if (root && strlen(keep) < HF_RETENTION_TEXT)
        snprintf(out, HF_RETENTION_TEXT, "%s", keep);
    else if (root)
        hf_error_set(&why, HF_CORRUPT, "'%s' is damaged", path);
    json_decref(root);
    if (!why.code || why.code == HF_NOT_FOUND)
        return 0;
    hf_error_pass(err, &why);
    return why.code == HF_CORRUPT
               ? hf_error_hint(err, "remove it, and change the settings in the console again")
               : -1;
}

int hf_keep_setting(struct hf_keep_setting *out, const struct hf_config *config,
                    const struct hf_env *env, struct hf_error *err)
{
    const struct hf_value *keep = &config->values[HF_SETTING_KEEP];
    struct hf_keep_setting setting = {.source = keep->source,
                                      .is_fixed = strcmp(keep->source, "default") != 0};
    if (!setting.is_fixed && read_saved(setting.text, config, env, err))
        return -1;
    if (setting.text[0])
        setting.source = "the console";
    else
        snprintf(setting.text, sizeof setting.text, "%s", keep->text);
    *out = setting;
    return 0;
}

int hf_keep_rule(struct hf_retention_rule *out, const struct hf_config *config,
                 const struct hf_env *env, struct hf_error *err)
{
    struct hf_keep_setting keep;
    if (hf_keep_setting(&keep, config, env, err))
        return -1;
    return hf_retention_rule_parse(out, keep.text, err) ? hf_error_wrap(err, "%s", keep.source) : 0;
}

int hf_keep_change(const struct hf_config *config, const struct hf_env *env, const char *rule,
                   struct hf_error *err)
{
    const struct hf_value *keep = &config->values[HF_SETTING_KEEP];
    struct hf_retention_rule parsed;
    if (strcmp(keep->source, "default") != 0)
        return hf_error_set(err, HF_REFUSED, "the rule is set by %s: change it there",
                            keep->source);
    if (hf_retention_rule_parse(&parsed, rule, err))
        return -1;
    hf_auto_free char *path = saved_path(config, env, err);
    return path ? hf_json_file_write(env, path, json_pack("{s:s}", "keep", rule), err) : -1;
}

enum hf_retention_zone hf_keep_zone(const struct hf_config *config)
{
    bool local = hf_config_choice(config, HF_SETTING_KEEP_ZONE) == HF_KEEP_ZONE_LOCAL;
    return local ? HF_RETENTION_LOCAL : HF_RETENTION_UTC;
}

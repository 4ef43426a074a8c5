/*
 * The retention rule as the settings have it: what prune and whoever prunes in the background go
 * by. Where neither flag, variable nor file says anything, the console may: its rule is kept in a
 * file of its folder, which is read each time, so that a running replicator goes by the newest.
 */
#ifndef HF_SERVICE_KEEP_SETTINGS_H
#define HF_SERVICE_KEEP_SETTINGS_H

#include "config/config.h"
#include "history/prune.h"

struct hf_keep_setting {
    char text[HF_RETENTION_TEXT]; /* a rule, or the name of one */
    const char *source;           /* of struct hf_value, or "the console"; borrowed */
    bool is_fixed;                /* the console cannot change it */
};

/* HF_CORRUPT: the console's file is damaged. */
int hf_keep_setting(struct hf_keep_setting *out, const struct hf_config *config,
                    const struct hf_env *env, struct hf_error *err);

/* The rule of 'keep'. HF_CONFIG begins with where the setting is from. */
int hf_keep_rule(struct hf_retention_rule *out, const struct hf_config *config,
                 const struct hf_env *env, struct hf_error *err);

/* Keeps it as the console's. HF_CONFIG: it is no rule. HF_REFUSED: the setting is fixed. */
int hf_keep_change(const struct hf_config *config, const struct hf_env *env, const char *rule,
                   struct hf_error *err);

/* Whose days it means. */
enum hf_retention_zone hf_keep_zone(const struct hf_config *config);

#endif

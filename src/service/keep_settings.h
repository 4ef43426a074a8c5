/*
 * The retention rule as the settings have it: what prune and whoever prunes in the background go
 * by.
 */
#ifndef HF_SERVICE_KEEP_SETTINGS_H
#define HF_SERVICE_KEEP_SETTINGS_H

#include "config/config.h"
#include "history/prune.h"

/* The rule of 'keep'. HF_CONFIG begins with where the setting is from. */
int hf_keep_rule(struct hf_retention_rule *out, const struct hf_config *config,
                 struct hf_error *err);

/* Whose days it means. */
enum hf_retention_zone hf_keep_zone(const struct hf_config *config);

#endif

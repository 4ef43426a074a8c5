#include "service/keep_settings.h"

int hf_keep_rule(struct hf_retention_rule *out, const struct hf_config *config,
                 struct hf_error *err)
{
    const struct hf_value *keep = &config->values[HF_SETTING_KEEP];
    return hf_retention_rule_parse(out, keep->text, err) ? hf_error_wrap(err, "%s", keep->source)
                                                         : 0;
}

enum hf_retention_zone hf_keep_zone(const struct hf_config *config)
{
    bool local = hf_config_choice(config, HF_SETTING_KEEP_ZONE) == HF_KEEP_ZONE_LOCAL;
    return local ? HF_RETENTION_LOCAL : HF_RETENTION_UTC;
}

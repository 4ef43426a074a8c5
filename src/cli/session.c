#include "cli/session.h"

const char *hf_session_place(const struct hf_cli *cli)
{
    return cli->config.values[HF_SETTING_REPOSITORY].text;
}

struct hf_store *hf_session_store(struct hf_cli *cli, struct hf_error *err)
{
    return hf_access_store(&cli->config, cli->env, err);
}

int hf_session_open(struct hf_session *out, struct hf_cli *cli, enum hf_session_manner manner,
                    struct hf_error *err)
{
    return hf_access_open(out, &cli->config, cli->env, manner, err);
}

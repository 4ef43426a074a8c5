#include "service/forget_secrets.h"

#include <string.h>

extern char **environ;

bool hf_is_secret_variable(const char *entry)
{
    static const char of_copies[] = "HOLDFAST_COPY_PASSPHRASE=";
    if (!strncmp(entry, of_copies, strlen(of_copies)))
        return true;
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++) {
        const char *name = hf_setting_variable(i);
        size_t length = strlen(name);
        if (hf_setting_is_secret(i) && !strncmp(entry, name, length) && entry[length] == '=')
            return true;
    }
    return false;
}

void hf_forget_secrets(struct hf_session *session, const struct hf_config *config)
{
    if (session->repository)
        hf_key_release(&session->repository->keys.master);
    hf_secrets_release(&session->secrets);
    for (enum hf_setting i = 0; i < HF_SETTING_COUNT; i++)
        if (hf_setting_is_secret(i) && config->values[i].text)
            hf_wipe(config->values[i].text, strlen(config->values[i].text));
    for (char **entry = environ; *entry; entry++)
        if (hf_is_secret_variable(*entry))
            hf_wipe(strchr(*entry, '=') + 1, strlen(strchr(*entry, '=') + 1));
}

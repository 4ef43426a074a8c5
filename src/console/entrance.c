#include "console/entrance.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "codec/key.h"

/* Eight characters of Crockford's Base32: 40 bits, guessed at a bounded rate. */
int hf_entrance_make_code(struct hf_console *console, struct hf_error *err)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const char *given = console->config->values[HF_SETTING_SETUP_CODE].text;
    uint8_t random[8];
    char *code = console->setup_code;
    if (given && *given) {
        if (strlen(given) < 8 || strlen(given) >= HF_SETUP_CODE_TEXT)
            return hf_error_set(err, HF_CONFIG, "%s: a setup code has 8 to %d characters",
                                console->config->values[HF_SETTING_SETUP_CODE].source,
                                HF_SETUP_CODE_TEXT - 1);
        snprintf(code, HF_SETUP_CODE_TEXT, "%s", given);
        return 0;
    }
    if (hf_random(console->env, random, sizeof random, err))
        return -1;
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)digits[random[i] % 32];
    snprintf(code, HF_SETUP_CODE_TEXT, "%.4s-%.4s", (char *)random, (char *)random + 4);
    return 0;
}

/* Upper case, without what people put between groups. */
static size_t clean(char out[HF_SETUP_CODE_TEXT], const char *text)
{
    size_t used = 0;
    for (; *text && used + 1 < HF_SETUP_CODE_TEXT; text++)
        if (*text != ' ' && *text != '-')
            out[used++] = (char)toupper((unsigned char)*text);
    memset(out + used, 0, HF_SETUP_CODE_TEXT - used);
    return used;
}

/* In a time that does not tell how much of it fits. */
bool hf_entrance_code_fits(const struct hf_console *console, const char *typed)
{
    char a[HF_SETUP_CODE_TEXT], b[HF_SETUP_CODE_TEXT];
    size_t differs = clean(a, console->setup_code) ^ clean(b, typed);
    for (size_t i = 0; i < sizeof a; i++)
        differs |= (unsigned char)(a[i] ^ b[i]);
    return !differs && a[0]; /* no code is there when none is wanted */
}

const char *hf_entrance_listen(const struct hf_console *console)
{
    const char *wanted = console->config->values[HF_SETTING_CONSOLE].text;
    return wanted && strcmp(wanted, "off") ? wanted : HF_CONSOLE_LISTEN;
}

/* A code that was given is known to who gave it. */
void hf_entrance_tell(struct hf_console *console)
{
    const char *listen = hf_entrance_listen(console);
    const char *url = hf_console_url(console);
    const char *given = console->config->values[HF_SETTING_SETUP_CODE].text;
    const char *colon = strrchr(listen, ':');
    char own[128];
    snprintf(own, sizeof own, "http://%.*s:%d/", colon ? (int)(colon - listen) : 9,
             colon ? listen : "127.0.0.1", hf_server_port(console->server));
    if (console->credentials.password[0])
        hf_console_notice(console, "the console is at %s", url ? url : own);
    else if (given && *given)
        hf_console_notice(console, "the console is at %s: set it up with the setup code of %s",
                          url ? url : own, console->config->values[HF_SETTING_SETUP_CODE].source);
    else
        hf_console_notice(console, "the console is at %s: set it up with the setup code %s",
                          url ? url : own, console->setup_code);
}

void hf_entrance_refresh(struct hf_console *console)
{
    struct hf_error err = {0};
    hf_credentials_keep(&console->credentials, false);
    if (!hf_credentials_refresh(&console->credentials, &err))
        return;
    hf_server_end_streams(console->server);
    *console->setup_code = 0;
    if (err.code)
        hf_console_notice(console, "%s: %s", err.text, err.hint);
    else if (!console->credentials.password[0] && hf_entrance_make_code(console, &err))
        hf_console_notice(console, "no setup code: %s", err.text);
    else
        hf_entrance_tell(console);
}

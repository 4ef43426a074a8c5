#include "config/settings.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { LARGEST_COUNT = 1000000, LARGEST_DURATION = 24 * 3600 * 1000 };

static const char *const on_missing[] = {"restore", "fresh", "refuse", NULL};
static const char *const on_corrupt[] = {"restore", "refuse", NULL};
static const char *const on_unprotected[] = {"stop", "start", NULL};
static const char *const restart[] = {"no", "on-failure", "always", NULL};
static const char *const on_failed_start[] = {"restore-and-exit", "restore-and-start", "keep",
                                              NULL};
static const char *const capture[] = {"wal", "scan", "off", NULL};
static const char *const keep_zone[] = {"utc", "local", NULL};
static const char *const log_format[] = {"text", "json", NULL};

#define ROW(title_, flag_, variable_, key_, kind_, ...)                                            \
    {                                                                                              \
        .title = title_, .flag = flag_, .variable = "HOLDFAST_" variable_, .key = key_,            \
        .kind = HF_KIND_##kind_, __VA_ARGS__                                                       \
    }

/* clang-format off */
const struct hf_setting_row hf_setting_rows[HF_SETTING_COUNT] = {
    [HF_SETTING_CONFIG] =
        ROW("configuration file", "--config", "CONFIG", NULL, PATH,),
    [HF_SETTING_REPOSITORY] =
        ROW("repository", "--repository", "REPOSITORY", "repository", PATH,),
    [HF_SETTING_PASSPHRASE] =
        ROW("passphrase", "--passphrase-file", "PASSPHRASE", "passphrase-file", SECRET,),
    [HF_SETTING_KEYFILE] =
        ROW("keyfile", "--keyfile", "KEYFILE", "keyfile", PATH,),
    [HF_SETTING_RECOVERY_KEY] =
        ROW("recovery key", "--recovery-key-file", "RECOVERY_KEY", "recovery-key-file", SECRET,),
    [HF_SETTING_STATE_DIR] =
        ROW("state directory", "--state-dir", "STATE_DIR", "state-directory", PATH,),
    [HF_SETTING_DB] =
        ROW("database", "--db", "DB", NULL, PATH,),
    [HF_SETTING_NAME] =
        ROW("database name", "--name", "NAME", NULL, TEXT,),
    [HF_SETTING_DATA_DIR] =
        ROW("data directory", "--data-dir", "DATA_DIR", "data-dir", PATH, .foreign = "DATA_DIR"),
    [HF_SETTING_SCHEMA] =
        ROW("schema", "--schema", "SCHEMA", "schema", PATH,),
    [HF_SETTING_ACCEPT_DATA_LOSS] =
        ROW("accept data loss", "--accept-data-loss", "ACCEPT_DATA_LOSS", "accept-data-loss",
            SWITCH, .initial = "false"),
    [HF_SETTING_ON_MISSING] =
        ROW("on missing", "--on-missing", "ON_MISSING", "on-missing", CHOICE,
            .initial = "restore", .choices = on_missing),
    [HF_SETTING_ON_CORRUPT] =
        ROW("on corrupt", "--on-corrupt", "ON_CORRUPT", "on-corrupt", CHOICE,
            .initial = "restore", .choices = on_corrupt),
    [HF_SETTING_ON_UNPROTECTED] =
        ROW("on unprotected", "--on-unprotected", "ON_UNPROTECTED", "on-unprotected", CHOICE,
            .initial = "stop", .choices = on_unprotected),
    [HF_SETTING_KEEP_COPIES] =
        ROW("keep copies", "--keep-copies", "KEEP_COPIES", "keep-copies", COUNT, .initial = "20"),
    [HF_SETTING_PROFILE] =
        ROW("profile", "--profile", "PROFILE", "profile", TEXT,),
    [HF_SETTING_PROFILES_DIR] =
        ROW("profiles directory", "--profiles-dir", "PROFILES_DIR", "profiles-dir", PATH,),
    [HF_SETTING_RESTART] =
        ROW("restart", "--restart", "RESTART", "restart", CHOICE,
            .initial = "no", .choices = restart),
    [HF_SETTING_STOP_TIMEOUT] =
        ROW("stop timeout", "--stop-timeout", "STOP_TIMEOUT", "stop-timeout", DURATION,
            .initial = "9s"),
    [HF_SETTING_READY] =
        ROW("ready", "--ready", "READY", "ready", URL,),
    [HF_SETTING_READY_TIMEOUT] =
        ROW("ready timeout", "--ready-timeout", "READY_TIMEOUT", "ready-timeout", DURATION,
            .initial = "60s"),
    [HF_SETTING_ON_FAILED_START] =
        ROW("on failed start", "--on-failed-start", "ON_FAILED_START", "on-failed-start", CHOICE,
            .initial = "restore-and-exit", .choices = on_failed_start),
    [HF_SETTING_USER] =
        ROW("user", "--user", "USER", "user", USER,),
    [HF_SETTING_CAPTURE] =
        ROW("capture", "--capture", "CAPTURE", "capture", CHOICE, .initial = "wal",
            .choices = capture),
    [HF_SETTING_SYNC_INTERVAL] =
        ROW("sync interval", "--sync-interval", "SYNC_INTERVAL", "sync-interval", DURATION,
            .initial = "1s"),
    [HF_SETTING_GENTLE] =
        ROW("gentle", "--gentle", "GENTLE", "gentle", SWITCH, .initial = "false"),
    [HF_SETTING_LOG] =
        ROW("log", "--log", "LOG", "log", CHOICE, .initial = "text", .choices = log_format),
    [HF_SETTING_KEEP] =
        ROW("keep", "--keep", "KEEP", "keep", TEXT, .initial = "standard"),
    [HF_SETTING_KEEP_ZONE] =
        ROW("keep zone", "--keep-zone", "KEEP_ZONE", "keep-zone", CHOICE,
            .initial = "utc", .choices = keep_zone),
    [HF_SETTING_CONSOLE] =
        ROW("console", "--console", "CONSOLE", "console", LISTEN,),
    [HF_SETTING_URL] =
        ROW("address of the console", "--url", "URL", "url", URL,),
    [HF_SETTING_TRUSTED_PROXIES] =
        ROW("trusted proxies", "--trusted-proxies", "TRUSTED_PROXIES", "trusted-proxies", TEXT,),
    [HF_SETTING_SETUP_CODE] =
        ROW("setup code", "--setup-code-file", "SETUP_CODE", "setup-code-file", SECRET,),
};
/* clang-format on */

const char *hf_setting_title(enum hf_setting setting)
{
    return hf_setting_rows[setting].title;
}

const char *hf_setting_flag(enum hf_setting setting)
{
    return hf_setting_rows[setting].flag;
}

const char *hf_setting_variable(enum hf_setting setting)
{
    return hf_setting_rows[setting].variable;
}

bool hf_setting_is_secret(enum hf_setting setting)
{
    return hf_setting_rows[setting].kind == HF_KIND_SECRET;
}

static int index_of(const char *const *words, const char *text)
{
    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], text))
            return i;
    }
    return -1;
}

/* 1, 0, or -1 for what is neither. */
static int truth_of(const char *text)
{
    static const char *const words[] = {"false", "no", "off", "0", "true", "yes", "on", "1", NULL};
    for (int i = 0; words[i]; i++) {
        if (!strcasecmp(words[i], text))
            return i >= 4;
    }
    return -1;
}

/* Digits from `text` on, at most `largest`; -1 when there are none. `end` is what follows. */
static int64_t number_of(const char *text, int64_t largest, const char **end)
{
    int64_t value = 0;
    *end = text;
    for (; **end >= '0' && **end <= '9' && value <= largest; (*end)++)
        value = value * 10 + (**end - '0');
    return *end == text || value > largest ? -1 : value;
}

static int64_t count_of(const char *text)
{
    const char *end;
    int64_t value = number_of(text, LARGEST_COUNT, &end);
    return *end ? -1 : value;
}

static int64_t duration_of(const char *text)
{
    static const struct {
        const char *name;
        int64_t milliseconds;
    } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"min", 60000}, {"h", 3600000}};
    const char *unit;
    int64_t value = number_of(text, LARGEST_DURATION, &unit);
    while (*unit == ' ')
        unit++;
    for (size_t i = 0; value >= 0 && i < sizeof units / sizeof *units; i++) {
        if (!strcmp(unit, units[i].name) && value <= LARGEST_DURATION / units[i].milliseconds)
            return value * units[i].milliseconds;
    }
    return -1;
}

int64_t hf_duration_parse(const char *text)
{
    return duration_of(text);
}

static bool is_url(const char *text)
{
    const char *rest = !strncmp(text, "http://", 7)    ? text + 7
                       : !strncmp(text, "https://", 8) ? text + 8
                                                       : "";
    return *rest && *rest != '/' && !strpbrk(text, " \t");
}

/* A port, or an address and a port; what the address is, the system says when it is used. */
static bool is_listen(const char *text)
{
    const char *colon = strrchr(text, ':'), *end;
    int64_t port = number_of(colon ? colon + 1 : text, 65535, &end);
    bool is_bracketed = text[0] == '[' && colon && colon > text && colon[-1] == ']';
    if (!strcmp(text, "off"))
        return true;
    if (port < 0 || *end || colon == text || strpbrk(text, " \t/"))
        return false;
    return is_bracketed || !colon || strchr(text, ':') == colon;
}

/* A name or number, and another after a colon. */
static bool is_user(const char *text)
{
    size_t first = strcspn(text, ":");
    if (!first || text[0] == '-' || strpbrk(text, " \t/"))
        return false;
    return !text[first] || (text[first + 1] && !strchr(text + first + 1, ':'));
}

static int wrong(const char *source, const char *text, const char *what, struct hf_error *err)
{
    return hf_error_set(err, HF_CONFIG, "%s: '%s' is no %s", source, text, what);
}

static int check_choice(const struct hf_setting_row *row, const char *text, const char *source,
                        struct hf_error *err)
{
    if (index_of(row->choices, text) >= 0)
        return 0;
    const char *nearest = hf_nearest(text, row->choices);
    char what[64], all[128] = "";
    snprintf(what, sizeof what, "value of '%s'", row->flag + 2);
    wrong(source, text, what, err);
    if (nearest)
        return hf_error_hint(err, "did you mean '%s'?", nearest);
    for (int i = 0; row->choices[i]; i++) {
        size_t used = strlen(all);
        snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", row->choices[i]);
    }
    return hf_error_hint(err, "one of %s", all);
}

int hf_setting_check(enum hf_setting setting, const char *text, const char *source,
                     struct hf_error *err)
{
    const struct hf_setting_row *row = &hf_setting_rows[setting];
    switch (row->kind) {
    case HF_KIND_CHOICE:
        return check_choice(row, text, source, err);
    case HF_KIND_SWITCH:
        if (truth_of(text) >= 0)
            return 0;
        wrong(source, text, "yes or no", err);
        return hf_error_hint(err, "true or false");
    case HF_KIND_DURATION:
        if (duration_of(text) >= 0)
            return 0;
        wrong(source, text, "duration", err);
        return hf_error_hint(err, "for example 30s, 500ms, 2m; at most 24h");
    case HF_KIND_COUNT:
        if (count_of(text) >= 0)
            return 0;
        return wrong(source, text, "number from 0 to 1000000", err);
    case HF_KIND_URL:
        if (is_url(text))
            return 0;
        wrong(source, text, "address", err);
        return hf_error_hint(err, "for example http://127.0.0.1:3000/health");
    case HF_KIND_USER:
        if (is_user(text))
            return 0;
        wrong(source, text, "user", err);
        return hf_error_hint(err, "for example 1000:1000, or the name of a user");
    case HF_KIND_LISTEN:
        if (is_listen(text))
            return 0;
        wrong(source, text, "address to listen at", err);
        return hf_error_hint(err, "for example 127.0.0.1:8420, [::1]:8420, 8420 for this host "
                                  "alone, or off");
    case HF_KIND_TEXT:
    case HF_KIND_PATH:
    case HF_KIND_SECRET:
        return 0;
    }
    return 0;
}

static const char *value_of(const struct hf_config *config, enum hf_setting setting,
                            enum hf_setting_kind kind)
{
    assert(hf_setting_rows[setting].kind == kind);
    (void)kind;
    return config->values[setting].text;
}

int hf_config_choice(const struct hf_config *config, enum hf_setting setting)
{
    return index_of(hf_setting_rows[setting].choices, value_of(config, setting, HF_KIND_CHOICE));
}

bool hf_config_switch(const struct hf_config *config, enum hf_setting setting)
{
    return truth_of(value_of(config, setting, HF_KIND_SWITCH)) == 1;
}

int64_t hf_config_duration(const struct hf_config *config, enum hf_setting setting)
{
    return duration_of(value_of(config, setting, HF_KIND_DURATION));
}

int64_t hf_config_count(const struct hf_config *config, enum hf_setting setting)
{
    return count_of(value_of(config, setting, HF_KIND_COUNT));
}

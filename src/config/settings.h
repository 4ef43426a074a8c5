/*
 * What is known of each setting: its names, its kind, its default. One row each; what checks a
 * value, reads a file and shows help goes by these.
 */
#ifndef HF_CONFIG_SETTINGS_H
#define HF_CONFIG_SETTINGS_H

#include "config/config.h"

enum hf_setting_kind {
    HF_KIND_TEXT,
    HF_KIND_PATH,     /* relative paths in a file are relative to it */
    HF_KIND_SECRET,   /* flag and configuration file name a file that holds the value */
    HF_KIND_CHOICE,   /* one of some words */
    HF_KIND_SWITCH,   /* true, false, yes, no, on, off; its flag takes no value */
    HF_KIND_DURATION, /* "90" and "90s" are seconds; ms, s, m, h */
    HF_KIND_COUNT,    /* 0 to 1,000,000 */
    HF_KIND_URL,      /* http:// or https:// */
    HF_KIND_USER,     /* "1000", "1000:1000", "app", "app:app" */
    HF_KIND_LISTEN,   /* "127.0.0.1:8420", "[::]:8420", "8420"; "off" */
};

struct hf_setting_row {
    const char *title;    /* "passphrase" */
    const char *flag;     /* "--passphrase-file" */
    const char *variable; /* "HOLDFAST_PASSPHRASE" */
    const char *key;      /* in the configuration file, or NULL: it is not a simple one there */
    const char *initial;  /* the default, or NULL */
    const char *const *choices; /* of a HF_KIND_CHOICE; ends with NULL */
    const char *foreign;        /* another tool's variable that counts too, or NULL */
    enum hf_setting_kind kind;
};

extern const struct hf_setting_row hf_setting_rows[HF_SETTING_COUNT];

/* HF_CONFIG, beginning with `source`, when `text` is no value of this setting. */
int hf_setting_check(enum hf_setting setting, const char *text, const char *source,
                     struct hf_error *err);

#endif

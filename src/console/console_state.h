/*
 * What the console's handlers share.
 */
#ifndef HF_CONSOLE_CONSOLE_STATE_H
#define HF_CONSOLE_CONSOLE_STATE_H

#include "console/console.h"
#include "console/credentials.h"
#include "console/downloads.h"
#include "console/rate_limit.h"
#include "console/server.h"
#include "console/setup_sources.h"
#include "console/shown_plans.h"
#include "service/guard.h"
#include "service/json_channel.h"

enum { HF_SETUP_CODE_TEXT = 64 };

struct hf_console {
    const struct hf_console_options *options;
    const struct hf_config *config;
    const struct hf_env *env;
    struct hf_signals signals;
    struct hf_server *server;
    struct hf_json_channel parent; /* fd -1: there is none */
    char *folder;                  /* of credentials, jobs */
    char *uploads;                 /* folder of what is sent */
    int lock_fd;                   /* which says that it is this console's */
    char *base;                    /* path that all of it is below, "" or "/hold" */
    struct hf_credentials credentials;
    char setup_code[HF_SETUP_CODE_TEXT]; /* wanted while there is no password */
    struct hf_rate_limit attempts;       /* of passwords and setup codes, by address */
    struct hf_rate_limit confirmations;  /* of the password by who is signed in, by the login */
    struct hf_sign_in *sign_in;
    struct hf_reader_client *reader;
    struct hf_overview *overview;
    struct hf_jobs *jobs;
    const char *job; /* in a job's process: its id */
    struct hf_browsers *browsers;
    struct hf_shown_plans plans;
    struct hf_setup_sources setup_sources;
    struct hf_downloads downloads;
    int64_t beat_at;
};

/* For the log. Never a secret, but the setup code once. */
void hf_console_notice(struct hf_console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The settings' address of the console, or NULL. */
const char *hf_console_url(const struct hf_console *console);

/* Bytes for which there is room in files that are sent: they must not take what databases and their
 * guard need. */
uint64_t hf_console_room(const struct hf_console *console);

/* A configured database; NULL, and the exchange has been answered, when the name is none. */
const struct hf_config_database *hf_console_database(struct hf_exchange *exchange,
                                                     const char *name);

#endif

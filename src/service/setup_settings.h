/*
 * An application's settings, as a person chose them, into its database.
 */
#ifndef HF_SERVICE_SETUP_SETTINGS_H
#define HF_SERVICE_SETUP_SETTINGS_H

#include "config/config.h"
#include "portable/profile_request.h"

/* In one transaction; the application may be running. The columns are those of the profile's fields
 * (portable/profile_settings.h). HF_REFUSED: the database has no application's tables that settings
 * could go into yet. HF_USAGE: no such setting. HF_LOCKED. */
int hf_setup_settings_write(const struct hf_config *config, const struct hf_env *env,
                            const char *path, const struct hf_profile_value *settings,
                            struct hf_error *err);

/* HF_REFUSED, with what to do: `path` has not the tables of an application that is known. */
int hf_setup_no_tables(const char *path, struct hf_error *err);

#endif

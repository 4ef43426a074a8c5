/*
 * What a person chose for a backup on the way through the Setup Wizard: settings of the
 * application, and how the services answered with them. Pure, but for memory.
 *
 * `looked` is what hf_look_at_source told of the backup: its `fields` and `tests`.
 */
#ifndef HF_CONSOLE_SETUP_CHOICE_H
#define HF_CONSOLE_SETUP_CHOICE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

/* All zero: nothing yet. */
struct hf_setup_choice {
    json_t *fields;    /* entered: texts by names. May hold secrets */
    json_t *tried;     /* results of connection tests by names, as long as they hold for `fields` */
    json_t *editions;  /* of tests, by names: how often something that one uses was changed */
    bool has_settings; /* somebody has come to the settings */
};

void hf_setup_choice_release(struct hf_setup_choice *choice);

/* Each of `fields` is a text, or null for what the backup has. What a test used that was changed,
 * is untested again. HF_USAGE: no such setting, or no text; nothing has been entered then. */
int hf_setup_choice_enter(struct hf_setup_choice *choice, const json_t *looked,
                          const json_t *fields, struct hf_error *err);

/* Another one after each change of what this test uses. */
int64_t hf_setup_choice_edition(const struct hf_setup_choice *choice, const char *test);

/* Notes what a test came to (borrowed) that was begun with `edition`, unless that is past. */
void hf_setup_choice_tried(struct hf_setup_choice *choice, const char *test, int64_t edition,
                           const json_t *result);

/* Tests that have not succeeded with these settings: [{"test", "label", "reason"}], with the reason
 * of the result or "not_run". The caller frees. */
json_t *hf_setup_choice_untested(const struct hf_setup_choice *choice, const json_t *looked);

/* Puts `has_settings`, `fields`, `entered` and `tests`: of secrets only their names, in `entered`.
 */
void hf_setup_choice_json(json_t *object, const struct hf_setup_choice *choice,
                          const json_t *looked);

#endif

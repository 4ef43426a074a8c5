/*
 * Titles that the last restore of the Setup Wizard could not place: kept in a file of the console's
 * own until the next one, so that whoever restored can come back to them.
 */
#ifndef HF_CONSOLE_SETUP_UNRESOLVED_H
#define HF_CONSOLE_SETUP_UNRESOLVED_H

#include <jansson.h>

#include "console/console_state.h"
#include "portable/profile_import.h"

enum { HF_MOST_UNRESOLVED = 10000 };

/* All zero: none. */
struct hf_unresolved {
    json_t *titles; /* the first HF_MOST_UNRESOLVED; made by the first */
    uint64_t total;
};

void hf_unresolved_add(struct hf_unresolved *unresolved, const struct hf_profile_problem *problem);
void hf_unresolved_release(struct hf_unresolved *unresolved);
HF_AUTO_RELEASE(hf_unresolved)

/* In the worker: in the place of what was kept before. */
int hf_unresolved_keep(const struct hf_unresolved *unresolved, const struct hf_console *console,
                       const char *database, struct hf_error *err);

/* Answers with the file, as one to be saved; with one without titles when none is kept. */
void hf_unresolved_answer(struct hf_exchange *exchange);

#endif

/*
 * What a running Holdfast says of a database that it looks after. How far the repository has it is
 * never taken from there: that is read in the repository.
 */
#ifndef HF_SERVICE_LIVE_STATUS_H
#define HF_SERVICE_LIVE_STATUS_H

#include <jansson.h>
#include <stdbool.h>

#include "history/point.h"

/*
 * Asks the process that looks after the database with this state file; NULL when none does, or none
 * answers within two seconds. The caller frees. To be asked before the repository is read: what it
 * claims must be there then.
 */
json_t *hf_live_ask_status(const char *state_path);

/* What is known of one database, by the running process. Borrowed from its answer. */
struct hf_live {
    int process;
    const char *command;
    const json_t *replicator; /* NULL: there is none */
    const json_t *entry;      /* NULL: it has said nothing of this database yet */
};

void hf_live_look(struct hf_live *out, const json_t *answer, const char *name);

bool hf_live_is_following(const struct hf_live *live);

/* Since when (ms since 1970) nothing is known of what it does, as it gives no sign of life; 0: it
 * does. It may be stuck, and is ended when that lasts. */
int64_t hf_live_silent_since(const struct hf_live *live, int64_t now);

/* The point that it says is stored; 0: none. */
uint64_t hf_live_claimed(const struct hf_live *live);

/* Whether the repository, whose newest point that is (NULL: it has none), bears it out. */
bool hf_live_is_confirmed(const struct hf_live *live, const struct hf_point *newest);

/* The fields of docs/json.md, "live", whatever the process sends besides. */
void hf_live_json(json_t *out, const struct hf_live *seen, const struct hf_point *newest,
                  int64_t now);

#endif

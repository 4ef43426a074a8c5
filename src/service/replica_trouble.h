/*
 * What goes wrong with a database's protection: since when, and when it is tried again. Pauses grow
 * from half a second to a bound. Single-owner; times are those of hf_monotonic unless said.
 */
#ifndef HF_SERVICE_REPLICA_TROUBLE_H
#define HF_SERVICE_REPLICA_TROUBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    HF_LONGEST_PAUSE = 10000,
    HF_ABSENT_PAUSE = 1000, /* the longest for a database that is not there yet */
};

/* All zero is none. */
struct hf_trouble {
    int64_t retry_at, retry_pause; /* 0: at once */
    int64_t begun_at;              /* when protection began the last time */
    int64_t since;                 /* ms since 1970; 0: nothing fails */
    char text[512];                /* what fails */
};

/* `now` in ms since 1970. True when it did not fail before. */
bool hf_trouble_note(struct hf_trouble *self, const struct hf_error *err, int64_t now);

/* Nothing fails, and nothing has to wait. True when something did. */
bool hf_trouble_end(struct hf_trouble *self);

/* Tried again after a pause that is twice the one before, `longest` ms at most. */
void hf_trouble_retry_later(struct hf_trouble *self, int64_t longest);

/* Something is in doubt: what fails again and again must not read the database all the time. */
void hf_trouble_doubt(struct hf_trouble *self);

/* What may pass by itself while what is to be stored is kept. */
bool hf_trouble_may_pass(const struct hf_error *err);

/* There is no database at the place, or none yet. */
bool hf_trouble_is_absence(const struct hf_error *err);

#endif

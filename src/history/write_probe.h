/*
 * Can the repository be written to, and what is the time there?
 */
#ifndef HF_HISTORY_WRITE_PROBE_H
#define HF_HISTORY_WRITE_PROBE_H

#include "history/database.h"

/* Puts a small object, looks when the store says that it came, and takes it away. `*now` becomes
 * that time when it is later. */
int hf_write_probe(const struct hf_database *database, int64_t *now, struct hf_error *err);

#endif

/*
 * Who this host is as the writer of a database's history.
 */
#ifndef HF_ENGINE_WRITER_IDENTITY_H
#define HF_ENGINE_WRITER_IDENTITY_H

#include "engine/state_file.h"
#include "history/writer_claim.h"

/* From the identity that is kept in the state file, the epoch that it last wrote under, this host's
 * name, and the real path of the database file. */
void hf_writer_describe(struct hf_writer *out, const struct hf_state_file *state,
                        const struct hf_database *database, const char *path);

#endif

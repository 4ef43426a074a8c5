/*
 * One writer at a time: who may append to a timeline (docs/architecture.md, "One writer").
 */
#ifndef HF_HISTORY_WRITER_CLAIM_H
#define HF_HISTORY_WRITER_CLAIM_H

#include "history/database.h"

/* Who asks. The id is random and kept in the state file beside the database. */
struct hf_writer {
    uint8_t id[HF_ID_BYTES];
    char host[65];
    char path[1025]; /* of the database there; shortened when longer */
};

enum hf_claim_manner { HF_CLAIM_POLITE, HF_CLAIM_TAKE_OVER };

/*
 * Makes `self` the writer: continues its own claim, or claims the next epoch when there is none,
 * when the last one was by the same host for the same path (its state file was lost) or by the same
 * identity elsewhere (the host moved, or is a copy of that one), or to take over. HF_REFUSED names
 * the rival. Writes the epoch, which is above `seen`, the highest in any segment's name, when no
 * claim says so much: claims that were lost must not make what is written now an orphan.
 */
int hf_writer_claim(const struct hf_database *database, const struct hf_writer *self,
                    enum hf_claim_manner manner, uint32_t seen, uint32_t *epoch,
                    struct hf_error *err);

/* HF_LOCKED when somebody has claimed a later epoch: what was just written does not count. */
int hf_writer_confirm(const struct hf_database *database, uint32_t epoch, struct hf_error *err);

#endif

/*
 * One writer at a time: who may append to a timeline (docs/architecture.md, "One writer").
 *
 * A claim is put under a name of its own, then all claims are listed: who sees a rival of the same
 * epoch, or a later one, takes the claim back. Of two who put before either lists, both see the
 * other; who has seen none is seen by every later one: no epoch has two winners, on any kind of
 * store. With put-if-absent the name is the epoch's alone, so that most races end at the put.
 */
#ifndef HF_HISTORY_WRITER_CLAIM_H
#define HF_HISTORY_WRITER_CLAIM_H

#include "history/database.h"

/* Who asks. The id is random and kept in the state file beside the database. */
struct hf_writer {
    uint8_t id[HF_ID_BYTES];
    char host[65];
    char path[1025]; /* of the database there; shortened when longer */
    uint32_t epoch;  /* that it is known to have written in; 0: not known */
};

enum hf_claim_manner { HF_CLAIM_POLITE, HF_CLAIM_TAKE_OVER };

/*
 * Makes `self` the writer: continues its own claim, or claims the next epoch when there is none,
 * when the last one was by the same host for the same path (its state file was lost) or by the same
 * identity elsewhere (the host moved, or is a copy of that one), or to take over. HF_REFUSED names
 * the rival; also when two have claimed the epoch and it cannot be told who of them won (one was
 * killed while it claimed), unless self->epoch says it. HF_LOCKED: others claim again and again.
 * Writes the epoch, which is above `seen`, the highest in any segment's name, when no claim says so
 * much: claims that were lost must not make what is written now an orphan.
 */
int hf_writer_claim(const struct hf_database *database, const struct hf_writer *self,
                    enum hf_claim_manner manner, uint32_t seen, uint32_t *epoch,
                    struct hf_error *err);

/* The epoch that a claim's name is for, without "writers/": "0000002a", or "0000002a." and 16
 * hexadecimal digits. False when it is no claim's name. */
bool hf_writer_claim_parse(const char *name, uint32_t *epoch);

/* HF_LOCKED when somebody has claimed a later epoch: what was just written does not count. */
int hf_writer_confirm(const struct hf_database *database, uint32_t epoch, struct hf_error *err);

#endif

/*
 * An environment whose file operations fail when the test wants it, with a clock that the test
 * turns and randomness that repeats.
 *
 * Typical use: run once without faults and ask for the number of operations; then, for each n up
 * to it, run again with `at = n` and look at what is left.
 */
#ifndef HF_TESTS_SUPPORT_FAULT_ENV_H
#define HF_TESTS_SUPPORT_FAULT_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "os/env.h"

/* Kinds of operation, for a set of bits. The hint flush_begin is passed on and never counted. */
enum hf_file_operation {
    HF_OP_OPEN = 1 << 0,
    HF_OP_CLOSE = 1 << 1,
    HF_OP_PREAD = 1 << 2,
    HF_OP_PWRITE = 1 << 3,
    HF_OP_TRUNCATE = 1 << 4,
    HF_OP_SYNC = 1 << 5,
    HF_OP_STAT = 1 << 6,
    HF_OP_LINK = 1 << 7,
    HF_OP_RENAME = 1 << 8, /* rename and rename_new */
    HF_OP_UNLINK = 1 << 9,
    HF_OP_MKDIR = 1 << 10,
    HF_OP_SYNC_DIR = 1 << 11,
    HF_OP_LIST = 1 << 12,
};

enum hf_fault_effect {
    HF_FAULT_NOTHING, /* it did nothing; only a close releases its descriptor all the same */
    HF_FAULT_DONE,    /* it did all, and says that it failed */
    HF_FAULT_SHORT,   /* a read or write of two bytes or more does half, and says so: no failure
                         (with `lasting`, the next one fails); others do nothing */
};

struct hf_env_faults {
    uint64_t at;    /* this operation fails, counted from 1; 0: none */
    unsigned kinds; /* only these are counted; 0: all */
    int error;      /* errno; 0: EIO */
    enum hf_fault_effect effect;
    bool lasting; /* all later ones (of these kinds) fail too, and do nothing */
};

struct hf_fault_env;

/* Around `inner`, which outlives it. No faults, the inner clock, seed 1. NULL: no memory. */
struct hf_fault_env *hf_fault_env_new(const struct hf_env *inner);
void hf_fault_env_free(struct hf_fault_env *faulty);
HF_AUTO_FREE(hf_fault_env)

/* Lives as long as `faulty`. */
const struct hf_env *hf_fault_env_get(const struct hf_fault_env *faulty);

/* NULL: no faults. Starts counting anew. */
void hf_fault_env_set(struct hf_fault_env *faulty, const struct hf_env_faults *faults);

/* Operations of the chosen kinds since then, and how many of them failed (or were short). */
uint64_t hf_fault_env_operations(const struct hf_fault_env *faulty);
uint64_t hf_fault_env_failures(const struct hf_fault_env *faulty);

/* The kinds of those that failed. */
unsigned hf_fault_env_failed_kinds(const struct hf_fault_env *faulty);

/* Stops the clock at `now`; it then moves only when it is set again. */
void hf_fault_env_set_clock(struct hf_fault_env *faulty, int64_t now);

/* Names of temporaries are random: two runs over the same files need two seeds. */
void hf_fault_env_seed(struct hf_fault_env *faulty, uint64_t seed);

#endif

/*
 * A store whose operations fail when the test wants it: before they do anything, or after, when
 * the reply is lost. Operations are counted from 1: put, upload's begin, each write and commit,
 * read, stat, list, remove.
 *
 * A list that fails "after" has given one object away (none when there is none). A read that does
 * was interrupted in the middle: what came is half of it.
 */
#ifndef HF_TESTS_SUPPORT_FAULT_STORE_H
#define HF_TESTS_SUPPORT_FAULT_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

enum hf_fault_moment { HF_FAULT_BEFORE, HF_FAULT_AFTER, HF_FAULT_EITHER };

struct hf_store_faults {
    uint64_t at;      /* this operation fails; 0: none by its number */
    bool lasting;     /* and all later ones */
    unsigned percent; /* so many of a hundred fail, by `seed` */
    uint64_t seed;    /* also decides HF_FAULT_EITHER */
    enum hf_fault_moment moment;
    enum hf_code code; /* HF_OK: HF_UNREACHABLE */
    bool *came;        /* becomes true with the first failure; may be NULL */
    /* What happens while an operation is on its way, on the thread that asked for it; may be NULL
     */
    void (*meanwhile)(void *context);
    void *context;
};

/* Owns `inner`. No faults at first. */
struct hf_store *hf_fault_store_new(struct hf_store *inner, struct hf_error *err);

/* Starts counting anew. */
void hf_fault_store_set(struct hf_store *store, const struct hf_store_faults *faults);

/* Operations since then, and how many of them failed by design. */
uint64_t hf_fault_store_operations(const struct hf_store *store);
uint64_t hf_fault_store_failures(const struct hf_store *store);

#endif

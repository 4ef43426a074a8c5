/*
 * What store/store.h promises, as tests that every kind of store must pass.
 */
#ifndef HF_TESTS_STORE_CONFORMANCE_H
#define HF_TESTS_STORE_CONFORMANCE_H

#include "store/store.h"
#include "support/scratch.h"

struct hf_conformance {
    const char *name;
    /* A new, empty store; `scratch` is a directory for it alone. */
    struct hf_store *(*open)(const struct hf_scratch *scratch);
    bool survives; /* a second open of the same scratch shows what was put */
    bool resends;  /* cannot tell its own lost put from the same bytes of somebody else */
};

/* Runs all of them; returns how many failed. */
int hf_conformance_run(const struct hf_conformance *subject);

#endif

/*
 * How safe is a database? The weakest of five facts, each from what the repository holds and not
 * from what a writer believes. Pure.
 */
#ifndef HF_SERVICE_ASSESSMENT_H
#define HF_SERVICE_ASSESSMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "service/safety_cause.h"

enum hf_safety {
    HF_SAFETY_GOOD,
    HF_SAFETY_UNKNOWN, /* nobody knows: never good */
    HF_SAFETY_ATTENTION,
    HF_SAFETY_BAD,
};

enum hf_safety_fact {
    HF_FACT_NEWEST_POINT, /* is what was committed in the repository? */
    HF_FACT_SNAPSHOT, /* is there a recent point that stays, when the continuous ones thin out? */
    HF_FACT_TEST_RESTORE, /* has a restore been proven lately? */
    HF_FACT_REPOSITORY,   /* can it be reached now? */
    HF_FACT_RECOVERY_KEY, /* can it be opened when this host is gone? */
    HF_FACT_COUNT
};

/* What is known. Times in ms since 1970, 0: never. */
struct hf_safety_evidence {
    int64_t now;
    bool is_reachable; /* the repository was read just now; without it nothing else counts */
    bool is_unmade;    /* there never was one */
    int64_t newest;    /* time of the newest point */
    int64_t newest_snapshot;
    int64_t tested, proven; /* when the last test restore was made, and the last that passed */
    bool is_encrypted;
    int64_t kit_saved;

    bool is_followed;      /* a running Holdfast follows it */
    bool is_confirmed;     /* the repository has the point that this one stored last */
    int64_t pending_since; /* something is committed and not stored since then; 0: nothing */
    int64_t failing_since; /* the store fails since then; 0: it does not */
    int64_t sync_interval; /* ms */
    bool is_missing;       /* there is no database file */
};

struct hf_safety_verdict {
    enum hf_safety state; /* the weakest fact's */
    enum hf_safety facts[HF_FACT_COUNT];
    enum hf_safety_cause causes[HF_FACT_COUNT]; /* of what is not good */
    int64_t could_lose;                         /* ms of work at most; -1: not known */
};

void hf_safety_assess(struct hf_safety_verdict *out, const struct hf_safety_evidence *evidence);

/* "good", "unknown", "attention", "bad"; "newest_point", ... */
const char *hf_safety_name(enum hf_safety state);
const char *hf_safety_fact_name(enum hf_safety_fact fact);

#endif

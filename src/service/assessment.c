#include "service/assessment.h"

#include <stddef.h>

static const int64_t DAY = 24LL * 3600 * 1000;

enum {
    CONFIRM_MS = 1000,       /* that a cut, its upload and the look after it may take */
    PATIENCE_INTERVALS = 10, /* for which something may wait before it is told */
    LONGEST_WAIT_MS = 60000, /* after which that is bad */
    SNAPSHOT_DAYS = 7,
    TEST_DAYS = 31,
};

const char *hf_safety_name(enum hf_safety state)
{
    static const char *const names[] = {"good", "unknown", "attention", "bad"};
    return names[state];
}

const char *hf_safety_fact_name(enum hf_safety_fact fact)
{
    static const char *const names[] = {"newest_point", "snapshot", "test_restore", "repository",
                                        "recovery_key"};
    return names[fact];
}

static void find(struct hf_safety_verdict *out, enum hf_safety_fact fact, enum hf_safety state,
                 enum hf_safety_cause cause)
{
    out->facts[fact] = state;
    out->causes[fact] = cause;
}

/* How long something that was committed has waited. */
static int64_t waited(const struct hf_safety_evidence *evidence)
{
    int64_t since = evidence->pending_since;
    return since && evidence->now > since ? evidence->now - since : 0;
}

static void assess_newest(struct hf_safety_verdict *out, const struct hf_safety_evidence *evidence)
{
    const enum hf_safety_fact fact = HF_FACT_NEWEST_POINT;
    int64_t interval = evidence->sync_interval, lag = waited(evidence);
    int64_t patience = interval * PATIENCE_INTERVALS + CONFIRM_MS;
    out->could_lose = -1;
    if (!evidence->newest) {
        find(out, fact, HF_SAFETY_BAD, HF_CAUSE_NO_POINT);
    } else if (evidence->is_missing) {
        find(out, fact, HF_SAFETY_BAD, HF_CAUSE_DATABASE_MISSING);
    } else if (!evidence->is_followed) {
        find(out, fact, HF_SAFETY_ATTENTION, HF_CAUSE_NOT_FOLLOWED);
    } else if (!evidence->is_confirmed) {
        find(out, fact, HF_SAFETY_BAD, HF_CAUSE_NOT_CONFIRMED);
    } else {
        out->could_lose = lag > interval ? lag + CONFIRM_MS : interval + CONFIRM_MS;
        bool fails = evidence->failing_since;
        if (lag > LONGEST_WAIT_MS && lag > patience)
            find(out, fact, HF_SAFETY_BAD, fails ? HF_CAUSE_STORE_FAILS : HF_CAUSE_BEHIND);
        else if (lag > patience || fails)
            find(out, fact, HF_SAFETY_ATTENTION, fails ? HF_CAUSE_STORE_FAILS : HF_CAUSE_BEHIND);
    }
}

static void assess_test(struct hf_safety_verdict *out, const struct hf_safety_evidence *evidence)
{
    const enum hf_safety_fact fact = HF_FACT_TEST_RESTORE;
    if (evidence->tested > evidence->proven)
        find(out, fact, HF_SAFETY_BAD, HF_CAUSE_TEST_FAILED);
    else if (!evidence->proven)
        find(out, fact, HF_SAFETY_UNKNOWN, HF_CAUSE_NEVER_TESTED);
    else if (evidence->now - evidence->proven > TEST_DAYS * DAY)
        find(out, fact, HF_SAFETY_ATTENTION, HF_CAUSE_TEST_IS_OLD);
}

static void assess_snapshot(struct hf_safety_verdict *out,
                            const struct hf_safety_evidence *evidence)
{
    const enum hf_safety_fact fact = HF_FACT_SNAPSHOT;
    if (!evidence->newest_snapshot)
        find(out, fact, HF_SAFETY_ATTENTION, HF_CAUSE_NO_SNAPSHOT);
    else if (evidence->now - evidence->newest_snapshot > SNAPSHOT_DAYS * DAY)
        find(out, fact, HF_SAFETY_ATTENTION, HF_CAUSE_SNAPSHOT_IS_OLD);
}

void hf_safety_assess(struct hf_safety_verdict *out, const struct hf_safety_evidence *evidence)
{
    *out = (struct hf_safety_verdict){.could_lose = -1};
    if (evidence->is_reachable) {
        assess_newest(out, evidence);
        assess_snapshot(out, evidence);
        assess_test(out, evidence);
    } else if (evidence->is_unmade) {
        find(out, HF_FACT_NEWEST_POINT, HF_SAFETY_BAD, HF_CAUSE_NO_POINT);
        find(out, HF_FACT_SNAPSHOT, HF_SAFETY_ATTENTION, HF_CAUSE_NO_SNAPSHOT);
        find(out, HF_FACT_TEST_RESTORE, HF_SAFETY_UNKNOWN, HF_CAUSE_NEVER_TESTED);
        find(out, HF_FACT_REPOSITORY, HF_SAFETY_BAD, HF_CAUSE_NO_REPOSITORY);
    } else {
        find(out, HF_FACT_NEWEST_POINT, HF_SAFETY_UNKNOWN, HF_CAUSE_REPOSITORY_UNREACHABLE);
        find(out, HF_FACT_SNAPSHOT, HF_SAFETY_UNKNOWN, HF_CAUSE_REPOSITORY_UNREACHABLE);
        find(out, HF_FACT_TEST_RESTORE, HF_SAFETY_UNKNOWN, HF_CAUSE_REPOSITORY_UNREACHABLE);
        find(out, HF_FACT_REPOSITORY, HF_SAFETY_BAD, HF_CAUSE_REPOSITORY_UNREACHABLE);
    }
    if (evidence->is_unmade)
        find(out, HF_FACT_RECOVERY_KEY, HF_SAFETY_UNKNOWN, HF_CAUSE_NO_REPOSITORY);
    else if (evidence->is_encrypted && !evidence->kit_saved)
        find(out, HF_FACT_RECOVERY_KEY, HF_SAFETY_ATTENTION, HF_CAUSE_KEY_NOT_SAVED);
    for (int i = 0; i < HF_FACT_COUNT; i++)
        out->state = out->facts[i] > out->state ? out->facts[i] : out->state;
}

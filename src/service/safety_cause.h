/*
 * Why a database is not safe: each cause with its sentence, and the one thing to do. Pages
 * translate by the key (web/src/strings.*.ts), which web/tests/causes.test.ts holds against this
 * table. Pure.
 */
#ifndef HF_SERVICE_SAFETY_CAUSE_H
#define HF_SERVICE_SAFETY_CAUSE_H

enum hf_safety_cause {
    HF_CAUSE_NONE,
    HF_CAUSE_NO_POINT,
    HF_CAUSE_DATABASE_MISSING,
    HF_CAUSE_NOT_FOLLOWED,
    HF_CAUSE_NOT_CONFIRMED,
    HF_CAUSE_STORE_FAILS,
    HF_CAUSE_BEHIND,
    HF_CAUSE_NEVER_TESTED,
    HF_CAUSE_TEST_IS_OLD,
    HF_CAUSE_TEST_FAILED,
    HF_CAUSE_NO_SNAPSHOT,
    HF_CAUSE_SNAPSHOT_IS_OLD,
    HF_CAUSE_NO_REPOSITORY,
    HF_CAUSE_REPOSITORY_UNREACHABLE,
    HF_CAUSE_KEY_NOT_SAVED,
    HF_CAUSE_COUNT
};

struct hf_safety_cause_words {
    const char *key;    /* "no_point" */
    const char *text;   /* a sentence or two, in English */
    const char *action; /* a word for a button: snapshot, restore, test_restore, check_repository,
                           save_kit */
};

/* NULL for HF_CAUSE_NONE. */
const struct hf_safety_cause_words *hf_safety_cause_words(enum hf_safety_cause cause);

#endif

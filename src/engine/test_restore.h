/*
 * Test restore: really restoring into a scratch file and proving the result.
 */
#ifndef HF_ENGINE_TEST_RESTORE_H
#define HF_ENGINE_TEST_RESTORE_H

#include "engine/restore.h"
#include "sqlite/integrity.h"

struct hf_test_restore_result {
    struct hf_restore_result restore;
    struct hf_integrity integrity;
    bool passed;      /* restored bit for bit, and integrity_check found nothing */
    int64_t duration; /* ms, with the checks */
};

/*
 * Restores `seq` into a new file in `scratch` (a directory; NULL: TMPDIR or /var/tmp), removes it
 * afterwards, and records the result as the point's proof. A point that restores but whose database
 * fails SQLite's integrity_check has passed = false and is no error of the call; one that does not
 * restore is HF_CORRUPT, recorded too.
 */
int hf_test_restore(const struct hf_database *database, const struct hf_timeline *timeline,
                    uint64_t seq, const char *scratch, const struct hf_events *events,
                    struct hf_test_restore_result *result, struct hf_error *err);

#endif

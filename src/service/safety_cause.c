#include "service/safety_cause.h"

#include <stddef.h>

static const struct hf_safety_cause_words causes[HF_CAUSE_COUNT] = {
    [HF_CAUSE_NO_POINT] = {"no_point",
                           "There is no restore point yet: nothing can be brought back.",
                           "snapshot"},
    [HF_CAUSE_DATABASE_MISSING] = {"database_missing",
                                   "The database file is missing. Its restore points are still in "
                                   "the repository.",
                                   "restore"},
    [HF_CAUSE_NOT_FOLLOWED] = {"not_followed",
                               "No running Holdfast follows this database: what is written now is "
                               "stored by the next backup only.",
                               "snapshot"},
    [HF_CAUSE_NOT_CONFIRMED] = {"not_confirmed",
                                "The repository does not have the point that was stored last.",
                                "check_repository"},
    [HF_CAUSE_STORE_FAILS] = {"store_fails",
                              "The repository takes nothing at the moment. Changes wait on this "
                              "computer.",
                              "check_repository"},
    [HF_CAUSE_BEHIND] = {"behind", "Changes wait for the repository longer than they should.",
                         "check_repository"},
    [HF_CAUSE_NEVER_TESTED] = {"never_tested",
                               "No restore of this database was ever proven, so it is not known "
                               "that one would succeed.",
                               "test_restore"},
    [HF_CAUSE_TEST_IS_OLD] = {"test_is_old", "The last proven restore is more than a month ago.",
                              "test_restore"},
    [HF_CAUSE_TEST_FAILED] = {"test_failed", "The last test restore failed.", "test_restore"},
    [HF_CAUSE_NO_SNAPSHOT] = {"no_snapshot", "There is no snapshot.", "snapshot"},
    [HF_CAUSE_SNAPSHOT_IS_OLD] = {"snapshot_is_old", "The newest snapshot is more than a week old.",
                                  "snapshot"},
    [HF_CAUSE_NO_REPOSITORY] = {"no_repository",
                                "There is no repository yet: the first snapshot makes it.",
                                "snapshot"},
    [HF_CAUSE_REPOSITORY_UNREACHABLE] = {"repository_unreachable",
                                         "The repository cannot be read: whether it has everything "
                                         "is not known.",
                                         "check_repository"},
    [HF_CAUSE_KEY_NOT_SAVED] = {"key_not_saved",
                                "The recovery key was not saved: without it nobody "
                                "can open the repository when this computer is gone.",
                                "save_kit"},
};

const struct hf_safety_cause_words *hf_safety_cause_words(enum hf_safety_cause cause)
{
    return cause == HF_CAUSE_NONE ? NULL : &causes[cause];
}

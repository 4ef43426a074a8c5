/*
 * A workshop (workshop.h) with a read replica of its database, and what must hold of it.
 */
#ifndef HF_TESTS_ENGINE_FOLLOW_RIG_H
#define HF_TESTS_ENGINE_FOLLOW_RIG_H

#include "engine/workshop.h"

#include "engine/follow.h"

/* The replica is at the workshop's `target`. */
struct hf_follower *rig_follower(struct workshop *shop, bool overwrite);

/* One step that must succeed and be of this kind. */
struct hf_follow_step rig_follow(struct hf_follower *follower, enum hf_follow_kind kind);

/* One step that must fail so. */
struct hf_error rig_follow_fails(struct hf_follower *follower, enum hf_code code);

/* The replica is this point but for its own marks, sound, and without a log or journal beside. */
void rig_assert_at(struct workshop *shop, uint64_t seq);

/* SQL in the replica; its first value as a number. */
int64_t rig_ask(struct workshop *shop, const char *sql);

/* Objects of the repository's history whose name has this text. */
void rig_remove_segments(struct workshop *shop, const char *pattern);
void rig_damage_segments(struct workshop *shop, const char *pattern);

/* What retention does: a segment of level 1 for from .. to, made from the copies of the points. */
void rig_merge(struct workshop *shop, uint64_t from, uint64_t to);

#endif

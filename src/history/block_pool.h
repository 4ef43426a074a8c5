/*
 * Work on live blocks by several threads at once: restore, comparison and check. Driven by one
 * thread.
 */
#ifndef HF_HISTORY_BLOCK_POOL_H
#define HF_HISTORY_BLOCK_POOL_H

#include "history/live_block.h"

struct hf_block_pool;

/* Called on a worker's thread, with a reader that is that worker's own. */
typedef int (*hf_block_work)(void *context, const struct hf_live_block *live,
                             struct hf_frame_reader *reader, struct hf_error *err);

struct hf_block_pool *hf_block_pool_new(hf_block_work work, void *context, struct hf_error *err);

/* Takes the block, and frees it when it has been worked on. Fails when an earlier one has failed;
 * blocks while enough is waiting. */
int hf_block_pool_take(struct hf_block_pool *pool, struct hf_live_block *live,
                       struct hf_error *err);

/* Waits for all of it. -1 with the first failure. */
int hf_block_pool_finish(struct hf_block_pool *pool, struct hf_error *err);

void hf_block_pool_free(struct hf_block_pool *pool);
HF_AUTO_FREE(hf_block_pool)

#endif

/*
 * What the drivers of all databases share with the loop that they are in: threads for their work,
 * word of its end, watches, and the way to whoever started the replicator.
 *
 * A task is a replica's work on another thread. When it has ended it is in the list of those done,
 * and `woken_fd` is readable; until then its outcome is nobody's to read.
 */
#ifndef HF_SERVICE_DRIVER_POST_H
#define HF_SERVICE_DRIVER_POST_H

#include <pthread.h>

#include "os/pool.h"
#include "os/watch.h"
#include "service/json_channel.h"

struct hf_driver;
struct hf_driver_post;
struct hf_replica;

typedef void hf_replica_work(struct hf_replica *replica);

/* One of a database's sides at work. The loop's thread's, but while it is busy. */
struct hf_task {
    struct hf_job job;
    struct hf_driver_post *post;
    struct hf_driver *owner;
    struct hf_replica *replica;
    int nice; /* how far it lets others go first */
    hf_replica_work *work;
    bool busy;
    struct hf_task *next_done;
};

struct hf_driver_post {
    struct hf_watch watch;
    struct hf_pool *log_pool, *store_pool, *prune_pool;
    struct hf_json_channel channel;
    int woken_fd; /* eventfd: there is something under the lock */
    pthread_mutex_t lock;
    struct hf_task *done; /* under the lock, as what jobs want to tell */
    json_t *notices;
};

/* Takes the channel's descriptor over, first of all, so that a failure can be told there. To be
 * closed whether it succeeded or not. */
int hf_driver_post_open(struct hf_driver_post *post, int channel, struct hf_error *err);

/* Waits for all tasks. */
void hf_driver_post_close(struct hf_driver_post *post);

/* Gives a task that is not busy its work. */
void hf_driver_post_start(struct hf_task *task, struct hf_pool *pool, hf_replica_work *work);

/* The tasks that have ended since the last call, newest first; what jobs told meanwhile is sent. */
struct hf_task *hf_driver_post_take(struct hf_driver_post *post);

/* An event of a database with these fields, whose reference it takes (NULL: none). */
void hf_driver_post_tell(struct hf_driver_post *post, const char *event, const char *database,
                         json_t *fields);

/* The answer to an order (NULL counts as no memory), whose reference it takes. */
void hf_driver_post_answer(struct hf_driver_post *post, int64_t order, json_t *answer);

/* A line for people. The second is for any thread, and for a line about no database (NULL). */
void hf_driver_post_notice(struct hf_driver_post *post, const char *database, const char *text);
void hf_driver_post_notice_later(struct hf_driver_post *post, const char *database,
                                 const char *text);

#endif

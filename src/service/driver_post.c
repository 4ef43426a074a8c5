#include "service/driver_post.h"

#include <errno.h>
#include <limits.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    WORKERS = 2,
    QUEUE = INT_MAX, /* a task is there once a side: more are never waiting */
    LONGEST_LINE = 64 << 10,
    MOST_WAITING = 4 << 20,
};

int hf_driver_post_open(struct hf_driver_post *post, int channel, struct hf_error *err)
{
    *post = (struct hf_driver_post){
        .lock = PTHREAD_MUTEX_INITIALIZER, .watch = {.fd = -1}, .woken_fd = -1};
    hf_json_channel_init(&post->channel, channel, LONGEST_LINE, MOST_WAITING);
    post->notices = json_array();
    if (!post->notices)
        return hf_error_memory(err);
    hf_watch_open(&post->watch);
    post->woken_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (post->woken_fd < 0)
        return hf_error_sys(err, errno, "make", "an event descriptor");
    post->log_pool = hf_pool_new(WORKERS, QUEUE, err);
    post->store_pool = post->log_pool ? hf_pool_new(WORKERS, QUEUE, err) : NULL;
    post->prune_pool = post->store_pool ? hf_pool_new(1, QUEUE, err) : NULL;
    return post->prune_pool ? 0 : -1;
}

void hf_driver_post_close(struct hf_driver_post *post)
{
    hf_pool_free(post->log_pool);
    hf_pool_free(post->store_pool);
    hf_pool_free(post->prune_pool);
    hf_watch_release(&post->watch);
    if (post->woken_fd >= 0)
        close(post->woken_fd);
    hf_json_channel_release(&post->channel);
    json_decref(post->notices);
    pthread_mutex_destroy(&post->lock);
}

static void wake(const struct hf_driver_post *post)
{
    const uint64_t one = 1;
    ssize_t ignored = write(post->woken_fd, &one, sizeof one);
    (void)ignored;
}

/* On a worker's thread: the loop hears of it. */
static void run_task(struct hf_job *job, int worker)
{
    struct hf_task *task = (struct hf_task *)job;
    struct hf_driver_post *post = task->post;
    (void)worker;
    if (task->nice)
        hf_thread_be_nice(task->nice);
    task->work(task->replica);
    pthread_mutex_lock(&post->lock);
    task->next_done = post->done;
    post->done = task;
    pthread_mutex_unlock(&post->lock);
    wake(post);
}

void hf_driver_post_start(struct hf_task *task, struct hf_pool *pool, hf_replica_work *work)
{
    task->job.run = run_task;
    task->work = work;
    task->busy = true;
    hf_pool_submit(pool, &task->job);
}

struct hf_task *hf_driver_post_take(struct hf_driver_post *post)
{
    uint64_t count;
    ssize_t ignored = read(post->woken_fd, &count, sizeof count);
    (void)ignored;
    pthread_mutex_lock(&post->lock);
    struct hf_task *done = post->done;
    post->done = NULL;
    json_t *notices = json_copy(post->notices);
    json_array_clear(post->notices);
    pthread_mutex_unlock(&post->lock);
    for (size_t i = 0; i < json_array_size(notices); i++)
        hf_json_channel_send(&post->channel, json_incref(json_array_get(notices, i)));
    json_decref(notices);
    return done;
}

void hf_driver_post_tell(struct hf_driver_post *post, const char *event, const char *database,
                         json_t *fields)
{
    json_t *message = json_pack("{s:s, s:s}", "event", event, "database", database);
    if (fields)
        json_object_update(message, fields);
    json_decref(fields);
    hf_json_channel_send(&post->channel, message);
}

void hf_driver_post_answer(struct hf_driver_post *post, int64_t order, json_t *answer)
{
    if (answer)
        json_object_set_new(answer, "id", json_integer((json_int_t)order));
    hf_json_channel_send(&post->channel, answer);
}

void hf_driver_post_notice(struct hf_driver_post *post, const char *database, const char *text)
{
    hf_driver_post_tell(post, "notice", database, json_pack("{s:o}", "text", hf_text_value(text)));
}

void hf_driver_post_notice_later(struct hf_driver_post *post, const char *database,
                                 const char *text)
{
    pthread_mutex_lock(&post->lock);
    json_array_append_new(post->notices,
                          json_pack("{s:s, s:s?, s:o}", "event", "notice", "database", database,
                                    "text", hf_text_value(text)));
    pthread_mutex_unlock(&post->lock);
    wake(post);
}

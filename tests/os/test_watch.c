/* Being told of changes to files. */
#include "os/watch.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/scratch.h"

struct post {
    struct hf_scratch scratch;
    char *file;
    struct hf_watch watch;
    int told[64], count;
};

static int setup(void **state)
{
    struct post *post = calloc(1, sizeof *post);
    assert_non_null(post);
    hf_scratch_init(&post->scratch);
    post->file = hf_scratch_path(&post->scratch, "app.db");
    hf_scratch_write(post->file, "1", 1);
    hf_watch_open(&post->watch);
    *state = post;
    return post->watch.fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    struct post *post = *state;
    hf_watch_release(&post->watch);
    assert_int_equal(post->watch.fd, -1);
    hf_scratch_release(&post->scratch);
    free(post->file);
    free(post);
    return 0;
}

static void note(void *context, int id)
{
    struct post *post = context;
    if (post->count < 64)
        post->told[post->count++] = id;
}

/* How often it was told of this watch since the last call. */
static int told_of(struct post *post, int id)
{
    int times = 0;
    post->count = 0;
    hf_watch_read(&post->watch, note, post);
    for (int i = 0; i < post->count; i++)
        times += post->told[i] == id;
    assert_int_equal(times, post->count);
    return times;
}

static void append(const struct post *post)
{
    FILE *file = fopen(post->file, "a");
    assert_non_null(file);
    assert_true(fputs("more", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_write_is_told_once(void **state)
{
    struct post *post = *state;
    int id = hf_watch_add(&post->watch, post->file, HF_WATCH_WRITE);
    assert_true(id >= 0);
    assert_int_equal(told_of(post, id), 0);
    append(post);
    struct pollfd ready = {.fd = post->watch.fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 0), 1);
    append(post);
    assert_int_equal(told_of(post, id), 1);
    append(post);
    assert_int_equal(told_of(post, id), 0);
    /* Until it is asked for again. */
    id = hf_watch_add(&post->watch, post->file, HF_WATCH_WRITE);
    append(post);
    assert_int_equal(told_of(post, id), 1);
}

static void a_truncation_is_a_write(void **state)
{
    struct post *post = *state;
    int id = hf_watch_add(&post->watch, post->file, HF_WATCH_WRITE);
    assert_int_equal(truncate(post->file, 0), 0);
    assert_int_equal(told_of(post, id), 1);
}

static void a_file_that_is_replaced_or_removed_is_told(void **state)
{
    struct post *post = *state;
    hf_auto_free char *other = hf_scratch_path(&post->scratch, "other");
    int id = hf_watch_add(&post->watch, post->file, HF_WATCH_FATE);
    append(post);
    assert_int_equal(told_of(post, id), 0);
    hf_scratch_write(other, "2", 1);
    assert_int_equal(rename(other, post->file), 0);
    assert_true(told_of(post, id) >= 1);
    id = hf_watch_add(&post->watch, post->file, HF_WATCH_FATE);
    assert_int_equal(unlink(post->file), 0);
    assert_true(told_of(post, id) >= 1);
}

static void entries_of_a_directory_are_told(void **state)
{
    struct post *post = *state;
    hf_auto_free char *other = hf_scratch_path(&post->scratch, "new.db");
    int id = hf_watch_add(&post->watch, post->scratch.path, HF_WATCH_ENTRIES);
    append(post);
    assert_int_equal(told_of(post, id), 0);
    hf_scratch_write(other, "2", 1);
    assert_true(told_of(post, id) >= 1);
    assert_int_equal(unlink(other), 0);
    assert_true(told_of(post, id) >= 1);
}

static void what_is_not_there_cannot_be_watched(void **state)
{
    struct post *post = *state;
    assert_int_equal(hf_watch_add(&post->watch, "/nowhere/at/all", HF_WATCH_WRITE), -1);
    /* A file is no directory. */
    assert_int_equal(hf_watch_add(&post->watch, post->file, HF_WATCH_ENTRIES), -1);
}

static void a_watch_that_was_removed_tells_nothing(void **state)
{
    struct post *post = *state;
    int id = hf_watch_add(&post->watch, post->file, HF_WATCH_WRITE);
    hf_watch_remove(&post->watch, id);
    hf_watch_remove(&post->watch, -1);
    append(post);
    assert_int_equal(told_of(post, id), 0);
}

static void without_watching_nothing_is_ever_told(void **state)
{
    struct hf_watch none = {.fd = -1};
    struct post *post = *state;
    assert_int_equal(hf_watch_add(&none, post->file, HF_WATCH_WRITE), -1);
    post->count = 0;
    hf_watch_read(&none, note, post);
    hf_watch_remove(&none, 0);
    hf_watch_release(&none);
    assert_int_equal(post->count, 0);
}

#define POST_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        POST_TEST(a_write_is_told_once),
        POST_TEST(a_truncation_is_a_write),
        POST_TEST(a_file_that_is_replaced_or_removed_is_told),
        POST_TEST(entries_of_a_directory_are_told),
        POST_TEST(what_is_not_there_cannot_be_watched),
        POST_TEST(a_watch_that_was_removed_tells_nothing),
        POST_TEST(without_watching_nothing_is_ever_told),
    };
    return cmocka_run_group_tests_name("os/watch", tests, NULL, NULL);
}

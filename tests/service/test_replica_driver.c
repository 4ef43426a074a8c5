/*
 * A driver, with the test as its loop: what happens between two of its tasks is known exactly.
 */
#include "service/replica_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/signals.h"
#include "service/floor.h"
#include "store/kinds.h"

enum { HOUR = 3600000, LONGEST = 60000, ORDER = 7 };

struct loop {
    struct floor *floor;
    struct hf_env env;
    void (*at_clock)(struct loop *loop); /* when a job reads the clock the next time, once */
    bool has_no_room;                    /* for temporary files */
    struct hf_config config;
    struct hf_repository *repository;
    struct hf_replica_world world;
    struct hf_driver_post post;
    struct hf_driver driver;
    char path[400];
    sqlite3 *application;
    struct hf_json_channel told;
    pid_t writer;  /* in whose publishing of a commit the cut is made */
    int to_writer; /* a socket */
};

/*
 * A writer of another process, seen by the locks that it has on the index: as while it recovers the
 * log, nobody waits for it. 't': the two copies of the header differ; 'p': both are whole again.
 */
static void be_writer(const char *index, int orders)
{
    enum { WRITE_LOCK = 120, RECOVER_LOCK = 122, COPY = 16 };
    struct flock locks = {
        .l_type = F_WRLCK, .l_start = WRITE_LOCK, .l_len = RECOVER_LOCK + 1 - WRITE_LOCK};
    uint8_t byte = 0;
    int fd = -1;
    for (char order; read(orders, &order, 1) == 1;) {
        fd = fd < 0 ? open(index, O_RDWR | O_CLOEXEC) : fd;
        locks.l_type = order == 't' ? F_WRLCK : F_UNLCK;
        if (order == 't' && (fcntl(fd, F_SETLKW, &locks) || pread(fd, &byte, 1, COPY) != 1))
            _exit(1);
        byte ^= 0xff;
        if (pwrite(fd, &byte, 1, COPY) != 1)
            _exit(1);
        if (order == 'p' && fcntl(fd, F_SETLK, &locks))
            _exit(1);
        if (write(orders, &order, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

static void start_writer(struct loop *loop)
{
    int ends[2];
    char index[440];
    snprintf(index, sizeof index, "%s-shm", loop->path);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    fflush(NULL);
    loop->writer = fork();
    assert_true(loop->writer >= 0);
    if (!loop->writer) {
        close(ends[0]);
        be_writer(index, ends[1]);
    }
    close(ends[1]);
    loop->to_writer = ends[0];
}

static void order_writer(struct loop *loop, char order)
{
    char answer = 0;
    assert_int_equal(write(loop->to_writer, &order, 1), 1);
    assert_int_equal(read(loop->to_writer, &answer, 1), 1);
    assert_int_equal(answer, order);
}

static int64_t read_clock(void *context)
{
    struct loop *loop = context;
    void (*act)(struct loop *) = loop->at_clock;
    if (act && syscall(SYS_gettid) != getpid()) {
        loop->at_clock = NULL;
        act(loop);
    }
    return hf_now(hf_env_system());
}

static int open_where_there_is_room(void *context, const char *path, int flags, mode_t mode)
{
    const struct loop *loop = context;
    if (loop->has_no_room && strstr(path, "/.holdfast.")) {
        errno = ENOSPC;
        return -1;
    }
    return hf_env_system()->fs.open(NULL, path, flags, mode);
}

static void hear_notice(void *context, const char *database, const char *text)
{
    hf_driver_post_notice_later(&((struct loop *)context)->post, database, text);
}

static void load_config(struct loop *loop)
{
    static const char *const none[] = {NULL};
    struct hf_config_input input = {
        .environment = none, .local_file = "/nowhere", .system_file = "/nowhere"};
    input.flags[HF_SETTING_DB] = loop->path;
    input.flags[HF_SETTING_REPOSITORY] = loop->floor->place;
    assert_int_equal(hf_config_load(&loop->config, &input, hf_env_system(), NULL), 0);
}

static void loop_make(struct loop *loop, struct floor *floor)
{
    const struct hf_unlock none = {0};
    int ends[2];
    *loop = (struct loop){.floor = floor, .env = *hf_env_system()};
    loop->env.context = loop;
    loop->env.now = read_clock;
    loop->env.fs.context = loop;
    loop->env.fs.open = open_where_there_is_room;
    snprintf(loop->path, sizeof loop->path, "%s", floor_path(floor, "app.db"));
    start_writer(loop);
    loop->application = floor_open(floor, "app");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    hf_json_channel_init(&loop->told, ends[0], 1 << 20, 1 << 20);
    assert_int_equal(hf_driver_post_open(&loop->post, ends[1], NULL), 0);
    loop->repository = hf_repository_open(
        hf_store_directory_new(hf_env_system(), floor->place, NULL), &loop->env, &none, NULL);
    assert_non_null(loop->repository);
    load_config(loop);
    loop->world = (struct hf_replica_world){.repository = loop->repository,
                                            .config = &loop->config,
                                            .env = &loop->env,
                                            .wanted = HF_CAPTURE_WANT_LOG,
                                            .interval = HOUR,
                                            .notice = hear_notice,
                                            .context = loop};
    hf_batch_budget_init(&loop->world.budget, 8 << 20, 64 << 20);
    hf_driver_init(&loop->driver, &loop->post, &loop->world, "app", loop->path, NULL);
}

static void loop_begin(struct loop *loop, struct floor *floor)
{
    loop_make(loop, floor);
    hf_driver_step(&loop->driver);
}

static void take_watch(void *context, int id)
{
    hf_driver_woken(&((struct loop *)context)->driver, id);
}

static void take_done(struct loop *loop)
{
    struct hf_task *done = hf_driver_post_take(&loop->post);
    while (done) {
        struct hf_task *task = done;
        done = task->next_done;
        hf_driver_task_done(&loop->driver, task);
    }
}

/* Waits for the next thing to happen, and takes it. */
static void turn(struct loop *loop)
{
    struct pollfd fds[] = {{.fd = loop->post.woken_fd, .events = POLLIN},
                           {.fd = loop->post.watch.fd, .events = POLLIN}};
    int64_t wake_at = loop->driver.wake_at, left = wake_at ? wake_at - hf_monotonic() : LONGEST;
    assert_true(poll(fds, 2, left < 0 ? 0 : (int)left) > 0 || left < LONGEST);
    if (fds[0].revents)
        take_done(loop);
    if (fds[1].revents)
        hf_watch_read(&loop->post.watch, take_watch, loop);
    if (loop->driver.wake_at && loop->driver.wake_at <= hf_monotonic())
        hf_driver_step(&loop->driver);
}

static void turn_until(struct loop *loop, bool (*is_so)(struct loop *loop))
{
    int64_t deadline = hf_monotonic() + LONGEST;
    while (!is_so(loop)) {
        if (hf_monotonic() > deadline)
            fail_msg("it never becomes so: phase %d, %s", loop->driver.phase,
                     loop->driver.trouble.text);
        turn(loop);
    }
}

/* One task's end is taken, and nothing else is done. */
static void wait_for_task(struct loop *loop)
{
    struct pollfd fd = {.fd = loop->post.woken_fd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, LONGEST), 1);
    take_done(loop);
}

static bool follows_all_told(struct loop *loop)
{
    return loop->driver.phase == HF_DRIVE_FOLLOW && !loop->driver.log_task.busy &&
           !loop->driver.store_task.busy && !loop->driver.log.unread;
}

static bool has_ended(struct loop *loop)
{
    return loop->driver.phase == HF_DRIVE_END;
}

static bool has_answer(struct loop *loop)
{
    bool found = false;
    json_t *message;
    hf_json_channel_receive(&loop->told);
    while ((message = hf_json_channel_next(&loop->told, NULL))) {
        found |= hf_member_integer(message, "id", 0) == ORDER &&
                 !strcmp(hf_member_text(message, "event", ""), "done");
        json_decref(message);
    }
    return found;
}

static void loop_end(struct loop *loop)
{
    hf_driver_stop(&loop->driver);
    turn_until(loop, has_ended);
    assert_int_equal(loop->driver.end.why.code, HF_OK);
    hf_driver_post_close(&loop->post);
    hf_driver_release(&loop->driver);
    hf_repository_free(loop->repository);
    hf_config_release(&loop->config);
    hf_json_channel_release(&loop->told);
    sqlite3_close(loop->application);
    close(loop->to_writer);
    waitpid(loop->writer, NULL, 0);
}

static void order_snapshot(struct loop *loop)
{
    const struct hf_snapshot snapshot = {
        .request = ORDER, .label = "asked for", .reason = "manual"};
    hf_driver_snapshot(&loop->driver, &snapshot);
}

static void begin_publishing(struct loop *loop)
{
    order_writer(loop, 't');
}

static void publish_during_the_next_cut(struct loop *loop)
{
    floor_sql(loop->application, "INSERT INTO note(body) VALUES('before it')");
    loop->at_clock = begin_publishing;
}

static void end_publishing(struct loop *loop)
{
    assert_null(loop->at_clock);
    order_writer(loop, 'p');
}

static int64_t rows_stored(struct loop *loop)
{
    return floor_restored_value(loop->floor, "app",
                                "SELECT count(*) FROM note WHERE body = 'before it'");
}

static void a_cut_while_a_writer_publishes_is_made_later_without_a_scan(void **state)
{
    struct loop loop;
    loop_begin(&loop, *state);
    turn_until(&loop, follows_all_told);
    publish_during_the_next_cut(&loop);
    order_snapshot(&loop);
    assert_true(loop.driver.log_task.busy);
    wait_for_task(&loop);
    assert_int_equal(loop.driver.phase, HF_DRIVE_FOLLOW);
    assert_false(loop.driver.replica.has_cut);
    end_publishing(&loop);
    turn_until(&loop, has_answer);
    assert_string_equal(loop.driver.replica.last_scan.why, "protection begins");
    loop_end(&loop);
    assert_int_equal(rows_stored(&loop), 1);
}

static void an_end_waits_for_a_cut_that_a_writer_was_in_the_way_of(void **state)
{
    struct loop loop;
    loop_begin(&loop, *state);
    turn_until(&loop, follows_all_told);
    publish_during_the_next_cut(&loop);
    hf_driver_stop(&loop.driver);
    assert_true(loop.driver.log_task.busy);
    wait_for_task(&loop);
    assert_int_equal(loop.driver.phase, HF_DRIVE_FOLLOW);
    end_publishing(&loop);
    loop_end(&loop);
    assert_string_equal(loop.driver.view.scan.why, "protection begins");
    assert_int_equal(rows_stored(&loop), 1);
}

/* As long as somebody reads it, it cannot be put in WAL mode. */
static sqlite3 *read_in_rollback_mode(struct floor *floor)
{
    sqlite3 *reader = floor_open(floor, "app");
    floor_sql(reader, "PRAGMA journal_mode = DELETE; BEGIN; SELECT count(*) FROM note");
    return reader;
}

static bool looks_through(struct loop *loop)
{
    return loop->driver.phase == HF_DRIVE_LOOK && !loop->driver.store_task.busy;
}

static bool is_at_rest(struct loop *loop)
{
    return follows_all_told(loop) && !loop->driver.replica.has_cut &&
           !loop->driver.log.not_in_file && loop->driver.log.on_slot_0;
}

/* The application puts it in WAL mode, so that it is followed after having been looked through; no
 * write to its file comes after that. */
static void begin_with_scans_then_follow(struct loop *loop, struct floor *floor)
{
    sqlite3 *reader = read_in_rollback_mode(floor);
    loop_begin(loop, floor);
    turn_until(loop, looks_through);
    floor_sql(reader, "ROLLBACK; PRAGMA journal_mode = WAL");
    sqlite3_close(reader);
    hf_watch_read(&loop->post.watch, take_watch, loop);
    order_snapshot(loop);
    turn_until(loop, has_answer);
    turn_until(loop, is_at_rest);
    hf_driver_step(&loop->driver);
}

/* The system keeps one watch a file, and both ways of watching have one on the database's. */
static void a_log_that_can_be_held_after_scans_is_watched(void **state)
{
    struct loop loop;
    begin_with_scans_then_follow(&loop, *state);
    loop.driver.watches.woken_at = 0;
    floor_sql(loop.application, "INSERT INTO note(body) VALUES('before it')");
    hf_watch_read(&loop.post.watch, take_watch, &loop);
    assert_true(loop.driver.watches.woken_at > 0);
    loop_end(&loop);
    assert_int_equal(rows_stored(&loop), 1);
}

/* Nor is that one given up with the other. */
static void a_database_that_can_be_held_after_scans_is_watched_for_being_replaced(void **state)
{
    struct loop loop;
    begin_with_scans_then_follow(&loop, *state);
    assert_int_equal(rename(loop.path, floor_path(loop.floor, "elsewhere.db")), 0);
    hf_watch_read(&loop.post.watch, take_watch, &loop);
    assert_int_equal(loop.driver.phase, HF_DRIVE_BREAK);
    assert_int_equal(rename(floor_path(loop.floor, "elsewhere.db"), loop.path), 0);
    loop_end(&loop);
}

static bool fails(struct loop *loop)
{
    return loop->driver.trouble.since && !loop->driver.store_task.busy;
}

/* The application is not made to wait for the repository. */
static void without_room_for_a_copy_a_scan_is_tried_again(void **state)
{
    struct loop loop;
    loop_make(&loop, *state);
    floor_sql(loop.application, "PRAGMA journal_mode = DELETE");
    loop.world.wanted = HF_CAPTURE_WANT_SCAN;
    loop.has_no_room = true;
    hf_driver_step(&loop.driver);
    turn_until(&loop, fails);
    assert_int_equal(loop.driver.phase, HF_DRIVE_BEGIN);
    assert_non_null(strstr(loop.driver.trouble.text, "writers wait"));
    floor_sql(loop.application, "INSERT INTO note(body) VALUES('before it')");
    loop.has_no_room = false;
    turn_until(&loop, looks_through);
    assert_int_equal(loop.driver.trouble.since, 0);
    loop_end(&loop);
    assert_int_equal(rows_stored(&loop), 1);
}

static bool waits_for_the_database(struct loop *loop)
{
    return loop->driver.phase == HF_DRIVE_BEGIN && !loop->driver.store_task.busy;
}

static bool has_pruned(struct loop *loop)
{
    return loop->driver.phase == HF_DRIVE_FOLLOW && !loop->driver.thinning.at &&
           !loop->driver.prune_task.busy;
}

static void assert_lets_the_loop_wait(const struct loop *loop)
{
    assert_true(!loop->driver.wake_at || loop->driver.wake_at > hf_monotonic());
}

/* What cannot be done now is no reason to be called again at once, and again. */
static void a_prune_that_is_due_while_there_is_no_database_waits_for_it(void **state)
{
    struct loop loop;
    loop_begin(&loop, *state);
    turn_until(&loop, follows_all_told);
    assert_int_equal(rename(loop.path, floor_path(loop.floor, "elsewhere.db")), 0);
    hf_watch_read(&loop.post.watch, take_watch, &loop);
    turn_until(&loop, waits_for_the_database);
    loop.driver.thinning.at = hf_monotonic() - 1;
    hf_driver_step(&loop.driver);
    assert_lets_the_loop_wait(&loop);
    assert_int_equal(rename(floor_path(loop.floor, "elsewhere.db"), loop.path), 0);
    turn_until(&loop, has_pruned);
    loop_end(&loop);
}

static void a_prune_that_is_due_while_another_runs_waits_for_its_end(void **state)
{
    struct loop loop;
    loop_begin(&loop, *state);
    turn_until(&loop, follows_all_told);
    loop.driver.prune_task.busy = true;
    loop.driver.thinning.at = hf_monotonic() - 1;
    hf_driver_step(&loop.driver);
    assert_lets_the_loop_wait(&loop);
    hf_driver_task_done(&loop.driver, &loop.driver.prune_task);
    turn_until(&loop, has_pruned);
    loop_end(&loop);
}

static void a_prune_that_becomes_due_while_a_scan_goes_on_wakes_once(void **state)
{
    struct loop loop;
    loop_begin(&loop, *state);
    assert_true(loop.driver.store_task.busy);
    loop.driver.wake_at = hf_monotonic() - 1;
    hf_driver_step(&loop.driver);
    assert_lets_the_loop_wait(&loop);
    turn_until(&loop, follows_all_told);
    loop_end(&loop);
}

#define FLOOR_TEST(name) cmocka_unit_test_setup_teardown(name, floor_setup, floor_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FLOOR_TEST(a_cut_while_a_writer_publishes_is_made_later_without_a_scan),
        FLOOR_TEST(an_end_waits_for_a_cut_that_a_writer_was_in_the_way_of),
        FLOOR_TEST(a_log_that_can_be_held_after_scans_is_watched),
        FLOOR_TEST(a_database_that_can_be_held_after_scans_is_watched_for_being_replaced),
        FLOOR_TEST(without_room_for_a_copy_a_scan_is_tried_again),
        FLOOR_TEST(a_prune_that_is_due_while_there_is_no_database_waits_for_it),
        FLOOR_TEST(a_prune_that_is_due_while_another_runs_waits_for_its_end),
        FLOOR_TEST(a_prune_that_becomes_due_while_a_scan_goes_on_wakes_once),
    };
    return cmocka_run_group_tests_name("service/replica_driver", tests, NULL, NULL);
}

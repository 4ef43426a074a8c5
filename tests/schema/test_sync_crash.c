/* A change that is cut short anywhere leaves the schema and the rows as they were, or as wanted. */
#include "schema/sync_stage.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD                                                                                        \
    "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"n\" INTEGER, \"t\" " \
    "TEXT); CREATE TABLE \"B\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"m\" "         \
    "INTEGER);"                                                                                    \
    "CREATE INDEX \"A_n_idx\" ON \"A\"(\"n\")"
#define NEW                                                                                        \
    "CREATE TABLE \"A\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"n\" TEXT, \"t\" "    \
    "TEXT); CREATE TABLE \"B\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"m\" "         \
    "INTEGER, "                                                                                    \
    "\"k\" INTEGER NOT NULL DEFAULT 3); CREATE TABLE \"C\" (\"id\" INTEGER NOT NULL PRIMARY KEY "  \
    "AUTOINCREMENT); CREATE UNIQUE INDEX \"A_n_key\" ON \"A\"(\"n\")"

enum what { FAIL_WITH_FULL, DIE };

/* SQLite's own VFS, whose files fail, or end the process, at the n-th write, sync or truncation. */
static struct {
    sqlite3_vfs vfs, *base;
    struct {
        sqlite3_io_methods methods; /* of files that are locked, and of those that are not */
        const sqlite3_io_methods *real;
    } kinds[4];
    int countdown; /* 0: never */
    enum what what;
} faulty;

static int strike(void)
{
    if (!faulty.countdown || --faulty.countdown)
        return SQLITE_OK;
    if (faulty.what == DIE)
        _exit(0);
    faulty.countdown = 1; /* a full disk stays full */
    return SQLITE_FULL;
}

static const sqlite3_io_methods *real(const sqlite3_file *file)
{
    for (size_t i = 0; i < 4; i++) {
        if (file->pMethods == &faulty.kinds[i].methods)
            return faulty.kinds[i].real;
    }
    return NULL;
}

static int faulty_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset)
{
    int rc = strike();
    return rc ? rc : real(file)->xWrite(file, bytes, length, offset);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    int rc = strike();
    return rc ? rc : real(file)->xSync(file, flags);
}

static void wrap(sqlite3_file *file)
{
    size_t i = 0;
    while (faulty.kinds[i].real && faulty.kinds[i].real != file->pMethods)
        i++;
    assert_true(i < 4);
    faulty.kinds[i].real = file->pMethods;
    faulty.kinds[i].methods = *file->pMethods;
    faulty.kinds[i].methods.xWrite = faulty_write;
    faulty.kinds[i].methods.xSync = faulty_sync;
    file->pMethods = &faulty.kinds[i].methods;
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int rc = faulty.base->xOpen(faulty.base, name, file, flags, out);
    if (rc == SQLITE_OK && file->pMethods)
        wrap(file);
    return rc;
}

static void make_faulty(void)
{
    faulty.base = sqlite3_vfs_find(NULL);
    faulty.vfs = *faulty.base;
    faulty.vfs.zName = "faulty";
    faulty.vfs.xOpen = faulty_open;
    sqlite3_vfs_register(&faulty.vfs, 0);
}

static void make_old(struct scene *scene, const char *journal)
{
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "PRAGMA journal_mode = %s", journal);
    run_sql(db, OLD);
    run_sql(db, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 500) "
                "INSERT INTO A(n, t) SELECT x, hex(randomblob(60)) FROM c");
    run_sql(db, "INSERT INTO B(m) SELECT n FROM A");
    run_sql(db, "DELETE FROM A WHERE id = 500");
    sqlite3_close(db);
}

static enum hf_code apply_new(struct scene *scene)
{
    sqlite3 *db = NULL;
    struct hf_error err = {0};
    const struct hf_sync_apply_options options = {.data_loss = HF_DATA_LOSS_REFUSED};
    struct hf_wanted wanted = stage_wanted(HF_SCHEMA_PRISMA, NEW);
    assert_int_equal(sqlite3_open_v2(scene->db, &db, SQLITE_OPEN_READWRITE, "faulty"), SQLITE_OK);
    run_sql(db, "PRAGMA cache_size = 10"); /* so that much is written before the end */
    hf_sync_apply(db, &wanted, &options, NULL, &err);
    hf_wanted_release(&wanted);
    faulty.countdown = 0;
    sqlite3_close(db);
    return err.code;
}

/* True: the new schema. Fails the test for anything in between. */
static bool is_new(struct scene *scene)
{
    assert_sound(scene->db);
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM A"), 499);
    assert_int_equal(ask_in(scene->db, "SELECT sum(n) FROM A"), 499 * 250);
    assert_int_equal(ask_in(scene->db, "SELECT seq FROM sqlite_sequence WHERE name = 'A'"), 500);
    int64_t objects = ask_in(scene->db, "SELECT count(*) FROM sqlite_schema");
    bool made = objects == 5;
    if (!made)
        assert_int_equal(objects, 4);
    assert_int_equal(ask_in(scene->db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('C', "
                                       "'A_n_key') OR sql LIKE '%\"k\"%'"),
                     made ? 3 : 0);
    return made;
}

static void remove_database(struct scene *scene)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", NULL};
    for (const char *const *suffix = suffixes; *suffix; suffix++) {
        char *path = sqlite3_mprintf("%s%s", scene->db, *suffix);
        unlink(path);
        sqlite3_free(path);
    }
}

/* Returns whether the change came to its end. */
static bool die_at(struct scene *scene, int write)
{
    int status;
    pid_t child = fork();
    if (!child) {
        faulty.countdown = write;
        _exit(apply_new(scene) == HF_OK ? 3 : 4);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 4);
    bool finished = WEXITSTATUS(status) == 3;
    assert_true(is_new(scene) || !finished);
    return finished;
}

static bool fill_up_at(struct scene *scene, int write)
{
    faulty.countdown = write;
    bool finished = apply_new(scene) == HF_OK;
    assert_int_equal(is_new(scene), finished);
    return finished;
}

static void try_everywhere(void **state, const char *journal, enum what what)
{
    struct scene *scene = *state;
    bool finished = false;
    faulty.what = what;
    for (int write = 1; !finished; write += write < 40 ? 1 : 7) {
        remove_database(scene);
        make_old(scene, journal);
        finished = what == DIE ? die_at(scene, write) : fill_up_at(scene, write);
    }
}

static void killed_at_every_write_in_wal_mode(void **state)
{
    try_everywhere(state, "WAL", DIE);
}

static void killed_at_every_write_with_a_rollback_journal(void **state)
{
    try_everywhere(state, "DELETE", DIE);
}

static void a_disk_that_is_full_at_any_write_in_wal_mode(void **state)
{
    try_everywhere(state, "WAL", FAIL_WITH_FULL);
}

static void a_disk_that_is_full_at_any_write_with_a_rollback_journal(void **state)
{
    try_everywhere(state, "DELETE", FAIL_WITH_FULL);
}

static void a_reader_goes_on_reading_what_it_began_with(void **state)
{
    struct scene *scene = *state;
    make_old(scene, "WAL");
    sqlite3 *reader = open_db(scene->db);
    run_sql(reader, "BEGIN");
    assert_int_equal(ask_sql(reader, "SELECT count(*) FROM A"), 499);
    assert_int_equal(apply_new(scene), HF_OK);
    assert_int_equal(ask_sql(reader, "SELECT count(*) FROM pragma_table_info('B')"), 2);
    sqlite3_close(reader);
    assert_true(is_new(scene));
}

static void a_reader_of_a_rollback_journal_database_stops_the_change_and_not_the_other_way(
    void **state)
{
    struct scene *scene = *state;
    make_old(scene, "DELETE");
    sqlite3 *reader = open_db(scene->db);
    run_sql(reader, "BEGIN");
    assert_int_equal(ask_sql(reader, "SELECT count(*) FROM A"), 499);
    assert_int_equal(apply_new(scene), HF_LOCKED);
    assert_int_equal(ask_sql(reader, "SELECT count(*) FROM A"), 499);
    sqlite3_close(reader);
    assert_false(is_new(scene));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(killed_at_every_write_in_wal_mode),
        TEST(killed_at_every_write_with_a_rollback_journal),
        TEST(a_disk_that_is_full_at_any_write_in_wal_mode),
        TEST(a_disk_that_is_full_at_any_write_with_a_rollback_journal),
        TEST(a_reader_goes_on_reading_what_it_began_with),
        TEST(a_reader_of_a_rollback_journal_database_stops_the_change_and_not_the_other_way),
    };
    make_faulty();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

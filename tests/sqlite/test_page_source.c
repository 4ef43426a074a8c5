#include "sqlite/page_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sqlite/scene.h"

#define FILL                                                                                       \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) "               \
    "INSERT INTO t SELECT NULL, i, randomblob(400) FROM n;"

static struct hf_page_source *open_source(const struct scene *scene)
{
    struct hf_error err = {0};
    struct hf_page_source *source = hf_page_source_open(scene->db, 0, &err);
    if (!source)
        fail_msg("%s", err.text);
    return source;
}

static void make(const struct scene *scene, const char *mode, int page_size)
{
    sql_in(scene->db,
           "PRAGMA page_size = %d; PRAGMA journal_mode = %s;"
           "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b); CREATE INDEX i ON t(a);" FILL,
           page_size, mode);
}

static void check(const struct scene *scene, bool wal)
{
    struct hf_page_source *source = open_source(scene);
    assert_int_equal(hf_page_source_info(source)->wal, wal);
    assert_source_is(scene, source);
    hf_page_source_free(source);
}

static void a_rollback_database_is_read_at_every_page_size(void **state)
{
    struct scene *scene = *state;
    for (int size = 512; size <= 65536; size *= 2) {
        shell("rm -f '%s'", scene->db);
        make(scene, "DELETE", size);
        check(scene, false);
    }
}

static void frames_in_the_log_are_read_at_every_page_size(void **state)
{
    struct scene *scene = *state;
    for (int size = 512; size <= 65536; size *= 2) {
        shell("rm -f '%s'*", scene->db);
        make(scene, "WAL", size);
        sqlite3 *db = open_db(scene->db);
        run_sql(db, "PRAGMA wal_autocheckpoint = 0; UPDATE t SET b = randomblob(390) "
                    "WHERE id %% 7 = 0;" FILL);
        check(scene, true);
        sqlite3_close(db);
    }
}

static void a_half_checkpointed_log_is_read(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    sqlite3 *db = open_db(scene->db), *reader = open_db(scene->db);
    run_sql(db, "PRAGMA wal_autocheckpoint = 0; UPDATE t SET b = 'x' WHERE id = 1");
    run_sql(reader, "BEGIN; SELECT count(*) FROM t");
    run_sql(db, FILL "PRAGMA wal_checkpoint(PASSIVE); UPDATE t SET b = 'y' WHERE id %% 9 = 0");
    check(scene, true);
    sqlite3_close(reader);
    sqlite3_close(db);
}

static void a_wholly_checkpointed_log_leaves_the_file_alone(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    sqlite3 *db = open_db(scene->db);
    run_sql(db, FILL "PRAGMA wal_checkpoint(PASSIVE)");
    assert_true(size_of(in_scene(scene, "app.db-wal")) > 0);
    check(scene, true);
    /* The next writer starts the log anew under a source that holds the old state. */
    struct hf_page_source *source = open_source(scene);
    copy_files(scene->db, in_scene(scene, "then.db"));
    run_sql(db, "DELETE FROM t WHERE id %% 3 = 0; PRAGMA wal_checkpoint(PASSIVE)");
    write_pages(source, in_scene(scene, "pages.db"), 16);
    assert_same_bytes(in_scene(scene, "pages.db"), in_scene(scene, "then.db"));
    hf_page_source_free(source);
    sqlite3_close(db);
}

static void a_log_shrunk_by_vacuum_is_read(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 1024);
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "PRAGMA wal_autocheckpoint = 0;" FILL "PRAGMA wal_checkpoint(PASSIVE);"
                "DELETE FROM t WHERE id %% 2; VACUUM");
    check(scene, true);
    sqlite3_close(db);
}

static void auto_vacuum_databases_are_read(void **state)
{
    struct scene *scene = *state;
    sql_in(scene->db, "PRAGMA auto_vacuum = FULL");
    for (int wal = 0; wal < 2; wal++) {
        shell("rm -f '%s'*", scene->db);
        sqlite3 *db = open_db(scene->db);
        run_sql(db,
                "PRAGMA auto_vacuum = %s; PRAGMA journal_mode = %s; PRAGMA wal_autocheckpoint = 0;"
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b);" FILL
                "DELETE FROM t WHERE id %% 3; PRAGMA incremental_vacuum",
                wal ? "INCREMENTAL" : "FULL", wal ? "WAL" : "TRUNCATE");
        check(scene, wal);
        sqlite3_close(db);
    }
}

static void pages_allocated_and_freed_in_one_transaction_are_no_truncation(void **state)
{
    struct scene *scene = *state;
    for (int wal = 0; wal < 2; wal++) {
        shell("rm -f '%s'*", scene->db);
        make(scene, wal ? "WAL" : "DELETE", 1024);
        sqlite3 *db = open_db(scene->db);
        run_sql(db, "PRAGMA wal_autocheckpoint = 0; BEGIN; INSERT INTO t VALUES(1000, 1, "
                    "zeroblob(90000)); DELETE FROM t WHERE id = 1000; COMMIT");
        check(scene, wal);
        sqlite3_close(db);
    }
}

static void a_log_left_by_a_killed_process_is_read(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "PRAGMA wal_autocheckpoint = 0");
    actor_do(&actor, "DELETE FROM t WHERE id % 2");
    actor_do(&actor, "PRAGMA cache_size = 3");
    actor_do(&actor, "BEGIN");
    actor_do(&actor, "UPDATE t SET b = zeroblob(300)"); /* spilled, never committed */
    actor_kill(&actor);
    assert_true(size_of(in_scene(scene, "app.db-wal")) > 0);
    shell("rm '%s-shm'", scene->db);
    check(scene, true);
    assert_int_equal(ask_in(in_scene(scene, "pages-many.db"), "SELECT count(*) FROM t"), 150);
    assert_int_equal(
        ask_in(in_scene(scene, "pages-many.db"), "SELECT count(*) FROM t WHERE b = zeroblob(300)"),
        0);
}

static void a_hot_journal_left_by_a_killed_process_is_rolled_back(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE", 1024);
    copy_files(scene->db, in_scene(scene, "before.db"));
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "PRAGMA cache_size = 3");
    actor_do(&actor, "BEGIN");
    actor_do(&actor, "UPDATE t SET b = zeroblob(300)");
    actor_kill(&actor);
    assert_true(exists(in_scene(scene, "app.db-journal")));
    struct hf_page_source *source = open_source(scene);
    write_pages(source, in_scene(scene, "pages.db"), 8);
    assert_same_bytes(in_scene(scene, "pages.db"), in_scene(scene, "before.db"));
    hf_page_source_free(source);
}

static void the_state_stays_while_another_process_commits_and_checkpoints(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "PRAGMA wal_autocheckpoint = 0");
    actor_do(&actor, "UPDATE t SET b = randomblob(500) WHERE id % 5 = 0");
    struct hf_page_source *source = open_source(scene);
    copy_files(scene->db, in_scene(scene, "then.db"));
    sql_in(in_scene(scene, "then.db"), "PRAGMA wal_checkpoint(TRUNCATE)");
    actor_do(&actor, "PRAGMA wal_checkpoint(PASSIVE)");
    actor_do(&actor, "UPDATE t SET b = randomblob(600)");
    actor_do(&actor, "PRAGMA wal_checkpoint(PASSIVE)");
    write_pages(source, in_scene(scene, "pages.db"), 8);
    assert_same_bytes(in_scene(scene, "pages.db"), in_scene(scene, "then.db"));
    hf_page_source_free(source);
    actor_end(&actor);
}

static void each_state_beside_a_busy_writer_is_one_of_its_transactions(void **state)
{
    struct scene *scene = *state;
    sql_in(scene->db,
           "PRAGMA journal_mode = WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, n, b);"
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) "
           "INSERT INTO t SELECT i, 0, randomblob(3000) FROM n");
    struct actor writer = actor_start(scene->db), other = actor_start(scene->db);
    actor_do(&writer, "PRAGMA synchronous = OFF");
    actor_do(&writer, "PRAGMA busy_timeout = 10000"); /* RESTART holds the write lock */
    actor_do(&writer, "PRAGMA wal_autocheckpoint = 20");
    int64_t last = -1;
    int checked = 0, sent = 0, from_restarted_log = 0;
    /* Always transactions under way while a source opens and reads. */
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 20; i++, sent++)
            actor_send(&writer, "UPDATE t SET n = n + 1, b = randomblob(3000) WHERE id % 4 = 1 "
                                "OR n >= 0");
        if (round % 5 == 0)
            actor_try(&other, round % 2 ? "PRAGMA wal_checkpoint(RESTART)"
                                        : "PRAGMA wal_checkpoint(PASSIVE)");
        struct hf_error err = {0};
        struct hf_page_source *source = hf_page_source_open(scene->db, 5000, &err);
        if (!source)
            fail_msg("%s", err.text);
        from_restarted_log += hf_page_source_info(source)->stamp.log_frames > 0;
        write_pages(source, in_scene(scene, "pages.db"), 7);
        hf_page_source_free(source);
        sqlite3 *db = open_db(in_scene(scene, "pages.db"));
        assert_int_equal(ask_sql(db, "SELECT count(DISTINCT n) FROM t"), 1);
        assert_int_equal(ask_sql(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                         1);
        int64_t now = ask_sql(db, "SELECT max(n) FROM t");
        assert_true(now >= last);
        checked += now > last;
        last = now;
        sqlite3_close(db);
        for (; sent > 10; sent--)
            assert_int_equal(actor_answer(&writer), SQLITE_OK);
    }
    assert_true(checked > 10);
    assert_true(from_restarted_log > 0);
    for (; sent > 0; sent--)
        assert_int_equal(actor_answer(&writer), SQLITE_OK);
    actor_end(&writer);
    actor_end(&other);
}

static void writers_in_wal_mode_are_not_blocked(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct hf_page_source *source = open_source(scene);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "INSERT INTO t VALUES(5000, 1, 2)");
    hf_page_source_free(source);
    actor_end(&actor);
}

static void a_file_shrunk_by_vacuum_is_read(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE", 1024);
    int64_t before = size_of(scene->db);
    sql_in(scene->db, "DELETE FROM t WHERE id %% 2; VACUUM");
    assert_true(size_of(scene->db) < before);
    check(scene, false);
}

/* The mode cannot be changed under a source; once it has been, the next one reads the new kind. */
static void a_changed_journal_mode_is_followed(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "DELETE FROM t WHERE id % 2");
    struct hf_page_source *source = open_source(scene);
    copy_files(scene->db, in_scene(scene, "then.db"));
    sql_in(in_scene(scene, "then.db"), "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(actor_try(&actor, "PRAGMA journal_mode = DELETE"), SQLITE_BUSY);
    write_pages(source, in_scene(scene, "pages.db"), 8);
    assert_same_bytes(in_scene(scene, "pages.db"), in_scene(scene, "then.db"));
    hf_page_source_free(source);
    actor_do(&actor, "PRAGMA journal_mode = DELETE");
    assert_string_equal(actor.value, "delete");
    check(scene, false);
    actor_do(&actor, "PRAGMA journal_mode = WAL");
    actor_do(&actor, "DELETE FROM t WHERE id % 3");
    check(scene, true);
    actor_end(&actor);
}

static void a_file_replaced_or_deleted_under_a_source_is_read_to_its_end(void **state)
{
    static const char *const how[] = {"cp '%1$s' '%1$s.n'; echo more >> '%1$s.n'; mv '%1$s.n' "
                                      "'%1$s'",
                                      "rm '%1$s'"};
    struct scene *scene = *state;
    for (int i = 0; i < 4; i++) {
        shell("rm -f '%s'*", scene->db);
        make(scene, i / 2 ? "WAL" : "DELETE", 4096);
        struct hf_page_source *source = open_source(scene);
        copy_files(scene->db, in_scene(scene, "then.db"));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        shell(how[i % 2], scene->db);
#pragma GCC diagnostic pop
        write_pages(source, in_scene(scene, "pages.db"), 8);
        assert_same_bytes(in_scene(scene, "pages.db"), in_scene(scene, "then.db"));
        hf_page_source_free(source);
        assert_int_equal(exists(scene->db), i % 2 == 0);
    }
}

static void the_logs_locks_survive_other_sources_in_the_process(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "DELETE FROM t WHERE id % 2");
    struct hf_page_source *source = open_source(scene);
    hf_page_source_free(open_source(scene));
    actor_do(&actor, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_string_equal(actor.value, "1"); /* busy */
    hf_page_source_free(source);
    actor_do(&actor, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_string_equal(actor.value, "0");
    actor_end(&actor);
}

static void locks_survive_other_sources_in_the_process(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE", 4096);
    struct hf_page_source *source = open_source(scene);
    hf_page_source_free(open_source(scene));
    struct actor actor = actor_start(scene->db);
    assert_int_equal(actor_try(&actor, "BEGIN EXCLUSIVE"), SQLITE_BUSY);
    hf_page_source_free(source);
    actor_do(&actor, "BEGIN EXCLUSIVE");
    actor_end(&actor);
}

static void a_log_is_kept_from_being_copied_over_the_state(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct hf_page_source *source = open_source(scene);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "INSERT INTO t VALUES(5000, 1, 2)");
    actor_do(&actor, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_string_equal(actor.value, "1"); /* busy */
    hf_page_source_free(source);
    actor_do(&actor, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_string_equal(actor.value, "0");
    actor_end(&actor);
}

static void closing_neither_checkpoints_nor_deletes_the_log(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "DELETE FROM t");
    actor_kill(&actor);
    copy_files(scene->db, in_scene(scene, "before.db"));
    hf_page_source_free(open_source(scene));
    assert_same_bytes(scene->db, in_scene(scene, "before.db"));
    assert_same_bytes(in_scene(scene, "app.db-wal"), in_scene(scene, "before.db-wal"));
}

static void refuse(const char *path, enum hf_code code, const char *text)
{
    struct hf_error err = {0};
    assert_null(hf_page_source_open(path, 20, &err));
    assert_code(&err, code);
    if (!strstr(err.text, text))
        fail_msg("'%s' is not in '%s'", text, err.text);
    assert_true(err.hint[0]);
}

static void a_database_held_exclusively_is_locked(void **state)
{
    struct scene *scene = *state;
    for (int wal = 0; wal < 2; wal++) {
        shell("rm -f '%s'*", scene->db);
        make(scene, wal ? "WAL" : "DELETE", 4096);
        struct actor actor = actor_start(scene->db);
        actor_do(&actor, "PRAGMA locking_mode = EXCLUSIVE");
        actor_do(&actor, "BEGIN EXCLUSIVE");
        refuse(scene->db, HF_LOCKED, "in use");
        actor_end(&actor);
    }
}

static void what_is_no_database_is_named(void **state)
{
    struct scene *scene = *state;
    refuse(in_scene(scene, "missing.db"), HF_NOT_FOUND, "No such file");
    refuse(scene->dir, HF_IO, "directory");
    refuse("/dev/null", HF_IO, "regular file");
    shell("> '%s'", in_scene(scene, "empty.db"));
    refuse(in_scene(scene, "empty.db"), HF_CORRUPT, "empty");
    shell("head -c 5000 /dev/urandom > '%s'", in_scene(scene, "noise.db"));
    refuse(in_scene(scene, "noise.db"), HF_CORRUPT, "not a SQLite database");
    shell("printf tiny > '%s'", in_scene(scene, "tiny.db"));
    refuse(in_scene(scene, "tiny.db"), HF_CORRUPT, "not a SQLite database");
}

/* Root may read everything: it becomes somebody else for a moment. */
static void become_stranger(const struct scene *scene)
{
    shell("chmod 755 '%s'", scene->dir);
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0);
}

static void become_oneself(void)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

static void an_unreadable_file_is_named(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    make(scene, "DELETE", 4096);
    shell("chmod 0 '%s'", scene->db);
    become_stranger(scene);
    struct hf_page_source *source = hf_page_source_open(scene->db, 0, &err);
    become_oneself();
    assert_null(source);
    assert_code(&err, HF_IO);
    assert_non_null(strstr(err.text, "app.db"));
    assert_true(err.hint[0]);
}

static void who_may_only_read_reads_beside_a_writer(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    for (int wal = 0; wal < 2; wal++) {
        shell("rm -f '%s'*", scene->db);
        make(scene, wal ? "WAL" : "DELETE", 4096);
        struct actor actor = actor_start(scene->db);
        actor_do(&actor, "DELETE FROM t WHERE id % 2");
        shell("chmod 444 '%s'*", scene->db);
        become_stranger(scene);
        struct hf_page_source *source = hf_page_source_open(scene->db, 0, &err);
        become_oneself();
        if (!source)
            fail_msg("%s", err.text);
        assert_source_is(scene, source);
        hf_page_source_free(source);
        shell("chmod 644 '%s'*", scene->db);
        actor_end(&actor);
    }
}

static void an_empty_file_does_not_cost_its_log(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "DELETE FROM t");
    actor_kill(&actor);
    shell("> '%s'", scene->db);
    refuse(scene->db, HF_CORRUPT, "empty");
    assert_true(size_of(in_scene(scene, "app.db-wal")) > 0);
}

static void a_truncated_file_is_found(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE", 4096);
    shell("truncate -s -4096 '%s'", scene->db);
    refuse(scene->db, HF_CORRUPT, "truncated");
    shell("rm '%s'", scene->db);
    make(scene, "DELETE", 4096);
    shell("truncate -s -1 '%s'", scene->db);
    refuse(scene->db, HF_CORRUPT, "truncated");
}

static void a_file_truncated_beside_a_log_is_found_when_pages_are_read(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    static uint8_t page[4096];
    make(scene, "WAL", 4096);
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "UPDATE t SET a = 5 WHERE id = 1");
    shell("truncate -s -4096 '%s'", scene->db);
    struct hf_page_source *source = open_source(scene);
    assert_int_equal(hf_page_source_read(source, 1, 1, page, &err), -1);
    assert_code(&err, HF_CORRUPT);
    assert_non_null(strstr(err.text, "truncated"));
    hf_page_source_free(source);
    sqlite3_close(db);
}

static void a_damaged_log_is_found(void **state)
{
    static const char *const damage[] = {
        "printf x | dd of='%s-wal' bs=1 seek=%lld conv=notrunc status=none",
        "truncate -s -%2$lld '%1$s-wal'",
    };
    struct scene *scene = *state;
    static uint8_t page[4096];
    for (int i = 0; i < 2; i++) {
        shell("rm -f '%s'*", scene->db);
        make(scene, "WAL", 4096);
        struct hf_error err = {0};
        sqlite3 *db = open_db(scene->db);
        run_sql(db, "PRAGMA wal_autocheckpoint = 0;" FILL);
        char command[600];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(command, sizeof command, damage[i], scene->db, 9000LL);
#pragma GCC diagnostic pop
        shell("%s", command);
        struct hf_page_source *source = open_source(scene);
        assert_int_equal(hf_page_source_read(source, 1, 1, page, &err), -1);
        assert_code(&err, HF_CORRUPT);
        assert_non_null(strstr(err.text, "-wal"));
        hf_page_source_free(source);
        sqlite3_close(db);
    }
}

static void a_damaged_schema_does_not_keep_from_reading(void **state)
{
    struct scene *scene = *state;
    make(scene, "DELETE", 4096);
    sql_in(scene->db, "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'nonsense'");
    struct hf_page_source *source = open_source(scene);
    write_pages(source, in_scene(scene, "pages.db"), 8);
    assert_same_bytes(in_scene(scene, "pages.db"), scene->db);
    hf_page_source_free(source);
}

static void any_path_is_taken_literally(void **state)
{
    static const char *const names[] = {
        "with space.db",    "line\nbreak.db", "\xc3\xa4\xe2\x82\xac.db",
        "what?mode=memory", "100%41.db",      "quote\"s#.db"};
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hf_error err = {0};
        const char *path = in_scene(scene, names[i]);
        shell("cp '%s' '%s'", scene->db, path);
        struct hf_page_source *source = hf_page_source_open(path, 0, &err);
        if (!source)
            fail_msg("%s", err.text);
        write_pages(source, in_scene(scene, "pages.db"), 8);
        hf_page_source_free(source);
        assert_same_bytes(in_scene(scene, "pages.db"), scene->db);
    }
}

static void relative_names_are_files_too(void **state)
{
    static const char *const names[] = {":memory:", "file:app.db", "file:x?mode=memory"};
    struct scene *scene = *state;
    char *before = getcwd(NULL, 0);
    make(scene, "DELETE", 4096);
    assert_int_equal(chdir(scene->dir), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct hf_error err = {0};
        refuse(names[i], HF_NOT_FOUND, "No such file");
        shell("cp '%s' '%s'", scene->db, names[i]);
        struct hf_page_source *source = hf_page_source_open(names[i], 0, &err);
        if (!source)
            fail_msg("%s", err.text);
        assert_int_equal(hf_page_source_info(source)->page_count, size_of(scene->db) / 4096);
        hf_page_source_free(source);
    }
    assert_int_equal(chdir(before), 0);
    free(before);
}

static void paths_too_long_for_sqlite_say_so(void **state)
{
    struct scene *scene = *state;
    char name[250] = "", path[1000];
    memset(name, 'd', sizeof name - 1);
    snprintf(path, sizeof path, "%s/%s/%s/app.db", scene->dir, name, name);
    make(scene, "DELETE", 4096);
    shell("mkdir -p '%s/%s/%s'; cp '%s' '%s'", scene->dir, name, name, scene->db, path);
    refuse(path, HF_UNSUPPORTED, "bytes");
}

static void a_symbolic_link_leads_to_the_log_of_its_target(void **state)
{
    struct scene *scene = *state;
    make(scene, "WAL", 4096);
    sqlite3 *db = open_db(scene->db);
    run_sql(db, "PRAGMA wal_autocheckpoint = 0;" FILL);
    shell("mkdir '%s/x'; ln -s '%s' '%s/x/link.db'", scene->dir, scene->db, scene->dir);
    struct hf_error err = {0};
    struct hf_page_source *source = hf_page_source_open(in_scene(scene, "x/link.db"), 0, &err);
    assert_non_null(source);
    assert_true(hf_page_source_info(source)->stamp.log_size > 0);
    assert_source_is(scene, source);
    hf_page_source_free(source);
    sqlite3_close(db);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_rollback_database_is_read_at_every_page_size),
        SCENE_TEST(frames_in_the_log_are_read_at_every_page_size),
        SCENE_TEST(a_half_checkpointed_log_is_read),
        SCENE_TEST(a_wholly_checkpointed_log_leaves_the_file_alone),
        SCENE_TEST(a_log_shrunk_by_vacuum_is_read),
        SCENE_TEST(auto_vacuum_databases_are_read),
        SCENE_TEST(pages_allocated_and_freed_in_one_transaction_are_no_truncation),
        SCENE_TEST(a_log_left_by_a_killed_process_is_read),
        SCENE_TEST(a_hot_journal_left_by_a_killed_process_is_rolled_back),
        SCENE_TEST(the_state_stays_while_another_process_commits_and_checkpoints),
        SCENE_TEST(each_state_beside_a_busy_writer_is_one_of_its_transactions),
        SCENE_TEST(writers_in_wal_mode_are_not_blocked),
        SCENE_TEST(a_file_shrunk_by_vacuum_is_read),
        SCENE_TEST(a_changed_journal_mode_is_followed),
        SCENE_TEST(a_file_replaced_or_deleted_under_a_source_is_read_to_its_end),
        SCENE_TEST(the_logs_locks_survive_other_sources_in_the_process),
        SCENE_TEST(locks_survive_other_sources_in_the_process),
        SCENE_TEST(a_log_is_kept_from_being_copied_over_the_state),
        SCENE_TEST(closing_neither_checkpoints_nor_deletes_the_log),
        SCENE_TEST(a_database_held_exclusively_is_locked),
        SCENE_TEST(what_is_no_database_is_named),
        SCENE_TEST(an_unreadable_file_is_named),
        SCENE_TEST(who_may_only_read_reads_beside_a_writer),
        SCENE_TEST(an_empty_file_does_not_cost_its_log),
        SCENE_TEST(a_truncated_file_is_found),
        SCENE_TEST(a_file_truncated_beside_a_log_is_found_when_pages_are_read),
        SCENE_TEST(a_damaged_log_is_found),
        SCENE_TEST(a_damaged_schema_does_not_keep_from_reading),
        SCENE_TEST(any_path_is_taken_literally),
        SCENE_TEST(relative_names_are_files_too),
        SCENE_TEST(paths_too_long_for_sqlite_say_so),
        SCENE_TEST(a_symbolic_link_leads_to_the_log_of_its_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* kill -9 at every step of a boot, and then a boot that must succeed, with all data. */
#include "service/rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 300, MORE = 40, STRIDE = 11 };

static bool is_exhaustive(void)
{
    const char *wanted = getenv("HOLDFAST_FAULT_EXHAUSTIVE");
    return wanted && *wanted && *wanted != '0';
}

/* A database that a killed application left behind: part of it is in the log only. The newest point
 * has ROWS of its rows. */
static void used(struct rig *rig)
{
    rig_fill(rig, ROWS);
    rig_boots(rig, "true");
}

static void used_with_log(struct rig *rig)
{
    used(rig);
    hf_auto_free char *log = hf_scratch_path(&rig->scratch, "data/app.db-wal");
    hf_auto_free char *kept = hf_scratch_path(&rig->scratch, "kept-wal");
    hf_auto_free char *kept_db = hf_scratch_path(&rig->scratch, "kept-db");
    /* Copies made while a connection is open are what a killed application leaves. */
    char script[800];
    snprintf(script, sizeof script,
             "python3 -c \"import sqlite3, shutil; c = sqlite3.connect('app.db');"
             "c.executemany('insert into film(title) values(?)', [('new',)] * %d); c.commit();"
             "shutil.copy('app.db', '%s'); shutil.copy('app.db-wal', '%s')\"",
             MORE, kept_db, kept);
    rig_boots(rig, script);
    hf_scratch_remove(rig->db);
    hf_scratch_remove(log);
    hf_auto_free char *index = hf_scratch_path(&rig->scratch, "data/app.db-shm");
    hf_scratch_remove(index);
    hf_scratch_copy(kept_db, rig->db);
    hf_scratch_copy(kept, log);
}

static void missing(struct rig *rig)
{
    used(rig);
    hf_scratch_remove(rig->db);
}

static void truncated(struct rig *rig)
{
    used(rig);
    assert_int_equal(truncate(rig->db, (off_t)hf_scratch_size(rig->db) / 2), 0);
}

static void emptied(struct rig *rig)
{
    used(rig);
    assert_int_equal(truncate(rig->db, 0), 0);
}

static void overwritten(struct rig *rig)
{
    used(rig);
    char garbage[8192];
    hf_scratch_fill(garbage, sizeof garbage, 1);
    hf_scratch_write(rig->db, garbage, sizeof garbage);
}

static void without_repository(struct rig *rig)
{
    truncated(rig);
    rig_set(rig, "HOLDFAST_ON_UNPROTECTED=start");
    hf_scratch_remove(rig->repository);
}

static void wants_schema(struct rig *rig, const char *sql)
{
    hf_scratch_write(rig->schema, sql, strlen(sql));
    rig_set(rig, "HOLDFAST_SCHEMA=%s", rig->schema);
}

static void older_schema(struct rig *rig)
{
    used(rig);
    /* A column that is only added, one that needs the table rebuilt, a table and an index. */
    wants_schema(rig, "CREATE TABLE film(id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INT);"
                      "CREATE TABLE review(film INT REFERENCES film(id), text TEXT);"
                      "CREATE INDEX film_title ON film(title);");
}

static void nothing_yet(struct rig *rig)
{
    wants_schema(rig, "CREATE TABLE film(id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INT);");
}

static const struct act {
    const char *name;
    void (*prepare)(struct rig *rig);
    int rows;
} acts[] = {
    {"a database with an older schema", older_schema, ROWS},
    {"the first boot", nothing_yet, 0},
    {"a database with a log", used_with_log, ROWS + MORE},
    {"a missing database", missing, ROWS},
    {"a truncated database", truncated, ROWS},
    {"an emptied database", emptied, ROWS},
    {"garbage in place of a database", overwritten, ROWS},
    {"a truncated database and no repository", without_repository, ROWS},
};

/* The world as the act wants it, again and again. */
static void reset(const struct rig *rig, const char *before)
{
    hf_scratch_remove(rig->data);
    hf_scratch_copy(before, rig->data);
}

static void prove(struct rig *rig, const struct act *act, uint64_t n)
{
    int status = rig_boot(rig, "true");
    if (status)
        fail_msg("%s: killed before call %" PRIu64 ", the next boot ends with %d\n%s", act->name, n,
                 status, (const char *)rig->log.data);
    int64_t rows = rig_value(rig, "SELECT count(*) FROM film");
    if (rows != act->rows)
        fail_msg("%s: killed before call %" PRIu64 ": %" PRId64 " rows\n%s", act->name, n, rows,
                 (const char *)rig->log.data);
    if (act->prepare == older_schema || act->prepare == nothing_yet)
        rig_value(rig, "SELECT count(year) FROM film");
    assert_int_equal(rig_value(rig, "SELECT quick_check = 'ok' FROM pragma_quick_check"), 1);
}

static void play(void **state)
{
    const struct act *act = *state;
    struct rig *rig;
    uint64_t n = 1;
    rig_setup((void **)&rig);
    act->prepare(rig);
    hf_auto_free char *before = hf_scratch_path(&rig->scratch, "before");
    hf_scratch_copy(rig->data, before);
    while (rig_boot_killed(rig, "true", n)) {
        prove(rig, act, n);
        reset(rig, before);
        n += is_exhaustive() ? 1 : STRIDE;
    }
    /* It came to its end, so that every step has been tried. */
    prove(rig, act, n);
    assert_true(n > 2 * STRIDE);
    rig_teardown((void **)&rig);
}

int main(void)
{
    enum { COUNT = sizeof acts / sizeof *acts };
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){acts[i].name, play, NULL, NULL, (void *)(uintptr_t)&acts[i]};
    return _cmocka_run_group_tests("boot killed", tests, COUNT, NULL, NULL);
}

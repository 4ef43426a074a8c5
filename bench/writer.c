/*
 * An application that writes small transactions, each an insert and an update at random beside an
 * index, and notes when each was over and how long it took. Little of what it costs is its own.
 *
 * usage: writer DATABASE SECONDS PER_SECOND BUSY_MS SEED NOTES
 * PER_SECOND 0: as fast as it can. NOTES: 16 bytes a transaction, the end (microseconds since 1970)
 * and the time from begin to commit (microseconds; its highest bit: refused as busy).
 */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct note {
    int64_t end, took;
};

static uint64_t state;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545F4914F6CDD1Du >> 11;
}

static int64_t microseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void check(sqlite3 *db, int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
        fprintf(stderr, "writer: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *made;
    check(db, sqlite3_prepare_v2(db, sql, -1, &made, NULL));
    return made;
}

static int run(sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    return rc;
}

struct application {
    sqlite3 *db;
    sqlite3_stmt *begin, *insert, *update, *commit, *rollback;
    uint64_t rows;
};

static void open_application(struct application *app, const char *path, int busy_ms)
{
    check(NULL, sqlite3_open(path, &app->db));
    sqlite3_busy_timeout(app->db, 10000);
    check(app->db,
          sqlite3_exec(app->db,
                       "PRAGMA synchronous = NORMAL;"
                       "CREATE TABLE IF NOT EXISTS event(id INTEGER PRIMARY KEY, a TEXT, b);"
                       "CREATE INDEX IF NOT EXISTS event_b ON event(b);",
                       NULL, NULL, NULL));
    sqlite3_busy_timeout(app->db, busy_ms);
    app->begin = prepare(app->db, "BEGIN IMMEDIATE");
    app->insert = prepare(app->db, "INSERT INTO event(a, b) VALUES (?, ?)");
    app->update = prepare(app->db, "UPDATE message SET updated_at = ?, subject = ? WHERE id = ?");
    app->commit = prepare(app->db, "COMMIT");
    app->rollback = prepare(app->db, "ROLLBACK");
    sqlite3_stmt *count = prepare(app->db, "SELECT max(id) FROM message");
    check(app->db, sqlite3_step(count));
    app->rows = (uint64_t)sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
}

/* SQLITE_OK, or SQLITE_BUSY. */
static int transaction(struct application *app)
{
    char text[101];
    int rc = run(app->begin);
    if (rc == SQLITE_BUSY)
        return rc;
    check(app->db, rc);
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = (char)('a' + draw() % 26);
    text[sizeof text - 1] = '\0';
    sqlite3_bind_text(app->insert, 1, text, -1, SQLITE_STATIC);
    sqlite3_bind_int64(app->insert, 2, (sqlite3_int64)(draw() >> 12));
    check(app->db, run(app->insert));
    sqlite3_bind_int64(app->update, 1, (sqlite3_int64)(draw() >> 12));
    sqlite3_bind_text(app->update, 2, text, 30, SQLITE_STATIC);
    sqlite3_bind_int64(app->update, 3, (sqlite3_int64)(draw() % app->rows + 1));
    check(app->db, run(app->update));
    rc = run(app->commit);
    if (rc == SQLITE_BUSY)
        check(app->db, run(app->rollback));
    else
        check(app->db, rc);
    return rc == SQLITE_BUSY ? SQLITE_BUSY : SQLITE_OK;
}

static void wait_until(int64_t moment)
{
    struct timespec until = {.tv_sec = (time_t)(moment / 1000000),
                             .tv_nsec = (long)(moment % 1000000) * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
        ;
}

int main(int count, char **words)
{
    if (count != 7) {
        fprintf(stderr, "usage: writer DATABASE SECONDS PER_SECOND BUSY_MS SEED NOTES\n");
        return 2;
    }
    struct application app;
    open_application(&app, words[1], atoi(words[4]));
    int64_t per_second = atoi(words[3]);
    state = strtoull(words[5], NULL, 10) * 0x9E3779B97F4A7C15u + 1;
    FILE *notes = fopen(words[6], "wb");
    if (!notes)
        return 1;
    int64_t started = microseconds(CLOCK_MONOTONIC);
    int64_t until = started + (int64_t)(atof(words[2]) * 1e6);
    int64_t begun = started;
    for (int64_t number = 0; begun < until; number++) {
        if (per_second)
            wait_until(started + number * 1000000 / per_second);
        begun = microseconds(CLOCK_MONOTONIC);
        int rc = transaction(&app);
        struct note note = {microseconds(CLOCK_REALTIME), microseconds(CLOCK_MONOTONIC) - begun};
        if (rc == SQLITE_BUSY)
            note.took |= INT64_MIN;
        fwrite(&note, sizeof note, 1, notes);
    }
    return fclose(notes) ? 1 : 0;
}

#include "service/setup_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE User(id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE,"
    " createdAt DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, movieProfile TEXT, tvProfile TEXT);"
    "CREATE TABLE Media(id INTEGER PRIMARY KEY AUTOINCREMENT, tmdbId INTEGER NOT NULL UNIQUE,"
    " title TEXT NOT NULL, mediaType TEXT NOT NULL, posterUrl TEXT, releaseYear TEXT,"
    " overview TEXT, backdropUrl TEXT, voteAverage REAL);"
    "CREATE TABLE UserMedia(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " userId INTEGER NOT NULL REFERENCES User(id), mediaId INTEGER NOT NULL REFERENCES Media(id),"
    " status TEXT NOT NULL, updatedAt DATETIME NOT NULL, UNIQUE(userId, mediaId));"
    "CREATE TABLE SystemConfig(id INTEGER PRIMARY KEY DEFAULT 1, jellyfinUrl TEXT,"
    " jellyseerrUrl TEXT, jellyseerrApiKey TEXT, geminiApiKey TEXT,"
    " geminiModel TEXT NOT NULL DEFAULT 'lite', isConfigured BOOLEAN NOT NULL DEFAULT false);";

const char room_filled[] =
    "INSERT INTO User VALUES(1, 'ann', 5, 'likes', NULL), (2, 'bo', 5, NULL, NULL);"
    "INSERT INTO Media(id, tmdbId, title, mediaType) VALUES(1, 603, 'The Matrix', 'movie'),"
    " (2, 70523, 'Dark', 'tv');"
    "INSERT INTO UserMedia(userId, mediaId, status, updatedAt) VALUES(1, 1, 'WATCHED', 5),"
    " (1, 2, 'BLOCKED', 5), (2, 2, 'WATCHLIST', 5);"
    "INSERT INTO SystemConfig(jellyfinUrl, geminiApiKey, isConfigured)"
    " VALUES('http://jf', 'CANARY', 1);";

const char *room_path(const struct setup_room *room, const char *name)
{
    static char names[8][400];
    static int next;
    char *out = names[next++ % 8];
    snprintf(out, sizeof names[0], "%s/%s", room->scratch.path, name);
    return out;
}

int setup_room_open(void **state)
{
    static const char *const none[] = {NULL};
    struct setup_room *room = calloc(1, sizeof *room);
    *state = room;
    hf_scratch_init(&room->scratch);
    struct hf_config_input input = {
        .environment = none, .local_file = "/nowhere", .system_file = "/nowhere"};
    input.flags[HF_SETTING_REPOSITORY] = room_path(room, "repository");
    input.flags[HF_SETTING_DATA_DIR] = room->scratch.path;
    assert_int_equal(hf_config_load(&room->config, &input, hf_env_system(), &room->err), 0);
    room->options = (struct hf_setup_options){.config = &room->config,
                                              .env = hf_env_system(),
                                              .database = "app",
                                              .path = strdup(room_path(room, "app.db")),
                                              .scratch = strdup(room_path(room, "unpacked"))};
    return 0;
}

int setup_room_close(void **state)
{
    struct setup_room *room = *state;
    hf_setup_source_release(&room->source);
    hf_setup_restored_release(&room->restored);
    json_decref(room->json);
    free((char *)room->options.path);
    free((char *)room->options.scratch);
    hf_config_release(&room->config);
    hf_scratch_release(&room->scratch);
    free(room);
    return 0;
}

void room_write(const struct setup_room *room, const char *name, const char *text)
{
    hf_scratch_write(room_path(room, name), text, strlen(text));
}

void room_sql(const struct setup_room *room, const char *name, const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    assert_int_equal(sqlite3_open(room_path(room, name), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error))
        fail_msg("%s", error);
    sqlite3_close(db);
}

void room_make(const struct setup_room *room, const char *name, const char *sql)
{
    room_sql(room, name, schema);
    room_sql(room, name, sql);
}

void room_holds(const struct setup_room *room, const char *name, const char *sql,
                const char *expected)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(room_path(room, name), &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL))
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const char *found = (const char *)sqlite3_column_text(statement, 0);
    assert_string_equal(found ? found : "NULL", expected);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

int room_look(struct setup_room *room, const char *name)
{
    const struct hf_setup_place place = {.path = room_path(room, name)};
    hf_setup_source_release(&room->source);
    json_decref(room->json);
    room->json = NULL;
    if (hf_setup_look(&room->source, &place, &room->options, &room->err))
        return -1;
    room->json = hf_setup_source_json(&room->source);
    assert_non_null(room->json);
    return 0;
}

void room_says(const struct setup_room *room, const char *part)
{
    char *text = json_dumps(room->json, JSON_COMPACT);
    if (!strstr(text, part))
        fail_msg("%s is not in %s", part, text);
    free(text);
}

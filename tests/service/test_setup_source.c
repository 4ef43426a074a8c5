#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/exporting.h"
#include "service/safety_point.h"
#include "service/setup_room.h"

static const char *secret_of(const struct setup_room *room)
{
    for (size_t i = 0; i < room->source.profile->field_count; i++)
        if (!strcmp(room->source.profile->fields[i].name, "geminiApiKey"))
            return room->source.summary.settings[i];
    return NULL;
}

static void keeps_the_secret(const struct setup_room *room)
{
    char *text = json_dumps(room->json, JSON_COMPACT);
    assert_string_equal(secret_of(room), "CANARY");
    assert_null(strstr(text, "CANARY"));
    free(text);
    room_says(room, "{\"name\":\"geminiApiKey\",\"label\":\"Gemini API key\",\"kind\":\"secret\","
                    "\"secret\":true,\"set\":true}");
}

static void says_who_has_what(const struct setup_room *room)
{
    room_says(room, "\"application\":\"Jellyfin AI Recommender\"");
    room_says(room, "\"users\":[{\"user\":\"ann\",\"items\":{\"movies\":1,\"series\":0,"
                    "\"watchlist\":0,\"blocked\":1,\"taste\":1}},{\"user\":\"bo\",\"items\":"
                    "{\"movies\":0,\"series\":0,\"watchlist\":1,\"blocked\":0,\"taste\":0}}]");
    room_says(room, "\"kind\":\"url\",\"secret\":false,\"set\":true,\"value\":\"http://jf\"}");
    room_says(room, "\"kind\":\"boolean\",\"secret\":false,\"set\":true,\"value\":true}");
    keeps_the_secret(room);
}

static void export(struct setup_room *room, const char *from, const char *to, bool generic,
                   enum hf_copy_packing packing)
{
    hf_auto(hf_exporting_result) struct hf_exporting_result result = {0};
    const struct hf_exporting_options options = {
        .config = &room->config,
        .env = hf_env_system(),
        .generic = generic,
        .copy = {.path = room_path(room, from),
                 .name = "app",
                 .program = "1",
                 .output = {.to = room_path(room, to), .packing = packing},
                 .busy_ms = 1000}};
    if (hf_exporting(&options, &result, &room->err))
        fail_msg("%s", room->err.text);
}

static void a_sqlite_file_says_who_has_what(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "old.backup", room_filled);
    int files = hf_scratch_count(room->scratch.path);
    assert_int_equal(room_look(room, "old.backup"), 0);
    assert_int_equal(hf_scratch_count(room->scratch.path), files);
    assert_int_equal(room->source.kind, HF_SETUP_DATABASE);
    says_who_has_what(room);
    room_says(room, "\"version\":\"with settings in the database\"");
    room_says(room, "{\"name\":\"UserMedia\",\"rows\":3}");
    assert_int_equal(room->source.rows, 8);
}

static void what_only_the_log_has_counts_and_stays_there(void **state)
{
    struct setup_room *room = *state;
    sqlite3 *application = NULL;
    room_make(room, "live.db", "");
    assert_int_equal(sqlite3_open(room_path(room, "live.db"), &application), SQLITE_OK);
    assert_int_equal(sqlite3_exec(application, room_filled, NULL, NULL, NULL), SQLITE_OK);
    hf_scratch_copy(room_path(room, "live.db"), room_path(room, "old.db"));
    hf_scratch_copy(room_path(room, "live.db-wal"), room_path(room, "old.db-wal"));
    sqlite3_close(application);
    uint64_t size = hf_scratch_size(room_path(room, "old.db-wal"));
    assert_int_equal(room_look(room, "old.db"), 0);
    says_who_has_what(room);
    assert_int_equal(hf_scratch_size(room_path(room, "old.db-wal")), size);
}

static void a_copy_of_the_application_says_the_same(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "old.db", room_filled);
    export(room, "old.db", "copy", false, HF_COPY_GZIP);
    assert_int_equal(room_look(room, "copy"), 0);
    assert_int_equal(room->source.kind, HF_SETUP_APPLICATION_COPY);
    says_who_has_what(room);
    room_says(room, "\"version\":\"with settings in the database\"");
    room_says(room, "\"copy_version\":\"2.4.1\"");
    room_says(room, "\"whole\":true");
    assert_non_null(strstr(room->source.exported_at, "T"));
}

static void a_generic_copy_says_the_same_and_leaves_nothing_behind(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "old.db", room_filled);
    export(room, "old.db", "copy", true, HF_COPY_ZSTD);
    int files = hf_scratch_count(room->scratch.path);
    assert_int_equal(room_look(room, "copy"), 0);
    assert_int_equal(room->source.kind, HF_SETUP_TABLE_COPY);
    says_who_has_what(room);
    assert_int_equal(room->source.rows, 8);
    assert_int_equal(hf_scratch_count(room->scratch.path), files);
}

static void what_no_profile_knows_is_told_table_by_table(void **state)
{
    struct setup_room *room = *state;
    room_sql(room, "other.db",
             "CREATE TABLE t(a); INSERT INTO t VALUES(1), (2);"
             "CREATE VIEW v AS SELECT * FROM t; CREATE TABLE u(b)");
    assert_int_equal(room_look(room, "other.db"), 0);
    assert_null(room->source.profile);
    room_says(room, "\"application\":null");
    room_says(room, "\"tables\":[{\"name\":\"t\",\"rows\":2},{\"name\":\"u\",\"rows\":0}]");
    room_says(room, "\"fields\":[]");
}

static void a_legacy_copy_says_what_it_lacks(void **state)
{
    struct setup_room *room = *state;
    room_write(room, "old.json", "{\"username\": \"carl\", \"data\": {\"movies\": [\"A\", 5]}}");
    assert_int_equal(room_look(room, "old.json"), 0);
    room_says(room, "{\"name\":\"settings\",\"label\":\"Settings\"}");
    room_says(room, "\"whole\":false");
    room_says(room, "\"problems\":[{\"outcome\":\"error\",\"user\":\"carl\",\"title\":null,"
                    "\"place\":\"data.movies[1]\",\"line\":1");
    room_says(room, "\"problem_total\":1");
}

static void without_a_name_the_only_user_of_the_database_is_meant(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_buf) struct hf_buf before = {0}, after = {0};
    room_make(room, "app.db", "INSERT INTO User(username) VALUES('eve')");
    hf_scratch_read(room_path(room, "app.db"), &before);
    room_write(room, "old.json", "{\"movies\": [\"A\"]}");
    assert_int_equal(room_look(room, "old.json"), 0);
    room_says(room, "\"users\":[{\"user\":\"eve\",\"items\":{\"movies\":1,");
    hf_scratch_read(room_path(room, "app.db"), &after);
    assert_int_equal(after.length, before.length);
    assert_memory_equal(after.data, before.data, before.length);
    room_sql(room, "app.db", "INSERT INTO User(username) VALUES('bo')");
    assert_int_equal(room_look(room, "old.json"), -1);
    assert_int_equal(room->err.code, HF_USAGE);
}

static void an_encrypted_copy_wants_its_passphrase(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_copy_keys) struct hf_copy_keys keys = {0};
    assert_int_equal(hf_codec_init(NULL), 0);
    assert_int_equal(hf_copy_keys_take_passphrase(&keys, "open sesame", NULL), 0);
    const struct hf_age_encryption encryption = {.passphrase = keys.passphrase};
    hf_auto(hf_exporting_result) struct hf_exporting_result result = {0};
    room_make(room, "old.db", room_filled);
    const struct hf_exporting_options options = {
        .config = &room->config,
        .env = hf_env_system(),
        .copy = {.path = room_path(room, "old.db"),
                 .name = "app",
                 .program = "1",
                 .output = {.to = room_path(room, "copy"), .encryption = &encryption},
                 .busy_ms = 1000}};
    assert_int_equal(hf_exporting(&options, &result, &room->err), 0);
    assert_int_equal(room_look(room, "copy"), -1);
    assert_int_equal(room->err.code, HF_WRONG_KEY);
    const struct hf_setup_place place = {.path = room_path(room, "copy"), .keys = &keys};
    assert_int_equal(hf_setup_look(&room->source, &place, &room->options, &room->err), 0);
    assert_int_equal(room->source.summary.user_count, 2);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    struct setup_room *room = *state;
    static const struct {
        const char *text, *error;
        enum hf_code code;
    } cases[] = {
        {"{\"users\": [\n{\"username\": \"ann\",\n\"data\": {\"movies\": [,]}}]}", "line 3",
         HF_CORRUPT},
        {"{\"format\": \"holdfast-copy\",\n\"version\": 1,\n\"what\": 2}", "line 3", HF_CORRUPT},
        {"{\"movies\": [\"A\"]}", "does not say whose", HF_USAGE},
        {"hello", "neither a portable copy", HF_CORRUPT},
        {"", "neither a portable copy", HF_CORRUPT},
        {"{\"a\": {\"b\": 1}}", "nothing in it that", HF_CORRUPT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        room_write(room, "in.json", cases[i].text);
        room->err = (struct hf_error){0};
        assert_int_equal(room_look(room, "in.json"), -1);
        if (room->err.code != cases[i].code || !strstr(room->err.text, cases[i].error))
            fail_msg("case %d: %s", (int)i, room->err.text);
    }
}

static void a_copy_that_unpacks_to_too_much_is_refused(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "old.db", room_filled);
    for (int generic = 0; generic < 2; generic++) {
        export(room, "old.db", "copy", generic, HF_COPY_ZSTD);
        room->options.most_text = 1000;
        assert_int_equal(room_look(room, "copy"), -1);
        assert_int_equal(room->err.code, HF_REFUSED);
        assert_non_null(strstr(room->err.text, "more than 1000 bytes"));
    }
}

static void a_damaged_database_is_refused(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    room_make(room, "old.db", room_filled);
    hf_scratch_read(room_path(room, "old.db"), &bytes);
    memset(bytes.data + 4096, 0x5a, 4096);
    hf_scratch_write(room_path(room, "old.db"), bytes.data, bytes.length);
    assert_int_equal(room_look(room, "old.db"), -1);
    assert_int_equal(room->err.code, HF_CORRUPT);
}

static void damage_that_no_query_meets_is_found(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_buf) struct hf_buf bytes = {0};
    room_make(room, "old.db", room_filled);
    hf_scratch_read(room_path(room, "old.db"), &bytes);
    hf_put_be32(bytes.data + 36, 5); /* pages on the free list */
    hf_scratch_write(room_path(room, "old.db"), bytes.data, bytes.length);
    assert_int_equal(room_look(room, "old.db"), -1);
    assert_int_equal(room->err.code, HF_CORRUPT);
}

static void nothing_of_a_hostile_schema_runs(void **state)
{
    struct setup_room *room = *state;
    room_make(room, "bad.db",
              "ALTER TABLE User RENAME TO Hidden;"
              "CREATE VIEW User AS SELECT id, username, rtreecheck('Hidden') AS createdAt,"
              " rtreecheck('Hidden') AS movieProfile, NULL AS tvProfile FROM Hidden;");
    assert_int_equal(room_look(room, "bad.db"), -1);
    assert_non_null(strstr(room->err.text, "unsafe use of rtreecheck()"));
    assert_null(room->json);
}

static void damage(struct hf_buf *bytes, uint64_t *random)
{
    for (int i = 0; i < 4; i++) {
        *random = *random * 6364136223846793005u + 1442695040888963407u;
        bytes->data[(*random >> 16) % bytes->length] = (uint8_t)(*random >> 56);
    }
}

static void look_at_damaged(struct setup_room *room, const char *name, uint64_t seed)
{
    enum { TIMES = 100 };
    hf_auto(hf_buf) struct hf_buf whole = {0};
    hf_scratch_read(room_path(room, name), &whole);
    for (uint64_t n = 0, random = seed; n < TIMES; n++) {
        hf_auto(hf_buf) struct hf_buf bytes = {0};
        assert_int_equal(hf_buf_append(&bytes, whole.data, whole.length, NULL), 0);
        damage(&bytes, &random);
        hf_scratch_write(room_path(room, "damaged"), bytes.data, bytes.length);
        room->err = (struct hf_error){0};
        if (room_look(room, "damaged") && !room->err.text[0])
            fail_msg("%s, seed %llu: no word of what is wrong", name, (unsigned long long)seed);
    }
}

static void random_damage_is_told_or_does_no_harm(void **state)
{
    struct setup_room *room = *state;
    uint64_t seed = (uint64_t)hf_now(hf_env_system());
    print_message("seed %llu\n", (unsigned long long)seed);
    room_make(room, "old.db", room_filled);
    export(room, "old.db", "copy", false, HF_COPY_PLAIN);
    export(room, "old.db", "generic", true, HF_COPY_PLAIN);
    room->options.edited = true; /* else the checksum says it all */
    look_at_damaged(room, "old.db", seed);
    look_at_damaged(room, "copy", seed);
    look_at_damaged(room, "generic", seed);
}

static void a_repository_lists_its_databases(void **state)
{
    struct setup_room *room = *state;
    uint64_t seq = 0;
    room_make(room, "app.db", room_filled);
    const struct hf_safety_point_options point = {.config = &room->config,
                                                  .env = hf_env_system(),
                                                  .database = "app",
                                                  .path = room_path(room, "app.db"),
                                                  .reason = "test"};
    if (hf_safety_point_take(&point, &seq, &room->err))
        fail_msg("%s", room->err.text);
    struct hf_setup_place place = {.repository = room_path(room, "repository")};
    if (hf_setup_look(&room->source, &place, &room->options, &room->err))
        fail_msg("%s", room->err.text);
    room->json = hf_setup_source_json(&room->source);
    room_says(room, "{\"kind\":\"repository\",\"encrypted\":false,\"databases\":[{\"name\":\"app\","
                    "\"damaged\":false,\"points\":1,\"newest\":{\"point\":1,\"time\":\"");
    place.recovery_key = "not a key";
    assert_int_equal(hf_setup_look(&room->source, &place, &room->options, &room->err), -1);
    assert_int_equal(room->err.code, HF_WRONG_KEY);
    place.recovery_key = NULL;
    place.repository = room_path(room, "nowhere");
    assert_int_equal(hf_setup_look(&room->source, &place, &room->options, &room->err), -1);
    assert_int_equal(room->err.code, HF_UNREACHABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_room_open, setup_room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sqlite_file_says_who_has_what),
        TEST(what_only_the_log_has_counts_and_stays_there),
        TEST(a_copy_of_the_application_says_the_same),
        TEST(a_generic_copy_says_the_same_and_leaves_nothing_behind),
        TEST(what_no_profile_knows_is_told_table_by_table),
        TEST(a_legacy_copy_says_what_it_lacks),
        TEST(without_a_name_the_only_user_of_the_database_is_meant),
        TEST(an_encrypted_copy_wants_its_passphrase),
        TEST(what_is_wrong_is_told_with_its_line),
        TEST(a_copy_that_unpacks_to_too_much_is_refused),
        TEST(a_damaged_database_is_refused),
        TEST(damage_that_no_query_meets_is_found),
        TEST(nothing_of_a_hostile_schema_runs),
        TEST(random_damage_is_told_or_does_no_harm),
        TEST(a_repository_lists_its_databases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

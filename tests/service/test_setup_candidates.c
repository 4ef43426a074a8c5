#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "service/setup_candidates.h"
#include "service/setup_room.h"

static void put(const struct setup_room *room, const char *name, const void *bytes, size_t length,
                int age)
{
    hf_scratch_write(room_path(room, name), bytes, length);
    const struct timespec both[2] = {{.tv_sec = 1000000 - age}, {.tv_sec = 1000000 - age}};
    assert_int_equal(utimensat(AT_FDCWD, room_path(room, name), both, 0), 0);
}

static void find(struct setup_room *room, struct hf_setup_candidates *found)
{
    if (hf_setup_candidates_find(found, room->scratch.path, hf_env_system(), &room->err))
        fail_msg("%s", room->err.text);
}

static void names_are(const struct hf_setup_candidates *found, const char *expected)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    hf_buf_print(&text, NULL, "%s", "");
    for (size_t i = 0; i < found->count; i++)
        hf_buf_print(&text, NULL, "%s%s %s", i ? ", " : "", found->list[i].name,
                     hf_file_kind_name(found->list[i].kind));
    assert_string_equal((char *)text.data, expected);
}

static void files_are_told_by_content_the_newest_first(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_setup_candidates) struct hf_setup_candidates found = {0};
    assert_int_equal(mkdir(room_path(room, "backups"), 0700), 0);
    assert_int_equal(mkdir(room_path(room, "backups/deep"), 0700), 0);
    put(room, "a.txt", " \n{\"a\": 1}", 9, 5);
    put(room, "b.json", "no object", 9, 4);
    put(room, "backups/c", "\x1f\x8b..", 4, 3);
    put(room, "backups/deep/d", "{}", 2, 2);
    put(room, "e", "\x28\xb5\x2f\xfd..", 6, 1);
    put(room, "f", "age-encryption.org/v1\n", 22, 6);
    put(room, "empty", "", 0, 0);
    put(room, ".hidden", "{}", 2, 0);
    put(room, "g", "SQLite format 3", 16, 7);
    put(room, "g-wal", "{}", 2, 7);
    find(room, &found);
    names_are(&found, "e zstd, backups/c gzip, a.txt json, f age, g sqlite");
    assert_int_equal(found.list[0].size, 6);
    assert_int_equal(found.list[0].time, (int64_t)(1000000 - 1) * 1000);
    room->json = hf_setup_candidates_json(&found);
    room_says(room,
              "\"name\":\"e\",\"kind\":\"zstd\",\"size\":6,\"time\":\"1970-01-12T13:46:39.000Z\"");
}

static void links_lead_nowhere(void **state)
{
    struct setup_room *room = *state;
    struct hf_scratch outside;
    char path[300];
    hf_auto(hf_setup_candidates) struct hf_setup_candidates found = {0};
    hf_scratch_init(&outside);
    snprintf(path, sizeof path, "%s/secret.json", outside.path);
    hf_scratch_write(path, "{}", 2);
    assert_int_equal(symlink(path, room_path(room, "link.json")), 0);
    assert_int_equal(symlink(outside.path, room_path(room, "folder")), 0);
    assert_int_equal(mkfifo(room_path(room, "pipe.json"), 0600), 0);
    find(room, &found);
    assert_int_equal(found.count, 0);
    enum hf_file_kind kind;
    assert_int_equal(
        hf_file_kind_look(&kind, hf_env_system(), room_path(room, "link.json"), &room->err), -1);
    hf_scratch_release(&outside);
}

static void an_id_leads_to_its_file_while_that_is_the_same(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_setup_candidates) struct hf_setup_candidates found = {0};
    put(room, "a.json", "{}", 2, 5);
    find(room, &found);
    hf_auto_free char *path =
        hf_setup_candidate_path(room->scratch.path, found.list[0].id, hf_env_system(), &room->err);
    assert_string_equal(path, room_path(room, "a.json"));
    put(room, "a.json", "{ }", 3, 5);
    assert_null(
        hf_setup_candidate_path(room->scratch.path, found.list[0].id, hf_env_system(), &room->err));
    assert_int_equal(room->err.code, HF_NOT_FOUND);
    assert_null(
        hf_setup_candidate_path(room->scratch.path, "../a.json", hf_env_system(), &room->err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup_room_open, setup_room_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_are_told_by_content_the_newest_first),
        TEST(links_lead_nowhere),
        TEST(an_id_leads_to_its_file_while_that_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Small JSON files, read and written whole. */
#include "service/json_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "service/json_channel.h"
#include "support/scratch.h"

struct scene {
    struct hf_scratch scratch;
    char *path;
};

static int begin(void **state)
{
    static struct scene scene;
    hf_scratch_init(&scene.scratch);
    scene.path = hf_scratch_path(&scene.scratch, "file.json");
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    hf_scratch_release(&scene->scratch);
    free(scene->path);
    return 0;
}

static enum hf_code code_of(const struct scene *scene, size_t most)
{
    struct hf_error err = {0};
    json_t *read = hf_json_file_read(hf_env_system(), scene->path, most, &err);
    assert_true(!read == (err.code != HF_OK));
    json_decref(read);
    return err.code;
}

static void what_was_written_is_read_and_its_owners_alone(void **state)
{
    const struct scene *scene = *state;
    const struct hf_env *env = hf_env_system();
    struct hf_error err = {0};
    struct stat status;
    assert_int_equal(hf_json_file_write(env, scene->path, json_pack("{s:s}", "a", "b"), &err), 0);
    json_t *read = hf_json_file_read(env, scene->path, 1000, &err);
    assert_string_equal(hf_member_text(read, "a", ""), "b");
    json_decref(read);
    assert_int_equal(stat(scene->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void what_is_no_object_is_damaged(void **state)
{
    static const char *const texts[] = {"", "{", "[]", "7", "{} x"};
    const struct scene *scene = *state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        hf_scratch_write(scene->path, texts[i], strlen(texts[i]));
        assert_int_equal(code_of(scene, 1000), HF_CORRUPT);
    }
}

static void what_is_not_there_or_too_long_is_told_apart(void **state)
{
    const struct scene *scene = *state;
    assert_int_equal(code_of(scene, 1000), HF_NOT_FOUND);
    hf_scratch_write(scene->path, "{\"a\": 1}", 8);
    assert_int_equal(code_of(scene, 8), HF_OK);
    assert_int_not_equal(code_of(scene, 7), HF_OK);
}

static void what_could_not_be_made_is_a_lack_of_memory(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    assert_int_equal(hf_json_file_write(hf_env_system(), scene->path, NULL, &err), -1);
    assert_int_equal(err.code, HF_NO_MEMORY);
    assert_int_equal(code_of(scene, 1000), HF_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        FILE_TEST(what_was_written_is_read_and_its_owners_alone),
        FILE_TEST(what_is_no_object_is_damaged),
        FILE_TEST(what_is_not_there_or_too_long_is_told_apart),
        FILE_TEST(what_could_not_be_made_is_a_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

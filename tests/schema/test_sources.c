#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "schema/sources.h"
#include "support/scratch.h"

static void put(const struct hf_scratch *scratch, const char *name, const char *text)
{
    hf_auto_free char *path = hf_scratch_path(scratch, name);
    hf_scratch_write(path, text, strlen(text));
}

static int load(const struct hf_scratch *scratch, const char *name, struct hf_schema_sources *out,
                struct hf_error *err)
{
    hf_auto_free char *path = hf_scratch_path(scratch, name);
    return hf_schema_sources_load(out, hf_env_system(), path, err);
}

static void a_file_is_one_source_of_the_dialect_its_name_tells(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch = {0};
    hf_scratch_init(&scratch);
    put(&scratch, "a.prisma", "model A {}");
    put(&scratch, "b.sql", "");
    hf_auto(hf_schema_sources) struct hf_schema_sources prisma = {0}, sql = {0};
    assert_int_equal(load(&scratch, "a.prisma", &prisma, NULL), 0);
    assert_int_equal(prisma.dialect, HF_SCHEMA_PRISMA);
    assert_int_equal(prisma.count, 1);
    assert_string_equal(prisma.list[0].text, "model A {}");
    assert_int_equal(prisma.list[0].length, 10);
    assert_int_equal(load(&scratch, "b.sql", &sql, NULL), 0);
    assert_int_equal(sql.dialect, HF_SCHEMA_SQL);
    assert_int_equal(sql.list[0].length, 0);
}

static void a_folder_gives_its_prisma_files_also_from_below_in_the_order_of_their_paths(
    void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch = {0};
    hf_scratch_init(&scratch);
    hf_auto_free char *below = hf_scratch_path(&scratch, "models");
    assert_int_equal(mkdir(below, 0700), 0);
    put(&scratch, "z.prisma", "z");
    put(&scratch, "models/user.prisma", "u");
    put(&scratch, "a.prisma", "a");
    put(&scratch, "notes.txt", "x");
    put(&scratch, "old.sql", "y");
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    assert_int_equal(load(&scratch, "", &sources, NULL), 0);
    assert_int_equal(sources.dialect, HF_SCHEMA_PRISMA);
    assert_int_equal(sources.count, 3);
    assert_string_equal(sources.list[0].text, "a");
    assert_string_equal(sources.list[1].text, "u");
    assert_string_equal(sources.list[2].text, "z");
}

static void a_folder_without_prisma_files_gives_the_sql_files_directly_in_it(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch = {0};
    hf_scratch_init(&scratch);
    hf_auto_free char *below = hf_scratch_path(&scratch, "more");
    assert_int_equal(mkdir(below, 0700), 0);
    put(&scratch, "2.sql", "second");
    put(&scratch, "1.sql", "first");
    put(&scratch, "more/3.sql", "third");
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    assert_int_equal(load(&scratch, "", &sources, NULL), 0);
    assert_int_equal(sources.dialect, HF_SCHEMA_SQL);
    assert_int_equal(sources.count, 2);
    assert_string_equal(sources.list[0].text, "first");
}

static void a_loop_of_links_between_folders_ends(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch = {0};
    hf_scratch_init(&scratch);
    hf_auto_free char *loop = hf_scratch_path(&scratch, "loop");
    assert_int_equal(symlink(".", loop), 0);
    put(&scratch, "a.prisma", "a");
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    struct hf_error err = {0};
    assert_int_equal(load(&scratch, "", &sources, &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
}

static void what_is_not_there_another_extension_and_an_empty_folder_are_told_apart(void **state)
{
    (void)state;
    hf_auto(hf_scratch) struct hf_scratch scratch = {0};
    hf_scratch_init(&scratch);
    hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
    struct hf_error err = {0};
    assert_int_equal(load(&scratch, "missing.prisma", &sources, &err), -1);
    assert_int_equal(err.code, HF_NOT_FOUND);
    assert_int_equal(load(&scratch, "", &sources, &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_non_null(strstr(err.text, "holds no schema"));
    put(&scratch, "schema.txt", "");
    assert_int_equal(load(&scratch, "schema.txt", &sources, &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_null(sources.list);
}

static void text_that_is_not_utf8_or_holds_a_nul_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {{"ok\n\xff", 4},
                 {"ok\n\0", 4},
                 {"ok\n\xc0\x80", 5},
                 {"ok\n\xed\xa0\x80", 6},
                 {"ok\n\xe2\x82", 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hf_auto(hf_scratch) struct hf_scratch scratch = {0};
        hf_scratch_init(&scratch);
        hf_auto_free char *path = hf_scratch_path(&scratch, "a.prisma");
        hf_scratch_write(path, cases[i].text, cases[i].length);
        hf_auto(hf_schema_sources) struct hf_schema_sources sources = {0};
        struct hf_error err = {0};
        assert_int_equal(hf_schema_sources_load(&sources, hf_env_system(), path, &err), -1);
        assert_int_equal(err.code, HF_CONFIG);
        assert_non_null(strstr(err.text, "line 2"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_one_source_of_the_dialect_its_name_tells),
        cmocka_unit_test(
            a_folder_gives_its_prisma_files_also_from_below_in_the_order_of_their_paths),
        cmocka_unit_test(a_folder_without_prisma_files_gives_the_sql_files_directly_in_it),
        cmocka_unit_test(a_loop_of_links_between_folders_ends),
        cmocka_unit_test(what_is_not_there_another_extension_and_an_empty_folder_are_told_apart),
        cmocka_unit_test(text_that_is_not_utf8_or_holds_a_nul_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

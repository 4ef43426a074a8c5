#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema/prisma_stage.h"

/* What a schema says beside its statements, and what it is made of. */

static void comments_above_tell_former_names(void **state)
{
    (void)state;
    hf_auto(prisma_stage) struct prisma_stage stage;
    prisma_stage_init(&stage, PRISMA_DATASOURCE "/// People.\n"
                                                "/// @renamed-from persons\n"
                                                "model User {\n"
                                                "  id Int @id\n"
                                                "  /// @renamed-from full name\n"
                                                "\n"
                                                "  // no rename: @renamed-from x\n"
                                                "  /// @renamed-from title\n"
                                                "  name String @map(\"the_name\")\n"
                                                "  age Int /// @renamed-from years\n"
                                                "  @@map(\"users\")\n"
                                                "}\n");
    assert_int_equal(stage.result, 0);
    assert_int_equal(stage.wanted.rename_count, 3);
    assert_string_equal(stage.wanted.renames[0].table, "users");
    assert_null(stage.wanted.renames[0].column);
    assert_string_equal(stage.wanted.renames[0].from, "persons");
    assert_string_equal(stage.wanted.renames[1].column, "the_name");
    assert_string_equal(stage.wanted.renames[1].from, "title");
    assert_string_equal(stage.wanted.renames[2].column, "age");
    assert_string_equal(stage.wanted.renames[2].from, "years");
}

static void a_former_name_that_nothing_can_have_had_is_refused(void **state)
{
    (void)state;
    static const char *const hints[] = {"  /// @renamed-from author\n", "", "/// @renamed-from\n"};
    for (int i = 0; i < 3; i++) {
        hf_auto(prisma_stage) struct prisma_stage stage;
        hf_auto(hf_buf) struct hf_buf text = {0};
        hf_buf_print(&text, NULL,
                     PRISMA_DATASOURCE "%smodel A {\n  id Int @id\n  x Int?\n%s"
                                       "  p A? @relation(\"r\", fields: [x], references: [id])\n"
                                       "  c A[] @relation(\"r\")\n}\n",
                     i == 2 ? hints[i] : "", i == 2 ? "" : hints[i]);
        prisma_stage_init(&stage, (const char *)text.data);
        assert_int_equal(stage.result, i == 1 ? 0 : -1);
        assert_int_equal(stage.found.count, i == 1 ? 0 : 1);
    }
}

static void a_comment_with_an_empty_line_below_says_nothing_of_the_model(void **state)
{
    (void)state;
    hf_auto(prisma_stage) struct prisma_stage stage;
    prisma_stage_init(&stage, PRISMA_DATASOURCE "/// @renamed-from old\n"
                                                "\n"
                                                "model A {\n"
                                                "  id Int @id\n"
                                                "}\n");
    assert_int_equal(stage.result, 0);
    assert_int_equal(stage.wanted.rename_count, 0);
}

static void columns_of_enums_are_told_with_their_values(void **state)
{
    (void)state;
    hf_auto(prisma_stage) struct prisma_stage stage;
    prisma_stage_init(&stage, PRISMA_DATASOURCE "model A {\n"
                                                "  id Int @id\n"
                                                "  role Role @map(\"r\")\n"
                                                "}\n"
                                                "enum Role {\n"
                                                "  ADMIN\n"
                                                "  USER @map(\"user\")\n"
                                                "}\n");
    assert_int_equal(stage.result, 0);
    assert_int_equal(stage.wanted.enum_count, 1);
    assert_string_equal(stage.wanted.enums[0].column, "r");
    assert_string_equal(stage.wanted.enums[0].values[0], "ADMIN");
    assert_string_equal(stage.wanted.enums[0].values[1], "user");
    assert_null(stage.wanted.enums[0].values[2]);
}

static void a_schema_may_be_in_several_files(void **state)
{
    (void)state;
    char first[] = "model A {\n  id Int @id\n  b B?\n}\n";
    char second[] = PRISMA_DATASOURCE "model B {\n  id Int @id\n  x Int @unique\n"
                                      "  a A @relation(fields: [x], references: [id])\n}\n";
    struct hf_schema_source list[] = {{(char *)"a.prisma", first, strlen(first)},
                                      {(char *)"b.prisma", second, strlen(second)}};
    const struct hf_schema_sources sources = {HF_SCHEMA_PRISMA, list, 2};
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    assert_int_equal(hf_schema_compile(&wanted, &sources, &found, NULL), 0);
    assert_int_equal(wanted.statement_count, 3);
    sqlite3 *database = hf_wanted_build(&wanted, NULL);
    assert_non_null(database);
    sqlite3_close(database);
}

static void a_schema_needs_a_datasource_of_sqlite(void **state)
{
    (void)state;
    hf_auto(prisma_stage) struct prisma_stage none, other;
    prisma_stage_init(&none, "model A {\n  id Int @id\n}\n");
    assert_int_equal(none.result, -1);
    assert_int_equal(none.found.count, 1);
    prisma_stage_init(&other, "datasource db {\n  provider = \"postgresql\"\n}\n");
    assert_int_equal(other.result, -1);
    assert_non_null(strstr(other.err.text, "schema.prisma:2:"));
}

static void without_foreign_keys_tables_have_none_and_circles_are_refused(void **state)
{
    (void)state;
    static const char without[] = "datasource db {\n  provider = \"sqlite\"\n"
                                  "  relationMode = \"prisma\"\n}\n";
    static const char *const actions[] = {"", ", onDelete: Restrict, onUpdate: Restrict"};
    for (int i = 0; i < 2; i++) {
        hf_auto(prisma_stage) struct prisma_stage stage;
        hf_auto(hf_buf) struct hf_buf text = {0};
        hf_buf_print(&text, NULL,
                     "%smodel A {\n  id Int @id\n  x Int?\n  p A? @relation(\"r\", fields: [x], "
                     "references: [id]%s)\n  c A[] @relation(\"r\")\n}\n",
                     without, actions[i]);
        prisma_stage_init(&stage, (const char *)text.data);
        assert_int_equal(stage.result, i ? 0 : -1);
        if (i)
            assert_null(strstr(stage.wanted.statements[0], "FOREIGN KEY"));
    }
}

static void all_complaints_of_a_stage_are_told(void **state)
{
    (void)state;
    hf_auto(prisma_stage) struct prisma_stage stage;
    prisma_stage_init(&stage, PRISMA_DATASOURCE "model A {\n"
                                                "  id Int @id\n"
                                                "  x String[]\n"
                                                "  y Int @db.Integer\n"
                                                "}\n");
    assert_int_equal(stage.result, -1);
    assert_int_equal(stage.found.count, 2);
    assert_non_null(strstr(stage.err.text, "and 1 more"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comments_above_tell_former_names),
        cmocka_unit_test(a_former_name_that_nothing_can_have_had_is_refused),
        cmocka_unit_test(a_comment_with_an_empty_line_below_says_nothing_of_the_model),
        cmocka_unit_test(columns_of_enums_are_told_with_their_values),
        cmocka_unit_test(a_schema_may_be_in_several_files),
        cmocka_unit_test(a_schema_needs_a_datasource_of_sqlite),
        cmocka_unit_test(without_foreign_keys_tables_have_none_and_circles_are_refused),
        cmocka_unit_test(all_complaints_of_a_stage_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

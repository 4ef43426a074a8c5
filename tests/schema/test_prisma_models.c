#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/prisma_stage.h"

/* What is refused of blocks, names, ids and indexes, and at which line. */

static void a_line_that_is_no_field_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @default(1\n"
                   "}\n",
                   "x Int @default(1");
}

static void a_field_without_a_type_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x\n"
                   "}\n",
                   "x\n");
}

static void a_block_that_is_never_closed_is_lines_outside_of_blocks(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n",
                   "model A {");
}

static void an_unknown_kind_of_block_is_refused_at_its_first_line(void **state)
{
    (void)state;
    assert_refused("modle A {\n"
                   "  id Int @id\n"
                   "}\n",
                   "modle A");
}

static void a_block_without_a_name_is_refused(void **state)
{
    (void)state;
    assert_refused("model {\n"
                   "  id Int @id\n"
                   "}\n",
                   "model {");
}

static void older_forms_of_types_are_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x [Int]\n"
                   "}\n",
                   "x [Int]");
}

static void arguments_stay_on_one_line(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  @@unique([\n"
                   "    x\n"
                   "  ])\n"
                   "}\n",
                   "@@unique([");
}

static void an_unknown_escape_in_a_text_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String @default(\"a\\qb\")\n"
                   "}\n",
                   "x String");
}

static void two_models_of_one_name_are_refused_at_the_second(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "}\n"
                   "model A {\n"
                   "  x Int @id\n"
                   "}\n"
                   "// ",
                   "model A {\n"
                   "  x");
}

static void two_fields_of_one_name_are_refused_at_the_second(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  x String\n"
                   "}\n",
                   "x String");
}

static void two_values_of_one_name_are_refused(void **state)
{
    (void)state;
    assert_refused("enum E {\n"
                   "  A\n"
                   "  B\n"
                   "  A\n"
                   "}\n",
                   "A\n"
                   "}");
}

static void an_enum_needs_a_value(void **state)
{
    (void)state;
    assert_refused("enum E {\n"
                   "}\n",
                   "enum E");
}

static void reserved_words_are_no_models(void **state)
{
    (void)state;
    assert_refused("model class {\n"
                   "  id Int @id\n"
                   "}\n",
                   "model class");
}

static void a_name_must_not_begin_with_a_digit_or_hold_a_hyphen(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x-y Int\n"
                   "}\n",
                   "x-y");
}

static void an_unknown_type_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Strin\n"
                   "}\n",
                   "x Strin");
}

static void an_unknown_attribute_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @foo\n"
                   "}\n",
                   "x Int");
}

static void an_unknown_argument_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @unique(foo: 1)\n"
                   "}\n",
                   "x Int");
}

static void an_attribute_is_given_once(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @default(1) @default(2)\n"
                   "}\n",
                   "x Int");
}

static void a_comma_after_the_last_argument_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  @@index([x], )\n"
                   "}\n",
                   "@@index");
}

static void a_model_needs_something_that_identifies_its_rows(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  x Int? @unique\n"
                   "}\n",
                   "model A");
}

static void an_id_is_required(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int? @id\n"
                   "}\n",
                   "id Int?");
}

static void a_model_has_one_id(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  x Int @id\n"
                   "  y Int @id\n"
                   "}\n",
                   "model A");
}

static void an_id_lists_fields_that_are_there(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int\n"
                   "  @@id([foo])\n"
                   "}\n",
                   "@@id([foo])");
}

static void an_id_has_no_name_in_the_database(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id(map: \"pk\")\n"
                   "}\n",
                   "model A");
}

static void an_id_has_no_order(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id(sort: Desc)\n"
                   "}\n",
                   "id Int");
}

static void an_index_lists_fields_that_are_there(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  @@index([foo])\n"
                   "}\n",
                   "@@index");
}

static void an_index_lists_a_field_once(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  @@index([id, id])\n"
                   "}\n",
                   "@@index");
}

static void an_index_has_no_length(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String\n"
                   "  @@index([x(length: 5)])\n"
                   "}\n",
                   "@@index");
}

static void an_index_is_a_btree(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  @@index([x], type: Hash)\n"
                   "}\n",
                   "@@index");
}

static void two_indexes_cannot_have_one_name(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  y Int\n"
                   "  @@index([x], map: \"same\")\n"
                   "  @@unique([y], map: \"same\")\n"
                   "}\n",
                   "@@index");
}

static void there_is_no_full_text_index(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String\n"
                   "  @@fulltext([x])\n"
                   "}\n",
                   "@@fulltext");
}

static void there_are_no_schemas(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  @@schema(\"a\")\n"
                   "}\n",
                   "@@schema");
}

static void two_models_cannot_have_one_table(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  @@map(\"A\")\n"
                   "}\n",
                   "@@map(\"A\")");
}

static void two_fields_cannot_have_one_column(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @map(\"y\")\n"
                   "  y Int\n"
                   "}\n",
                   "x Int");
}

static void there_are_no_composite_types(void **state)
{
    (void)state;
    assert_refused("type T {\n"
                   "  x Int\n"
                   "}\n"
                   "model A {\n"
                   "  id Int @id\n"
                   "}\n",
                   "type T");
}

static void a_view_needs_its_preview_feature(void **state)
{
    (void)state;
    assert_refused("view V {\n"
                   "  x Int @unique\n"
                   "}\n",
                   "view V");
}

static void a_generator_needs_a_provider(void **state)
{
    (void)state;
    assert_refused("generator g {\n"
                   "}\n",
                   "generator g");
}

static void a_second_datasource_is_refused(void **state)
{
    (void)state;
    assert_refused("datasource other {\n"
                   "  provider = \"sqlite\"\n"
                   "}\n",
                   "datasource db");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_is_no_field_is_refused),
        cmocka_unit_test(a_field_without_a_type_is_refused),
        cmocka_unit_test(a_block_that_is_never_closed_is_lines_outside_of_blocks),
        cmocka_unit_test(an_unknown_kind_of_block_is_refused_at_its_first_line),
        cmocka_unit_test(a_block_without_a_name_is_refused),
        cmocka_unit_test(older_forms_of_types_are_refused),
        cmocka_unit_test(arguments_stay_on_one_line),
        cmocka_unit_test(an_unknown_escape_in_a_text_is_refused),
        cmocka_unit_test(two_models_of_one_name_are_refused_at_the_second),
        cmocka_unit_test(two_fields_of_one_name_are_refused_at_the_second),
        cmocka_unit_test(two_values_of_one_name_are_refused),
        cmocka_unit_test(an_enum_needs_a_value),
        cmocka_unit_test(reserved_words_are_no_models),
        cmocka_unit_test(a_name_must_not_begin_with_a_digit_or_hold_a_hyphen),
        cmocka_unit_test(an_unknown_type_is_refused),
        cmocka_unit_test(an_unknown_attribute_is_refused),
        cmocka_unit_test(an_unknown_argument_is_refused),
        cmocka_unit_test(an_attribute_is_given_once),
        cmocka_unit_test(a_comma_after_the_last_argument_is_refused),
        cmocka_unit_test(a_model_needs_something_that_identifies_its_rows),
        cmocka_unit_test(an_id_is_required),
        cmocka_unit_test(a_model_has_one_id),
        cmocka_unit_test(an_id_lists_fields_that_are_there),
        cmocka_unit_test(an_id_has_no_name_in_the_database),
        cmocka_unit_test(an_id_has_no_order),
        cmocka_unit_test(an_index_lists_fields_that_are_there),
        cmocka_unit_test(an_index_lists_a_field_once),
        cmocka_unit_test(an_index_has_no_length),
        cmocka_unit_test(an_index_is_a_btree),
        cmocka_unit_test(two_indexes_cannot_have_one_name),
        cmocka_unit_test(there_is_no_full_text_index),
        cmocka_unit_test(there_are_no_schemas),
        cmocka_unit_test(two_models_cannot_have_one_table),
        cmocka_unit_test(two_fields_cannot_have_one_column),
        cmocka_unit_test(there_are_no_composite_types),
        cmocka_unit_test(a_view_needs_its_preview_feature),
        cmocka_unit_test(a_generator_needs_a_provider),
        cmocka_unit_test(a_second_datasource_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

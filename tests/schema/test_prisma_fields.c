#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/prisma_stage.h"

/* What is refused of fields, their defaults and relations, and at which line. */

static void a_list_of_scalars_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String[]\n"
                   "}\n",
                   "x String[]");
}

static void a_native_type_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String @db.VarChar(5)\n"
                   "}\n",
                   "x String");
}

static void a_counter_must_be_the_id(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @default(autoincrement())\n"
                   "}\n",
                   "x Int");
}

static void a_default_is_of_the_type_of_its_field(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @default(\"a\")\n"
                   "}\n",
                   "x Int");
}

static void a_whole_number_has_64_bits(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @default(9223372036854775808)\n"
                   "}\n",
                   "x Int");
}

static void a_boolean_is_true_or_false(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Boolean @default(yes)\n"
                   "}\n",
                   "x Boolean");
}

static void a_time_has_a_zone(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x DateTime @default(\"2020-01-01T00:00:00\")\n"
                   "}\n",
                   "x DateTime");
}

static void a_day_that_no_month_has_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x DateTime @default(\"2021-02-29T00:00:00Z\")\n"
                   "}\n",
                   "x DateTime");
}

static void a_default_of_json_is_json(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Json @default(\"{bad\")\n"
                   "}\n",
                   "x Json");
}

static void a_default_of_bytes_is_base64_with_its_padding(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Bytes @default(\"AA\")\n"
                   "}\n",
                   "x Bytes");
}

static void a_default_of_an_enum_is_one_of_its_values(void **state)
{
    (void)state;
    assert_refused("enum E {\n"
                   "  A\n"
                   "}\n"
                   "model A {\n"
                   "  id Int @id\n"
                   "  x E @default(B)\n"
                   "}\n",
                   "x E");
}

static void an_unknown_function_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String @default(foo())\n"
                   "}\n",
                   "x String");
}

static void a_function_gives_a_value_of_its_own_type(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @default(uuid())\n"
                   "}\n",
                   "x Int");
}

static void a_function_takes_only_the_numbers_it_knows(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String @default(uuid(5))\n"
                   "}\n",
                   "x String");
}

static void a_default_has_no_name(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @default(1, map: \"d\")\n"
                   "}\n",
                   "x Int");
}

static void an_updated_field_is_a_time(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @updatedAt\n"
                   "}\n",
                   "x Int");
}

static void a_relation_has_two_sides(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  b B @relation(fields: [x], references: [id])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "}\n",
                   "b B");
}

static void several_relations_between_two_models_have_names(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  b B @relation(fields: [x], references: [id])\n"
                   "  y Int\n"
                   "  c B @relation(fields: [y], references: [id])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void a_relation_says_which_fields_hold_its_key(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  b B\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void a_key_has_the_type_of_what_it_refers_to(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x String\n"
                   "  b B @relation(fields: [x], references: [id])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void a_key_refers_to_something_unique(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  b B @relation(fields: [x], references: [y])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  y Int\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void a_required_relation_has_a_required_key(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int?\n"
                   "  b B @relation(fields: [x], references: [id])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void a_required_key_cannot_be_set_to_null(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  b B @relation(fields: [x], references: [id], onDelete: SetNull)\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void a_relation_of_one_to_one_has_a_unique_key(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  b B @relation(fields: [x], references: [id])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  a A?\n"
                   "}\n",
                   "b B");
}

static void of_one_to_one_the_side_without_the_key_is_optional(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int @unique\n"
                   "  b B @relation(fields: [x], references: [id])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  a A\n"
                   "}\n",
                   "a A");
}

static void a_foreign_key_has_no_name(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  b B @relation(fields: [x], references: [id], map: \"fk\")\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void an_unknown_action_is_refused(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  b B @relation(fields: [x], references: [id], onDelete: Explode)\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "b B");
}

static void many_to_many_refers_to_ids_by_itself(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  bs B[] @relation(references: [id])\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  as A[]\n"
                   "}\n",
                   "bs B[]");
}

static void many_to_many_needs_ids_of_one_field(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  bs B[]\n"
                   "}\n"
                   "model B {\n"
                   "  x Int\n"
                   "  y Int\n"
                   "  as A[]\n"
                   "  @@id([x, y])\n"
                   "}\n",
                   "bs B[]");
}

static void a_relation_to_an_ignored_model_is_ignored(void **state)
{
    (void)state;
    assert_refused("model A {\n"
                   "  id Int @id\n"
                   "  bs B[]\n"
                   "}\n"
                   "model B {\n"
                   "  id Int @id\n"
                   "  x Int\n"
                   "  a A @relation(fields: [x], references: [id])\n"
                   "  @@ignore\n"
                   "}\n",
                   "bs B[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_scalars_is_refused),
        cmocka_unit_test(a_native_type_is_refused),
        cmocka_unit_test(a_counter_must_be_the_id),
        cmocka_unit_test(a_default_is_of_the_type_of_its_field),
        cmocka_unit_test(a_whole_number_has_64_bits),
        cmocka_unit_test(a_boolean_is_true_or_false),
        cmocka_unit_test(a_time_has_a_zone),
        cmocka_unit_test(a_day_that_no_month_has_is_refused),
        cmocka_unit_test(a_default_of_json_is_json),
        cmocka_unit_test(a_default_of_bytes_is_base64_with_its_padding),
        cmocka_unit_test(a_default_of_an_enum_is_one_of_its_values),
        cmocka_unit_test(an_unknown_function_is_refused),
        cmocka_unit_test(a_function_gives_a_value_of_its_own_type),
        cmocka_unit_test(a_function_takes_only_the_numbers_it_knows),
        cmocka_unit_test(a_default_has_no_name),
        cmocka_unit_test(an_updated_field_is_a_time),
        cmocka_unit_test(a_relation_has_two_sides),
        cmocka_unit_test(several_relations_between_two_models_have_names),
        cmocka_unit_test(a_relation_says_which_fields_hold_its_key),
        cmocka_unit_test(a_key_has_the_type_of_what_it_refers_to),
        cmocka_unit_test(a_key_refers_to_something_unique),
        cmocka_unit_test(a_required_relation_has_a_required_key),
        cmocka_unit_test(a_required_key_cannot_be_set_to_null),
        cmocka_unit_test(a_relation_of_one_to_one_has_a_unique_key),
        cmocka_unit_test(of_one_to_one_the_side_without_the_key_is_optional),
        cmocka_unit_test(a_foreign_key_has_no_name),
        cmocka_unit_test(an_unknown_action_is_refused),
        cmocka_unit_test(many_to_many_refers_to_ids_by_itself),
        cmocka_unit_test(many_to_many_needs_ids_of_one_field),
        cmocka_unit_test(a_relation_to_an_ignored_model_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

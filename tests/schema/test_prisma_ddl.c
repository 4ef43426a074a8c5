#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema/prisma_stage.h"

/* What a schema becomes. */

static void every_scalar_type_has_its_column_type(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  a String\n"
                    "  b Boolean\n"
                    "  c Int\n"
                    "  d BigInt\n"
                    "  e Float\n"
                    "  f Decimal\n"
                    "  g DateTime\n"
                    "  h Json\n"
                    "  i Bytes\n"
                    "  j Unsupported(\"circle\")\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"a\" TEXT NOT NULL,\n"
                    "    \"b\" BOOLEAN NOT NULL,\n"
                    "    \"c\" INTEGER NOT NULL,\n"
                    "    \"d\" BIGINT NOT NULL,\n"
                    "    \"e\" REAL NOT NULL,\n"
                    "    \"f\" DECIMAL NOT NULL,\n"
                    "    \"g\" DATETIME NOT NULL,\n"
                    "    \"h\" JSONB NOT NULL,\n"
                    "    \"i\" BLOB NOT NULL,\n"
                    "    \"j\" circle NOT NULL\n"
                    ");\n");
}

static void an_optional_field_may_be_null(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x String?\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" TEXT\n"
                    ");\n");
}

static void a_big_id_is_not_counted(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id BigInt @id @default(autoincrement())\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" BIGINT NOT NULL PRIMARY KEY\n"
                    ");\n");
}

static void an_id_of_several_fields_stands_after_the_columns(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  x Int\n"
                    "  y String\n"
                    "  @@id([y, x])\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"x\" INTEGER NOT NULL,\n"
                    "    \"y\" TEXT NOT NULL,\n"
                    "\n"
                    "    PRIMARY KEY (\"y\", \"x\")\n"
                    ");\n");
}

static void what_a_client_makes_has_no_default_in_the_database(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  a String @default(uuid(7))\n"
                    "  b String @default(cuid())\n"
                    "  c String @default(ulid())\n"
                    "  d String @default(nanoid(8))\n"
                    "  e DateTime @updatedAt\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"a\" TEXT NOT NULL,\n"
                    "    \"b\" TEXT NOT NULL,\n"
                    "    \"c\" TEXT NOT NULL,\n"
                    "    \"d\" TEXT NOT NULL,\n"
                    "    \"e\" DATETIME NOT NULL\n"
                    ");\n");
}

static void now_is_the_current_timestamp(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x DateTime @default(now())\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP\n"
                    ");\n");
}

static void an_expression_of_the_database_is_taken_as_it_is(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x Int @default(dbgenerated(\"(abs(-1))\"))\n"
                    "  y Int @default(dbgenerated())\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" INTEGER NOT NULL DEFAULT (abs(-1)),\n"
                    "    \"y\" INTEGER NOT NULL\n"
                    ");\n");
}

static void a_text_is_quoted_for_sql(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x String @default(\"it's \\\"so\\\"\")\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" TEXT NOT NULL DEFAULT 'it''s \"so\"'\n"
                    ");\n");
}

static void numbers_lose_needless_zeros_and_exponents(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  a Float @default(-007.10)\n"
                    "  b Decimal @default(\"1.5e-3\")\n"
                    "  c Decimal @default(\"12e2\")\n"
                    "  d Float @default(-0.0)\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"a\" REAL NOT NULL DEFAULT -7.10,\n"
                    "    \"b\" DECIMAL NOT NULL DEFAULT 0.0015,\n"
                    "    \"c\" DECIMAL NOT NULL DEFAULT 1200,\n"
                    "    \"d\" REAL NOT NULL DEFAULT 0.0\n"
                    ");\n");
}

static void a_time_is_written_as_prisma_writes_it(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x DateTime @default(\"2020-01-31T05:06:07.5+02:30\")\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" DATETIME NOT NULL DEFAULT '2020-01-31 05:06:07.500 +02:30'\n"
                    ");\n");
}

static void bytes_are_hexadecimal(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x Bytes @default(\"aGk=\")\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" BLOB NOT NULL DEFAULT '6869'\n"
                    ");\n");
}

static void json_is_quoted_so_that_sqlite_takes_it(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x Json @default(\"{\\\"a\\\": 1}\")\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" JSONB NOT NULL DEFAULT '{\"a\": 1}'\n"
                    ");\n");
}

static void an_enum_is_a_text_and_its_default_the_mapped_value(void **state)
{
    (void)state;
    assert_compiles("enum E {\n"
                    "  A\n"
                    "  B @map(\"b value\")\n"
                    "}\n"
                    "model A {\n"
                    "  id Int @id\n"
                    "  x E @default(B)\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" TEXT NOT NULL DEFAULT 'b value'\n"
                    ");\n");
}

static void names_of_the_database_are_used_and_quoted(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id @map(\"the \\\"id\\\"\")\n"
                    "  x  Int @unique @map(\"y\")\n"
                    "  @@map(\"a b\")\n"
                    "}\n",
                    "CREATE TABLE \"a b\" (\n"
                    "    \"the \"\"id\"\"\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"y\" INTEGER NOT NULL\n"
                    ");\n"
                    "CREATE UNIQUE INDEX \"a b_y_key\" ON \"a b\"(\"y\");\n");
}

static void indexes_come_in_the_order_of_fields_then_index_then_unique(void **state)
{
    (void)state;
    assert_compiles("model A {\n"
                    "  id Int @id\n"
                    "  x Int @unique\n"
                    "  y Int\n"
                    "  @@unique([x, y])\n"
                    "  @@index([y(sort: Desc), x(sort: Asc)])\n"
                    "  @@index([y], map: \"mine\")\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" INTEGER NOT NULL,\n"
                    "    \"y\" INTEGER NOT NULL\n"
                    ");\n"
                    "CREATE UNIQUE INDEX \"A_x_key\" ON \"A\"(\"x\");\n"
                    "CREATE INDEX \"A_y_x_idx\" ON \"A\"(\"y\" DESC, \"x\" ASC);\n"
                    "CREATE INDEX \"mine\" ON \"A\"(\"y\");\n"
                    "CREATE UNIQUE INDEX \"A_x_y_key\" ON \"A\"(\"x\", \"y\");\n");
}

static void a_condition_makes_a_partial_index(void **state)
{
    (void)state;
    assert_compiles("generator g {\n"
                    "  provider = \"x\"\n"
                    "  previewFeatures = [\"partialIndexes\"]\n"
                    "}\n"
                    "model A {\n"
                    "  id Int @id\n"
                    "  x Int? @map(\"xx\")\n"
                    "  @@index([x], where: { x: { not: null } })\n"
                    "  @@unique([x], where: raw(\"xx > 5\"))\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"xx\" INTEGER\n"
                    ");\n"
                    "CREATE INDEX \"A_xx_idx\" ON \"A\"(\"xx\") WHERE \"xx\" IS NOT NULL;\n"
                    "CREATE UNIQUE INDEX \"A_xx_key\" ON \"A\"(\"xx\") WHERE xx > 5;\n");
}

static void a_required_relation_restricts_and_an_optional_one_sets_null(void **state)
{
    (void)state;
    assert_compiles("model P {\n"
                    "  id Int @id\n"
                    "  a C[] @relation(\"a\")\n"
                    "  b C[] @relation(\"b\")\n"
                    "}\n"
                    "model C {\n"
                    "  id Int @id\n"
                    "  x Int\n"
                    "  y Int?\n"
                    "  a P @relation(\"a\", fields: [x], references: [id])\n"
                    "  b P? @relation(\"b\", fields: [y], references: [id])\n"
                    "}\n",
                    "CREATE TABLE \"P\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT\n"
                    ");\n"
                    "CREATE TABLE \"C\" (\n"
                    "    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n"
                    "    \"x\" INTEGER NOT NULL,\n"
                    "    \"y\" INTEGER,\n"
                    "    CONSTRAINT \"C_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"P\" (\"id\") ON "
                    "DELETE RESTRICT ON UPDATE CASCADE,\n"
                    "    CONSTRAINT \"C_y_fkey\" FOREIGN KEY (\"y\") REFERENCES \"P\" (\"id\") ON "
                    "DELETE SET NULL ON UPDATE CASCADE\n"
                    ");\n");
}

static void lists_on_both_sides_make_a_join_table(void **state)
{
    (void)state;
    assert_compiles("model Z {\n"
                    "  id BigInt @id\n"
                    "  as A[]\n"
                    "}\n"
                    "model A {\n"
                    "  id String @id\n"
                    "  zs Z[]\n"
                    "}\n",
                    "CREATE TABLE \"Z\" (\n"
                    "    \"id\" BIGINT NOT NULL PRIMARY KEY\n"
                    ");\n"
                    "CREATE TABLE \"A\" (\n"
                    "    \"id\" TEXT NOT NULL PRIMARY KEY\n"
                    ");\n"
                    "CREATE TABLE \"_AToZ\" (\n"
                    "    \"A\" TEXT NOT NULL,\n"
                    "    \"B\" BIGINT NOT NULL,\n"
                    "    CONSTRAINT \"_AToZ_A_fkey\" FOREIGN KEY (\"A\") REFERENCES \"A\" (\"id\") "
                    "ON DELETE CASCADE ON UPDATE CASCADE,\n"
                    "    CONSTRAINT \"_AToZ_B_fkey\" FOREIGN KEY (\"B\") REFERENCES \"Z\" (\"id\") "
                    "ON DELETE CASCADE ON UPDATE CASCADE\n"
                    ");\n"
                    "CREATE UNIQUE INDEX \"_AToZ_AB_unique\" ON \"_AToZ\"(\"A\", \"B\");\n"
                    "CREATE INDEX \"_AToZ_B_index\" ON \"_AToZ\"(\"B\");\n");
}

static void what_is_ignored_is_there_all_the_same_and_views_are_not(void **state)
{
    (void)state;
    assert_compiles("generator g {\n"
                    "  provider = \"x\"\n"
                    "  previewFeatures = [\"views\"]\n"
                    "}\n"
                    "model A {\n"
                    "  x Int\n"
                    "  @@ignore\n"
                    "}\n"
                    "view V {\n"
                    "  x Int\n"
                    "}\n",
                    "CREATE TABLE \"A\" (\n"
                    "    \"x\" INTEGER NOT NULL\n"
                    ");\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scalar_type_has_its_column_type),
        cmocka_unit_test(an_optional_field_may_be_null),
        cmocka_unit_test(a_big_id_is_not_counted),
        cmocka_unit_test(an_id_of_several_fields_stands_after_the_columns),
        cmocka_unit_test(what_a_client_makes_has_no_default_in_the_database),
        cmocka_unit_test(now_is_the_current_timestamp),
        cmocka_unit_test(an_expression_of_the_database_is_taken_as_it_is),
        cmocka_unit_test(a_text_is_quoted_for_sql),
        cmocka_unit_test(numbers_lose_needless_zeros_and_exponents),
        cmocka_unit_test(a_time_is_written_as_prisma_writes_it),
        cmocka_unit_test(bytes_are_hexadecimal),
        cmocka_unit_test(json_is_quoted_so_that_sqlite_takes_it),
        cmocka_unit_test(an_enum_is_a_text_and_its_default_the_mapped_value),
        cmocka_unit_test(names_of_the_database_are_used_and_quoted),
        cmocka_unit_test(indexes_come_in_the_order_of_fields_then_index_then_unique),
        cmocka_unit_test(a_condition_makes_a_partial_index),
        cmocka_unit_test(a_required_relation_restricts_and_an_optional_one_sets_null),
        cmocka_unit_test(lists_on_both_sides_make_a_join_table),
        cmocka_unit_test(what_is_ignored_is_there_all_the_same_and_views_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

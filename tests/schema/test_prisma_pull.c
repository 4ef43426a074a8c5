#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schema/compile.h"
#include "schema/prisma/pull.h"
#include "schema/sync_plan.h"

/* What a live database is as a Prisma schema. */

static sqlite3 *open_with(const char *sql)
{
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(":memory:", &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    return database;
}

static void pull(sqlite3 *database, struct hf_buf *text)
{
    assert_int_equal(hf_prisma_pull(text, database, NULL), 0);
    assert_int_equal(hf_buf_append(text, "", 1, NULL), 0);
}

/* Planned against the database that it came from, the pulled text changes nothing. */
static void assert_describes(sqlite3 *database, const struct hf_buf *text)
{
    struct hf_schema_source source = {(char *)"pulled.prisma", (char *)text->data,
                                      text->length - 1};
    const struct hf_schema_sources sources = {HF_SCHEMA_PRISMA, &source, 1};
    const struct hf_sync_options options = {0};
    hf_auto(hf_diagnostics) struct hf_diagnostics found = {0};
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    struct hf_error err = {0};
    if (hf_schema_compile(&wanted, &sources, &found, &err))
        print_error("%s\n%s\n", err.text, (const char *)text->data);
    assert_int_equal(found.count, 0);
    assert_int_equal(hf_sync_plan_make(&plan, database, &wanted, &options, NULL), 0);
    for (size_t i = 0; i < plan.count && !hf_sync_plan_is_empty(&plan); i++)
        print_error("would %s\n", plan.steps[i].text);
    assert_true(hf_sync_plan_is_empty(&plan));
}

/* The pulled text holds this, and describes the database. */
static void assert_pulled(const char *sql, const char *expected)
{
    hf_auto(hf_buf) struct hf_buf text = {0};
    sqlite3 *database = open_with(sql);
    pull(database, &text);
    if (!strstr((const char *)text.data, expected))
        print_error("%s\n", (const char *)text.data);
    assert_non_null(strstr((const char *)text.data, expected));
    assert_describes(database, &text);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void a_table_is_a_model_with_its_columns_in_line(void **state)
{
    (void)state;
    assert_pulled(
        "CREATE TABLE T (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, made DATETIME "
        "DEFAULT CURRENT_TIMESTAMP)",
        "model T {\n"
        "  id   Int       @id @default(autoincrement())\n"
        "  name String    @unique\n"
        "  made DateTime? @default(now())\n"
        "}\n");
}

static void names_that_prisma_cannot_have_are_mapped(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE \"my table\" (\"1st id\" INTEGER PRIMARY KEY, \"a-b\" INT, \"a b\" "
                  "INT)",
                  "model my_table {\n"
                  "  st_id Int  @id @default(autoincrement()) @map(\"1st id\")\n"
                  "  a_b   Int? @map(\"a-b\")\n"
                  "  a_b_2 Int? @map(\"a b\")\n"
                  "\n"
                  "  @@map(\"my table\")\n"
                  "}\n");
}

static void reserved_words_and_types_get_another_name(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE class (id INTEGER PRIMARY KEY)", "model Renamedclass {");
    assert_pulled("CREATE TABLE String (id INTEGER PRIMARY KEY)", "model RenamedString {");
}

static void a_foreign_key_is_a_field_on_both_sides(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE U (id INTEGER PRIMARY KEY);"
                  "CREATE TABLE P (id INTEGER PRIMARY KEY, u INT NOT NULL REFERENCES U(id))",
                  "  U  U   @relation(fields: [u], references: [id], onDelete: NoAction, onUpdate: "
                  "NoAction)\n}\n\nmodel U {\n  id Int @id @default(autoincrement())\n  P  P[]\n");
}

static void a_unique_foreign_key_is_of_one_to_one(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE U (id INTEGER PRIMARY KEY);"
                  "CREATE TABLE P (id INTEGER PRIMARY KEY, u INT UNIQUE REFERENCES U(id))",
                  "  P  P?\n");
}

static void several_relations_between_two_tables_have_names(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE U (id INTEGER PRIMARY KEY);"
                  "CREATE TABLE P (id INTEGER PRIMARY KEY, a INT REFERENCES U(id), b INT "
                  "REFERENCES U(id))",
                  "  P_P_bToU P[] @relation(\"P_bToU\")\n  P_P_aToU P[] @relation(\"P_aToU\")\n");
}

static void a_table_that_refers_to_itself_has_both_sides(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE N (id INTEGER PRIMARY KEY, up INT REFERENCES N(id))",
                  "  other_N N[]  @relation(\"NToN\")\n");
}

static void a_relation_is_not_named_like_a_column(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE A (id INTEGER PRIMARY KEY, B TEXT);"
                  "CREATE TABLE B (id INTEGER PRIMARY KEY, a INT REFERENCES A(id))",
                  "  B_2 B[]\n");
}

static void a_join_table_is_a_list_on_both_sides(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE A (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL);"
                  "CREATE TABLE B (id TEXT PRIMARY KEY NOT NULL);"
                  "CREATE TABLE _AToB (A INTEGER NOT NULL, B TEXT NOT NULL,"
                  " FOREIGN KEY (A) REFERENCES A(id) ON DELETE CASCADE ON UPDATE CASCADE,"
                  " FOREIGN KEY (B) REFERENCES B(id) ON DELETE CASCADE ON UPDATE CASCADE);"
                  "CREATE UNIQUE INDEX _AToB_AB_unique ON _AToB(A, B);"
                  "CREATE INDEX _AToB_B_index ON _AToB(B)",
                  "  B  B[]\n}\n\nmodel B {\n  id String @id\n  A  A[]\n}\n");
}

static void indexes_keep_their_names_and_orders(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE T (id INTEGER PRIMARY KEY, a INT, b INT);"
                  "CREATE INDEX T_a_idx ON T(a); CREATE INDEX other ON T(b DESC, a);"
                  "CREATE UNIQUE INDEX u ON T(b)",
                  "  b  Int? @unique(map: \"u\")\n\n  @@index([b(sort: Desc), a], map: \"other\")\n"
                  "  @@index([a])\n}\n");
}

static void a_constraint_and_an_index_that_say_the_same_are_one(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE T (id INTEGER PRIMARY KEY, a INT UNIQUE);"
                  "CREATE UNIQUE INDEX mine ON T(a)",
                  "  a  Int? @unique(map: \"mine\")\n}\n");
}

static void defaults_are_of_their_types(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE T (id INTEGER PRIMARY KEY, a INT DEFAULT (5), b TEXT DEFAULT "
                  "'it''s \"x\"', c REAL DEFAULT 1e3, d BOOLEAN DEFAULT 0, e TEXT DEFAULT "
                  "(lower('X')), f BLOB DEFAULT x'00', g INT DEFAULT NULL)",
                  "  a  Int?     @default(5)\n"
                  "  b  String?  @default(\"it's \\\"x\\\"\")\n"
                  "  c  Float?   @default(1000)\n"
                  "  d  Boolean? @default(false)\n"
                  "  e  String?  @default(dbgenerated(\"(lower('X'))\"))\n"
                  "  f  Bytes?   @default(dbgenerated(\"x'00'\"))\n"
                  "  g  Int?\n");
}

static void types_that_prisma_does_not_know_are_kept_as_they_are(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE T (id INTEGER PRIMARY KEY, a MONEY NOT NULL, b)",
                  "  a  Unsupported(\"money\")\n  b  Unsupported(\"\")?\n");
}

static void a_table_without_a_required_key_is_ignored(void **state)
{
    (void)state;
    assert_pulled("CREATE TABLE T (a INT, b TEXT PRIMARY KEY)", "\n  @@ignore\n}\n");
}

static void what_prisma_cannot_express_is_a_comment(void **state)
{
    (void)state;
    static const char sql[] =
        "CREATE TABLE T (id INTEGER PRIMARY KEY, a INT CHECK (a >\n 0), b INT AS (a + 1));"
        "CREATE INDEX part ON T(a) WHERE a > 5;"
        "CREATE TRIGGER tr AFTER INSERT ON T BEGIN SELECT 1; END;"
        "CREATE VIEW v AS SELECT 1 AS x";
    assert_pulled(sql, "// Not expressed: CHECK (a > 0)\n");
    assert_pulled(sql, "// Not expressed: generated column b INT AS (a + 1)\n");
    assert_pulled(sql, "// Not expressed: CREATE INDEX part ON T(a) WHERE a > 5\n");
    assert_pulled(sql, "// Not expressed: trigger 'tr'\n");
    assert_pulled(sql, "// Not expressed: view 'v'\n");
}

static void a_foreign_key_that_prisma_refuses_is_a_comment_and_the_rest_compiles(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf text = {0};
    sqlite3 *database = open_with("CREATE TABLE U (id INTEGER PRIMARY KEY, x INT);"
                                  "CREATE TABLE P (id INTEGER PRIMARY KEY, x INT REFERENCES U(x))");
    pull(database, &text);
    assert_non_null(strstr((const char *)text.data, "// Not expressed: FOREIGN KEY (x) REFERENCES "
                                                    "U: what it refers to is not unique\n"));
    assert_null(strstr((const char *)text.data, "@relation"));
    sqlite3_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_a_model_with_its_columns_in_line),
        cmocka_unit_test(names_that_prisma_cannot_have_are_mapped),
        cmocka_unit_test(reserved_words_and_types_get_another_name),
        cmocka_unit_test(a_foreign_key_is_a_field_on_both_sides),
        cmocka_unit_test(a_unique_foreign_key_is_of_one_to_one),
        cmocka_unit_test(several_relations_between_two_tables_have_names),
        cmocka_unit_test(a_table_that_refers_to_itself_has_both_sides),
        cmocka_unit_test(a_relation_is_not_named_like_a_column),
        cmocka_unit_test(a_join_table_is_a_list_on_both_sides),
        cmocka_unit_test(indexes_keep_their_names_and_orders),
        cmocka_unit_test(a_constraint_and_an_index_that_say_the_same_are_one),
        cmocka_unit_test(defaults_are_of_their_types),
        cmocka_unit_test(types_that_prisma_does_not_know_are_kept_as_they_are),
        cmocka_unit_test(a_table_without_a_required_key_is_ignored),
        cmocka_unit_test(what_prisma_cannot_express_is_a_comment),
        cmocka_unit_test(a_foreign_key_that_prisma_refuses_is_a_comment_and_the_rest_compiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "schema/prisma_stage.h"

/* Text that is cut, damaged or made to hurt is refused or compiles; it never does more. */

static const char whole[] =
    "datasource db {\n  provider = \"sqlite\"\n  url = env(\"URL\")\n}\n"
    "generator g {\n  provider = \"x\"\n  previewFeatures = [\"views\", \"partialIndexes\"]\n}\n"
    "/// @renamed-from old\nmodel User {\n  id Int @id @default(autoincrement())\n"
    "  role Role @default(USER) @map(\"r\\u00f6le\")\n  made DateTime @default(now())\n"
    "  posts Post[] @relation(\"by\")\n  tags Tag[]\n  boss User? @relation(\"b\", fields: "
    "[bossId], references: [id], onDelete: SetNull)\n  bossId Int? @unique\n"
    "  staff User? @relation(\"b\")\n\n  @@index([made(sort: Desc), bossId], map: \"i\")\n}\n"
    "enum Role {\n  USER @map(\"user\")\n  ADMIN // x\n  @@map(\"roles\")\n}\n"
    "model Post {\n  a Int\n  b String @default(\"x\")\n  by User @relation(\"by\", fields: [a], "
    "references: [id])\n  w Unsupported(\"z\")? @default(dbgenerated(\"(1)\"))\n"
    "  d Decimal @default(1.50)\n  @@id([a, b])\n  @@unique([b, a], where: { b: { not: null } "
    "})\n}\n"
    "model Tag {\n  id BigInt @id\n  users User[]\n}\n"
    "view V {\n  id Int @unique\n}\n/* end */\n";

static void compile_and_print(const char *text)
{
    hf_auto(prisma_stage) struct prisma_stage stage;
    hf_auto(hf_buf) struct hf_buf out = {0};
    prisma_stage_init(&stage, text);
    if (stage.result)
        assert_true(stage.found.count > 0);
    assert_int_equal(hf_diagnostics_print(&out, &stage.found, NULL), 0);
}

static void the_whole_text_compiles(void **state)
{
    (void)state;
    hf_auto(prisma_stage) struct prisma_stage stage;
    prisma_stage_init(&stage, whole);
    if (stage.result)
        print_error("%s\n", stage.err.text);
    assert_int_equal(stage.result, 0);
    sqlite3 *database = hf_wanted_build(&stage.wanted, NULL);
    assert_non_null(database);
    sqlite3_close(database);
}

static void every_beginning_of_it_is_read(void **state)
{
    (void)state;
    char text[sizeof whole];
    for (size_t length = 0; length < sizeof whole; length++) {
        memcpy(text, whole, length);
        text[length] = 0;
        compile_and_print(text);
    }
}

static void it_is_read_without_any_of_its_bytes_and_with_another_in_place(void **state)
{
    (void)state;
    static const char others[] = "[](){}@?\"\\/,.:=- \n1a";
    char text[sizeof whole];
    for (size_t at = 0; at + 1 < sizeof whole; at++) {
        memcpy(text, whole, at);
        strcpy(text + at, whole + at + 1);
        compile_and_print(text);
        memcpy(text, whole, sizeof whole);
        text[at] = others[at % (sizeof others - 1)];
        compile_and_print(text);
    }
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    static char text[DEPTH + 100];
    int begin = snprintf(text, sizeof text, "model A {\n  id Int @id @default(");
    memset(text + begin, '[', DEPTH);
    strcpy(text + begin + DEPTH, "\n}\n");
    compile_and_print(text);
    memset(text + begin, '(', DEPTH);
    compile_and_print(text);
}

/* Each line is one complaint, and none makes the rest be read again. */
static void assert_reads_lines(const char *line)
{
    enum { COUNT = 50000 };
    hf_auto(hf_buf) struct hf_buf text = {0};
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(hf_buf_print(&text, NULL, "%s\n", line), 0);
    hf_auto(prisma_stage) struct prisma_stage stage;
    prisma_stage_init(&stage, (const char *)text.data);
    assert_int_equal(stage.found.count, COUNT);
}

static void what_is_opened_again_and_again_and_never_closed_is_read_once(void **state)
{
    (void)state;
    assert_reads_lines("model A {");
    assert_reads_lines("a {");
    assert_reads_lines("/*");
    assert_reads_lines("type A = [");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_text_compiles),
        cmocka_unit_test(every_beginning_of_it_is_read),
        cmocka_unit_test(it_is_read_without_any_of_its_bytes_and_with_another_in_place),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(what_is_opened_again_and_again_and_never_closed_is_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

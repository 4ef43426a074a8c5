#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "cli/options.h"

static const struct hf_option options[] = {
    {"label", 'l', "TEXT", "a label"}, {"pin", 0, NULL, "keep it"}, {0}};

static struct hf_arguments arguments;
static struct hf_error err;

/* Parses "holdfast backup <words>", words separated by blanks. */
static int parse(const char *line)
{
    static char copy[256];
    static char program[] = "holdfast", verb[] = "backup";
    char *words[16] = {program, verb};
    int count = 2;
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    err = (struct hf_error){0};
    return hf_options_parse(&arguments, "backup", options, 2, count, words, 2, &err);
}

static void refuses(const char *line, const char *text, const char *hint)
{
    assert_int_equal(parse(line), -1);
    assert_int_equal(err.code, HF_USAGE);
    assert_string_equal(err.text, text);
    assert_string_equal(err.hint, hint);
}

static void options_and_operands_may_be_mixed(void **state)
{
    (void)state;
    assert_int_equal(parse("one --label x two --pin"), 0);
    assert_string_equal(hf_option(&arguments, "label"), "x");
    assert_true(hf_option_given(&arguments, "pin"));
    assert_false(hf_option_given(&arguments, "json"));
    assert_int_equal(arguments.operand_count, 2);
    assert_string_equal(arguments.operands[0], "one");
    assert_string_equal(arguments.operands[1], "two");
    assert_null(arguments.operands[2]);
}

static void a_letter_stands_for_its_option(void **state)
{
    (void)state;
    assert_int_equal(parse("-lx -r place -q"), 0);
    assert_string_equal(hf_option(&arguments, "label"), "x");
    assert_string_equal(hf_option(&arguments, "repository"), "place");
    assert_true(hf_option_given(&arguments, "quiet"));
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(parse("-- --pin"), 0);
    assert_false(hf_option_given(&arguments, "pin"));
    assert_string_equal(arguments.operands[0], "--pin");
}

static void an_unknown_option_names_the_nearest(void **state)
{
    (void)state;
    refuses("--lable x", "backup has no option '--lable'", "did you mean '--label'?");
    refuses("--lab=x --pni", "backup has no option '--pni'", "did you mean '--pin'?");
    refuses("--zzzzzzzzzz", "backup has no option '--zzzzzzzzzz'", "holdfast backup --help");
    refuses("-z", "backup has no option '-z'", "holdfast backup --help");
    refuses("-qz", "backup has no option '-z'", "holdfast backup --help");
}

static void a_value_must_be_there_and_must_be_wanted(void **state)
{
    (void)state;
    refuses("--label", "option '--label' needs a value", "");
    refuses("-l", "option '-l' needs a value", "");
    refuses("--pin=yes", "option '--pin' takes no value", "");
}

static void an_option_given_twice_is_refused(void **state)
{
    (void)state;
    refuses("-l a --label b", "option '--label' is given twice", "");
}

static void more_operands_than_the_verb_takes_are_refused(void **state)
{
    (void)state;
    refuses("a b c", "backup does not know what to do with 'c'", "holdfast backup --help");
    refuses("a b -- c", "backup does not know what to do with 'c'", "holdfast backup --help");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_operands_may_be_mixed),
        cmocka_unit_test(a_letter_stands_for_its_option),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(an_unknown_option_names_the_nearest),
        cmocka_unit_test(a_value_must_be_there_and_must_be_wanted),
        cmocka_unit_test(an_option_given_twice_is_refused),
        cmocka_unit_test(more_operands_than_the_verb_takes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "config/yaml_tree.h"

static int parse(struct hf_yaml_tree *out, const char *text, struct hf_error *err)
{
    return hf_yaml_tree_parse(out, "x.yml", text, strlen(text), err);
}

static void refuses(const char *text, const char *error)
{
    struct hf_yaml_tree tree;
    struct hf_error err = {0};
    assert_int_equal(parse(&tree, text, &err), -1);
    assert_int_equal(err.code, HF_CONFIG);
    assert_string_equal(err.text, error);
}

static void every_value_knows_its_key_and_line(void **state)
{
    (void)state;
    hf_auto(hf_yaml_tree) struct hf_yaml_tree tree = {0};
    assert_int_equal(
        parse(&tree, "# about\na: one\nb:\n  - 'two'\n  - {c: ~, d: '', e: 'null'}\n", NULL), 0);
    const struct hf_yaml_node *root = tree.root;
    assert_int_equal(root->kind, HF_YAML_MAPPING);
    assert_int_equal(root->count, 2);
    assert_string_equal(root->items[0].key, "a");
    assert_string_equal(root->items[0].text, "one");
    assert_int_equal(root->items[0].line, 2);
    const struct hf_yaml_node *list = &root->items[1];
    assert_int_equal(list->kind, HF_YAML_LIST);
    assert_int_equal(list->key_line, 3);
    assert_string_equal(list->items[0].text, "two");
    assert_null(list->items[1].items[0].text);
    assert_null(list->items[1].items[1].text);
    assert_string_equal(list->items[1].items[2].text, "null");
}

static void comments_alone_are_an_empty_tree(void **state)
{
    (void)state;
    hf_auto(hf_yaml_tree) struct hf_yaml_tree tree = {0};
    assert_int_equal(parse(&tree, "# nothing\n", NULL), 0);
    assert_null(tree.root);
}

static void an_alias_is_what_it_stands_for(void **state)
{
    (void)state;
    hf_auto(hf_yaml_tree) struct hf_yaml_tree tree = {0};
    assert_int_equal(parse(&tree, "a: &x [1, 2]\nb: *x\n", NULL), 0);
    assert_int_equal(tree.root->items[1].count, 2);
    assert_string_equal(tree.root->items[1].items[1].text, "2");
}

static void what_is_no_tree_is_refused(void **state)
{
    (void)state;
    refuses("a: &x [*x]\n", "x.yml line 1: nested deeper than 32");
    refuses("[a]: b\n", "x.yml line 1: a key must be text");
    refuses("a: \"b\\0c\"\n", "x.yml line 1: a NUL character");
    refuses("a: 1\n---\nb: 2\n", "x.yml line 3: a second document; a configuration is one");
}

static void aliases_of_aliases_do_not_fill_the_memory(void **state)
{
    (void)state;
    hf_auto(hf_buf) struct hf_buf text = {0};
    hf_buf_print(&text, NULL, "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for (int i = 1; i < 12; i++)
        hf_buf_print(&text, NULL, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1,
                     i - 1, i - 1, i - 1);
    refuses((const char *)text.data, "x.yml line 1: more than 20000 values");
}

static int take_line(void *into, const struct hf_yaml_key *key, const struct hf_yaml_node *value,
                     struct hf_error *err)
{
    (void)err;
    ((size_t *)into)[key->tag] = value->line;
    return 0;
}

static const struct hf_yaml_key keys[] = {{"first", take_line, 0}, {"second", take_line, 1}, {0}};

static void a_table_takes_a_mapping_apart(void **state)
{
    (void)state;
    hf_auto(hf_yaml_tree) struct hf_yaml_tree tree = {0};
    size_t lines[2] = {0};
    assert_int_equal(parse(&tree, "second: x\nfirst: y\n", NULL), 0);
    assert_int_equal(hf_yaml_take(lines, keys, "it", tree.root, NULL), 0);
    assert_int_equal(lines[0], 2);
    assert_int_equal(lines[1], 1);
}

static void a_table_refuses_what_it_does_not_have(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error, *hint;
    } cases[] = {
        {"a: 1\nfrist: x\n", "x.yml line 1: unknown key 'a'", "the keys here are first, second"},
        {"frist: x\n", "x.yml line 1: unknown key 'frist'", "did you mean 'first'?"},
        {"first: x\n\nfirst: y\n", "x.yml line 3: 'first' is given twice", ""},
        {"- x\n", "x.yml line 1: it must be a mapping ('key: value')", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hf_auto(hf_yaml_tree) struct hf_yaml_tree tree = {0};
        struct hf_error err = {0};
        size_t lines[2];
        assert_int_equal(parse(&tree, cases[i].text, NULL), 0);
        assert_int_equal(hf_yaml_take(lines, keys, "it", tree.root, &err), -1);
        assert_string_equal(err.text, cases[i].error);
        assert_string_equal(err.hint, cases[i].hint);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_knows_its_key_and_line),
        cmocka_unit_test(comments_alone_are_an_empty_tree),
        cmocka_unit_test(an_alias_is_what_it_stands_for),
        cmocka_unit_test(what_is_no_tree_is_refused),
        cmocka_unit_test(aliases_of_aliases_do_not_fill_the_memory),
        cmocka_unit_test(a_table_takes_a_mapping_apart),
        cmocka_unit_test(a_table_refuses_what_it_does_not_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

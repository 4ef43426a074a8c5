#include "console/setup_choice.h"

#include <string.h>

#include "service/json_channel.h"
#include "service/json_members.h"

void hf_setup_choice_release(struct hf_setup_choice *choice)
{
    hf_json_wipe(choice->fields);
    json_decref(choice->tried);
    json_decref(choice->editions);
    *choice = (struct hf_setup_choice){0};
}

static const json_t *field_of(const json_t *looked, const char *name)
{
    const json_t *field;
    size_t i;
    json_array_foreach(json_object_get(looked, "fields"), i, field)
    {
        if (!strcmp(hf_member_text(field, "name", ""), name))
            return field;
    }
    return NULL;
}

static int check(const json_t *looked, const json_t *fields, struct hf_error *err)
{
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        if (!field_of(looked, name))
            return hf_error_set(err, HF_USAGE, "there is no setting '%s'", name);
        if (!json_is_string(value) && !json_is_null(value))
            return hf_error_set(err, HF_USAGE, "'%s' is a text, or null", name);
    }
    return 0;
}

static bool is_used(const json_t *test, const char *name)
{
    const json_t *used;
    size_t i;
    json_array_foreach(json_object_get(test, "fields"), i, used)
    {
        if (!strcmp(json_string_value(used), name))
            return true;
    }
    return false;
}

int64_t hf_setup_choice_edition(const struct hf_setup_choice *choice, const char *test)
{
    return hf_member_integer(choice->editions, test, 0);
}

static void forget_tests_of(struct hf_setup_choice *choice, const json_t *looked, const char *name)
{
    const json_t *test;
    size_t i;
    json_array_foreach(json_object_get(looked, "tests"), i, test)
    {
        const char *of = hf_member_text(test, "name", "");
        if (!is_used(test, name))
            continue;
        json_object_del(choice->tried, of);
        hf_json_integer(choice->editions, of, hf_setup_choice_edition(choice, of) + 1);
    }
}

static int enter_one(struct hf_setup_choice *choice, const json_t *looked, const char *name,
                     const json_t *value)
{
    json_t *before = json_object_get(choice->fields, name);
    if (json_is_null(value) ? !before : before && json_equal(before, value))
        return 0;
    hf_json_wipe_text(before);
    forget_tests_of(choice, looked, name);
    if (json_is_null(value))
        return json_object_del(choice->fields, name);
    return json_object_set_new(choice->fields, name, json_string(json_string_value(value)));
}

int hf_setup_choice_enter(struct hf_setup_choice *choice, const json_t *looked,
                          const json_t *fields, struct hf_error *err)
{
    const char *name;
    const json_t *value;
    if (check(looked, fields, err))
        return -1;
    if (!choice->fields && !(choice->fields = json_object()))
        return hf_error_memory(err);
    if (!choice->editions && !(choice->editions = json_object()))
        return hf_error_memory(err);
    choice->has_settings = true;
    json_object_foreach((json_t *)(uintptr_t)fields, name, value)
    {
        if (enter_one(choice, looked, name, value))
            return hf_error_memory(err);
    }
    return 0;
}

void hf_setup_choice_tried(struct hf_setup_choice *choice, const char *test, int64_t edition,
                           const json_t *result)
{
    if (edition != hf_setup_choice_edition(choice, test))
        return;
    if (!choice->tried)
        choice->tried = json_object();
    json_object_set_new(choice->tried, test, json_deep_copy(result));
}

json_t *hf_setup_choice_untested(const struct hf_setup_choice *choice, const json_t *looked)
{
    json_t *list = json_array();
    const json_t *test;
    size_t i;
    json_array_foreach(json_object_get(looked, "tests"), i, test)
    {
        const char *name = hf_member_text(test, "name", "");
        const json_t *result = json_object_get(choice->tried, name);
        if (hf_member_true(result, "ok"))
            continue;
        json_t *item = hf_json_item(list);
        hf_json_text(item, "test", name);
        hf_json_text(item, "label", hf_member_text(test, "label", name));
        hf_json_text(item, "reason", hf_member_text(result, "reason", "not_run"));
    }
    return list;
}

void hf_setup_choice_json(json_t *object, const struct hf_setup_choice *choice,
                          const json_t *looked)
{
    const char *name;
    json_t *value;
    hf_json_boolean(object, "has_settings", choice->has_settings);
    json_t *fields = hf_json_object(object, "fields"), *entered = hf_json_list(object, "entered");
    json_object_foreach(choice->fields, name, value)
    {
        if (hf_member_true(field_of(looked, name), "secret"))
            hf_json_text_item(entered, name);
        else
            hf_json_text(fields, name, json_string_value(value));
    }
    json_object_set_new(object, "tests",
                        choice->tried ? json_deep_copy(choice->tried) : json_object());
}

#include "console/question.h"

#include "service/json_members.h"

static void spoil(json_t **question)
{
    hf_json_wipe(*question);
    *question = NULL;
}

void hf_question_put(json_t **question, const char *key, json_t *value)
{
    if (json_object_set_new(*question, key, value))
        spoil(question);
}

void hf_question_text(json_t **question, const char *key, const char *text)
{
    if (text)
        hf_question_put(question, key, json_string(text));
}

void hf_question_join(json_t **question, json_t *other)
{
    if (json_object_update(*question, other))
        spoil(question);
    json_decref(other);
}

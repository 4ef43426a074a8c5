/*
 * What a worker is asked, put together from its parts: all of them or nothing. Without one of its
 * members a question would ask for something else; so a part that cannot be had, for want of
 * memory, makes the whole of it NULL, and wipes it. Who takes questions refuses NULL as
 * HF_NO_MEMORY.
 */
#ifndef HF_CONSOLE_QUESTION_H
#define HF_CONSOLE_QUESTION_H

#include <jansson.h>

/* A member; `value` is taken over, NULL counts as no memory. */
void hf_question_put(json_t **question, const char *key, json_t *value);

/* A text that is UTF-8; NULL: there is no such member. */
void hf_question_text(json_t **question, const char *key, const char *text);

/* The members of another, which is taken over; NULL counts as no memory. */
void hf_question_join(json_t **question, json_t *other);

#endif

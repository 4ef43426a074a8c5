/*
 * What the JSON of a request may hold, in words: "point:number label:text". So no member is passed
 * over because of its name or its type, and asks for something else than was meant.
 */
#ifndef HF_CONSOLE_BODY_SHAPE_H
#define HF_CONSOLE_BODY_SHAPE_H

#include <jansson.h>

#include "base/error.h"

/* Each member of the object is one of the shape's, and null or of its type: text, number, switch,
 * object, any. HF_USAGE. */
int hf_body_shape_check(const json_t *object, const char *shape, struct hf_error *err);

#endif

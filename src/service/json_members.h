/*
 * Members of a JSON object with stable field names (docs/json.md). Memory that cannot be had ends
 * the program with exit code 1: these run when the work is done, and half an object is worse than
 * none.
 */
#ifndef HF_SERVICE_JSON_MEMBERS_H
#define HF_SERVICE_JSON_MEMBERS_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"

/* An empty object, which the caller frees. */
json_t *hf_json_new(void);

void hf_json_text(json_t *object, const char *key, const char *text); /* NULL: null */
void hf_json_integer(json_t *object, const char *key, int64_t value);
void hf_json_sequence(json_t *object, const char *key, uint64_t seq); /* 0: null */
void hf_json_boolean(json_t *object, const char *key, int value);
void hf_json_time(json_t *object, const char *key, int64_t time); /* and "<key>_ms"; 0: null */
json_t *hf_json_object(json_t *object, const char *key);          /* a new member, borrowed */
json_t *hf_json_list(json_t *object, const char *key);            /* a new member, borrowed */
json_t *hf_json_item(json_t *list);                               /* a new object in it, borrowed */
void hf_json_text_item(json_t *list, const char *text);

/* Overwrites a text that may be secret; what is no text stays. */
void hf_json_wipe_text(json_t *value);

/* Frees an object whose texts may be secret, and wipes those. Nothing else may refer to it. NULL is
 * fine. */
void hf_json_wipe(json_t *object);

/* What another has put together: its members become `object`'s, its reference is taken. NULL is a
 * lack of memory. */
int hf_json_take(json_t *object, json_t *members, struct hf_error *err);

#endif

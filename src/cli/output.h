/*
 * What goes to a person or a program: exit codes, errors, and JSON with stable field names
 * (docs/json.md).
 */
#ifndef HF_CLI_OUTPUT_H
#define HF_CLI_OUTPUT_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/* The frozen exit codes of docs/architecture.md, "Errors". */
int hf_exit_code(enum hf_code code);

/* "holdfast: <text>" and, when there is one, "  hint: <hint>". */
void hf_print_error(FILE *out, const struct hf_error *err);

/* "2026-11-22 14:05:10 EET (15 min ago)". `out` holds 80 bytes or more. */
const char *hf_format_moment(char *out, size_t size, int64_t time, int64_t now);

/* "1 page", "2 pages" */
const char *hf_format_count(char *out, size_t size, uint64_t count, const char *thing);

/*
 * Members of a JSON object. Memory that cannot be had ends the program with exit code 1: these run
 * when the work is done, and half an object is worse than none.
 */
json_t *hf_json_root(const char *verb);
void hf_json_text(json_t *object, const char *key, const char *text); /* NULL: null */
void hf_json_integer(json_t *object, const char *key, int64_t value);
void hf_json_sequence(json_t *object, const char *key, uint64_t seq); /* 0: null */
void hf_json_boolean(json_t *object, const char *key, int value);
void hf_json_time(json_t *object, const char *key, int64_t time); /* and "<key>_ms"; 0: null */
json_t *hf_json_object(json_t *object, const char *key);          /* a new member, borrowed */
json_t *hf_json_list(json_t *object, const char *key);            /* a new member, borrowed */
json_t *hf_json_item(json_t *list);                               /* a new object in it, borrowed */
void hf_json_text_item(json_t *list, const char *text);
/* What a layer below has put together: its members become `object`'s, its reference is taken. NULL
 * is a lack of memory. */
int hf_json_take(json_t *object, json_t *members, struct hf_error *err);
void hf_json_error(json_t *object, const struct hf_error *err);

/* Prints and frees. */
int hf_json_print(json_t *root, FILE *out, struct hf_error *err);

#endif

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
#include "service/json_members.h"

/* The frozen exit codes of docs/architecture.md, "Errors". */
int hf_exit_code(enum hf_code code);

/* "holdfast: <text>" and, when there is one, "  hint: <hint>". */
void hf_print_error(FILE *out, const struct hf_error *err);

/* "2026-11-22 14:05:10 EET (15 min ago)". `out` holds 80 bytes or more. */
const char *hf_format_moment(char *out, size_t size, int64_t time, int64_t now);

/* "1 page", "2 pages" */
const char *hf_format_count(char *out, size_t size, uint64_t count, const char *thing);

/* An object with the fields that every verb has, for service/json_members.h. */
json_t *hf_json_root(const char *verb);
void hf_json_error(json_t *object, const struct hf_error *err);

/* Prints and frees. */
int hf_json_print(json_t *root, FILE *out, struct hf_error *err);

#endif

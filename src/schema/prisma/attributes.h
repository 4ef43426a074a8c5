/*
 * Going through attributes and their arguments: each is taken by the rule that knows it, and what
 * nobody took is a complaint.
 */
#ifndef HF_SCHEMA_PRISMA_ATTRIBUTES_H
#define HF_SCHEMA_PRISMA_ATTRIBUTES_H

#include "schema/prisma/schema.h"

/* The attribute of this name when there is exactly one and its arguments have a sound form. Two are
 * a complaint about each. */
struct hf_prisma_attribute *hf_prisma_take_attribute(struct hf_prisma_schema *schema,
                                                     struct hf_prisma_attribute *list,
                                                     const char *name);

/* The next one of this name that is not taken; NULL: no more. */
struct hf_prisma_attribute *hf_prisma_take_next(struct hf_prisma_schema *schema,
                                                struct hf_prisma_attribute *list, const char *name);

/* "@db.VarChar(20)": one with a dot in its name. */
struct hf_prisma_attribute *hf_prisma_take_native(struct hf_prisma_schema *schema,
                                                  struct hf_prisma_attribute *list);

/* The value of a named argument, or NULL. */
struct hf_prisma_value *hf_prisma_take_argument(struct hf_prisma_attribute *attribute,
                                                const char *name);

/* The value of the argument that may stand without its name; NULL after a complaint. */
struct hf_prisma_value *hf_prisma_take_default_argument(struct hf_prisma_schema *schema,
                                                        struct hf_prisma_attribute *attribute,
                                                        const char *name);

/* Complains about arguments, or attributes, that nobody took. */
void hf_prisma_finish_arguments(struct hf_prisma_schema *schema,
                                struct hf_prisma_attribute *attribute);
void hf_prisma_finish_attributes(struct hf_prisma_schema *schema, struct hf_prisma_attribute *list);

/* The text of a string or a constant; NULL after a complaint (and for a NULL value, without). */
const char *hf_prisma_string(struct hf_prisma_schema *schema, const struct hf_prisma_value *value);
const char *hf_prisma_constant(struct hf_prisma_schema *schema,
                               const struct hf_prisma_value *value);

/* A named argument that is a string and not empty, else NULL, after a complaint where that is due.
 */
const char *hf_prisma_take_name(struct hf_prisma_schema *schema,
                                struct hf_prisma_attribute *attribute, const char *name);

/* "expected X, found Y". */
void hf_prisma_mismatch(struct hf_prisma_schema *schema, const struct hf_prisma_value *value,
                        const char *expected);

/* Where an argument stands, else its attribute. */
struct hf_prisma_span hf_prisma_argument_span(const struct hf_prisma_attribute *attribute,
                                              const char *name);

#endif

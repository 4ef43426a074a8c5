/*
 * What of a database may not be seen: single columns, whole tables. Names are compared as SQLite
 * does.
 */
#ifndef HF_SQLITE_LOOK_SECRETS_H
#define HF_SQLITE_LOOK_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct hf_look_secret {
    char *table, *column; /* without a column all of the table */
    bool is_derived;      /* learnt from the schema; else configured */
    bool is_inside;       /* of a virtual table, which itself may read it */
};

struct hf_look_secrets {
    struct hf_look_secret *list;
    size_t count, room;
};

void hf_look_secrets_release(struct hf_look_secrets *secrets);
HF_AUTO_RELEASE(hf_look_secrets)

/* Takes "Table.column", as it is configured; what has no dot is none. */
int hf_look_secrets_configure(struct hf_look_secrets *secrets, const char *text,
                              struct hf_error *err);

/* What the schema tells; `column` may be NULL. */
int hf_look_secrets_derive(struct hf_look_secrets *secrets, const char *table, const char *column,
                           struct hf_error *err);
/* A table that keeps the data of a virtual one. */
int hf_look_secrets_derive_inside(struct hf_look_secrets *secrets, const char *table,
                                  struct hf_error *err);
void hf_look_secrets_forget_derived(struct hf_look_secrets *secrets);

bool hf_look_secrets_have(const struct hf_look_secrets *secrets, const char *table,
                          const char *column);
bool hf_look_secrets_are_inside(const struct hf_look_secrets *secrets, const char *table);
bool hf_look_secrets_have_all_of(const struct hf_look_secrets *secrets, const char *table);
/* Whether a column of it is configured. */
bool hf_look_secrets_name(const struct hf_look_secrets *secrets, const char *table);

#endif

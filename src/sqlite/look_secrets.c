#include "sqlite/look_secrets.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static void drop(struct hf_look_secrets *secrets, bool only_derived)
{
    size_t kept = 0;
    for (size_t i = 0; i < secrets->count; i++) {
        struct hf_look_secret *secret = &secrets->list[i];
        if (only_derived && !secret->is_derived) {
            secrets->list[kept++] = *secret;
            continue;
        }
        free(secret->table);
        free(secret->column);
    }
    secrets->count = kept;
}

void hf_look_secrets_release(struct hf_look_secrets *secrets)
{
    drop(secrets, false);
    free(secrets->list);
    *secrets = (struct hf_look_secrets){0};
}

void hf_look_secrets_forget_derived(struct hf_look_secrets *secrets)
{
    drop(secrets, true);
}

/* Takes both texts over. */
static int add(struct hf_look_secrets *secrets, const struct hf_look_secret *secret, bool is_whole,
               struct hf_error *err)
{
    if (is_whole && secrets->count == secrets->room) {
        size_t room = secrets->room ? 2 * secrets->room : 16;
        struct hf_look_secret *grown = reallocarray(secrets->list, room, sizeof *grown);
        is_whole = grown != NULL;
        if (grown) {
            secrets->list = grown;
            secrets->room = room;
        }
    }
    if (is_whole) {
        secrets->list[secrets->count++] = *secret;
        return 0;
    }
    free(secret->table);
    free(secret->column);
    return hf_error_memory(err);
}

int hf_look_secrets_configure(struct hf_look_secrets *secrets, const char *text,
                              struct hf_error *err)
{
    const char *dot = strchr(text, '.');
    if (!dot)
        return 0;
    const struct hf_look_secret secret = {.table = strndup(text, (size_t)(dot - text)),
                                          .column = strdup(dot + 1)};
    return add(secrets, &secret, secret.table && secret.column, err);
}

int hf_look_secrets_derive(struct hf_look_secrets *secrets, const char *table, const char *column,
                           struct hf_error *err)
{
    const struct hf_look_secret secret = {
        .table = strdup(table), .column = column ? strdup(column) : NULL, .is_derived = true};
    return add(secrets, &secret, secret.table && (secret.column || !column), err);
}

int hf_look_secrets_derive_inside(struct hf_look_secrets *secrets, const char *table,
                                  struct hf_error *err)
{
    const struct hf_look_secret secret = {
        .table = strdup(table), .is_derived = true, .is_inside = true};
    return add(secrets, &secret, secret.table != NULL, err);
}

bool hf_look_secrets_have(const struct hf_look_secrets *secrets, const char *table,
                          const char *column)
{
    for (size_t i = 0; i < secrets->count; i++) {
        const struct hf_look_secret *secret = &secrets->list[i];
        if (!secret->is_inside && !sqlite3_stricmp(secret->table, table) &&
            (!secret->column || !sqlite3_stricmp(secret->column, column)))
            return true;
    }
    return false;
}

static bool is_whole(const struct hf_look_secrets *secrets, const char *table, bool is_inside)
{
    for (size_t i = 0; i < secrets->count; i++) {
        const struct hf_look_secret *secret = &secrets->list[i];
        if (!secret->column && secret->is_inside == is_inside &&
            !sqlite3_stricmp(secret->table, table))
            return true;
    }
    return false;
}

bool hf_look_secrets_are_inside(const struct hf_look_secrets *secrets, const char *table)
{
    return is_whole(secrets, table, true);
}

bool hf_look_secrets_have_all_of(const struct hf_look_secrets *secrets, const char *table)
{
    return is_whole(secrets, table, false);
}

bool hf_look_secrets_name(const struct hf_look_secrets *secrets, const char *table)
{
    for (size_t i = 0; i < secrets->count; i++)
        if (!secrets->list[i].is_derived && !sqlite3_stricmp(secrets->list[i].table, table))
            return true;
    return false;
}

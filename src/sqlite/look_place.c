#include "sqlite/look_place.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_TEXT = 4096, LARGEST_OFFSET = 1000000 };

void hf_look_place_release(struct hf_look_place *place)
{
    for (size_t i = 0; i < place->count; i++)
        sqlite3_value_free(place->values[i]);
    *place = (struct hf_look_place){0};
}

int hf_look_place_take(struct hf_look_place *place, sqlite3_value *const *values, size_t count,
                       struct hf_error *err)
{
    hf_look_place_release(place);
    for (size_t i = 0; i < count; i++) {
        place->values[i] = sqlite3_value_dup(values[i]);
        place->count++;
        if (!place->values[i])
            return hf_error_memory(err);
    }
    return 0;
}

static void put_hex(sqlite3_str *out, char kind, const uint8_t *bytes, int length)
{
    sqlite3_str_appendchar(out, 1, kind);
    for (int i = 0; i < length; i++)
        sqlite3_str_appendf(out, "%02x", bytes[i]);
}

static void put_value(sqlite3_str *out, sqlite3_value *value)
{
    char real[64];
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        sqlite3_str_appendf(out, "i%lld", sqlite3_value_int64(value));
        break;
    case SQLITE_FLOAT:
        snprintf(real, sizeof real, "r%a", sqlite3_value_double(value));
        sqlite3_str_appendall(out, real);
        break;
    case SQLITE_TEXT: {
        const uint8_t *text = sqlite3_value_text(value);
        put_hex(out, 't', text, text ? sqlite3_value_bytes(value) : 0);
        break;
    }
    case SQLITE_BLOB:
        put_hex(out, 'b', sqlite3_value_blob(value), sqlite3_value_bytes(value));
        break;
    default:
        sqlite3_str_appendchar(out, 1, 'n');
    }
}

static bool is_short(const struct hf_look_place *place)
{
    size_t length = 0;
    for (size_t i = 0; i < place->count; i++) {
        int type = sqlite3_value_type(place->values[i]);
        length += type == SQLITE_TEXT || type == SQLITE_BLOB
                      ? 2 * (size_t)sqlite3_value_bytes(place->values[i])
                      : 24;
    }
    return length < LONGEST_TEXT;
}

char *hf_look_place_text(const struct hf_look_place *place, struct hf_error *err)
{
    if (!is_short(place)) {
        hf_error_set(err, HF_UNSUPPORTED, "a row's key is too long to page by");
        return NULL;
    }
    sqlite3_str *out = sqlite3_str_new(NULL);
    if (!place->count)
        sqlite3_str_appendf(out, "o%lld", (sqlite3_int64)place->offset);
    for (size_t i = 0; i < place->count; i++) {
        if (i)
            sqlite3_str_appendchar(out, 1, '~');
        put_value(out, place->values[i]);
    }
    char *made = sqlite3_str_finish(out);
    char *text = made ? strdup(made) : NULL;
    sqlite3_free(made);
    if (!text)
        hf_error_memory(err);
    return text;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

static bool bind_hex(sqlite3_stmt *statement, const char *text, size_t length, bool is_text)
{
    uint8_t bytes[LONGEST_TEXT / 2 + 1];
    if (length % 2)
        return false;
    for (size_t i = 0; i < length / 2; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    int rc = is_text ? sqlite3_bind_text(statement, 1, (const char *)bytes, (int)(length / 2),
                                         SQLITE_TRANSIENT)
                     : sqlite3_bind_blob(statement, 1, bytes, (int)(length / 2), SQLITE_TRANSIENT);
    return rc == SQLITE_OK;
}

static bool bind_part(sqlite3_stmt *statement, const char *text, size_t length)
{
    char number[64], *end = number;
    bool is_number = (*text == 'i' || *text == 'r') && length > 1 && length < sizeof number;
    snprintf(number, sizeof number, "%.*s", is_number ? (int)length - 1 : 0, text + 1);
    errno = 0;
    switch (*text) {
    case 'i': {
        long long integer = strtoll(number, &end, 10);
        return is_number && !*end && !errno && !sqlite3_bind_int64(statement, 1, integer);
    }
    case 'r': {
        double real = strtod(number, &end);
        return is_number && !*end && !sqlite3_bind_double(statement, 1, real);
    }
    case 't':
    case 'b':
        return bind_hex(statement, text + 1, length - 1, *text == 't');
    case 'n':
        return length == 1 && !sqlite3_bind_null(statement, 1);
    default:
        return false;
    }
}

/* A value without a statement cannot be made: it is what "SELECT ?1" answers. */
static int take_part(struct hf_look_place *place, sqlite3_stmt *echo, const char *text,
                     size_t length, struct hf_error *err)
{
    sqlite3_reset(echo);
    if (!length || place->count == HF_LOOK_MOST_KEYS || !bind_part(echo, text, length) ||
        sqlite3_step(echo) != SQLITE_ROW)
        return hf_error_set(err, HF_USAGE, "that is no row's place");
    place->values[place->count] = sqlite3_value_dup(sqlite3_column_value(echo, 0));
    return place->values[place->count++] ? 0 : hf_error_memory(err);
}

static int take_offset(struct hf_look_place *place, const char *text, struct hf_error *err)
{
    char *end;
    long long offset = strtoll(text + 1, &end, 10);
    if (*text != 'o' || !text[1] || *end || offset < 0)
        return hf_error_set(err, HF_USAGE, "that is no row's place");
    if (offset > LARGEST_OFFSET)
        return hf_error_set(err, HF_UNSUPPORTED, "only the first %d rows of this can be looked at",
                            LARGEST_OFFSET);
    place->offset = offset;
    return 0;
}

int hf_look_place_parse(struct hf_look_place *out, struct hf_look *look,
                        const struct hf_look_table *table, const char *text, struct hf_error *err)
{
    struct hf_look_place place = {0};
    if (!table->key_count)
        return take_offset(out, text, err);
    if (strlen(text) > LONGEST_TEXT)
        return hf_error_set(err, HF_USAGE, "that is no row's place");
    sqlite3_stmt *echo = hf_look_prepare(look, sqlite3_mprintf("SELECT ?1"), err);
    int failed = echo ? 0 : -1;
    while (!failed) {
        size_t length = strcspn(text, "~");
        failed = take_part(&place, echo, text, length, err);
        if (!text[length])
            break;
        text += length + 1;
    }
    sqlite3_finalize(echo);
    if (!failed && place.count != table->key_count)
        failed = hf_error_set(err, HF_USAGE, "that is no row's place");
    if (failed) {
        hf_look_place_release(&place);
        return -1;
    }
    *out = place;
    return 0;
}

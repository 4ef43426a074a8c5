#include "portable/copy_value.h"

#include <math.h>
#include <string.h>

#include "portable/base64.h"
#include "portable/json_number.h"
#include "portable/utf8.h"

static unsigned unit_at(const uint8_t *text, size_t i, bool big)
{
    return big ? (unsigned)text[i] << 8 | text[i + 1] : (unsigned)text[i + 1] << 8 | text[i];
}

static bool is_utf16(const uint8_t *text, size_t length, bool big)
{
    for (size_t i = 0; i + 1 < length; i += 2) {
        unsigned unit = unit_at(text, i, big);
        if (unit < 0xd800 || unit > 0xdfff)
            continue;
        if (unit > 0xdbff || i + 3 >= length || (unit_at(text, i + 2, big) & 0xfc00) != 0xdc00)
            return false;
        i += 2;
    }
    return true;
}

/* SQLite gives UTF-16 in the machine's own order, which is checked here as it would be converted:
 * conversion to UTF-8 silently loses what is not well-formed. */
static int broken_text16(struct hf_copy_value *out, sqlite3_stmt *statement, int column,
                         bool *broken, struct hf_buf *room, struct hf_error *err)
{
    const uint16_t one = 1;
    bool big = !*(const uint8_t *)&one;
    const uint8_t *text = sqlite3_column_text16(statement, column);
    size_t length = (size_t)sqlite3_column_bytes16(statement, column);
    if (!text)
        return hf_error_memory(err);
    *broken = !is_utf16(text, length, big);
    if (!*broken)
        return 0;
    room->length = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        if (hf_buf_append_le(room, 2, unit_at(text, i, big), err))
            return -1;
    }
    *out =
        (struct hf_copy_value){.type = HF_COPY_TEXT16, .bytes = room->data, .length = room->length};
    return 0;
}

int hf_copy_value_of_column(struct hf_copy_value *out, sqlite3_stmt *statement, int column,
                            enum hf_copy_encoding encoding, struct hf_buf *room,
                            struct hf_error *err)
{
    bool broken = false;
    *out = (struct hf_copy_value){.type = HF_COPY_NULL};
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
        out->type = HF_COPY_INTEGER;
        out->integer = sqlite3_column_int64(statement, column);
        return 0;
    case SQLITE_FLOAT:
        out->type = HF_COPY_REAL;
        out->real = sqlite3_column_double(statement, column);
        return 0;
    case SQLITE_TEXT:
        if (encoding == HF_COPY_UTF16 &&
            (broken_text16(out, statement, column, &broken, room, err) || broken))
            return broken ? 0 : -1;
        out->type = HF_COPY_TEXT;
        out->bytes = sqlite3_column_text(statement, column);
        break;
    case SQLITE_BLOB:
        out->type = HF_COPY_BLOB;
        out->bytes = sqlite3_column_blob(statement, column);
        break;
    default:
        return 0;
    }
    out->length = (size_t)sqlite3_column_bytes(statement, column);
    if (!out->bytes && (out->type == HF_COPY_TEXT || out->length))
        return hf_error_memory(err);
    return 0;
}

static void put_tagged(struct hf_json_writer *writer, const char *tag,
                       const struct hf_copy_value *value)
{
    hf_json_open_object(writer, HF_JSON_COMPACT);
    hf_json_name(writer, tag);
    hf_json_put_base64(writer, value->bytes, value->length);
    hf_json_close(writer);
}

static void put_real(struct hf_json_writer *writer, double value)
{
    char text[HF_NUMBER_TEXT];
    if (isfinite(value)) {
        hf_json_put_raw(writer, text, hf_number_print_real(text, value));
        return;
    }
    hf_json_open_object(writer, HF_JSON_COMPACT);
    hf_json_name(writer, "real");
    hf_json_put_string(writer, value > 0 ? "inf" : "-inf");
    hf_json_close(writer);
}

void hf_copy_put_value(struct hf_json_writer *writer, const struct hf_copy_value *value)
{
    switch (value->type) {
    case HF_COPY_NULL:
        hf_json_put_null(writer);
        break;
    case HF_COPY_INTEGER:
        hf_json_put_integer(writer, value->integer);
        break;
    case HF_COPY_REAL:
        put_real(writer, value->real);
        break;
    case HF_COPY_TEXT:
        if (hf_utf8_valid(value->bytes, value->length) == value->length)
            hf_json_put_bytes(writer, value->bytes, value->length);
        else
            put_tagged(writer, "text", value);
        break;
    case HF_COPY_BLOB:
        put_tagged(writer, "blob", value);
        break;
    case HF_COPY_TEXT16:
        put_tagged(writer, "text16", value);
        break;
    }
}

static int read_number(struct hf_copy_value *out, struct hf_json_reader *reader,
                       const struct hf_json_event *event, struct hf_error *err)
{
    if (hf_json_integer_of(event, &out->integer)) {
        out->type = HF_COPY_INTEGER;
        return 0;
    }
    out->type = HF_COPY_REAL;
    if (strpbrk(event->text, ".eE") && hf_json_double_of(event, &out->real))
        return 0;
    return hf_json_complain(reader, err, "%.40s is not a number that SQLite can hold", event->text);
}

static int read_base64(struct hf_copy_value *out, const struct hf_json_event *event,
                       struct hf_buf *room, struct hf_error *err)
{
    room->length = 0;
    if (hf_buf_reserve(room, event->length + 1, err))
        return -1;
    if (!hf_base64_decode(room->data, &out->length, event->text, event->length))
        return hf_error_set(err, HF_CORRUPT, "no base64");
    out->bytes = room->data;
    return 0;
}

static int read_tagged_content(struct hf_copy_value *out, const char *tag,
                               const struct hf_json_event *event, struct hf_buf *room,
                               struct hf_error *err)
{
    if (event->kind != HF_JSON_STRING)
        return hf_error_set(err, HF_CORRUPT, "no text");
    if (!strcmp(tag, "real")) {
        out->type = HF_COPY_REAL;
        out->real = hf_json_is(event, "-inf") ? -INFINITY : INFINITY;
        return hf_json_is(event, "inf") || hf_json_is(event, "-inf")
                   ? 0
                   : hf_error_set(err, HF_CORRUPT, "no number");
    }
    if (!strcmp(tag, "blob"))
        out->type = HF_COPY_BLOB;
    else if (!strcmp(tag, "text"))
        out->type = HF_COPY_TEXT, out->is_broken = true;
    else if (!strcmp(tag, "text16"))
        out->type = HF_COPY_TEXT16;
    else
        return hf_error_set(err, HF_CORRUPT, "'%s' is no kind of value", tag);
    if (read_base64(out, event, room, err))
        return -1;
    if (out->type == HF_COPY_TEXT16 && out->length % 2)
        return hf_error_set(err, HF_CORRUPT, "half a character");
    return 0;
}

static int read_tagged(struct hf_copy_value *out, struct hf_json_reader *reader,
                       struct hf_buf *room, struct hf_error *err)
{
    struct hf_json_event next;
    struct hf_error found = {0};
    char tag[16];
    if (hf_json_next(reader, &next, err))
        return -1;
    if (next.kind != HF_JSON_NAME || next.length >= sizeof tag)
        return hf_json_complain(reader, err, "this object is no value");
    memcpy(tag, next.text, next.length + 1);
    if (hf_json_next(reader, &next, err))
        return -1;
    if (read_tagged_content(out, tag, &next, room, &found))
        return found.code == HF_NO_MEMORY ? hf_error_pass(err, &found)
                                          : hf_json_complain(reader, err, "%s", found.text);
    if (hf_json_next(reader, &next, err))
        return -1;
    return next.kind == HF_JSON_OBJECT_END
               ? 0
               : hf_json_complain(reader, err, "a value has one member");
}

int hf_copy_read_value(struct hf_copy_value *out, struct hf_json_reader *reader,
                       const struct hf_json_event *event, struct hf_buf *room, struct hf_error *err)
{
    *out = (struct hf_copy_value){.type = HF_COPY_NULL};
    switch (event->kind) {
    case HF_JSON_NULL:
        return 0;
    case HF_JSON_NUMBER:
        return read_number(out, reader, event, err);
    case HF_JSON_STRING:
        out->type = HF_COPY_TEXT;
        out->bytes = event->text;
        out->length = event->length;
        return 0;
    case HF_JSON_OBJECT:
        return read_tagged(out, reader, room, err);
    default:
        return hf_json_complain(reader, err, "this is no value");
    }
}

/* A byte order mark at the beginning is taken off by SQLite, so one is put before it. */
static int bind_text16(sqlite3_stmt *statement, int parameter, const struct hf_copy_value *value)
{
    char *text = sqlite3_malloc64(value->length + 2);
    if (!text)
        return SQLITE_NOMEM;
    memcpy(text, "\xff\xfe", 2);
    memcpy(text + 2, value->bytes, value->length);
    return sqlite3_bind_text64(statement, parameter, text, value->length + 2, sqlite3_free,
                               SQLITE_UTF16LE);
}

int hf_copy_bind_value(sqlite3_stmt *statement, int parameter, const struct hf_copy_value *value)
{
    const void *bytes = value->length ? value->bytes : "";
    switch (value->type) {
    case HF_COPY_INTEGER:
        return sqlite3_bind_int64(statement, parameter, value->integer);
    case HF_COPY_REAL:
        return sqlite3_bind_double(statement, parameter, value->real);
    case HF_COPY_TEXT:
        return sqlite3_bind_text64(statement, parameter, bytes, value->length, SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    case HF_COPY_BLOB:
        return sqlite3_bind_blob64(statement, parameter, bytes, value->length, SQLITE_TRANSIENT);
    case HF_COPY_TEXT16:
        return bind_text16(statement, parameter, value);
    case HF_COPY_NULL:
        break;
    }
    return sqlite3_bind_null(statement, parameter);
}

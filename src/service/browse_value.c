#include "service/browse_value.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "portable/utf8.h"

static const int64_t EXACT = 1LL << 53;

/* Appends what is well-formed as it is, and U+FFFD for each other byte. True: there was one. */
static bool put_well_formed(struct hf_buf *out, const char *text, size_t length)
{
    bool is_altered = false;
    while (length) {
        const char *nul = memchr(text, '\0', length);
        size_t good = hf_utf8_valid(text, nul ? (size_t)(nul - text) : length);
        hf_buf_append(out, text, good, NULL);
        text += good;
        length -= good;
        if (!length)
            break;
        hf_buf_append(out, "\xef\xbf\xbd", 3, NULL);
        is_altered = true;
        text++;
        length--;
    }
    return is_altered;
}

json_t *hf_browse_text(const char *text, size_t length)
{
    hf_auto(hf_buf) struct hf_buf out = {0};
    if (!text)
        return json_null();
    put_well_formed(&out, text, length);
    return json_stringn(out.length ? (const char *)out.data : "", out.length);
}

/* Where a text may be cut so that no character is. */
static size_t cut_at(const char *text, size_t most)
{
    size_t at = most;
    while (at && most - at < 4 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static json_t *text_value(sqlite3_stmt *row, int column, size_t most, size_t *shown)
{
    hf_auto(hf_buf) struct hf_buf out = {0};
    const char *text = (const char *)sqlite3_column_text(row, column);
    size_t length = (size_t)sqlite3_column_bytes(row, column);
    if (!text)
        return NULL;
    bool is_cut = length > most;
    bool is_altered = put_well_formed(&out, text, is_cut ? cut_at(text, most) : length);
    json_t *said = json_stringn(out.length ? (const char *)out.data : "", out.length);
    *shown += out.length;
    if (!is_cut && !is_altered)
        return said;
    return json_pack("{s:s, s:o, s:I, s:b, s:b}", "type", "text", "text", said, "length",
                     (json_int_t)length, "cut", is_cut, "altered", is_altered);
}

static json_t *blob_value(sqlite3_stmt *row, int column, size_t most, size_t *shown)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = sqlite3_column_blob(row, column);
    size_t length = (size_t)sqlite3_column_bytes(row, column);
    size_t count = length < most ? length : most;
    hf_auto_free char *hex = malloc(2 * count + 1);
    if (!hex || (length && !bytes))
        return NULL;
    for (size_t i = 0; i < count; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * count] = '\0';
    *shown += 2 * count;
    return json_pack("{s:s, s:I, s:s, s:b}", "type", "blob", "length", (json_int_t)length, "hex",
                     hex, "cut", count < length);
}

static json_t *integer_value(int64_t integer)
{
    char text[32];
    if (integer >= -EXACT && integer <= EXACT)
        return json_integer(integer);
    snprintf(text, sizeof text, "%lld", (long long)integer);
    return json_pack("{s:s, s:s}", "type", "integer", "text", text);
}

static json_t *real_value(double real)
{
    if (isfinite(real))
        return json_real(real);
    return json_pack("{s:s, s:s}", "type", "real", "text", real > 0 ? "Inf" : "-Inf");
}

json_t *hf_browse_value(sqlite3_stmt *row, int column, const struct hf_browse_lengths *most,
                        size_t *shown)
{
    *shown += 16;
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        return integer_value(sqlite3_column_int64(row, column));
    case SQLITE_FLOAT:
        return real_value(sqlite3_column_double(row, column));
    case SQLITE_TEXT:
        return text_value(row, column, most->text, shown);
    case SQLITE_BLOB:
        return blob_value(row, column, most->blob, shown);
    default:
        return json_null();
    }
}

json_t *hf_browse_masked(void)
{
    return json_pack("{s:s}", "type", "masked");
}

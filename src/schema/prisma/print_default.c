#include <stdlib.h>
#include <string.h>

#include "schema/prisma/ddl.h"
#include "schema/prisma/literals.h"

/* Defaults in SQL. */

const char *hf_prisma_enum_text(const struct hf_prisma_entry *value)
{
    for (const struct hf_prisma_attribute *each = value->attributes; each; each = each->next)
        if (!strcmp(each->name, "map") && each->arguments.first && each->arguments.first->value)
            return each->arguments.first->value->text;
    return value->name;
}

static int print_text(struct hf_buf *out, const char *text, struct hf_error *err)
{
    if (hf_buf_append(out, "'", 1, err))
        return -1;
    for (; *text; text++)
        if (hf_buf_append(out, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1, err))
            return -1;
    return hf_buf_append(out, "'", 1, err);
}

static int print_time(struct hf_buf *out, const char *text, struct hf_error *err)
{
    struct hf_prisma_time time = {0};
    hf_prisma_parse_time(text, &time);
    /* The fraction in thousands: 3, 6 or 9 digits, as many as it needs. */
    size_t digits = strlen(time.fraction);
    while (digits && time.fraction[digits - 1] == '0')
        digits--;
    size_t wanted = (digits + 2) / 3 * 3;
    memset(time.fraction + digits, '0', sizeof time.fraction - 1 - digits);
    return hf_buf_print(out, err, "'%04d-%02d-%02d %02d:%02d:%02d%s%.*s %c%02d:%02d'", time.year,
                        time.month, time.day, time.hour, time.minute, time.second,
                        wanted ? "." : "", (int)wanted, time.fraction, time.west ? '-' : '+',
                        time.offset / 60, time.offset % 60);
}

struct hex {
    struct hf_buf *out;
    struct hf_error *err;
};

static int print_hex(void *arg, uint8_t byte)
{
    struct hex *hex = arg;
    return hf_buf_print(hex->out, hex->err, "%02x", byte);
}

static int print_bytes(struct hf_buf *out, const char *text, struct hf_error *err)
{
    struct hex hex = {out, err};
    if (hf_buf_append(out, "'", 1, err) || !hf_prisma_base64(text, print_hex, &hex))
        return -1;
    return hf_buf_append(out, "'", 1, err);
}

static const struct hf_prisma_entry *find_value(const struct hf_prisma_block *type,
                                                const char *name)
{
    const struct hf_prisma_entry *each = type->entries;
    while (each->next && strcmp(each->name, name) != 0)
        each = each->next;
    return each;
}

static int print_literal(struct hf_buf *out, const struct hf_prisma_field *field,
                         const struct hf_prisma_value *value, struct hf_error *err)
{
    if (field->kind == HF_PRISMA_ENUM_FIELD)
        return print_text(out, hf_prisma_enum_text(find_value(field->type, value->text)), err);
    switch (field->scalar) {
    case HF_PRISMA_DATETIME:
        return print_time(out, value->text, err);
    case HF_PRISMA_BYTES:
        return print_bytes(out, value->text, err);
    case HF_PRISMA_STRING_TYPE:
    case HF_PRISMA_JSON: /* Prisma leaves the quotes out, and SQLite refuses its statement */
        return print_text(out, value->text, err);
    case HF_PRISMA_BOOLEAN:
        return hf_buf_print(out, err, "%s", value->text);
    default:
        return hf_prisma_print_decimal(out, value->text, err);
    }
}

int hf_prisma_print_default(struct hf_buf *out, const struct hf_prisma_field *field,
                            struct hf_error *err)
{
    const struct hf_prisma_value *value = field->default_value;
    if (!value)
        return 0;
    if (hf_prisma_is_function(value, "now"))
        return hf_buf_print(out, err, " DEFAULT CURRENT_TIMESTAMP");
    if (hf_prisma_is_function(value, "dbgenerated"))
        return value->items.first
                   ? hf_buf_print(out, err, " DEFAULT %s", value->items.first->value->text)
                   : 0;
    if (value->kind == HF_PRISMA_FUNCTION)
        return 0; /* the client makes it */
    if (hf_buf_print(out, err, " DEFAULT "))
        return -1;
    return print_literal(out, field, value, err);
}

#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_COLUMNS = 16, GAP = 2 };

void hf_table_init(struct hf_table *table, const struct hf_column *columns)
{
    *table = (struct hf_table){.columns = columns};
    while (columns[table->width].title)
        table->width++;
}

/* Characters, of UTF-8. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static char *printable(const char *text)
{
    char *copy = strdup(text ? text : "");
    for (unsigned char *c = (unsigned char *)copy; c && *c; c++) {
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
    }
    return copy;
}

int hf_table_add(struct hf_table *table, const char *const *cells, struct hf_error *err)
{
    if (table->count + table->width > table->capacity) {
        size_t capacity = 2 * table->capacity + 8 * table->width;
        char **grown = realloc(table->cells, capacity * sizeof *grown);
        if (!grown)
            return hf_error_memory(err);
        table->cells = grown;
        table->capacity = capacity;
    }
    for (size_t i = 0; i < table->width; i++) {
        char *copy = printable(cells[i]);
        if (!copy) {
            while (i--)
                free(table->cells[table->count + i]);
            return hf_error_memory(err);
        }
        table->cells[table->count + i] = copy;
    }
    table->count += table->width;
    return 0;
}

static void print_cell(FILE *out, const char *text, int width, enum hf_align align, int last)
{
    int blanks = width - width_of(text);
    if (align == HF_RIGHT)
        fprintf(out, "%*s%s", blanks, "", text);
    else if (last)
        fputs(text, out);
    else
        fprintf(out, "%s%*s", text, blanks, "");
    fprintf(out, "%*s", last ? 0 : GAP, "");
}

void hf_table_print(const struct hf_table *table, FILE *out)
{
    int widths[MOST_COLUMNS] = {0};
    size_t last = 0;
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->width;
        int width = width_of(table->cells[i]);
        if (width > widths[column])
            widths[column] = width;
        if (width && column > last)
            last = column;
    }
    for (size_t i = 0; i < table->width; i++) {
        int title = width_of(table->columns[i].title);
        if (widths[i] && widths[i] < title)
            widths[i] = title;
    }
    size_t rows = table->width ? table->count / table->width : 0;
    for (size_t row = 0; rows && row <= rows; row++) {
        for (size_t i = 0; i <= last; i++) {
            const char *text =
                row ? table->cells[(row - 1) * table->width + i] : table->columns[i].title;
            if (widths[i])
                print_cell(out, text, widths[i], table->columns[i].align, i == last);
        }
        fputc('\n', out);
    }
}

void hf_table_release(struct hf_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct hf_table){0};
}

#include "portable/profile_places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "portable/json_reader.h"
#include "portable/profile_database.h"

enum column_kind { COLUMN_HIDDEN, COLUMN_PLAIN, COLUMN_BOOLEAN, COLUMN_JSON };

struct column {
    char *name;
    size_t length; /* of the name, without ":boolean" */
    enum column_kind kind;
};

struct place {
    char *name;
    bool list;
    const struct hf_profile_statement *statement; /* NULL: an object of what is within */
    sqlite3_stmt *prepared;
    struct column *columns;
    int column_count;
    struct place *parent, *first, *next; /* `first` of those within, `next` beside it */
};

struct hf_profile_places {
    sqlite3 *db;
    const struct hf_profile_script *script;
    const struct hf_profile_parameters *parameters;
    struct place root;
};

static struct place *add_within(struct place *parent, const char *name, size_t length, bool list)
{
    struct place **end = &parent->first;
    for (; *end; end = &(*end)->next)
        if (strlen((*end)->name) == length && !strncmp((*end)->name, name, length))
            return *end;
    struct place *place = calloc(1, sizeof *place);
    if (!place)
        return NULL;
    place->name = strndup(name, length);
    place->parent = parent;
    place->list = list;
    *end = place;
    return place->name ? place : NULL; /* freed with its parent */
}

/* "users[].data.movies[]" */
static struct place *find_place(struct place *root, const char *path)
{
    struct place *place = root;
    while (place && *path) {
        size_t step = strcspn(path, "."), length = step;
        bool list = step > 2 && !strncmp(path + step - 2, "[]", 2);
        place = add_within(place, path, list ? length - 2 : length, list);
        path += step + (path[step] == '.');
    }
    return place;
}

static int read_columns(struct place *place)
{
    place->column_count = sqlite3_column_count(place->prepared);
    place->columns = calloc((size_t)place->column_count + 1, sizeof *place->columns);
    for (int i = 0; place->columns && i < place->column_count; i++) {
        struct column *column = &place->columns[i];
        const char *name = sqlite3_column_name(place->prepared, i);
        column->name = name ? strdup(name) : NULL; /* SQLite's own is gone after a schema change */
        if (!column->name)
            return -1;
        const char *colon = strrchr(column->name, ':');
        column->kind = *column->name == '_'                  ? COLUMN_HIDDEN
                       : colon && !strcmp(colon, ":boolean") ? COLUMN_BOOLEAN
                       : colon && !strcmp(colon, ":json")    ? COLUMN_JSON
                                                             : COLUMN_PLAIN;
        column->length =
            column->kind < COLUMN_BOOLEAN ? strlen(column->name) : (size_t)(colon - column->name);
    }
    return place->columns ? 0 : -1;
}

static int add_statement(struct hf_profile_places *places,
                         const struct hf_profile_statement *statement, struct hf_error *err)
{
    sqlite3_stmt *prepared;
    if (hf_profile_prepare(places->db, places->script, statement, &prepared, err))
        return -1;
    if (!prepared)
        return 0;
    struct place *place = find_place(&places->root, statement->place);
    if (!place || place->prepared) {
        sqlite3_finalize(prepared);
        return place ? 0 : hf_error_memory(err);
    }
    place->prepared = prepared;
    place->statement = statement;
    return read_columns(place) ? hf_error_memory(err) : 0;
}

struct hf_profile_places *hf_profile_places_new(sqlite3 *db, const struct hf_profile_script *script,
                                                const struct hf_profile_parameters *parameters,
                                                struct hf_error *err)
{
    struct hf_profile_places *places = calloc(1, sizeof *places);
    if (!places) {
        hf_error_memory(err);
        return NULL;
    }
    *places = (struct hf_profile_places){.db = db, .script = script, .parameters = parameters};
    for (size_t i = 0; i < script->count; i++)
        if (script->statements[i].place && add_statement(places, &script->statements[i], err)) {
            hf_profile_places_free(places);
            return NULL;
        }
    return places;
}

static void release_place(struct place *place)
{
    for (struct place *within = place->first, *next; within; within = next) {
        next = within->next;
        release_place(within);
        free(within);
    }
    sqlite3_finalize(place->prepared);
    for (int i = 0; place->columns && i < place->column_count; i++)
        free(place->columns[i].name);
    free(place->columns);
    free(place->name);
}

void hf_profile_places_free(struct hf_profile_places *places)
{
    if (places)
        release_place(&places->root);
    free(places);
}

static int bind_parameter(sqlite3_stmt *prepared, int index,
                          const struct hf_profile_parameters *parameters)
{
    const char *name = sqlite3_bind_parameter_name(prepared, index);
    if (name && !strcmp(name, ":now"))
        return sqlite3_bind_int64(prepared, index, parameters->now);
    if (name && !strcmp(name, ":user"))
        return sqlite3_bind_text(prepared, index, parameters->user, -1, SQLITE_STATIC);
    return -1;
}

static int unknown_parameter(sqlite3_stmt *prepared, int index,
                             const struct hf_profile_script *script,
                             const struct hf_profile_statement *statement, struct hf_error *err)
{
    const char *name = sqlite3_bind_parameter_name(prepared, index);
    return hf_error_set(err, HF_CONFIG, "%s line %zu: nothing is known of the parameter '%s'",
                        script->file, statement->line, name ? name : "?");
}

int hf_profile_run(sqlite3 *db, const struct hf_profile_script *script,
                   const struct hf_profile_statement *statement,
                   const struct hf_profile_parameters *parameters, struct hf_error *err)
{
    sqlite3_stmt *prepared;
    if (hf_profile_prepare(db, script, statement, &prepared, err))
        return -1;
    int failed = 0, rc = SQLITE_ROW;
    for (int i = 1; !failed && i <= sqlite3_bind_parameter_count(prepared); i++)
        if (bind_parameter(prepared, i, parameters))
            failed = unknown_parameter(prepared, i, script, statement, err);
    while (!failed && prepared && rc == SQLITE_ROW)
        rc = sqlite3_step(prepared);
    if (!failed && prepared && rc != SQLITE_DONE)
        failed = hf_profile_sql_error(db, script, statement, err);
    sqlite3_finalize(prepared);
    return failed;
}

/* From the rows of the places around it, the nearest first. */
static bool bind_from_rows(const struct place *place, int index)
{
    const char *name = sqlite3_bind_parameter_name(place->prepared, index);
    for (const struct place *around = place->parent; name && around; around = around->parent)
        for (int i = 0; i < around->column_count; i++)
            if (!strcmp(around->columns[i].name, name + 1)) {
                sqlite3_bind_value(place->prepared, index,
                                   sqlite3_column_value(around->prepared, i));
                return true;
            }
    return false;
}

static int begin_rows(const struct hf_profile_places *places, const struct place *place,
                      struct hf_error *err)
{
    sqlite3_reset(place->prepared);
    for (int i = 1; i <= sqlite3_bind_parameter_count(place->prepared); i++)
        if (!bind_from_rows(place, i) && bind_parameter(place->prepared, i, places->parameters))
            return unknown_parameter(place->prepared, i, places->script, place->statement, err);
    return 0;
}

/* 1: a row, 0: no more. */
static int next_row(const struct hf_profile_places *places, const struct place *place,
                    struct hf_error *err)
{
    int rc = sqlite3_step(place->prepared);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    return hf_profile_sql_error(places->db, places->script, place->statement, err);
}

struct text {
    const char *at;
    size_t left;
};

static int64_t read_text(void *context, void *out, size_t capacity, struct hf_error *err)
{
    struct text *text = context;
    (void)err;
    size_t length = text->left < capacity ? text->left : capacity;
    memcpy(out, text->at, length);
    text->at += length;
    text->left -= length;
    return (int64_t)length;
}

/* Read and written again: what is no JSON would spoil the whole copy. */
static int put_json(struct hf_json_writer *writer, const char *bytes, size_t length,
                    struct hf_error *err)
{
    struct text text = {bytes, length};
    const struct hf_source source = {.context = &text, .read = read_text};
    hf_auto_ptr(hf_json_reader) struct hf_json_reader *reader =
        hf_json_reader_new(&source, NULL, err);
    struct hf_json_event event;
    return !reader || hf_json_next(reader, &event, err) ||
                   hf_json_copy(reader, &event, writer, err) || hf_json_next(reader, &event, err)
               ? -1
               : 0;
}

/* A value of the row at hand, fetched once: each sqlite3_column_ call takes a lock. */
static int put_value(const struct column *column, sqlite3_value *value,
                     struct hf_json_writer *writer, struct hf_error *err)
{
    int type = sqlite3_value_type(value);
    if (type == SQLITE_NULL) {
        hf_json_put_null(writer);
    } else if (column->kind == COLUMN_BOOLEAN) {
        hf_json_put_boolean(writer, sqlite3_value_int(value) != 0);
    } else if (column->kind == COLUMN_JSON) {
        const char *text = (const char *)sqlite3_value_text(value);
        return put_json(writer, text, (size_t)sqlite3_value_bytes(value), err);
    } else if (type == SQLITE_INTEGER) {
        hf_json_put_integer(writer, sqlite3_value_int64(value));
    } else if (type == SQLITE_FLOAT) {
        hf_json_put_double(writer, sqlite3_value_double(value));
    } else {
        const char *text = (const char *)sqlite3_value_text(value);
        hf_json_put_bytes(writer, text, (size_t)sqlite3_value_bytes(value));
    }
    return 0;
}

static int put_members(struct hf_profile_places *places, const struct place *place,
                       struct hf_json_writer *writer, struct hf_error *err);

static int put_object(struct hf_profile_places *places, const struct place *place,
                      struct hf_json_writer *writer, struct hf_error *err)
{
    hf_json_open_object(writer, HF_JSON_LINES);
    if (put_members(places, place, writer, err))
        return -1;
    hf_json_close(writer);
    return 0;
}

static int put_element(struct hf_profile_places *places, const struct place *place,
                       struct hf_json_writer *writer, struct hf_error *err)
{
    if (place->column_count == 1 && !place->columns[0].length)
        return put_value(place->columns, sqlite3_column_value(place->prepared, 0), writer, err);
    return put_object(places, place, writer, err);
}

static int put_rows(struct hf_profile_places *places, const struct place *place,
                    struct hf_json_writer *writer, struct hf_error *err)
{
    int row = 0;
    if (place->prepared && begin_rows(places, place, err))
        return -1;
    hf_json_open_array(writer, HF_JSON_LINES);
    while (place->prepared && (row = next_row(places, place, err)) > 0)
        if (hf_json_writer_failed(writer) || put_element(places, place, writer, err))
            return hf_json_writer_failed(writer) ? hf_json_writer_flush(writer, err) : -1;
    hf_json_close(writer);
    return row;
}

static int put_single(struct hf_profile_places *places, const struct place *place,
                      struct hf_json_writer *writer, struct hf_error *err)
{
    if (!place->prepared)
        return put_object(places, place, writer, err);
    int row = begin_rows(places, place, err) ? -1 : next_row(places, place, err);
    if (row < 0)
        return -1;
    int failed = 0;
    if (row)
        failed = put_element(places, place, writer, err);
    else
        hf_json_put_null(writer);
    sqlite3_reset(place->prepared);
    return failed;
}

static int put_members(struct hf_profile_places *places, const struct place *place,
                       struct hf_json_writer *writer, struct hf_error *err)
{
    for (int i = 0; i < place->column_count; i++) {
        const struct column *column = &place->columns[i];
        if (column->kind == COLUMN_HIDDEN)
            continue;
        sqlite3_value *value = sqlite3_column_value(place->prepared, i);
        if (sqlite3_value_type(value) == SQLITE_NULL)
            continue;
        hf_json_name_bytes(writer, column->name, column->length);
        if (put_value(column, value, writer, err))
            return -1;
    }
    for (const struct place *within = place->first; within; within = within->next) {
        hf_json_name(writer, within->name);
        if (within->list ? put_rows(places, within, writer, err)
                         : put_single(places, within, writer, err))
            return -1;
    }
    return 0;
}

int hf_profile_places_write(struct hf_profile_places *places, struct hf_json_writer *writer,
                            struct hf_error *err)
{
    struct place *root = &places->root;
    if (root->prepared && (begin_rows(places, root, err) || next_row(places, root, err) < 0))
        return -1;
    if (root->prepared && !sqlite3_data_count(root->prepared))
        return hf_error_set(err, HF_CONFIG, "%s line %zu: the copy's own query gave no row",
                            places->script->file, root->statement->line);
    int failed = put_members(places, root, writer, err);
    if (root->prepared)
        sqlite3_reset(root->prepared);
    return failed;
}

int hf_profile_prepare_copy(sqlite3 *db, const struct hf_profile *profile,
                            const struct hf_profile_parameters *parameters, struct hf_error *err)
{
    const struct hf_profile_script *script = &profile->export_script;
    for (size_t i = 0; i < script->count; i++) {
        const struct hf_profile_statement *statement = &script->statements[i];
        if (!statement->place && !statement->summary &&
            hf_profile_run(db, script, statement, parameters, err))
            return -1;
    }
    return 0;
}

#include "portable/profile_stage.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "portable/profile_database.h"

enum { LARGEST_ROW = 1 << 20, LONGEST_PATH = 1024 };

struct stager {
    sqlite3 *db;
    const struct hf_profile *profile;
    struct hf_json_reader *reader;
    const struct hf_profile_stage *stage;
    sqlite3_stmt *insert;
    int64_t ids;
    uint64_t lists; /* that a pattern fits, empty ones too */
    uint64_t strays;
    struct hf_error *err;
};

/* A group that is being read. `path` leads from it to the value that is looked at. */
struct group {
    int64_t id;
    struct hf_json_writer writer;
    char path[LONGEST_PATH];
    size_t length;
};

struct small_buffer {
    struct hf_buf bytes;
    const struct hf_json_reader *reader;
};

static int keep_bytes(void *context, const void *bytes, size_t length, struct hf_error *err)
{
    struct small_buffer *buffer = context;
    if (buffer->bytes.length + length > LARGEST_ROW)
        return hf_json_complain(buffer->reader, err, "more than %d bytes in one entry",
                                LARGEST_ROW);
    return hf_buf_append(&buffer->bytes, bytes, length, err);
}

static int stage_value(struct stager *stager, struct group *group,
                       const struct hf_json_event *event);

static int insert(struct stager *stager, int64_t id, int64_t owner, const char *place,
                  const char *around, size_t around_length, uint64_t line, const char *path,
                  const struct hf_buf *value)
{
    sqlite3_stmt *insert = stager->insert;
    sqlite3_bind_int64(insert, 1, id);
    sqlite3_bind_int64(insert, 2, owner);
    sqlite3_bind_text(insert, 3, place, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 4, around, (int)around_length, SQLITE_STATIC);
    sqlite3_bind_text(insert, 5, path, -1, SQLITE_STATIC);
    sqlite3_bind_int64(insert, 6, (int64_t)line);
    sqlite3_bind_text(insert, 7, (const char *)value->data, (int)value->length, SQLITE_STATIC);
    sqlite3_step(insert);
    if (sqlite3_reset(insert) == SQLITE_OK)
        return 0;
    hf_profile_db_error(stager->db, stager->err);
    return hf_error_wrap(stager->err, "keep what was read in a temporary table");
}

/* Does the path end with the pattern, at the beginning of a name? */
static bool fits(const struct group *group, const char *pattern)
{
    size_t length = strlen(pattern);
    return group->length >= length &&
           !memcmp(group->path + group->length - length, pattern, length) &&
           (group->length == length || group->path[group->length - length - 1] == '.');
}

static const char *longest(const struct hf_profile_texts *patterns, const struct group *group)
{
    const char *best = NULL;
    for (size_t i = 0; i < patterns->count; i++)
        if (fits(group, patterns->items[i]) && (!best || strlen(patterns->items[i]) > strlen(best)))
            best = patterns->items[i];
    return best;
}

/* How much of the path stands before the pattern that fits it. */
static size_t around_length(const struct group *group, const char *pattern)
{
    size_t before = group->length - strlen(pattern);
    return before ? before - 1 : 0;
}

static int stage_row(struct stager *stager, const struct group *group, const char *pattern,
                     const struct hf_json_event *event)
{
    struct small_buffer buffer = {.reader = stager->reader};
    const struct hf_sink sink = {.context = &buffer, .write = keep_bytes};
    hf_auto(hf_json_writer) struct hf_json_writer writer = {0};
    char path[160];
    uint64_t line = event->line;
    hf_json_place(stager->reader, path, sizeof path);
    int failed = hf_json_writer_init(&writer, &sink, stager->err) ||
                 hf_json_copy(stager->reader, event, &writer, stager->err) ||
                 hf_json_writer_flush(&writer, stager->err) ||
                 insert(stager, ++stager->ids, group->id, pattern, group->path,
                        around_length(group, pattern), line, path, &buffer.bytes);
    hf_buf_release(&buffer.bytes);
    return failed ? -1 : 0;
}

/* "<path>.<name>" for the time of one value. */
static int enter(struct stager *stager, struct group *group, const struct hf_json_event *name)
{
    if (group->length + name->length + 4 > sizeof group->path)
        return hf_json_complain(stager->reader, stager->err, "the names are too long");
    if (group->length)
        group->path[group->length++] = '.';
    memcpy(group->path + group->length, name->text, name->length);
    group->length += name->length;
    group->path[group->length] = 0;
    return 0;
}

static void leave(struct group *group, size_t length)
{
    group->length = length;
    group->path[length] = 0;
}

static bool is_own_member(const struct stager *stager, const struct group *group,
                          const struct hf_json_event *name)
{
    return stager->stage->own && !group->id && !group->length && hf_json_is(name, "holdfast");
}

static int stage_members(struct stager *stager, struct group *group)
{
    struct hf_json_event event;
    for (;;) {
        if (hf_json_next(stager->reader, &event, stager->err))
            return -1;
        if (event.kind == HF_JSON_OBJECT_END)
            return 0;
        size_t before = group->length;
        bool own = is_own_member(stager, group, &event);
        if (enter(stager, group, &event) || hf_json_next(stager->reader, &event, stager->err))
            return -1;
        if (own ? stager->stage->own(stager->stage->context, stager->reader, &event, stager->err)
                : stage_value(stager, group, &event))
            return -1;
        leave(group, before);
    }
}

static void tell_stray(struct stager *stager, const char *path, uint64_t line, uint64_t entries,
                       const char *why)
{
    const struct hf_profile_stray stray = {path, line, entries, why};
    stager->strays++;
    if (stager->stage->stray)
        stager->stage->stray(stager->stage->context, &stray);
}

/* A list that no pattern fits: how much is in it is told. */
static int pass_list(struct stager *stager, const char *path, uint64_t line)
{
    struct hf_json_event event;
    uint64_t entries = 0;
    for (;; entries++) {
        if (hf_json_next(stager->reader, &event, stager->err))
            return -1;
        if (event.kind == HF_JSON_ARRAY_END)
            break;
        if (hf_json_skip(stager->reader, &event, stager->err))
            return -1;
    }
    if (entries)
        tell_stray(stager, path, line, entries, "nothing is known of this list");
    return 0;
}

static int stage_list(struct stager *stager, struct group *group, uint64_t line)
{
    struct hf_json_event event;
    char path[160];
    size_t before = group->length;
    hf_json_place(stager->reader, path, sizeof path);
    if (group->length + 3 > sizeof group->path)
        return hf_json_complain(stager->reader, stager->err, "the names are too long");
    memcpy(group->path + group->length, "[]", 3);
    group->length += 2;
    if (!longest(&stager->profile->groups, group) && !longest(&stager->profile->rows, group)) {
        leave(group, before);
        return pass_list(stager, path, line);
    }
    stager->lists++;
    for (;;) {
        if (hf_json_next(stager->reader, &event, stager->err))
            return -1;
        if (event.kind == HF_JSON_ARRAY_END)
            break;
        if (stage_value(stager, group, &event))
            return -1;
    }
    leave(group, before);
    return 0;
}

static int stage_group(struct stager *stager, const struct group *around, const char *pattern,
                       uint64_t line)
{
    struct small_buffer buffer = {.reader = stager->reader};
    const struct hf_sink sink = {.context = &buffer, .write = keep_bytes};
    struct group group = {.id = around ? ++stager->ids : 0};
    char path[160];
    hf_json_place(stager->reader, path, sizeof path);
    int failed = hf_json_writer_init(&group.writer, &sink, stager->err);
    if (!failed) {
        hf_json_open_object(&group.writer, HF_JSON_COMPACT);
        failed = stage_members(stager, &group);
    }
    if (!failed) {
        hf_json_close(&group.writer);
        failed =
            hf_json_writer_flush(&group.writer, stager->err) ||
            insert(stager, group.id, around ? around->id : 0, pattern, around ? around->path : "",
                   around ? around_length(around, pattern) : 0, line, path, &buffer.bytes);
    }
    hf_json_writer_release(&group.writer);
    hf_buf_release(&buffer.bytes);
    return failed ? -1 : 0;
}

/* Something stands where a list must be. */
static bool wants_list(const struct stager *stager, struct group *group)
{
    size_t before = group->length;
    if (before + 3 > sizeof group->path)
        return false;
    memcpy(group->path + before, "[]", 3);
    group->length += 2;
    bool wants = longest(&stager->profile->rows, group) || longest(&stager->profile->groups, group);
    leave(group, before);
    return wants;
}

/* Is the path the beginning of a pattern's ("watchlist" of "watchlist.movies[]")? */
static bool leads_on(const struct hf_profile_texts *patterns, const struct group *group)
{
    char beginning[LONGEST_PATH];
    for (size_t i = 0; i < patterns->count; i++) {
        const char *pattern = patterns->items[i];
        for (const char *dot = strchr(pattern, '.'); dot; dot = strchr(dot + 1, '.')) {
            snprintf(beginning, sizeof beginning, "%.*s", (int)(dot - pattern), pattern);
            if (fits(group, beginning))
                return true;
        }
    }
    return false;
}

static bool must_be_list(const struct stager *stager, struct group *group, enum hf_json_kind kind)
{
    const struct hf_profile *profile = stager->profile;
    if (kind == HF_JSON_NULL || !wants_list(stager, group))
        return false;
    return kind != HF_JSON_OBJECT ||
           (!leads_on(&profile->rows, group) && !leads_on(&profile->groups, group));
}

static int stage_scalar(struct stager *stager, struct group *group,
                        const struct hf_json_event *event)
{
    hf_json_name_bytes(&group->writer, group->path, group->length);
    if (hf_json_copy(stager->reader, event, &group->writer, stager->err))
        return -1;
    return hf_json_writer_failed(&group->writer) ? hf_json_writer_flush(&group->writer, stager->err)
                                                 : 0;
}

static int pass_no_list(struct stager *stager, const struct hf_json_event *event)
{
    char path[160];
    tell_stray(stager, hf_json_place(stager->reader, path, sizeof path), event->line, 1,
               "this must be a list");
    return hf_json_skip(stager->reader, event, stager->err);
}

static int stage_value(struct stager *stager, struct group *group,
                       const struct hf_json_event *event)
{
    const char *as_group = longest(&stager->profile->groups, group);
    const char *as_row = as_group ? NULL : longest(&stager->profile->rows, group);
    if (as_row)
        return stage_row(stager, group, as_row, event);
    if (as_group && event->kind == HF_JSON_OBJECT)
        return stage_group(stager, group, as_group, event->line);
    if (as_group)
        return stage_row(stager, group, as_group, event);
    if (event->kind == HF_JSON_ARRAY)
        return stage_list(stager, group, event->line);
    if (must_be_list(stager, group, event->kind))
        return pass_no_list(stager, event);
    return event->kind == HF_JSON_OBJECT ? stage_members(stager, group)
                                         : stage_scalar(stager, group, event);
}

int hf_profile_stage(sqlite3 *db, const struct hf_profile *profile, struct hf_json_reader *reader,
                     const struct hf_profile_stage *stage, struct hf_error *err)
{
    struct stager stager = {
        .db = db, .profile = profile, .reader = reader, .stage = stage, .err = err};
    struct hf_json_event event;
    if (hf_profile_execute(db,
                           "CREATE TEMP TABLE part(id INTEGER PRIMARY KEY, owner, place, around,"
                           " path, line, value)",
                           err) ||
        hf_json_next(reader, &event, err))
        return -1;
    if (event.kind != HF_JSON_OBJECT)
        return hf_json_complain(reader, err, "a copy is an object ('{ ... }')");
    if (sqlite3_prepare_v3(db, "INSERT INTO temp.part VALUES(?, ?, ?, ?, ?, ?, ?)", -1,
                           SQLITE_PREPARE_PERSISTENT, &stager.insert, NULL))
        return hf_profile_db_error(db, err);
    int failed = stage_group(&stager, NULL, "", event.line);
    if (!failed)
        failed = hf_json_next(reader, &event, err); /* nothing after it */
    if (!failed && !stager.ids && !stager.lists && !stager.strays) {
        hf_error_set(err, HF_CORRUPT, "there is nothing in it that %s knows", profile->title);
        failed = hf_error_hint(err, "is it a copy of another application?");
    }
    sqlite3_finalize(stager.insert);
    return failed;
}

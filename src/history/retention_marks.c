#include "history/retention_marks.h"

#include <stdio.h>

#include "base/text.h"
#include "history/catalog.h"
#include "history/segment_reader.h"

struct loading {
    struct hf_retention_marks *marks;
    const struct hf_database *database;
    size_t prefix;
};

struct hf_retention_mark *hf_retention_marks_at(struct hf_retention_marks *marks, uint64_t seq,
                                                struct hf_error *err)
{
    size_t at = marks->count;
    while (at && marks->list[at - 1].seq > seq)
        at--;
    if (at && marks->list[at - 1].seq == seq)
        return &marks->list[at - 1];
    if (marks->count == marks->capacity) {
        size_t capacity = marks->capacity ? 2 * marks->capacity : 16;
        struct hf_retention_mark *list = realloc(marks->list, capacity * sizeof *list);
        if (!list) {
            hf_error_memory(err);
            return NULL;
        }
        marks->list = list;
        marks->capacity = capacity;
    }
    memmove(&marks->list[at + 1], &marks->list[at], (marks->count - at) * sizeof *marks->list);
    marks->count++;
    marks->list[at] = (struct hf_retention_mark){.seq = seq};
    return &marks->list[at];
}

static int keep_record(struct hf_retention_marks *marks, const struct hf_point_record *record,
                       struct hf_error *err)
{
    if (marks->record_count == marks->record_capacity) {
        size_t capacity = marks->record_capacity ? 2 * marks->record_capacity : 16;
        struct hf_point_record *records = realloc(marks->records, capacity * sizeof *records);
        if (!records)
            return hf_error_memory(err);
        marks->records = records;
        marks->record_capacity = capacity;
    }
    marks->records[marks->record_count++] = *record;
    return 0;
}

static void apply(struct hf_retention_mark *mark, const struct hf_fields *fields, int64_t received)
{
    size_t length;
    if (hf_fields_find(fields, HF_TAG_PIN, &length)) {
        mark->pin = hf_fields_number_or(fields, HF_TAG_PIN, 0) == 1 ? HF_PIN_YES : HF_PIN_NO;
        mark->pin_changed = received;
    }
    if (hf_fields_find(fields, HF_TAG_PROOF_RESULT, &length))
        mark->passed =
            hf_fields_number_or(fields, HF_TAG_PROOF_RESULT, 0) == HF_PROOF_PASSED ? received : 0;
}

/* Keys are points/<seq>.<n>: listed in the order in which changes were made. */
static int take_record(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct loading *loading = arg;
    const struct hf_repository *repository = loading->database->repository;
    const char *name = object->key + loading->prefix;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    struct hf_error local = {0};
    uint64_t number;
    struct hf_point_record record = {.received = object->received};
    if (!hf_hex_number(name, 16, &record.seq) || name[16] != '.' ||
        !hf_hex_number(name + 17, 8, &number) || name[25])
        return 0;
    record.number = (uint32_t)number;
    struct hf_retention_mark *mark = hf_retention_marks_at(loading->marks, record.seq, err);
    if (!mark || keep_record(loading->marks, &record, err))
        return -1;
    if (!hf_record_get(repository->store, object->key, HF_OBJECT_POINT, &repository->keys, &body,
                       &fields, &local)) {
        apply(mark, &fields, object->received);
        return 0;
    }
    if (local.code == HF_NOT_FOUND)
        return 0;
    if (local.code != HF_CORRUPT && local.code != HF_UNSUPPORTED)
        return hf_error_pass(err, &local);
    mark->pin = HF_PIN_YES;
    return 0;
}

int hf_retention_marks_load(struct hf_retention_marks *out, const struct hf_database *database,
                            struct hf_error *err)
{
    hf_auto(hf_retention_marks) struct hf_retention_marks marks = {0};
    char prefix[HF_OBJECT_NAME_TEXT];
    hf_database_object(prefix, database, "points/");
    struct loading loading = {&marks, database, strlen(prefix)};
    if (hf_store_list(database->repository->store, prefix, "", take_record, &loading, err))
        return -1;
    *out = marks;
    marks = (struct hf_retention_marks){0};
    return 0;
}

int hf_retention_marks_of_points(struct hf_retention_marks *out, const struct hf_points *points,
                                 struct hf_error *err)
{
    hf_auto(hf_retention_marks) struct hf_retention_marks marks = {0};
    for (size_t i = 0; i < points->count; i++) {
        const struct hf_point *point = &points->list[i];
        bool is_pinned = point->pinned || point->damaged;
        if (!is_pinned && point->proof != HF_PROOF_PASSED)
            continue;
        struct hf_retention_mark *mark = hf_retention_marks_at(&marks, point->seq, err);
        if (!mark)
            return -1;
        mark->pin = is_pinned ? HF_PIN_YES : HF_PIN_NO;
        mark->passed = point->proof == HF_PROOF_PASSED; /* whenever that was */
    }
    *out = marks;
    marks = (struct hf_retention_marks){0};
    return 0;
}

void hf_retention_marks_release(struct hf_retention_marks *marks)
{
    free(marks->list);
    free(marks->records);
    *marks = (struct hf_retention_marks){0};
}

static int pin_of_trailer(enum hf_pin_state *out, const struct hf_database *database,
                          const struct hf_timeline_entry *entry, const struct hf_points *catalog,
                          struct hf_error *err)
{
    const struct hf_point *known = hf_catalog_find(catalog, &entry->name);
    hf_auto(hf_trailer) struct hf_trailer trailer = {0};
    struct hf_error local = {0};
    *out = HF_PIN_NO;
    if (known) {
        *out = known->pinned ? HF_PIN_YES : HF_PIN_NO;
        return 0;
    }
    if (!hf_segment_read_trailer(database, &entry->name, &trailer, &local)) {
        *out = trailer.flags & HF_SEGMENT_PINNED ? HF_PIN_YES : HF_PIN_NO;
        return 0;
    }
    if (local.code == HF_NOT_FOUND)
        return 0; /* another pruner was faster */
    if (local.code != HF_CORRUPT && local.code != HF_UNSUPPORTED)
        return hf_error_pass(err, &local);
    *out = HF_PIN_YES;
    return 0;
}

int hf_retention_marks_look_up(struct hf_retention_marks *marks, const struct hf_database *database,
                               const struct hf_timeline *timeline, const uint64_t *seqs,
                               size_t count, struct hf_error *err)
{
    hf_auto(hf_points) struct hf_points catalog = {0};
    if (hf_catalog_load(&catalog, database, err))
        return -1;
    /* From the oldest on, so that most marks come behind those that are there. */
    for (size_t i = count; i--;) {
        const struct hf_timeline_entry *entry = hf_timeline_at(timeline, seqs[i]);
        struct hf_retention_mark *mark = hf_retention_marks_at(marks, seqs[i], err);
        if (!mark || (entry && pin_of_trailer(&mark->pin, database, entry, &catalog, err)))
            return -1;
        if (!entry)
            mark->pin = HF_PIN_NO;
    }
    return 0;
}

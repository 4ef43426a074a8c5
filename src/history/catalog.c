#include "history/catalog.h"

#include <stdio.h>

#include "base/text.h"

enum { MOST_ATTEMPTS = 64 };

static int compare_names(const void *left, const void *right)
{
    const struct hf_segment_name *a = &((const struct hf_point *)left)->segment;
    const struct hf_segment_name *b = &((const struct hf_point *)right)->segment;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    char first[HF_SEGMENT_NAME_TEXT], second[HF_SEGMENT_NAME_TEXT];
    hf_segment_name_format(first, a);
    hf_segment_name_format(second, b);
    return strcmp(first, second);
}

const struct hf_point *hf_catalog_find(const struct hf_points *catalog,
                                       const struct hf_segment_name *name)
{
    struct hf_point wanted = {.segment = *name};
    if (!catalog->count)
        return NULL;
    return bsearch(&wanted, catalog->list, catalog->count, sizeof wanted, compare_names);
}

static int encode_entry(struct hf_buf *out, const struct hf_point *point, struct hf_error *err)
{
    char name[HF_SEGMENT_NAME_TEXT];
    uint32_t flags = (point->full ? HF_SEGMENT_FULL : 0) | (point->pinned ? HF_SEGMENT_PINNED : 0);
    hf_segment_name_format(name, &point->segment);
    if (hf_field_text(out, HF_TAG_NAME, name, err) ||
        hf_field_number(out, HF_TAG_PAGE_SIZE, 4, point->page_size, err) ||
        hf_field_number(out, HF_TAG_PAGE_COUNT, 4, point->size / point->page_size, err) ||
        hf_field_number(out, HF_TAG_PAGES_STORED, 8, point->pages_stored, err) ||
        hf_field_number(out, HF_TAG_BYTES, 8, point->bytes, err) ||
        hf_field_number(out, HF_TAG_FLAGS, 4, flags, err) ||
        hf_field_text(out, HF_TAG_LABEL, point->label, err) ||
        hf_field_text(out, HF_TAG_REASON, point->reason, err))
        return -1;
    return 0;
}

static int decode_entry(struct hf_point *out, const struct hf_fields *fields, struct hf_error *err)
{
    char name[HF_SEGMENT_NAME_TEXT];
    struct hf_point point = {0};
    uint64_t page_size, page_count;
    hf_fields_text(fields, HF_TAG_NAME, name, sizeof name);
    if (!hf_segment_name_parse(&point.segment, name) || hf_fields_check(fields, err) ||
        hf_fields_number(fields, HF_TAG_PAGE_SIZE, &page_size, err) ||
        hf_fields_number(fields, HF_TAG_PAGE_COUNT, &page_count, err))
        return hf_error_set(err, HF_CORRUPT, "catalog entry that does not add up");
    uint64_t flags = hf_fields_number_or(fields, HF_TAG_FLAGS, 0);
    point.seq = point.segment.to;
    point.time = point.segment.time;
    point.page_size = (uint32_t)page_size;
    point.size = page_size * page_count;
    point.pages_stored = hf_fields_number_or(fields, HF_TAG_PAGES_STORED, 0);
    point.bytes = hf_fields_number_or(fields, HF_TAG_BYTES, 0);
    point.full = flags & HF_SEGMENT_FULL;
    point.pinned = flags & HF_SEGMENT_PINNED;
    hf_fields_text(fields, HF_TAG_LABEL, point.label, sizeof point.label);
    hf_fields_text(fields, HF_TAG_REASON, point.reason, sizeof point.reason);
    *out = point;
    return 0;
}

static int decode(struct hf_points *out, const struct hf_fields *fields, struct hf_error *err)
{
    struct hf_fields entry;
    size_t count = 0;
    for (size_t cursor = 0; hf_fields_next(fields, HF_TAG_ENTRY, &cursor, &entry);)
        count++;
    out->list = calloc(count ? count : 1, sizeof *out->list);
    if (!out->list)
        return hf_error_memory(err);
    for (size_t cursor = 0; hf_fields_next(fields, HF_TAG_ENTRY, &cursor, &entry);)
        if (hf_fields_check(&entry, err) || decode_entry(&out->list[out->count++], &entry, err))
            return -1;
    qsort(out->list, out->count, sizeof *out->list, compare_names);
    return 0;
}

/* The three newest catalogs by name, newest first. */
struct newest {
    char name[3][HF_OBJECT_NAME_TEXT];
};

static int keep_newest(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct newest *newest = arg;
    (void)err;
    memmove(newest->name[1], newest->name[0], 2 * sizeof newest->name[0]);
    snprintf(newest->name[0], sizeof newest->name[0], "%s", object->key);
    return 0;
}

static int list_newest(struct newest *out, const struct hf_database *database, struct hf_error *err)
{
    char prefix[HF_OBJECT_NAME_TEXT];
    *out = (struct newest){0};
    hf_database_object(prefix, database, "catalog/");
    return hf_store_list(database->repository->store, prefix, "", keep_newest, out, err);
}

static int load_one(struct hf_points *out, const struct hf_database *database, const char *name,
                    struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    if (hf_record_get(repository->store, name, HF_OBJECT_CATALOG, &repository->keys, &body, &fields,
                      err))
        return -1;
    if (decode(out, &fields, err)) {
        hf_points_release(out);
        return -1;
    }
    return 0;
}

int hf_catalog_load(struct hf_points *out, const struct hf_database *database, struct hf_error *err)
{
    struct newest newest;
    if (list_newest(&newest, database, err))
        return -1;
    for (int i = 0; i < 3 && newest.name[i][0]; i++) {
        struct hf_error local = {0};
        if (!load_one(out, database, newest.name[i], &local))
            return 0;
        if (local.code != HF_CORRUPT && local.code != HF_UNSUPPORTED &&
            local.code != HF_NOT_FOUND) {
            return hf_error_pass(err, &local);
        }
    }
    *out = (struct hf_points){0};
    return 0;
}

/* The sequence number that the newest catalog reaches to; 0 without one. */
static int newest_listed(uint64_t *seq, const struct hf_database *database, struct hf_error *err)
{
    struct newest newest;
    char prefix[HF_OBJECT_NAME_TEXT];
    *seq = 0;
    if (list_newest(&newest, database, err))
        return -1;
    hf_database_object(prefix, database, "catalog/");
    if (newest.name[0][0])
        hf_hex_number(newest.name[0] + strlen(prefix), 16, seq);
    return 0;
}

static int is_due(const struct hf_database *database, const struct hf_timeline *timeline,
                  uint64_t unlisted, bool *due, struct hf_error *err)
{
    uint64_t listed, points = 0, last = 0;
    if (newest_listed(&listed, database, err))
        return -1;
    for (size_t i = 0; i < timeline->count; i++) {
        if (!timeline->entries[i].restorable || timeline->entries[i].name.to == last)
            continue;
        last = timeline->entries[i].name.to;
        points++;
        unlisted += last > listed;
    }
    *due = unlisted >= HF_CATALOG_EVERY && unlisted >= points / HF_CATALOG_SHARE;
    return 0;
}

int hf_catalog_is_due(const struct hf_database *database, const struct hf_timeline *timeline,
                      bool *due, struct hf_error *err)
{
    return is_due(database, timeline, 0, due, err);
}

int hf_catalog_refresh(const struct hf_database *database, const struct hf_timeline *timeline,
                       uint64_t merged, struct hf_error *err)
{
    hf_auto(hf_points) struct hf_points points = {0};
    bool due = false;
    if (is_due(database, timeline, merged, &due, err))
        return -1;
    if (!due)
        return 0;
    if (hf_points_load(&points, database, timeline, err))
        return -1;
    return hf_catalog_put(database, &points, timeline->epoch, err);
}

static int encode(struct hf_buf *body, const struct hf_points *points, struct hf_error *err)
{
    hf_auto(hf_buf) struct hf_buf entry = {0};
    for (size_t i = 0; i < points->count; i++) {
        if (points->list[i].damaged)
            continue;
        entry.length = 0;
        if (encode_entry(&entry, &points->list[i], err) ||
            hf_field_bytes(body, HF_TAG_ENTRY, entry.data, entry.length, err))
            return -1;
    }
    return 0;
}

/* One of this number may be there, with what was so before history was merged. */
static int put_anew(const struct hf_database *database, const struct hf_buf *body, uint64_t seq,
                    uint32_t number, struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    char object[HF_OBJECT_NAME_TEXT];
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++, number++) {
        struct hf_error local = {0};
        hf_database_object(object, database, "catalog/%016llx.%08x", (unsigned long long)seq,
                           number);
        if (!hf_record_put(repository->store, object, HF_OBJECT_CATALOG, &repository->keys, body,
                           &local))
            return 0;
        if (local.code != HF_EXISTS)
            return hf_error_pass(err, &local);
    }
    return 0; /* others write it again and again */
}

int hf_catalog_put(const struct hf_database *database, const struct hf_points *points,
                   uint32_t epoch, struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct newest newest;
    if (encode(&body, points, err) ||
        put_anew(database, &body, points->list[points->count - 1].seq, epoch, err) ||
        list_newest(&newest, database, err))
        return -1;
    return newest.name[2][0] ? hf_store_remove(repository->store, newest.name[2], err) : 0;
}

#include "history/point.h"

#include <stdio.h>

#include "base/text.h"
#include "history/catalog.h"
#include "history/segment_reader.h"

static void fill_from_trailer(struct hf_point *point, const struct hf_trailer *trailer)
{
    point->page_size = trailer->page_size;
    point->size = (uint64_t)trailer->page_size * trailer->page_count;
    point->pages_stored = trailer->pages_stored;
    point->full = trailer->flags & HF_SEGMENT_FULL;
    point->pinned = trailer->flags & HF_SEGMENT_PINNED;
    memcpy(point->label, trailer->label, sizeof point->label);
    memcpy(point->reason, trailer->reason, sizeof point->reason);
}

/* What points are described from, before anything is read. */
struct knowledge {
    const struct hf_points *loaded; /* by seq: before, with later changes in it */
    struct hf_points catalog;       /* by segment name; read when `loaded` lacks something */
    bool has_catalog;
};

static bool is_same_segment(const struct hf_segment_name *a, const struct hf_segment_name *b)
{
    return a->from == b->from && a->to == b->to && a->level == b->level && a->epoch == b->epoch &&
           a->time == b->time;
}

static int find_known(const struct hf_point **out, struct knowledge *knowledge,
                      const struct hf_database *database, const struct hf_timeline_entry *entry,
                      struct hf_error *err)
{
    const struct hf_point *loaded = hf_points_by_seq(knowledge->loaded, entry->name.to);
    *out = loaded;
    if (loaded && !loaded->damaged && is_same_segment(&loaded->segment, &entry->name))
        return 0;
    if (!knowledge->has_catalog && hf_catalog_load(&knowledge->catalog, database, err))
        return -1;
    knowledge->has_catalog = true;
    *out = hf_catalog_find(&knowledge->catalog, &entry->name);
    return 0;
}

static int describe(struct hf_point *point, const struct hf_database *database,
                    const struct hf_timeline_entry *entry, struct knowledge *knowledge,
                    struct hf_error *err)
{
    const struct hf_point *known;
    struct hf_error local = {0};
    if (find_known(&known, knowledge, database, entry, err))
        return -1;
    if (known) {
        *point = *known;
        point->bytes = entry->bytes;
        return 0;
    }
    hf_auto(hf_trailer) struct hf_trailer trailer = {0};
    *point = (struct hf_point){.seq = entry->name.to,
                               .time = entry->name.time,
                               .segment = entry->name,
                               .bytes = entry->bytes};
    if (!hf_segment_read_trailer(database, &entry->name, &trailer, &local)) {
        fill_from_trailer(point, &trailer);
        return 0;
    }
    /* One damaged point must not hide the others. */
    if (local.code == HF_CORRUPT || local.code == HF_UNSUPPORTED || local.code == HF_NOT_FOUND) {
        point->damaged = true;
        return 0;
    }
    return hf_error_pass(err, &local);
}

size_t hf_points_below(const struct hf_points *points, uint64_t seq)
{
    size_t low = 0, high = points->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (points->list[middle].seq < seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct hf_point *hf_points_by_seq(const struct hf_points *points, uint64_t seq)
{
    size_t at = hf_points_below(points, seq);
    return at < points->count && points->list[at].seq == seq ? &points->list[at] : NULL;
}

struct changes {
    const struct hf_database *database;
    struct hf_points *points;
    size_t prefix;
};

static void apply(struct hf_point *point, const struct hf_fields *fields)
{
    size_t length;
    if (hf_fields_find(fields, HF_TAG_LABEL, &length))
        hf_fields_text(fields, HF_TAG_LABEL, point->label, sizeof point->label);
    if (hf_fields_find(fields, HF_TAG_PIN, &length))
        point->pinned = hf_fields_number_or(fields, HF_TAG_PIN, 0) == 1;
    if (hf_fields_find(fields, HF_TAG_PROOF_RESULT, &length)) {
        point->proof = (enum hf_proof_result)hf_fields_number_or(fields, HF_TAG_PROOF_RESULT, 0);
        point->proof_time = (int64_t)hf_fields_number_or(fields, HF_TAG_PROOF_TIME, 0);
        point->proof_duration = (int64_t)hf_fields_number_or(fields, HF_TAG_PROOF_DURATION, 0);
    }
}

/* Keys are points/<seq>.<n>: listed in the order in which changes were made. */
static int apply_change(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct changes *changes = arg;
    const struct hf_repository *repository = changes->database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    struct hf_fields fields;
    struct hf_error local = {0};
    const char *name = object->key + changes->prefix;
    uint64_t seq, number;
    if (!hf_hex_number(name, 16, &seq) || name[16] != '.' || !hf_hex_number(name + 17, 8, &number))
        return 0;
    size_t at = hf_points_below(changes->points, seq);
    struct hf_point *point = &changes->points->list[at];
    if (at == changes->points->count || point->seq != seq || number <= point->changes)
        return 0;
    point->changes = (uint32_t)number;
    if (!hf_record_get(repository->store, object->key, HF_OBJECT_POINT, &repository->keys, &body,
                       &fields, &local)) {
        apply(point, &fields);
        return 0;
    }
    /* A lost label or proof is no reason to lose the point; check reports it. Who thins history
     * takes both away. */
    if (local.code == HF_CORRUPT || local.code == HF_UNSUPPORTED || local.code == HF_NOT_FOUND)
        return 0;
    return hf_error_pass(err, &local);
}

static int describe_all(struct hf_points *points, const struct hf_points *known,
                        const struct hf_database *database, const struct hf_timeline *timeline,
                        struct hf_error *err)
{
    struct knowledge knowledge = {.loaded = known};
    uint64_t last = 0;
    int failed = 0;
    for (size_t i = 0; i < timeline->count && !failed; i++) {
        const struct hf_timeline_entry *entry = &timeline->entries[i];
        if (!entry->restorable || entry->name.to == last)
            continue;
        last = entry->name.to;
        failed = describe(&points->list[points->count], database, entry, &knowledge, err);
        if (!failed)
            points->list[points->count++].effective = entry->effective;
    }
    hf_points_release(&knowledge.catalog);
    return failed;
}

int hf_points_load(struct hf_points *out, const struct hf_database *database,
                   const struct hf_timeline *timeline, struct hf_error *err)
{
    static const struct hf_points none;
    return hf_points_load_again(out, &none, database, timeline, err);
}

int hf_points_load_again(struct hf_points *out, const struct hf_points *known,
                         const struct hf_database *database, const struct hf_timeline *timeline,
                         struct hf_error *err)
{
    hf_auto(hf_points) struct hf_points points = {0};
    char prefix[HF_OBJECT_NAME_TEXT];
    points.list = calloc(timeline->count ? timeline->count : 1, sizeof *points.list);
    if (!points.list)
        return hf_error_memory(err);
    if (describe_all(&points, known, database, timeline, err))
        return -1;
    hf_database_object(prefix, database, "points/");
    struct changes changes = {database, &points, strlen(prefix)};
    if (hf_store_list(database->repository->store, prefix, "", apply_change, &changes, err))
        return -1;
    *out = points;
    points = (struct hf_points){0};
    return 0;
}

const struct hf_point *hf_points_at(const struct hf_points *points, int64_t time)
{
    for (size_t i = points->count; i--;)
        if (points->list[i].effective <= time)
            return &points->list[i];
    return NULL;
}

const struct hf_point *hf_points_find(const struct hf_points *points, const char *id_or_label)
{
    char *end;
    unsigned long long seq = strtoull(id_or_label, &end, 10);
    if (*id_or_label >= '0' && *id_or_label <= '9' && !*end) {
        const struct hf_point *point = hf_points_by_seq(points, seq);
        if (point)
            return point;
    }
    for (size_t i = points->count; i--;)
        if (*id_or_label && !strcmp(points->list[i].label, id_or_label))
            return &points->list[i];
    return NULL;
}

static int keep_number(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    const char *dot = strrchr(object->key, '.');
    (void)err;
    hf_hex_number(dot + 1, 8, arg);
    return 0;
}

static int encode_change(struct hf_buf *body, const struct hf_point_change *change,
                         struct hf_error *err)
{
    if ((change->label && hf_field_text(body, HF_TAG_LABEL, change->label, err)) ||
        (change->pin >= 0 && hf_field_number(body, HF_TAG_PIN, 1, (uint64_t)change->pin, err)))
        return -1;
    if (change->proof == HF_PROOF_NONE)
        return 0;
    if (hf_field_number(body, HF_TAG_PROOF_RESULT, 1, change->proof, err) ||
        hf_field_number(body, HF_TAG_PROOF_TIME, 8, (uint64_t)change->proof_time, err) ||
        hf_field_number(body, HF_TAG_PROOF_DURATION, 8, (uint64_t)change->proof_duration, err))
        return -1;
    return 0;
}

int hf_point_change(const struct hf_database *database, uint64_t seq,
                    const struct hf_point_change *change, struct hf_error *err)
{
    const struct hf_repository *repository = database->repository;
    hf_auto(hf_buf) struct hf_buf body = {0};
    char object[HF_OBJECT_NAME_TEXT];
    if (encode_change(&body, change, err))
        return -1;
    for (;;) {
        struct hf_error local = {0};
        uint64_t number = 0;
        hf_database_object(object, database, "points/%016llx.", (unsigned long long)seq);
        if (hf_store_list(repository->store, object, "", keep_number, &number, err))
            return -1;
        hf_database_object(object, database, "points/%016llx.%08x", (unsigned long long)seq,
                           (unsigned)number + 1);
        if (!hf_record_put(repository->store, object, HF_OBJECT_POINT, &repository->keys, &body,
                           &local))
            return 0;
        if (local.code != HF_EXISTS) {
            return hf_error_pass(err, &local);
        }
    }
}

#include "engine/point_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/compress.h"
#include "engine/map_editor.h"
#include "engine/writer_identity.h"
#include "history/segment_reader.h"
#include "history/segment_writer.h"
#include "history/timeline.h"
#include "sqlite/db_header.h"

struct hf_point_writer {
    const struct hf_database *database;
    struct hf_point_writer_options options;
    struct hf_state_file state;
    uint32_t epoch;
    bool is_stale; /* the map is not that of the newest point */
};

/* One point on its way. */
struct appending {
    struct hf_point_writer *writer;
    const struct hf_cut *cut;
    const struct hf_point_text *text;
    struct hf_segment_name name;
    uint32_t *pages;        /* those that differ, in order */
    uint64_t *fingerprints; /* of these, now */
    uint32_t count;
    uint64_t state_after;
    uint64_t bytes;
};

static int needs_scan(struct hf_error *err, const char *why)
{
    return hf_error_set(err, HF_STALE, "%s", why);
}

static int check_known(struct hf_point_writer *writer, const struct hf_timeline *timeline,
                       struct hf_error *err)
{
    const struct hf_known_state *known = &writer->state.known;
    const struct hf_timeline_entry *newest = hf_timeline_newest(timeline);
    uint64_t terms;
    if (!hf_known_state_is_of(known, writer->database) ||
        memcmp(known->key_id, writer->database->repository->key_id, HF_ID_BYTES))
        return needs_scan(err, "nothing is known here of this history");
    if (!newest || !hf_segment_name_same_point(&newest->name, &known->segment) ||
        timeline->highest != known->segment.to)
        return needs_scan(err, "the history is not as this host left it");
    if (hf_map_sum(&writer->state, &terms, err))
        return -1;
    return terms == known->fingerprint ? 0 : needs_scan(err, "the map of pages is not whole");
}

static int claim(struct hf_point_writer *writer, struct hf_error *err)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    struct hf_writer self;
    hf_writer_describe(&self, &writer->state, writer->database, writer->options.path);
    if (hf_timeline_load(&timeline, writer->database, err) ||
        hf_writer_claim(writer->database, &self, writer->options.claim, timeline.epoch,
                        &writer->epoch, err))
        return -1;
    /* Listed again after the claim: what the last writer still wrote before is seen. */
    hf_timeline_release(&timeline);
    if (hf_timeline_load(&timeline, writer->database, err))
        return -1;
    return check_known(writer, &timeline, err);
}

struct hf_point_writer *hf_point_writer_open(const struct hf_database *database,
                                             const struct hf_point_writer_options *options,
                                             struct hf_error *err)
{
    hf_auto_free char *path = hf_state_file_path(options->path, options->state_path);
    struct hf_point_writer *writer = malloc(sizeof *writer);
    if (!path || !writer) {
        free(writer);
        hf_error_memory(err);
        return NULL;
    }
    *writer =
        (struct hf_point_writer){.database = database, .options = *options, .state = {.fd = -1}};
    if (!hf_state_file_open(&writer->state, database->repository->keys.env, path, err) &&
        !claim(writer, err))
        return writer;
    hf_point_writer_free(writer);
    return NULL;
}

const struct hf_known_state *hf_point_writer_known(const struct hf_point_writer *writer)
{
    return &writer->state.known;
}

/* Pages past it count as new: a restore takes them from no older segment. */
static uint32_t lowest_size(const struct appending *self)
{
    const struct hf_known_state *known = &self->writer->state.known;
    return self->cut->page_min < known->page_count ? self->cut->page_min : known->page_count;
}

/* Keeps the pages of the cut that differ from the newest point, and adds up the state after. */
static int compare(struct appending *self, const uint32_t *pages, uint8_t *image,
                   struct hf_map_editor *map, struct hf_error *err)
{
    const struct hf_cut *cut = self->cut;
    const struct hf_known_state *known = &self->writer->state.known;
    for (uint32_t i = 0; i < cut->pages.count && pages[i] <= cut->page_count; i++) {
        uint64_t before = 0, now;
        bool was_there = pages[i] <= known->page_count;
        if (hf_page_batch_get(&cut->pages, pages[i], image, err) ||
            (was_there && hf_map_editor_get(map, pages[i], &before, err)))
            return -1;
        now = hf_page_fingerprint(&self->writer->database->fingerprints, image, cut->page_size);
        if (pages[i] <= lowest_size(self) && now == before)
            continue;
        self->state_after += hf_state_term(pages[i], now);
        if (was_there)
            self->state_after -= hf_state_term(pages[i], before);
        self->pages[self->count] = pages[i];
        self->fingerprints[self->count++] = now;
    }
    return 0;
}

/* Pages that the database has no more. */
static int drop_end(struct appending *self, struct hf_map_editor *map, struct hf_error *err)
{
    const struct hf_known_state *known = &self->writer->state.known;
    uint32_t lock_byte_page = hf_lock_byte_page(known->page_size);
    for (uint64_t page = (uint64_t)self->cut->page_count + 1; page <= known->page_count; page++) {
        uint64_t before;
        if (page == lock_byte_page)
            continue;
        if (hf_map_editor_get(map, (uint32_t)page, &before, err))
            return -1;
        self->state_after -= hf_state_term((uint32_t)page, before);
    }
    return 0;
}

static int find_changes(struct appending *self, struct hf_error *err)
{
    const struct hf_cut *cut = self->cut;
    hf_auto_free uint32_t *pages = hf_page_batch_pages(&cut->pages);
    hf_auto_free uint8_t *image = malloc(cut->page_size + 1);
    struct hf_map_editor map;
    hf_map_editor_init(&map, &self->writer->state);
    self->state_after = self->writer->state.known.fingerprint;
    self->pages = malloc((cut->pages.count + 1) * sizeof *self->pages);
    self->fingerprints = malloc((cut->pages.count + 1) * sizeof *self->fingerprints);
    if (!image || !self->pages || !self->fingerprints || (cut->pages.count && !pages))
        return hf_error_memory(err);
    return compare(self, pages, image, &map, err) || drop_end(self, &map, err) ? -1 : 0;
}

static void describe(const struct appending *self, struct hf_trailer *trailer)
{
    const struct hf_cut *cut = self->cut;
    const struct hf_known_state *known = &self->writer->state.known;
    *trailer = (struct hf_trailer){
        .page_size = cut->page_size,
        .page_count = cut->page_count,
        .page_min = lowest_size(self),
        .lock_byte_page = hf_lock_byte_page(cut->page_size),
        .first_commit = cut->first_seen ? cut->first_seen : cut->time,
        .last_commit = cut->time,
        .state_before = known->fingerprint,
        .state_after = self->state_after,
        .flags = self->text->pin ? HF_SEGMENT_PINNED : 0,
    };
    snprintf(trailer->label, sizeof trailer->label, "%s",
             self->text->label ? self->text->label : "");
    snprintf(trailer->reason, sizeof trailer->reason, "%s", self->text->reason);
}

static int write_pages(const struct appending *self, struct hf_segment_writer *segment,
                       struct hf_error *err)
{
    for (uint32_t i = 0; i < self->count; i++) {
        uint32_t room;
        uint8_t *space = hf_segment_writer_space(segment, &room, err);
        if (!space || hf_page_batch_get(&self->cut->pages, self->pages[i], space, err) ||
            hf_segment_writer_filled(segment, self->pages[i], 1, err))
            return -1;
    }
    return 0;
}

/* Whether the segment of this very name, which is there already, is what this call would have
 * written: an earlier call stored it and did not learn that. */
static int is_ours(const struct appending *self, struct hf_error *err)
{
    hf_auto(hf_trailer) struct hf_trailer trailer = {0};
    if (hf_segment_read_trailer(self->writer->database, &self->name, &trailer, err))
        return -1;
    if (trailer.state_after == self->state_after &&
        trailer.state_before == self->writer->state.known.fingerprint)
        return 0;
    return hf_error_set(err, HF_LOCKED,
                        "another Holdfast with this one's identity writes to the same history");
}

static int store(struct appending *self, struct hf_error *err)
{
    struct hf_trailer trailer;
    struct hf_error local = {0};
    const struct hf_segment_spec spec = {
        .name = self->name,
        .page_size = self->cut->page_size,
        .pages = self->count,
        .level = HF_COMPRESSION_QUICK,
    };
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *segment =
        hf_segment_writer_new(self->writer->database, NULL, &spec, err);
    if (!segment)
        return -1;
    describe(self, &trailer);
    if (!write_pages(self, segment, &local) &&
        !hf_segment_writer_finish(segment, &trailer, &self->bytes, &local))
        return 0;
    return local.code == HF_EXISTS ? is_ours(self, err) : hf_error_pass(err, &local);
}

struct seen {
    const struct hf_segment_name *mine;
    size_t prefix;
    unsigned others;
    bool found;
};

static int see(void *arg, const struct hf_stored *object, struct hf_error *err)
{
    struct seen *seen = arg;
    struct hf_segment_name name;
    (void)err;
    if (!hf_segment_name_parse(&name, object->key + seen->prefix))
        return 0;
    if (hf_segment_name_same(&name, seen->mine))
        seen->found = true;
    else
        seen->others++;
    return 0;
}

/*
 * The point must be there for others as well, and it must be the only one of its number: two hosts
 * with one identity, of which one is a copy of the other, may have written the same number at once.
 */
static int confirm(struct appending *self, struct hf_error *err)
{
    const struct hf_point_writer *writer = self->writer;
    char prefix[HF_OBJECT_NAME_TEXT], text[HF_SEGMENT_NAME_TEXT];
    struct seen seen = {.mine = &self->name};
    hf_database_object(prefix, writer->database, "segments/");
    seen.prefix = strlen(prefix);
    /* "0/<from>-<to>.<epoch>." : all that could be another one's. */
    hf_segment_name_format(text, &self->name);
    hf_database_object(prefix, writer->database, "segments/%.*s",
                       (int)(strrchr(text, '.') + 1 - text), text);
    if (hf_writer_confirm(writer->database, writer->epoch, err) ||
        hf_store_list(writer->database->repository->store, prefix, "", see, &seen, err))
        return -1;
    if (seen.found && !seen.others)
        return 0;
    if (!seen.found)
        return hf_error_set(err, HF_STALE, "the repository lost what was just stored");
    hf_database_object(prefix, writer->database, "segments/%s", text);
    hf_store_remove(writer->database->repository->store, prefix, NULL);
    hf_error_set(err, HF_LOCKED,
                 "another Holdfast with this one's identity writes to the same history: this "
                 "point does not count");
    return hf_error_hint_typed(
        err, "--name",
        "if this host is a copy of another one, remove '%.200s' here and use another name",
        writer->state.path);
}

/* From here on the point exists. */
static int remember(struct appending *self, struct hf_error *err)
{
    struct hf_point_writer *writer = self->writer;
    struct hf_known_state known = writer->state.known;
    struct hf_map_editor map;
    hf_map_editor_init(&map, &writer->state);
    known.segment = self->name;
    known.fingerprint = self->state_after;
    known.page_count = self->cut->page_count;
    known.stamp = self->cut->stamp;
    int failed = 0;
    for (uint32_t i = 0; i < self->count && !failed; i++)
        failed = hf_map_editor_set(&map, self->pages[i], self->fingerprints[i], err);
    if (!failed && !hf_map_editor_flush(&map, err) &&
        !hf_state_file_update(&writer->state, &known, err))
        return 0;
    writer->is_stale = true;
    if (err)
        err->code = HF_STALE;
    return -1;
}

static bool wants_point(const struct hf_point_text *text)
{
    return text->pin || text->own || (text->label && text->label[0]);
}

static int append(struct appending *self, struct hf_point_result *result, struct hf_error *err)
{
    struct hf_point_writer *writer = self->writer;
    const struct hf_known_state *known = &writer->state.known;
    if (writer->is_stale)
        return needs_scan(err, "the map of pages is not that of the newest point");
    if (self->cut->page_size != known->page_size)
        return needs_scan(err, "the page size has changed");
    if (find_changes(self, err))
        return -1;
    *result = (struct hf_point_result){.seq = known->segment.to, .time = known->segment.time};
    if (!self->count && self->cut->page_count == known->page_count && !wants_point(self->text))
        return hf_writer_confirm(writer->database, writer->epoch, err);
    self->name = (struct hf_segment_name){.epoch = writer->epoch,
                                          .from = known->segment.to + 1,
                                          .to = known->segment.to + 1,
                                          .time = self->cut->time};
    if (store(self, err) || confirm(self, err))
        return -1;
    *result = (struct hf_point_result){.seq = self->name.to,
                                       .time = self->name.time,
                                       .is_new = true,
                                       .pages_stored = self->count,
                                       .bytes_added = self->bytes};
    return remember(self, err);
}

int hf_point_writer_append(struct hf_point_writer *writer, const struct hf_cut *cut,
                           const struct hf_point_text *text, struct hf_point_result *result,
                           struct hf_error *err)
{
    struct appending self = {.writer = writer, .cut = cut, .text = text};
    int failed = append(&self, result, err);
    free(self.pages);
    free(self.fingerprints);
    return failed;
}

void hf_point_writer_free(struct hf_point_writer *writer)
{
    if (!writer)
        return;
    hf_state_file_release(&writer->state);
    free(writer);
}

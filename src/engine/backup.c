#include "engine/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/page_selection.h"
#include "engine/scan.h"
#include "engine/state_file.h"
#include "engine/writer_identity.h"
#include "history/catalog.h"
#include "history/segment_writer.h"

enum { QUEUE = 64 };

/* One backup on its way. */
struct backup {
    const struct hf_database *database;
    const struct hf_backup_options *options;
    struct hf_backup_result *result;
    struct hf_state_file state;
    struct hf_page_origin pages;
    struct hf_timeline timeline;
    const struct hf_timeline_entry *newest; /* NULL: there is no point yet */
    uint32_t epoch;                         /* that this host writes under */
    struct hf_known_state now;              /* what will be known when it is done */
    bool full;
    struct hf_scan scan; /* what differs from the newest point; not for a full backup */
    struct hf_map_writer map;
    uint32_t next_in_map; /* of a full backup: the page whose fingerprint comes next */
    int64_t started;
};

static const struct hf_env *env_of(const struct backup *backup)
{
    return backup->database->repository->keys.env;
}

static bool wants_point_of_its_own(const struct hf_backup_options *options)
{
    return options->pin || options->own || options->full || (options->label && options->label[0]);
}

static int open_state(struct backup *backup, struct hf_error *err)
{
    const struct hf_backup_options *options = backup->options;
    hf_auto_free char *path = hf_state_file_path(options->path, options->state_path);
    return path ? hf_state_file_open(&backup->state, env_of(backup), path, err)
                : hf_error_memory(err);
}

/* Whoever can write to the store could put another key in the place of the one that opens it, and
 * read what is backed up from then on. */
static int refuse_another_key(const struct backup *backup, struct hf_error *err)
{
    const struct hf_known_state *known = &backup->state.known;
    const struct hf_repository *repository = backup->database->repository;
    if (!known->segment.to || memcmp(known->repository, repository->keys.repository, HF_ID_BYTES) ||
        !memcmp(known->key_id, repository->key_id, HF_ID_BYTES))
        return 0;
    hf_error_set(err, HF_REFUSED,
                 "the repository's master key is not the one that this host backed up with: "
                 "somebody may have replaced it");
    return hf_error_hint(err,
                         "compare the key id with the recovery kit; if it is right, remove '%s'",
                         backup->state.path);
}

/* What is remembered of this timeline, and not of another repository's. */
static bool knows_timeline(const struct backup *backup)
{
    return hf_known_state_is_of(&backup->state.known, backup->database);
}

/* The newest point is the one that this host confirmed last. */
static bool knows_newest(const struct backup *backup)
{
    return knows_timeline(backup) && backup->newest &&
           hf_segment_name_same_point(&backup->newest->name, &backup->state.known.segment);
}

static bool unchanged_by_stamp(const struct backup *backup)
{
    const struct hf_known_state *known = &backup->state.known;
    return knows_newest(backup) && known->stamp.settled &&
           hf_db_stamp_equal(&known->stamp, &backup->pages.info.stamp);
}

static int report_unchanged(struct backup *backup)
{
    struct hf_backup_result *result = backup->result;
    result->kind = HF_BACKUP_UNCHANGED;
    result->seq = backup->newest->name.to;
    result->time = backup->newest->name.time;
    return 0;
}

static int load_timeline(struct backup *backup, struct hf_error *err)
{
    hf_timeline_release(&backup->timeline);
    if (hf_timeline_load(&backup->timeline, backup->database, err))
        return -1;
    backup->newest = hf_timeline_newest(&backup->timeline);
    return 0;
}

/* Claims first and lists again after: what the last writer still wrote before it was taken over
 * from is seen, and built upon. */
static int claim(struct backup *backup, struct hf_error *err)
{
    struct hf_writer self;
    hf_writer_describe(&self, &backup->state, backup->database, backup->options->path);
    if (hf_writer_claim(backup->database, &self, backup->options->claim, backup->timeline.epoch,
                        &backup->epoch, err))
        return -1;
    return knows_newest(backup) && backup->newest->name.epoch == backup->epoch
               ? 0
               : load_timeline(backup, err);
}

/* The map of the newest point, from the indexes of its segments. */
static int rebuild_map(struct backup *backup, struct hf_error *err)
{
    struct hf_error local = {0};
    hf_progress(backup->options->events, "learn", 0, 0);
    if (!hf_scan_learn(&backup->state, backup->database, &backup->timeline, backup->newest, &local))
        return 0;
    if (local.code != HF_NOT_FOUND)
        return hf_error_pass(err, &local);
    /* What is missing may have been merged since it was listed. */
    if (load_timeline(backup, err))
        return -1;
    if (!backup->newest)
        return hf_error_pass(err, &local);
    return hf_scan_learn(&backup->state, backup->database, &backup->timeline, backup->newest, err);
}

/* Damaged history is no reason not to back up; one that cannot be talked to is. */
static int fall_back_to_full(struct backup *backup, const struct hf_error *why,
                             struct hf_error *err)
{
    if (why->code != HF_CORRUPT && why->code != HF_NOT_FOUND && why->code != HF_UNSUPPORTED)
        return hf_error_pass(err, why);
    hf_notice(backup->options->events, "%s. Taking a full backup", why->text);
    backup->full = true;
    return 0;
}

/*
 * Decides between an increment and a full segment: an increment needs the newest point's map, which
 * is at hand, or can be learned from the repository when that went on without this host.
 */
static int choose_base(struct backup *backup, struct hf_error *err)
{
    const struct hf_events *events = backup->options->events;
    const struct hf_known_state *known = &backup->state.known;
    struct hf_error local = {0};
    backup->full = true;
    if (backup->options->full)
        return 0;
    if (knows_timeline(backup) &&
        (!backup->newest || backup->newest->name.to < known->segment.to)) {
        hf_notice(events,
                  "the repository has lost restore points: the newest is %llu, this host wrote "
                  "%llu. Taking a full backup",
                  (unsigned long long)(backup->newest ? backup->newest->name.to : 0),
                  (unsigned long long)known->segment.to);
        return 0;
    }
    if (!backup->newest)
        return 0;
    backup->full = false;
    if (!knows_newest(backup) && rebuild_map(backup, &local))
        return fall_back_to_full(backup, &local, err);
    return 0;
}

/* The transaction begins: from here on the state is fixed, and the clock is read after that. */
static int begin_reading(struct backup *backup, struct hf_error *err)
{
    const struct hf_backup_options *options = backup->options;
    if (hf_page_origin_open(&backup->pages, options->path, options->busy_ms, err))
        return -1;
    backup->started = hf_now(env_of(backup));
    if (backup->started < 0)
        return hf_error_set(err, HF_FAILED, "the clock of this machine is set to before 1970");
    return 0;
}

/* Before the repository is asked for anything, which may take long. */
static void spare_writers(struct backup *backup)
{
    if (hf_page_origin_delays_writers(&backup->pages))
        hf_page_origin_let_go(&backup->pages);
}

static int scan(struct backup *backup, struct hf_error *err)
{
    if (hf_map_writer_begin(&backup->map, &backup->state, err) ||
        hf_scan_compare(&backup->scan, &backup->pages, &backup->database->fingerprints,
                        &backup->state, &backup->map, backup->options->events, err))
        return -1;
    backup->result->pages_read += backup->pages.info.page_count;
    return 0;
}

/* A damaged map is as good as none. */
static int learn_again(struct backup *backup, struct hf_error *err)
{
    struct hf_error local = {0};
    hf_scan_release(&backup->scan);
    hf_map_writer_release(&backup->map);
    spare_writers(backup);
    return rebuild_map(backup, &local) ? fall_back_to_full(backup, &local, err) : 0;
}

/* What has to be stored is known, and where writers would have to wait it is kept. */
static int find_pages(struct backup *backup, struct hf_error *err)
{
    for (int attempt = 0;; attempt++) {
        if (!backup->pages.source && begin_reading(backup, err))
            return -1;
        backup->full |= backup->state.known.page_size != backup->pages.info.page_size;
        if (backup->full)
            return hf_page_origin_keep_all(&backup->pages, backup->options->events, err);
        if (scan(backup, err))
            return -1;
        if (backup->scan.map_was_whole)
            return 0;
        if (attempt)
            return hf_error_set(err, HF_IO, "'%s' does not keep what is written to it",
                                backup->state.path);
        if (learn_again(backup, err))
            return -1;
    }
}

/* Writers wait no longer: pages are compressed and stored from what is kept of them. */
static int let_writers_go(struct backup *backup, struct hf_error *err)
{
    const struct hf_backup_options *options = backup->options;
    const struct hf_error *lost = &backup->pages.lost;
    if (!hf_page_origin_delays_writers(&backup->pages))
        return 0;
    if (!lost->code) {
        hf_page_origin_let_go(&backup->pages);
        return 0;
    }
    if (!options->spare_writers) {
        hf_notice(
            options->events,
            "%s. Commits to '%s' have to wait until this backup is stored; a TMPDIR with room "
            "for the database avoids that",
            lost->text, options->path);
        return 0;
    }
    hf_error_set(err, HF_NO_SPACE, "'%s' cannot be stored without making its writers wait: %s",
                 options->path, lost->text);
    return hf_error_hint(err, "set TMPDIR to a directory with room for the database");
}

static bool nothing_changed(const struct backup *backup)
{
    return !backup->full && !backup->scan.changed_count &&
           backup->state.known.page_count == backup->pages.info.page_count;
}

static int remember_stamp(struct backup *backup)
{
    struct hf_known_state known = backup->state.known;
    struct hf_error local = {0};
    known.stamp = backup->pages.info.stamp;
    if (hf_state_file_update(&backup->state, &known, &local))
        hf_notice(backup->options->events, "%s. The next backup will read the whole database",
                  local.text);
    return report_unchanged(backup);
}

/* A full backup's map is written as its pages are. */
static int map_page(void *context, uint32_t page, uint64_t fingerprint, struct hf_error *err)
{
    struct backup *backup = context;
    for (; backup->next_in_map < page; backup->next_in_map++)
        if (hf_map_writer_append(&backup->map, 0, err))
            return -1;
    backup->next_in_map++;
    return hf_map_writer_append(&backup->map, fingerprint, err);
}

static void describe_segment(const struct backup *backup, struct hf_trailer *trailer,
                             uint64_t state_after)
{
    const struct hf_backup_options *options = backup->options;
    *trailer = (struct hf_trailer){
        .page_size = backup->pages.info.page_size,
        .page_count = backup->pages.info.page_count,
        .page_min = backup->pages.info.page_count,
        .lock_byte_page = backup->pages.info.lock_byte_page,
        .first_commit = backup->started,
        .last_commit = backup->started,
        .state_before = backup->full ? 0 : backup->state.known.fingerprint,
        .state_after = state_after,
        .flags = (backup->full ? HF_SEGMENT_FULL : 0) | (options->pin ? HF_SEGMENT_PINNED : 0),
    };
    snprintf(trailer->label, sizeof trailer->label, "%s", options->label ? options->label : "");
    snprintf(trailer->reason, sizeof trailer->reason, "%s",
             options->reason ? options->reason : "manual");
}

static void name_segment(struct backup *backup)
{
    uint64_t seen = backup->timeline.highest;
    if (knows_timeline(backup) && backup->state.known.segment.to > seen)
        seen = backup->state.known.segment.to;
    backup->now.segment = (struct hf_segment_name){
        .epoch = backup->epoch,
        .from = backup->full ? 1 : backup->newest->name.to + 1,
        .to = seen + 1,
        .time = backup->started,
    };
}

static int write_segment(struct backup *backup, struct hf_pool *pool, struct hf_error *err)
{
    struct hf_backup_result *result = backup->result;
    const struct hf_page_selection pages =
        backup->full ? hf_page_selection_all(&backup->pages)
                     : hf_page_selection_changed(&backup->pages, &backup->scan.changed,
                                                 backup->scan.changed_count);
    struct hf_trailer trailer;
    struct hf_segment_spec spec = {
        .name = backup->now.segment,
        .page_size = backup->pages.info.page_size,
        .pages = pages.count,
        .on_page = backup->full ? map_page : NULL,
        .context = backup,
    };
    hf_auto_ptr(hf_segment_writer) struct hf_segment_writer *writer =
        hf_segment_writer_new(backup->database, pool, &spec, err);
    if (!writer || hf_page_selection_train(&pages, writer, err) ||
        hf_page_selection_write(&pages, writer, backup->options->events, err))
        return -1;
    backup->now.fingerprint = backup->full ? hf_segment_writer_terms(writer) : backup->scan.terms;
    describe_segment(backup, &trailer, backup->now.fingerprint);
    if (hf_segment_writer_finish(writer, &trailer, &result->bytes_added, err))
        return -1;
    result->pages_stored = spec.pages;
    if (backup->full)
        result->pages_read += spec.pages;
    return 0;
}

/*
 * The point must be there for others as well, and it must be the only one of its number. Two hosts
 * with one identity, of which one is a copy of the other, may have written the same number at once.
 * Whoever sees that takes its own segment back, which nobody was told of yet.
 */
static int confirm_alone(struct backup *backup, struct hf_error *err)
{
    const struct hf_segment_name *mine = &backup->now.segment;
    char object[HF_OBJECT_NAME_TEXT], name[HF_SEGMENT_NAME_TEXT];
    const struct hf_timeline_entry *entry;
    size_t same = 0;
    if (load_timeline(backup, err))
        return -1;
    for (size_t i = 0; i < backup->timeline.count; i++) {
        entry = &backup->timeline.entries[i];
        same += entry->name.to == mine->to && entry->name.epoch == mine->epoch;
    }
    entry = hf_timeline_at(&backup->timeline, mine->to);
    if (same == 1 && entry && hf_segment_name_same(&entry->name, mine))
        return 0;
    if (same <= 1)
        return hf_error_set(err, HF_CORRUPT,
                            "the repository lost segments while this backup was being stored: it "
                            "does not count");
    hf_segment_name_format(name, mine);
    hf_database_object(object, backup->database, "segments/%s", name);
    hf_store_remove(backup->database->repository->store, object, NULL);
    hf_error_set(err, HF_LOCKED,
                 "another Holdfast with this one's identity backs up to the same history: this "
                 "backup does not count");
    return hf_error_hint_typed(
        err, "--name",
        "if this host is a copy of another one, remove '%.200s' here and use another name",
        backup->state.path);
}

static int store_point(struct backup *backup, struct hf_error *err)
{
    hf_auto_ptr(hf_pool) struct hf_pool *pool = hf_pool_new(0, QUEUE, err);
    if (!pool || (backup->full && hf_map_writer_begin(&backup->map, &backup->state, err)))
        return -1;
    name_segment(backup);
    if (write_segment(backup, pool, err) || hf_writer_confirm(backup->database, backup->epoch, err))
        return -1;
    return confirm_alone(backup, err);
}

/* Many points since the last catalog: a new one keeps listing them cheap. */
static int refresh_catalog(struct backup *backup, struct hf_error *err)
{
    hf_auto(hf_points) struct hf_points points = {0};
    bool due = false;
    if (hf_catalog_is_due(backup->database, &backup->timeline, &due, err))
        return -1;
    if (!due)
        return 0;
    if (hf_points_load(&points, backup->database, &backup->timeline, err))
        return -1;
    return hf_catalog_put(backup->database, &points, backup->epoch, err);
}

/* From here on the point exists: what fails now costs time later, and nothing else. */
static void remember_point(struct backup *backup)
{
    const struct hf_events *events = backup->options->events;
    struct hf_known_state *now = &backup->now;
    struct hf_error local = {0};
    hf_known_state_belongs(now, backup->database);
    now->page_size = backup->pages.info.page_size;
    now->page_count = backup->pages.info.page_count;
    now->stamp = backup->pages.info.stamp;
    if (hf_map_writer_commit(&backup->map, &backup->state, now, &local))
        hf_notice(events, "%s. The next backup will read the whole database", local.text);
    if (refresh_catalog(backup, &local))
        hf_notice(events, "%s. Listing points will take longer", local.text);
}

static uint64_t bytes_of(const struct hf_db_info *info)
{
    return (uint64_t)info->page_size * info->page_count;
}

static int run(struct backup *backup, struct hf_error *err)
{
    struct hf_backup_result *result = backup->result;
    if (open_state(backup, err) || refuse_another_key(backup, err) || begin_reading(backup, err))
        return -1;
    bool wants_point = wants_point_of_its_own(backup->options);
    spare_writers(backup);
    if (load_timeline(backup, err))
        return -1;
    result->database_bytes = bytes_of(&backup->pages.info);
    if (!wants_point && unchanged_by_stamp(backup))
        return report_unchanged(backup);
    if (claim(backup, err) || choose_base(backup, err) || find_pages(backup, err))
        return -1;
    result->database_bytes = bytes_of(&backup->pages.info);
    if (!wants_point && nothing_changed(backup))
        return remember_stamp(backup);
    if (let_writers_go(backup, err) || store_point(backup, err))
        return -1;
    result->kind = backup->full ? HF_BACKUP_FULL : HF_BACKUP_INCREMENTAL;
    result->seq = backup->now.segment.to;
    result->time = backup->started;
    remember_point(backup);
    return 0;
}

int hf_backup(const struct hf_database *database, const struct hf_backup_options *options,
              struct hf_backup_result *result, struct hf_error *err)
{
    struct hf_backup_result found = {0};
    struct backup *backup = calloc(1, sizeof *backup);
    if (!backup)
        return hf_error_memory(err);
    *backup = (struct backup){.database = database, .options = options, .result = &found};
    backup->state.fd = -1;
    hf_page_origin_init(&backup->pages, env_of(backup),
                        options->state_path ? options->state_path : options->path);
    backup->next_in_map = 1;
    int64_t began = hf_now(env_of(backup));
    int failed = run(backup, err);
    found.duration = hf_now(env_of(backup)) - began;
    hf_map_writer_release(&backup->map);
    hf_scan_release(&backup->scan);
    hf_timeline_release(&backup->timeline);
    hf_page_origin_release(&backup->pages);
    hf_state_file_release(&backup->state);
    free(backup);
    if (!failed)
        *result = found;
    return failed;
}

#include "fault/acts_follow.h"

#include <string.h>

#include "engine/follow.h"

enum { PAGE_SIZE = 1024, PAGES = 24 };

static void change(struct stage *stage)
{
    stage_sql(stage->db, "UPDATE film SET data = randomblob(length(data)) WHERE id %% 9 = 4");
    stage_backup(stage);
}

static void make_replica(struct stage *stage)
{
    const struct stage_tools tools = stage_no_faults();
    struct hf_error err = {0};
    if (follow_once(stage, &tools, &err))
        fail_msg("%s", err.text);
}

void prepare_no_replica(struct stage *stage)
{
    stage_fill(stage->db, PAGE_SIZE, PAGES);
    stage_sql(stage->db, "PRAGMA journal_mode = WAL");
    stage_make_repository(stage);
    stage_backup(stage);
}

void prepare_replica(struct stage *stage)
{
    prepare_no_replica(stage);
    make_replica(stage);
    stage_sql(stage->db, "CREATE TABLE more AS SELECT data FROM film WHERE id < 12");
    change(stage);
}

/* Page 1 is not among the pages that change. */
void prepare_replica_of_same_size(struct stage *stage)
{
    prepare_no_replica(stage);
    make_replica(stage);
    change(stage);
}

void prepare_shrinking_replica(struct stage *stage)
{
    prepare_no_replica(stage);
    make_replica(stage);
    stage_sql(stage->db, "DELETE FROM film WHERE id > 14");
    stage_sql(stage->db, "VACUUM");
    change(stage);
}

void prepare_written_replica(struct stage *stage)
{
    prepare_replica(stage);
    stage_sql(stage->target, "CREATE TABLE mine AS SELECT * FROM film");
}

int follow_once(struct stage *stage, const struct stage_tools *tools, struct hf_error *err)
{
    hf_auto(stage_session) struct stage_session session = {0};
    const struct hf_follow_options options = {.path = stage->target, .overwrite = true};
    struct hf_follow_step step;
    if (stage_session_open(&session, stage, tools, HF_DATABASE_EXISTING, err))
        return -1;
    hf_auto_ptr(hf_follower) struct hf_follower *follower =
        hf_follower_new(&session.database, &options, err);
    return follower ? hf_follow(follower, &step, err) : -1;
}

/* But for a replica's own marks. */
static bool is_point(const struct stage *stage, const char *copy)
{
    static const struct {
        size_t at, length;
    } own[] = {{18, 2}, {24, 4}, {40, 4}, {92, 4}};
    hf_auto(hf_buf) struct hf_buf replica = {0};
    hf_auto(hf_buf) struct hf_buf point = {0};
    hf_scratch_read(stage->target, &replica);
    hf_scratch_read(copy, &point);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        memset(replica.data + own[i].at, 0, own[i].length);
        memset(point.data + own[i].at, 0, own[i].length);
    }
    return replica.length == point.length && !memcmp(replica.data, point.data, point.length);
}

/* What a reader finds, who plays back what a crash left. */
static void let_a_reader_look(const struct stage *stage)
{
    stage_sql(stage->target, "SELECT count(*) FROM sqlite_master; PRAGMA integrity_check");
}

void prove_replica(struct stage *stage, bool succeeded)
{
    if (!hf_scratch_exists(stage->target)) {
        stage_must(stage, !succeeded && stage->prepared == 1, "there is no replica");
        return;
    }
    let_a_reader_look(stage);
    stage_must(stage,
               is_point(stage, stage->points[stage->prepared - 1].copy) ||
                   (!succeeded && is_point(stage, stage->points[0].copy)),
               "the replica is not one of the points that it may be");
}

void prove_written_replica(struct stage *stage, bool succeeded)
{
    let_a_reader_look(stage);
    stage_must(stage,
               is_point(stage, stage->points[stage->prepared - 1].copy) ||
                   (!succeeded && stage_same(stage->target, stage->old_target)),
               "the replica is neither the newest point nor what was written to it");
}

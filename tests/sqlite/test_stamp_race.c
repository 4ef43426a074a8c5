/*
 * A commit between the beginning of a read transaction on slot 0 and the look at the wal-index: a
 * VFS below SQLite's lets it happen there.
 */
#include "scene.h"

static sqlite3_vfs *base_vfs;
static sqlite3_vfs vfs;
static const sqlite3_io_methods *base_methods;
static sqlite3_io_methods methods;
static struct actor *committer; /* NULL: nothing happens in between */
static int mappings;

/* A connection maps the first region once for itself; whoever asks again reads the header. */
static int map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    if (committer && !region && ++mappings == 2)
        actor_do(committer, "insert into t values('in between')");
    return base_methods->xShmMap(file, region, size, extend, out);
}

static int open_file(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    (void)self;
    int rc = base_vfs->xOpen(base_vfs, name, file, flags, out_flags);
    if (rc == SQLITE_OK && flags & SQLITE_OPEN_MAIN_DB) {
        base_methods = file->pMethods;
        methods = *base_methods;
        methods.xShmMap = map;
        file->pMethods = &methods;
    }
    return rc;
}

static int use_vfs(void **state)
{
    sqlite3_initialize();
    base_vfs = sqlite3_vfs_find(NULL);
    vfs = *base_vfs;
    vfs.pNext = NULL;
    vfs.zName = "in-between";
    vfs.xOpen = open_file;
    (void)state;
    return sqlite3_vfs_register(&vfs, 1);
}

static void a_stamp_tells_of_no_commit_that_was_not_read(void **state)
{
    struct scene *scene = *state;
    struct hf_error err = {0};
    sql_in(scene->db, "pragma journal_mode = wal; create table t(x); insert into t values('one')");
    struct actor actor = actor_start(scene->db);
    actor_do(&actor, "select count(*) from t");
    actor_do(&actor, "insert into t values('two')");
    actor_do(&actor, "pragma wal_checkpoint(passive)");
    committer = &actor;
    mappings = 0;
    struct hf_page_source *source = hf_page_source_open(scene->db, 1000, &err);
    committer = NULL;
    assert_code(&err, HF_OK);
    assert_int_equal(mappings, 2);
    const struct hf_db_stamp *stamp = &hf_page_source_info(source)->stamp;
    assert_false(stamp->settled);
    assert_int_equal(stamp->log_frames, 0);
    hf_page_source_free(source);
    actor_end(&actor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stamp_tells_of_no_commit_that_was_not_read, scene_setup,
                                        scene_teardown),
    };
    return cmocka_run_group_tests(tests, use_vfs, NULL);
}

/* Which jobs may run beside each other. */
#include "console/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/key.h"
#include "console/console_state.h"
#include "console/overview.h"
#include "console/reader_client.h"
#include "support/scratch.h"

struct scene {
    struct hf_scratch scratch;
    struct hf_console console;
};

static const char *gate_of(const struct hf_console *console)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/go", console->folder);
    return path;
}

static int begin(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct hf_error err = {0};
    *state = scene;
    hf_scratch_init(&scene->scratch);
    scene->console.env = hf_env_system();
    scene->console.folder = scene->scratch.path;
    assert_int_equal(hf_codec_init(&err), 0);
    assert_int_equal(hf_signals_open(&scene->console.signals, &err), 0);
    scene->console.reader = hf_reader_client_new(&scene->console, &err);
    scene->console.overview = hf_overview_new(&scene->console, &err);
    scene->console.jobs = hf_jobs_new(&scene->console, &err);
    assert_non_null(scene->console.reader);
    assert_non_null(scene->console.overview);
    assert_non_null(scene->console.jobs);
    return 0;
}

/* All that run come to their ends. */
static int end(void **state)
{
    struct scene *scene = *state;
    struct hf_console *console = &scene->console;
    int64_t deadline;
    hf_scratch_write(gate_of(console), "", 0);
    while ((deadline = hf_jobs_deadline(console->jobs))) {
        struct hf_happening happening;
        assert_int_equal(hf_signals_wait(&console->signals, deadline, &happening, NULL), 0);
        hf_jobs_take(console->jobs, &happening);
    }
    hf_jobs_free(console->jobs);
    hf_overview_free(console->overview);
    hf_reader_client_free(console->reader);
    hf_signals_release(&console->signals);
    hf_scratch_release(&scene->scratch);
    free(scene);
    return 0;
}

static json_t *work(void *context, const json_t *question, const struct hf_events *events,
                    struct hf_error *err)
{
    (void)question, (void)events, (void)err;
    while (!hf_scratch_exists(gate_of(context)))
        hf_pause_us(5000);
    return json_object();
}

static enum hf_code start(struct scene *scene, struct hf_job_wanted wanted)
{
    struct hf_error err = {0};
    wanted.work = work;
    wanted.question = json_object();
    const char *id = hf_job_start(scene->console.jobs, &wanted, HF_ACCESS_OWNER, &err);
    assert_int_equal(id == NULL, err.code != HF_OK);
    return err.code;
}

static enum hf_code change(struct scene *scene, const char *kind, const char *database)
{
    return start(scene, (struct hf_job_wanted){
                            .kind = kind, .database = database, .changes_database = true});
}

static void a_database_is_changed_by_one_job_at_a_time(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(change(scene, "restore", "app"), HF_OK);
    assert_int_equal(change(scene, "restore", "app"), HF_LOCKED);
    assert_int_equal(change(scene, "import", "app"), HF_LOCKED);
    assert_int_equal(change(scene, "schema_change", "app"), HF_LOCKED);
    assert_int_equal(change(scene, "import", "other"), HF_OK);
    assert_int_equal(change(scene, "restore", "other"), HF_LOCKED);
}

static void what_changes_nothing_minds_only_its_own_kind(void **state)
{
    struct scene *scene = *state;
    const struct hf_job_wanted snapshot = {.kind = "snapshot", .database = "app", .is_alone = true},
                               preview = {.kind = "preview", .database = "app"};
    assert_int_equal(change(scene, "restore", "app"), HF_OK);
    assert_int_equal(start(scene, snapshot), HF_OK);
    assert_int_equal(start(scene, snapshot), HF_LOCKED);
    assert_int_equal(start(scene, preview), HF_OK);
    assert_int_equal(start(scene, preview), HF_OK);
}

static void nothing_is_done_without_a_question(void **state)
{
    struct scene *scene = *state;
    const struct hf_job_wanted wanted = {.kind = "restore", .database = "app", .work = work};
    struct hf_error err = {0};
    assert_null(hf_job_start(scene->console.jobs, &wanted, HF_ACCESS_OWNER, &err));
    assert_int_equal(err.code, HF_NO_MEMORY);
    json_t *seen = hf_jobs_json(scene->console.jobs, HF_ACCESS_OWNER);
    assert_int_equal(json_array_size(json_object_get(seen, "jobs")), 0);
    json_decref(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_database_is_changed_by_one_job_at_a_time, begin, end),
        cmocka_unit_test_setup_teardown(what_changes_nothing_minds_only_its_own_kind, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_done_without_a_question, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A schema is changed by the plan that was seen, or not at all. */
#include "service/schema_change.h"

#include <string.h>

#include "schema/compile.h"
#include "service/setup_room.h"

static const char wanted_sql[] = "CREATE TABLE kept(id INTEGER PRIMARY KEY);"
                                 "CREATE TABLE more(id INTEGER PRIMARY KEY);";
static const char live_sql[] = "CREATE TABLE kept(id INTEGER PRIMARY KEY);"
                               "CREATE TABLE gone(id INTEGER PRIMARY KEY);"
                               "INSERT INTO gone VALUES(1)";
static const char other_sql[] = "CREATE TABLE IF NOT EXISTS precious(x)";

static void load_wanted(struct hf_wanted *out)
{
    struct hf_schema_source source = {(char *)"schema.sql", (char *)wanted_sql, strlen(wanted_sql)};
    const struct hf_schema_sources sources = {HF_SCHEMA_SQL, &source, 1};
    hf_auto(hf_diagnostics) struct hf_diagnostics diagnostics = {0};
    struct hf_error err = {0};
    if (hf_schema_compile(out, &sources, &diagnostics, &err))
        fail_msg("%s", err.text);
}

/* Somebody else changes the database while the restore point is stored. */
static void break_in(void *context, const char *stage, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    if (!strcmp(stage, "store"))
        room_sql(context, "app.db", other_sql);
}

static struct hf_schema_change_options options_of(const struct setup_room *room)
{
    return (struct hf_schema_change_options){.config = &room->config,
                                             .env = hf_env_system(),
                                             .database = "app",
                                             .path = room->options.path,
                                             .accepts_loss = true};
}

static void the_plan_that_was_seen_is_the_one_that_is_done(void **state)
{
    struct setup_room *room = *state;
    hf_auto(hf_wanted) struct hf_wanted wanted = {0};
    hf_auto(hf_sync_plan) struct hf_sync_plan plan = {0};
    char seen[HF_SCHEMA_DIGEST_TEXT];
    const struct hf_events events = {.context = room, .progress = break_in};
    struct hf_schema_change_options options = options_of(room);
    room_sql(room, "app.db", live_sql);
    load_wanted(&wanted);
    assert_int_equal(hf_schema_plan(&plan, &wanted, &options, &room->err), 0);
    assert_int_equal(hf_schema_plan_digest(seen, &plan, &room->err), 0);
    options.seen = seen;
    options.events = &events;

    hf_auto(hf_schema_changed) struct hf_schema_changed changed = {0};
    assert_int_not_equal(hf_schema_change(&changed, &wanted, &options, &room->err), 0);
    assert_int_equal(room->err.code, HF_STALE);
    assert_true(changed.point_before > 0); /* it came to that, and no further */
    room_holds(room, "app.db",
               "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema"
               " ORDER BY name)",
               "gone kept precious");
    hf_schema_changed_release(&changed);

    options.events = NULL;
    room_sql(room, "app.db", "DROP TABLE precious");
    room->err = (struct hf_error){0};
    assert_int_equal(hf_schema_change(&changed, &wanted, &options, &room->err), 0);
    room_holds(room, "app.db",
               "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_schema"
               " ORDER BY name)",
               "kept more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_plan_that_was_seen_is_the_one_that_is_done,
                                        setup_room_open, setup_room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

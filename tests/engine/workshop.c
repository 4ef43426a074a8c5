#include "engine/workshop.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/repository.h"
#include "store/kinds.h"

static void keep_notice(void *context, const char *text)
{
    struct workshop *shop = context;
    snprintf(shop->notice, sizeof shop->notice, "%s", text);
}

int workshop_setup(void **state)
{
    struct workshop *shop = calloc(1, sizeof *shop);
    struct hf_error err = {0};
    const struct hf_unlock none = {0};
    const struct hf_new_slot slot = {.kind = HF_SLOT_PLAIN, .secret = &none};
    assert_int_equal(hf_codec_init(&err), 0);
    hf_scratch_init(&shop->scratch);
    shop->db = hf_scratch_path(&shop->scratch, "app.db");
    shop->target = hf_scratch_path(&shop->scratch, "restored.db");
    shop->place = hf_scratch_path(&shop->scratch, "repository");
    shop->events = (struct hf_events){.context = shop, .notice = keep_notice};
    struct hf_store *store = hf_store_directory_new(hf_env_system(), shop->place, &err);
    assert_non_null(store);
    shop->repository = hf_repository_create(store, hf_env_system(), &slot, &err);
    if (!shop->repository)
        fail_msg("%s", err.text);
    if (hf_database_open(&shop->database, shop->repository, "app", HF_DATABASE_CREATE, &err))
        fail_msg("%s", err.text);
    *state = shop;
    return 0;
}

int workshop_teardown(void **state)
{
    struct workshop *shop = *state;
    hf_repository_free(shop->repository);
    hf_scratch_release(&shop->scratch);
    free(shop->db);
    free(shop->target);
    free(shop->place);
    free(shop);
    return 0;
}

void workshop_sql(struct workshop *shop, const char *format, ...)
{
    sqlite3 *db;
    char *message = NULL;
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    assert_int_equal(sqlite3_open(shop->db, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    if (sqlite3_exec(db, sql, NULL, NULL, &message))
        fail_msg("%s: %s", sql, message);
    sqlite3_free(sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void workshop_fill(struct workshop *shop, int pages)
{
    workshop_sql(shop,
                 "CREATE TABLE IF NOT EXISTS film(id INTEGER PRIMARY KEY, title TEXT, data BLOB);"
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)"
                 "INSERT INTO film(title, data) SELECT 'film ' || i, randomblob(1800) FROM n",
                 2 * pages);
}

char *workshop_copy(const struct workshop *shop, uint64_t seq)
{
    char name[64];
    snprintf(name, sizeof name, "copy-%" PRIu64 ".db", seq);
    return hf_scratch_path(&shop->scratch, name);
}

/* What a restore must give: the file once its log is folded into it, byte for byte. */
void workshop_keep_copy(struct workshop *shop, uint64_t seq)
{
    char command[2000];
    char *copy = workshop_copy(shop, seq);
    sqlite3 *db;
    snprintf(command, sizeof command,
             "rm -f '%s' '%s-wal'; cp '%s' '%s'; if [ -f '%s-wal' ]; then cp '%s-wal' '%s-wal'; fi",
             copy, copy, shop->db, copy, shop->db, shop->db, copy);
    assert_int_equal(system(command), 0);
    assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
    sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(copy);
}

struct hf_backup_result workshop_backup_with(struct workshop *shop,
                                             const struct hf_backup_options *options)
{
    struct hf_backup_result result;
    struct hf_error err = {0};
    if (hf_backup(&shop->database, options, &result, &err))
        fail_msg("%s", err.text);
    workshop_keep_copy(shop, result.seq);
    return result;
}

struct hf_backup_result workshop_backup(struct workshop *shop)
{
    const struct hf_backup_options options = {.path = shop->db, .events = &shop->events};
    return workshop_backup_with(shop, &options);
}

void workshop_assert_restores(struct workshop *shop, uint64_t seq)
{
    hf_auto(hf_timeline) struct hf_timeline timeline = {0};
    const struct hf_restore_options options = {.target = shop->target};
    struct hf_restore_result result;
    struct hf_error err = {0};
    char *copy = workshop_copy(shop, seq);
    hf_scratch_remove(shop->target);
    if (hf_timeline_load(&timeline, &shop->database, &err) ||
        hf_restore(&shop->database, &timeline, seq, &options, &result, &err))
        fail_msg("%s", err.text);
    assert_true(hf_scratch_same(shop->target, copy));
    free(copy);
}

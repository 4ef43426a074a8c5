#include "service/rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/process.h"
#include "service/boot.h"
#include "service/killer.h"

int rig_setup(void **state)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    hf_scratch_init(&rig->scratch);
    rig->data = hf_scratch_path(&rig->scratch, "data");
    rig->log_path = hf_scratch_path(&rig->scratch, "log");
    rig->config_path = hf_scratch_path(&rig->scratch, "holdfast.yml");
    rig->schema = hf_scratch_path(&rig->scratch, "schema.sql");
    rig->db = hf_scratch_path(&rig->scratch, "data/app.db");
    rig->repository = hf_scratch_path(&rig->scratch, "data/backups");
    assert_int_equal(mkdir(rig->data, 0700), 0);
    rig_set(rig, "HOLDFAST_DB=%s", rig->db);
    *state = rig;
    return 0;
}

int rig_teardown(void **state)
{
    struct rig *rig = *state;
    hf_scratch_release(&rig->scratch);
    hf_buf_release(&rig->log);
    free(rig->data);
    free(rig->log_path);
    free(rig->config_path);
    free(rig->schema);
    free(rig->db);
    free(rig->repository);
    free(rig);
    return 0;
}

void rig_set(struct rig *rig, const char *format, ...)
{
    char entry[400];
    va_list args;
    va_start(args, format);
    vsnprintf(entry, sizeof entry, format, args);
    va_end(args);
    size_t name = strcspn(entry, "=") + 1, i = 0;
    while (rig->settings[i][0] && strncmp(rig->settings[i], entry, name))
        i++;
    assert_true(i < RIG_SETTINGS - 1);
    memcpy(rig->settings[i], entry, sizeof entry);
}

/* One boot, as it runs in its process. */
struct boot {
    struct rig *rig;
    const char *script;
};

static int boot(void *context)
{
    const struct boot *boot = context;
    struct rig *rig = boot->rig;
    const char *environment[RIG_SETTINGS + 1] = {NULL};
    for (size_t i = 0; rig->settings[i][0]; i++)
        environment[i] = rig->settings[i];
    const struct hf_config_input input = {
        .environment = environment, .local_file = rig->config_path, .system_file = "/nowhere"};
    char *const command[] = {(char *)"sh", (char *)"-c", (char *)(uintptr_t)boot->script, NULL};
    struct hf_config config;
    struct hf_error err = {0};
    int status = -1;
    FILE *log = fopen(rig->log_path, "we");
    if (!log || chdir(rig->data) || hf_config_load(&config, &input, hf_env_system(), &err)) {
        fprintf(stderr, "%s\n", err.text);
        return RIG_FAILED - 1;
    }
    const struct hf_boot_options options = {.config = &config,
                                            .env = hf_env_system(),
                                            .command = command,
                                            .version = "test",
                                            .replicate = rig->replicate,
                                            .log = log};
    int failed = hf_boot(&options, &status, &err);
    hf_config_release(&config);
    fclose(log);
    return failed && status <= 0 ? RIG_FAILED + (int)err.code : status;
}

static void read_log(struct rig *rig)
{
    rig->log.length = 0;
    if (hf_scratch_exists(rig->log_path))
        hf_scratch_read(rig->log_path, &rig->log);
    assert_int_equal(hf_buf_append(&rig->log, "", 1, NULL), 0);
}

int rig_boot(struct rig *rig, const char *script)
{
    struct boot wanted = {rig, script};
    pid_t pid;
    int status;
    assert_int_equal(hf_child_fork(&pid, boot, &wanted, NULL), 0);
    assert_int_equal(hf_child_wait(pid, &status, NULL), 0);
    read_log(rig);
    return hf_exit_status(status);
}

bool rig_boot_killed(struct rig *rig, const char *script, uint64_t n)
{
    struct boot wanted = {rig, script};
    return kill_at(boot, &wanted, n);
}

void rig_boots(struct rig *rig, const char *script)
{
    int status = rig_boot(rig, script);
    if (status)
        fail_msg("exit code %d\n%s", status, (const char *)rig->log.data);
}

void rig_said(const struct rig *rig, const char *text)
{
    if (!strstr((const char *)rig->log.data, text))
        fail_msg("'%s' is not in:\n%s", text, (const char *)rig->log.data);
}

static sqlite3 *open_database(const struct rig *rig)
{
    sqlite3 *db;
    assert_int_equal(
        sqlite3_open_v2(rig->db, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    return db;
}

void rig_sql(const struct rig *rig, const char *format, ...)
{
    char *message = NULL;
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    sqlite3 *db = open_database(rig);
    if (sqlite3_exec(db, sql, NULL, NULL, &message))
        fail_msg("%s: %s", sql, message);
    sqlite3_free(sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t rig_value(const struct rig *rig, const char *sql)
{
    sqlite3 *db = open_database(rig);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) || sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int64_t value =
        sqlite3_column_type(statement, 0) == SQLITE_NULL ? -1 : sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

void rig_fill(const struct rig *rig, int rows)
{
    rig_sql(rig,
            "PRAGMA journal_mode = wal;"
            "CREATE TABLE IF NOT EXISTS film(id INTEGER PRIMARY KEY, title TEXT);"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d)"
            "INSERT INTO film(title) SELECT 'film ' || i || hex(randomblob(200)) FROM n",
            rows);
}

int rig_files(const struct rig *rig, const char *part)
{
    DIR *folder = opendir(rig->data);
    const struct dirent *entry;
    int count = 0;
    assert_non_null(folder);
    while ((entry = readdir(folder)))
        count += strstr(entry->d_name, part) != NULL;
    closedir(folder);
    return count;
}

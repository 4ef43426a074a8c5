#include "sqlite/scene.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    const char *tmp = getenv("TMPDIR");
    if (!scene)
        return -1;
    snprintf(scene->dir, sizeof scene->dir, "%s/hf-sqlite-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(scene->dir))
        return -1;
    snprintf(scene->db, sizeof scene->db, "%s/app.db", scene->dir);
    *state = scene;
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;
    shell("rm -rf '%s'", scene->dir);
    free(scene);
    return 0;
}

const char *in_scene(const struct scene *scene, const char *name)
{
    static char names[8][500];
    static int next;
    char *out = names[next++ % 8];
    snprintf(out, sizeof names[0], "%s/%s", scene->dir, name);
    return out;
}

void assert_code(const struct hf_error *err, enum hf_code code)
{
    if (err->code != code)
        fail_msg("code %d instead of %d: %s", err->code, code, err->text);
}

sqlite3 *open_db(const char *path)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void run_list(sqlite3 *db, const char *format, va_list args)
{
    char *sql = sqlite3_vmprintf(format, args);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message))
        fail_msg("%s: %s", sql, message);
    sqlite3_free(sql);
}

void run_sql(sqlite3 *db, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    run_list(db, format, args);
    va_end(args);
}

int64_t ask_sql(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) || sqlite3_step(statement) != SQLITE_ROW)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

void sql_in(const char *path, const char *format, ...)
{
    sqlite3 *db = open_db(path);
    va_list args;
    va_start(args, format);
    run_list(db, format, args);
    va_end(args);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int64_t ask_in(const char *path, const char *sql)
{
    sqlite3 *db = open_db(path);
    int64_t value = ask_sql(db, sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

void assert_sound(const char *path)
{
    assert_int_equal(ask_in(path, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

struct actor actor_start(const char *path)
{
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 30);
    assert_true(length > 0);
    program[length] = 0;
    strcpy(strrchr(program, '/'), "/../sqlite/sql_actor"); /* built beside the tests */
    int to[2], from[2];
    assert_int_equal(pipe2(to, 02000000 /* O_CLOEXEC */), 0);
    assert_int_equal(pipe2(from, 02000000), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    char *argv[] = {program, (char *)(uintptr_t)path, NULL};
    struct actor actor = {.in = to[1], .out = from[0]};
    assert_int_equal(posix_spawn(&actor.pid, program, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    return actor;
}

void actor_send(struct actor *actor, const char *sql)
{
    assert_null(strchr(sql, '\n'));
    assert_int_equal(write(actor->in, sql, strlen(sql)), strlen(sql));
    assert_int_equal(write(actor->in, "\n", 1), 1);
}

int actor_answer(struct actor *actor)
{
    char line[200];
    size_t length = 0;
    while (length + 1 < sizeof line && read(actor->out, line + length, 1) == 1 &&
           line[length] != '\n')
        length++;
    line[length] = 0;
    assert_true(length);
    char *space = strchr(line, ' ');
    assert_non_null(space);
    snprintf(actor->value, sizeof actor->value, "%.99s", space + 1);
    return atoi(line);
}

int actor_try(struct actor *actor, const char *sql)
{
    actor_send(actor, sql);
    return actor_answer(actor);
}

void actor_do(struct actor *actor, const char *sql)
{
    int rc = actor_try(actor, sql);
    if (rc)
        fail_msg("%s: %s", sql, sqlite3_errstr(rc));
}

static void reap(struct actor *actor)
{
    close(actor->in);
    close(actor->out);
    waitpid(actor->pid, NULL, 0);
}

void actor_kill(struct actor *actor)
{
    kill(actor->pid, SIGKILL);
    reap(actor);
}

void actor_end(struct actor *actor)
{
    reap(actor);
}

void shell(const char *format, ...)
{
    char command[2000];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    assert_int_equal(system(command), 0);
}

void copy_files(const char *from, const char *to)
{
    shell("cp '%s' '%s'; for s in -wal -journal; do rm -f '%s'$s; "
          "if [ -e '%s'$s ]; then cp '%s'$s '%s'$s; fi; done",
          from, to, to, from, from, to);
}

bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

int64_t size_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_size;
}

void write_pages(struct hf_page_source *source, const char *path, uint32_t step)
{
    const struct hf_db_info *info = hf_page_source_info(source);
    struct hf_error err = {0};
    uint8_t *pages = malloc((size_t)step * info->page_size);
    FILE *file = fopen(path, "wb");
    assert_non_null(pages);
    assert_non_null(file);
    for (uint32_t page = 1; page <= info->page_count; page += step) {
        uint32_t count = info->page_count - page + 1 < step ? info->page_count - page + 1 : step;
        if (hf_page_source_read(source, page, count, pages, &err))
            fail_msg("%s", err.text);
        assert_int_equal(fwrite(pages, info->page_size, count, file), count);
    }
    assert_int_equal(fclose(file), 0);
    free(pages);
}

void assert_same_bytes(const char *path, const char *other)
{
    shell("cmp '%s' '%s'", path, other);
}

void assert_source_is(const struct scene *scene, struct hf_page_source *source)
{
    const char *folded = in_scene(scene, "folded.db"), *one = in_scene(scene, "pages-1.db"),
               *many = in_scene(scene, "pages-many.db");
    copy_files(scene->db, folded);
    sql_in(folded, "PRAGMA wal_checkpoint(TRUNCATE)");
    write_pages(source, many, 33);
    write_pages(source, one, 1);
    assert_same_bytes(many, one);
    assert_same_bytes(many, folded);
    assert_sound(many);
}

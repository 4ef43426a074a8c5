/* Where copies of secrets may be, beside the columns that a profile names. */
#include "sqlite/look_copies.h"

#include "scene.h"
#include "sqlite/look_rows.h"

static struct hf_look *look_at(const char *path)
{
    static const char *const secrets[] = {"User.passwordHash", "Session.tokenHash"};
    const struct hf_look_options options = {.name = "app", .secrets = secrets, .secret_count = 2};
    struct hf_error err = {0};
    struct hf_look *look = hf_look_open(path, &options, &err);
    if (!look || hf_look_begin(look, 60000, &err))
        fail_msg("%s", err.text);
    return look;
}

static int take_none(void *context, sqlite3_stmt *row, int first, const struct hf_look_place *place,
                     struct hf_error *err)
{
    (void)context, (void)row, (void)first, (void)place, (void)err;
    return 0;
}

/* HF_OK: its rows are shown. */
static void ask(struct hf_look *look, const char *name, struct hf_error *err)
{
    struct hf_look_end end = {0};
    hf_auto(hf_look_table) struct hf_look_table table = {0};
    const struct hf_look_page page = {.table = &table, .limit = 10};
    if (!hf_look_table(&table, look, name, err) &&
        !hf_look_rows(&end, look, &page, take_none, NULL, err))
        hf_look_place_release(&end.reached);
}

static void assert_hidden(struct hf_look *look, const char *name)
{
    struct hf_error err = {0};
    ask(look, name, &err);
    if (err.code != HF_REFUSED)
        fail_msg("'%s' is not refused: %s", name, err.text);
}

/* For one reason or another: SQLite versions differ in what a view may read. */
static void assert_not_shown(struct hf_look *look, const char *name)
{
    struct hf_error err = {0};
    ask(look, name, &err);
    if (!err.code)
        fail_msg("'%s' is shown", name);
}

static void assert_shown(struct hf_look *look, const char *name)
{
    struct hf_error err = {0};
    ask(look, name, &err);
    if (err.code)
        fail_msg("'%s' is not shown: %s", name, err.text);
}

static int scene_with_secret(void **state)
{
    int failed = scene_setup(state);
    const struct scene *scene = *state;
    sql_in(scene->db, "CREATE TABLE User (id INTEGER PRIMARY KEY, name, passwordHash);"
                      "INSERT INTO User (name, passwordHash) VALUES ('ada', 'canary');"
                      "CREATE TABLE film (id INTEGER PRIMARY KEY, title)");
    return failed;
}

static void full_text_of_secrets_is_hidden(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db,
           "CREATE VIRTUAL TABLE own USING fts5(name, passwordHash);"
           "INSERT INTO own SELECT name, passwordHash FROM User;"
           "CREATE VIRTUAL TABLE old USING fts4(name, PASSWORDHASH);"
           "CREATE VIRTUAL TABLE less USING fts5(\"passwordHash\", content='');"
           "CREATE VIRTUAL TABLE other USING fts5(name, content='User', content_rowid='id');"
           "CREATE VIEW people AS SELECT * FROM User;"
           "CREATE VIRTUAL TABLE viewed USING fts5(name, content='people', content_rowid='id');"
           "CREATE VIRTUAL TABLE words USING fts5vocab(own, 'row');"
           "CREATE VIRTUAL TABLE terms USING fts4aux(old);"
           "CREATE VIRTUAL TABLE films USING fts5(title);"
           "CREATE VIRTUAL TABLE notes USING fts4(body);"
           "CREATE VIRTUAL TABLE film_words USING fts5vocab(films, 'row');"
           "CREATE VIRTUAL TABLE places USING rtree(id, x1, x2);");
    struct hf_look *look = look_at(scene->db);
    static const char *const hidden[] = {"own", "old", "less", "other", "viewed", "words", "terms"};
    static const char *const shown[] = {"films", "film_words", "notes", "places", "film", "User"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_hidden(look, hidden[i]);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        assert_shown(look, shown[i]);
    hf_look_free(look);
}

/* SQLite asks about a search in a virtual table as about one that reads no column. */
static void no_view_reads_what_is_hidden(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db, "CREATE VIRTUAL TABLE own USING fts5(name, passwordHash);"
                      "INSERT INTO own SELECT name, passwordHash FROM User;"
                      "CREATE VIRTUAL TABLE films USING fts5(title);"
                      "CREATE VIEW a AS SELECT name FROM own;"
                      "CREATE VIEW b AS SELECT rowid FROM own;"
                      "CREATE VIEW c AS SELECT count(*) FROM own('canary');"
                      "CREATE VIEW d AS SELECT c1 FROM own_content;"
                      "CREATE VIEW e AS SELECT block FROM own_data;"
                      "CREATE VIEW f AS SELECT c0 FROM films_content;");
    struct hf_look *look = look_at(scene->db);
    for (const char *name = "abcdef"; *name; name++)
        assert_not_shown(look, (char[]){*name, '\0'});
    hf_look_free(look);
}

static void insides_of_virtual_tables_are_told_as_such(void **state)
{
    const struct scene *scene = *state;
    hf_auto(hf_look_table) struct hf_look_table inside = {0}, unknown = {0}, plain = {0};
    struct hf_error err = {0};
    sql_in(scene->db, "CREATE VIRTUAL TABLE films USING fts5(title);"
                      "CREATE TABLE vec_chunks (a); CREATE TABLE vector (a);"
                      "PRAGMA writable_schema = ON;"
                      "INSERT INTO sqlite_schema VALUES ('table', 'vec', 'vec', 0,"
                      " 'CREATE VIRTUAL TABLE vec USING vec0(e float[3])')");
    struct hf_look *look = look_at(scene->db);
    assert_int_equal(hf_look_table(&inside, look, "films_data", &err), 0);
    assert_int_equal(inside.kind, HF_LOOK_SHADOW);
    assert_int_equal(hf_look_table(&unknown, look, "vec_chunks", &err), 0);
    assert_int_equal(unknown.kind, HF_LOOK_SHADOW);
    assert_int_equal(hf_look_table(&plain, look, "vector", &err), 0);
    assert_int_equal(plain.kind, HF_LOOK_TABLE);
    assert_hidden(look, "films_data");
    assert_hidden(look, "vec_chunks");
    hf_look_free(look);
}

static void what_triggers_write_of_secrets_is_hidden(void **state)
{
    const struct scene *scene = *state;
    sql_in(scene->db,
           "CREATE TABLE audit (what); CREATE TABLE history (id, name, h); CREATE TABLE later (x);"
           "CREATE TABLE counts (n); CREATE VIRTUAL TABLE found USING fts5(body);"
           "CREATE TRIGGER t1 AFTER UPDATE ON User BEGIN"
           " INSERT INTO audit VALUES (json_object('h', OLD.passwordHash)); END;"
           "CREATE TRIGGER t2 AFTER DELETE ON film BEGIN"
           " INSERT INTO history SELECT * FROM User; END;"
           "CREATE TRIGGER t3 AFTER INSERT ON audit BEGIN INSERT INTO later VALUES (NEW.what); END;"
           "CREATE TRIGGER t4 AFTER INSERT ON User BEGIN"
           " UPDATE counts SET n = (SELECT count(*) FROM User); END;"
           "CREATE TRIGGER t5 AFTER INSERT ON User BEGIN"
           " INSERT INTO found VALUES (NEW.passwordHash); END;");
    struct hf_look *look = look_at(scene->db);
    static const char *const hidden[] = {"audit", "history", "later", "found"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_hidden(look, hidden[i]);
    assert_shown(look, "counts");
    assert_shown(look, "User");
    hf_look_free(look);
}

static void assert_trigger_hides(const char *trigger, const char *hidden, const char *shown)
{
    void *state;
    assert_int_equal(scene_with_secret(&state), 0);
    const struct scene *scene = state;
    sql_in(scene->db, "ALTER TABLE User ADD COLUMN oldOne;"
                      "CREATE TABLE Session (id INTEGER PRIMARY KEY, tokenHash, note);"
                      "CREATE TABLE pipe (x); CREATE VIEW door AS SELECT id, title FROM film;"
                      "CREATE TRIGGER opened INSTEAD OF INSERT ON door BEGIN"
                      " INSERT INTO pipe VALUES (NEW.title); END");
    sql_in(scene->db, "%s", trigger);
    struct hf_look *look = look_at(scene->db);
    if (hidden)
        assert_hidden(look, hidden);
    assert_shown(look, shown);
    hf_look_free(look);
    assert_int_equal(scene_teardown(&state), 0);
}

/* The columns of a table with secrets are known; what a trigger copies into others of it is not. */
static void a_table_with_secrets_that_a_trigger_fills_is_hidden(void **state)
{
    (void)state;
    static const char *const filling[] = {
        "UPDATE User SET oldOne = OLD.passwordHash WHERE id = OLD.id",
        "UPDATE/* */OR IGNORE \"user\" SET oldOne = OLD.passwordHash",
        "REPLACE INTO [User] (oldOne) VALUES (OLD.passwordHash)",
        "INSERT INTO 'User' (oldOne) SELECT OLD.passwordHash",
    };
    for (size_t i = 0; i < sizeof filling / sizeof *filling; i++) {
        char *trigger = sqlite3_mprintf(
            "CREATE TRIGGER t AFTER UPDATE OF passwordHash ON User BEGIN %s; END", filling[i]);
        assert_trigger_hides(trigger, "User", "Session");
        sqlite3_free(trigger);
    }
    assert_trigger_hides("CREATE TRIGGER t AFTER INSERT ON User BEGIN"
                         " INSERT INTO Session (note) VALUES (NEW.passwordHash); END",
                         "Session", "User");
}

static void a_table_with_secrets_that_triggers_only_read_is_shown(void **state)
{
    (void)state;
    assert_trigger_hides("CREATE TRIGGER t AFTER UPDATE OF passwordHash ON User BEGIN"
                         " DELETE FROM Session WHERE note = 'update User'; END",
                         NULL, "User");
}

static void what_goes_through_a_view_is_hidden(void **state)
{
    (void)state;
    assert_trigger_hides("CREATE TRIGGER t AFTER INSERT ON User BEGIN"
                         " INSERT INTO door (title) VALUES (NEW.passwordHash); END",
                         "pipe", "User");
}

static void a_copy_that_is_made_later_is_hidden_too(void **state)
{
    const struct scene *scene = *state;
    struct hf_error err = {0};
    sql_in(scene->db, "CREATE TABLE audit (what)");
    struct hf_look *look = look_at(scene->db);
    assert_shown(look, "audit");
    sql_in(scene->db, "CREATE TRIGGER t AFTER UPDATE ON User BEGIN"
                      " INSERT INTO audit VALUES (OLD.passwordHash); END");
    assert_int_equal(hf_look_begin(look, 60000, &err), 0);
    assert_hidden(look, "audit");
    hf_look_free(look);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define SECRET_TEST(name) cmocka_unit_test_setup_teardown(name, scene_with_secret, scene_teardown)
        SECRET_TEST(full_text_of_secrets_is_hidden),
        SECRET_TEST(no_view_reads_what_is_hidden),
        SECRET_TEST(insides_of_virtual_tables_are_told_as_such),
        SECRET_TEST(what_triggers_write_of_secrets_is_hidden),
        cmocka_unit_test(a_table_with_secrets_that_a_trigger_fills_is_hidden),
        cmocka_unit_test(a_table_with_secrets_that_triggers_only_read_is_shown),
        cmocka_unit_test(what_goes_through_a_view_is_hidden),
        SECRET_TEST(a_copy_that_is_made_later_is_hidden_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

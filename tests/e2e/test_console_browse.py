"""Looking into a database through the console: as it is now beside its application, and as it was at a point."""
import json
import os
import pathlib
import signal
import sqlite3
import urllib.parse

import pytest

import conftest
from console_rig import PASSWORD, Console, descendants

SECRET = "canary-8c1f3b"


@pytest.fixture(name="console")
def start_console(holdfast, db):
    connection = sqlite3.connect(db)
    connection.executescript(f"""
        CREATE TABLE User (id INTEGER PRIMARY KEY, username TEXT, passwordHash TEXT,
            hint TEXT AS (substr(passwordHash, 1, 12)));
        INSERT INTO User (username, passwordHash)
            VALUES ('ada', '{SECRET}-a'), ('bob', '{SECRET}-b'), ('cyn', '{SECRET}-c');
        CREATE INDEX by_hash ON User (passwordHash);
        CREATE TABLE Session (tokenHash TEXT PRIMARY KEY, userId INTEGER REFERENCES User (id))
            WITHOUT ROWID;
        INSERT INTO Session VALUES ('{SECRET}-t', 1);
        CREATE VIEW names AS SELECT id, username FROM User;
        CREATE VIEW hashes AS SELECT username, passwordHash AS harmless FROM User;
        CREATE VIEW hints AS SELECT hint FROM User;
        CREATE TABLE odd (a, b BLOB, c TEXT);
        INSERT INTO odd VALUES (9007199254740993, x'00ff', 'ä'), (1e999, zeroblob(100000), NULL),
            (2.5, NULL, CAST(x'61ff62' AS TEXT)), (7, x'', printf('%.*c', 70000, 'x')),
            ('7', NULL, 'nul' || char(0) || 'inside');
    """)
    connection.close()
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    yield started
    started.stop()


def opened(client, point="now"):
    answer = client.post("/api/v1/databases/app/browsers", {"point": point})
    return f"/api/v1/browsers/{answer['browser']}"


def rows(client, browser, table, **query):
    if "filter" in query:
        query["filter"] = json.dumps(query["filter"])
    return client.get(f"{browser}/tables/{urllib.parse.quote(table)}/rows", **query)


def cells(page):
    return [row["cells"] for row in page["rows"]]


def test_tables_are_listed_with_their_kind_and_number_of_rows(client):
    listed = client.get(opened(client) + "/tables")["tables"]
    found = {table["name"]: (table["kind"], table["rows"], table["rows_exact"]) for table in listed}
    assert found["User"] == ("table", 3, True)
    assert found["Session"] == ("table", 1, True)
    assert found["names"] == ("view", None, False)
    assert all(table["problem"] is None for table in listed)


def test_a_tables_schema_is_told(client):
    table = client.get(opened(client) + "/tables/user")
    assert [(c["name"], c["masked"], c["primary_key"]) for c in table["columns"]] == [
        ("id", False, 1), ("username", False, 0), ("passwordHash", True, 0), ("hint", True, 0)]
    assert [(i["name"], i["columns"], i["unique"]) for i in table["indexes"]] == [
        ("by_hash", "passwordHash", False)]
    assert client.get(opened(client) + "/tables/Session")["foreign_keys"] == [
        {"table": "User", "columns": "userId", "to_columns": "id", "on_update": "NO ACTION",
         "on_delete": "NO ACTION"}]


def test_secrets_are_not_read_by_any_way(client):
    browser = opened(client)
    everything = []

    def ask(path, **query):
        answer = client.ask("GET", f"{browser}/tables{path}?" + urllib.parse.urlencode(query))
        everything.append(answer.bytes.decode())
        return answer

    shown = ask("/User/rows").json
    assert [cell for cell in cells(shown)[0] if cell == {"type": "masked"}] == [
        {"type": "masked"}] * 2
    for operator in ("=", "!=", "<", ">", "contains", "starts with", "is null"):
        condition = json.dumps([["passwordHash", operator, SECRET]])
        assert ask("/User/rows", filter=condition).error["code"] == "refused"
    assert ask("/User/rows", filter=json.dumps([["hint", ">", "a"]])).error["code"] == "refused"
    assert ask("/User/cell", key="i1", column="passwordHash").json == {"value": {"type": "masked"}}
    assert ask("/Session/rows").error["code"] == "refused"
    for view in ("hashes", "hints"):
        assert "secret" in ask(f"/{view}/rows").error["text"]
    assert cells(ask("/names/rows").json) == [[1, "ada"], [2, "bob"], [3, "cyn"]]
    for path in ("", "/User", "/Session", "/hashes"):
        ask(path)
    assert SECRET not in "".join(everything)


def test_full_text_and_triggers_tell_no_secret(client, db):
    connection = sqlite3.connect(db)
    connection.executescript("""
        CREATE VIRTUAL TABLE own USING fts5(username, passwordHash);
        INSERT INTO own SELECT username, passwordHash FROM User;
        CREATE VIRTUAL TABLE linked USING fts5(passwordHash, content='User', content_rowid='id');
        INSERT INTO linked(linked) VALUES ('rebuild');
        CREATE VIRTUAL TABLE words USING fts5vocab('own', 'instance');
        CREATE VIRTUAL TABLE films USING fts5(title);
        INSERT INTO films VALUES ('canary row');
        CREATE VIEW inside AS SELECT c1 FROM own_content;
        CREATE TABLE audit (what TEXT);
        CREATE TRIGGER keep AFTER UPDATE ON User BEGIN
            INSERT INTO audit VALUES (json_object('h', OLD.passwordHash)); END;
        UPDATE User SET username = username;
    """)
    connection.close()
    browser = opened(client)
    answers = [client.ask("GET", f"{browser}/tables")]
    kinds = {table["name"]: table["kind"] for table in answers[0].json["tables"]}
    assert (kinds["own"], kinds["own_content"]) == ("virtual", "shadow")
    for table in kinds:
        answers.append(client.ask("GET", f"{browser}/tables/{table}"))
        answers.append(client.ask("GET", f"{browser}/tables/{table}/rows"))
        for column in ("passwordHash", "c1", "block", "term", "what"):
            answers.append(client.ask("GET", f"{browser}/tables/{table}/cell?key=i1&column={column}"))
        if table in ("own", "linked", "words", "audit") or kinds[table] == "shadow":
            assert answers[-6].error["code"] == "refused", table
    assert SECRET.split("-", maxsplit=1)[1] not in "".join(answer.bytes.decode() for answer in answers)
    assert cells(rows(client, browser, "films")) == [["canary row"]]
    masked = client.get(f"{browser}/tables/audit")["columns"]
    assert [column["masked"] for column in masked] == [True]


def test_an_rtree_is_seen_now_and_at_a_point_and_comes_back(client, db):
    connection = sqlite3.connect(db)
    connection.executescript("""
        CREATE VIRTUAL TABLE place USING rtree(id, left, right);
        INSERT INTO place VALUES (1, 0, 1), (2, 5.5, 7);
    """)
    connection.close()
    point = client.job("/api/v1/databases/app/points")["point"]
    conftest.execute(db, "delete from place where id = 1")
    assert cells(rows(client, opened(client), "place")) == [[2, 5.5, 7.0]]
    browser = client.job("/api/v1/databases/app/browsers", {"point": point})["browser"]
    browser = f"/api/v1/browsers/{browser}"
    assert cells(rows(client, browser, "place")) == [[1, 0.0, 1.0], [2, 5.5, 7.0]]
    kinds = {table["name"]: table["kind"] for table in client.get(browser + "/tables")["tables"]}
    assert (kinds["place"], kinds["place_node"]) == ("virtual", "shadow")
    preview = client.job("/api/v1/databases/app/restore-plans", {"point": point})
    assert preview["preflight"]["sound"]
    target = db.parent / "then.db"
    client.job("/api/v1/databases/app/restores",
               {"plan": preview["plan"], "scope": "file", "file": target.name, "name": "app",
                "password": PASSWORD, "accept_changes": True})
    connection = sqlite3.connect(target)
    assert connection.execute("select count(*) from place where left < 3").fetchone() == (1,)
    assert connection.execute("select rtreecheck('place')").fetchone() == ("ok",)
    connection.close()


def test_a_view_that_joins_by_using_tells_no_secret(client, db):
    """SQLite does not tell which columns such a join reads."""
    conftest.execute(db, "create view joined as select passwordHash from"
                         " (select null as passwordHash) full join User using (passwordHash)")
    browser = opened(client)
    answer = client.ask("GET", f"{browser}/tables/joined/rows")
    assert answer.status == 403 and SECRET.encode() not in answer.bytes


def test_values_keep_what_they_are(client):
    browser = opened(client)
    found = cells(rows(client, browser, "odd"))
    assert found[0] == [{"type": "integer", "text": "9007199254740993"},
                        {"type": "blob", "length": 2, "hex": "00ff", "cut": False}, "ä"]
    assert found[1][0] == {"type": "real", "text": "Inf"}
    assert (found[1][1]["length"], found[1][1]["cut"]) == (100000, True)
    assert found[2][2] == {"type": "text", "text": "a\ufffdb", "length": 3, "cut": False,
                           "altered": True}
    assert (found[3][2]["length"], found[3][2]["text"]) == (70000, "x" * 200)
    assert found[4][2]["text"] == "nul\ufffdinside"
    whole = client.get(f"{browser}/tables/odd/cell", key="i4", column="c")["value"]
    assert (whole["text"], whole["cut"]) == ("x" * 65536, True)
    assert client.ask("GET", f"{browser}/tables/odd/cell?key=i99&column=c").status == 404


def test_a_filter_finds_numbers_in_columns_that_take_anything(client):
    browser = opened(client)
    assert len(cells(rows(client, browser, "odd", filter=[["a", "=", "7"]]))) == 2
    assert cells(rows(client, browser, "User", filter=[["username", "starts with", "B"]]))[0][0] == 2
    assert len(cells(rows(client, browser, "User", filter=[["id", ">", "1"],
                                                           ["username", "contains", "y"]]))) == 1
    hostile = "' OR 1=1 --"
    assert not cells(rows(client, browser, "User", filter=[["username", "=", hostile]]))
    answer = client.ask("GET", f"{browser}/tables/User/rows?filter=" + urllib.parse.quote(
        json.dumps([['username" OR 1 --', "=", "x"]])))
    assert answer.error["code"] == "usage"


def test_the_live_database_is_seen_while_its_application_writes(client, db):
    browser = opened(client)
    writer = sqlite3.connect(db, timeout=0)
    writer.execute("PRAGMA journal_mode = WAL")
    before = client.get(f"{browser}/tables/User")["rows"]
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO User (username) VALUES ('dan')")
    assert client.get(f"{browser}/tables/User")["rows"] == before
    writer.execute("COMMIT")
    assert client.get(f"{browser}/tables/User")["rows"] == before + 1
    writer.close()


def test_a_point_is_brought_out_and_shows_what_was_there_then(client, db, console, holdfast):
    point = client.job("/api/v1/databases/app/points", {"label": "then"})["point"]
    with sqlite3.connect(db) as connection:
        connection.execute("DELETE FROM User")
    result = client.job("/api/v1/databases/app/browsers", {"point": point})
    assert "file" not in result
    browser = f"/api/v1/browsers/{result['browser']}"
    assert client.get(f"{browser}/tables/User")["rows"] == 3
    assert client.get(opened(client) + "/tables/User")["rows"] == 0
    scratch = next(holdfast.folder.glob("**/scratch"))
    assert list(scratch.iterdir())
    assert client.ask("DELETE", browser).status == 204
    assert not list(scratch.iterdir())
    assert client.ask("GET", f"{browser}/tables").status == 404


def test_it_is_for_the_session_that_opened_it(client, console):
    browser = opened(client)
    other = console.client()
    other.sign_in()
    assert other.ask("GET", f"{browser}/tables").status == 404
    assert other.ask("DELETE", browser).status == 404
    assert console.client().ask("GET", f"{browser}/tables").status == 401
    assert client.get(f"{browser}/tables")
    assert client.ask("DELETE", "/api/v1/session").status == 204
    assert client.ask("GET", f"{browser}/tables").status == 401


def test_the_one_that_is_idle_longest_makes_room_for_a_fifth(client):
    browsers = [opened(client) for _ in range(4)]
    client.get(f"{browsers[0]}/tables")
    opened(client)
    assert [client.ask("GET", f"{b}/tables").status for b in browsers] == [200, 404, 200, 200]


def test_what_takes_too_long_is_ended_and_told(client, db):
    with sqlite3.connect(db) as connection:
        connection.execute("CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
                           " SELECT i + 1 FROM n) SELECT count(*) AS c FROM n")
    browser = opened(client)
    answer = client.ask("GET", f"{browser}/tables/endless/rows")
    assert "too long" in answer.error["text"]
    assert client.get(f"{browser}/tables/User")["rows"] == 3


@pytest.mark.parametrize("wrong", [
    {"after": "i1", "before": "i2"}, {"after": "zz"}, {"after": "i1~i2"}, {"after": "i"},
    {"limit": 0}, {"limit": 201}, {"filter": "{}"}, {"filter": "[[1]]"}, {"filter": "[[\"id\"]]"},
    {"filter": json.dumps([["id", "regexp", "x"]])}, {"filter": json.dumps([["id", "=", "1"]] * 9)},
    {"filter": json.dumps([["id", "=", "x" * 1001]])}])
def test_a_question_that_makes_no_sense_is_refused(client, wrong):
    browser = opened(client)
    answer = client.ask("GET", f"{browser}/tables/User/rows?" + urllib.parse.urlencode(wrong))
    assert (answer.status, answer.error["code"]) == (400, "usage")
    assert client.ask("GET", f"{browser}/tables/nothing").status == 404
    assert client.ask("GET", f"{browser}/tables/sqlite_schema/rows").status == 404


def test_a_million_rows_are_paged_from_either_end(client, db):
    connection = sqlite3.connect(db)
    connection.execute("CREATE TABLE big (id INTEGER PRIMARY KEY, v TEXT)")
    connection.execute("INSERT INTO big SELECT value, 'row ' || value FROM"
                       " (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n"
                       " WHERE value < 1000000) SELECT value FROM n)")
    connection.commit()
    connection.close()
    browser = opened(client)
    first = rows(client, browser, "big")
    assert (cells(first)[0][0], first["previous"]) == (1, None)
    second = rows(client, browser, "big", after=first["next"])
    assert (cells(second)[0][0], len(cells(second))) == (51, 50)
    assert cells(rows(client, browser, "big", before=second["previous"])) == cells(first)
    last = rows(client, browser, "big", last=1)
    assert (cells(last)[-1][0], last["next"]) == (1000000, None)
    assert cells(rows(client, browser, "big", before=last["previous"], limit=1))[0][0] == 999950



def opened_with_worker(client, console):
    """The browser, and the process that serves it."""
    before = descendants(console.process.pid)
    client.get("/api/v1/overview")
    before |= descendants(console.process.pid)
    browser = opened(client)
    worker, = descendants(console.process.pid) - before
    return browser, int(worker)


def test_the_worker_is_confined(client, console):
    _, worker = opened_with_worker(client, console)
    status = pathlib.Path(f"/proc/{worker}/status").read_text(encoding="ascii")
    limits = pathlib.Path(f"/proc/{worker}/limits").read_text(encoding="ascii")
    assert "NoNewPrivs:\t1" in status
    for limit in ("Max data size", "Max cpu time", "Max core file size"):
        line = next(line for line in limits.splitlines() if line.startswith(limit))
        assert line.removeprefix(limit).split()[0] != "unlimited", line


def test_a_worker_that_does_not_answer_is_ended_with_its_question(client, console):
    browser, worker = opened_with_worker(client, console)
    os.kill(worker, signal.SIGSTOP)
    answer = client.ask("GET", f"{browser}/tables")
    assert "took too long and was stopped" in answer.error["text"]
    assert not pathlib.Path(f"/proc/{worker}").exists()
    assert client.ask("GET", f"{browser}/tables").status == 404
    assert client.get(opened(client) + "/tables")["tables"]


def test_a_worker_that_dies_fails_its_question_and_no_other(client, console):
    browser, worker = opened_with_worker(client, console)
    other = opened(client)
    os.kill(worker, signal.SIGKILL)
    assert client.ask("GET", f"{browser}/tables").status in (404, 500)
    assert client.get(f"{other}/tables")["tables"]

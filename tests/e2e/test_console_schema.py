"""The schema of a database in the console's API: planned, changed by the plan that was seen, after a restore point and
while the application runs; pulled, and shown as SQL."""
import sqlite3
import sys

import pytest

import conftest
from console_rig import PASSWORD, Console

APPLICATION = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit()); signal.pause()"
PLANS, CHANGES = "/api/v1/databases/app/schema-plans", "/api/v1/databases/app/schema-changes"
PULLS, STATEMENTS = "/api/v1/databases/app/schema-pulls", "/api/v1/schema-statements"
EXTRA = "CREATE TABLE tag (id INTEGER PRIMARY KEY, name TEXT NOT NULL);"


@pytest.fixture(name="client")
def signed_in_client(holdfast, db):
    (holdfast.folder / "schema.sql").write_text(schema_of(db) + EXTRA, encoding="utf-8")
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms", verb="run",
                      command=["--", sys.executable, "-c", APPLICATION]).start()
    client = console.follows().client()
    client.set_up()
    yield client
    console.stop()


def schema_of(db):
    connection = sqlite3.connect(db)
    try:
        return "".join(f"{sql};\n" for (sql,) in connection.execute(
            "select sql from sqlite_schema where sql is not null order by type = 'index'"))
    finally:
        connection.close()


def tables(db):
    connection = sqlite3.connect(db)
    try:
        return {name for (name,) in connection.execute(
            "select name from sqlite_schema where type = 'table'")}
    finally:
        connection.close()


def sent(client, text):
    answer = client.ask("POST", "/api/v1/setup/uploads", raw=text.encode())
    assert answer.status == 201, answer.bytes
    return {"upload": answer.json["upload"], "language": "sql"}


def wish(plan, **more):
    return {"plan": plan, "name": "app", "password": PASSWORD, **more}


def test_a_plan_is_as_the_command_line_says_it_and_is_carried_out(holdfast, db, client):
    before = tables(db)
    shown = client.job(PLANS, sent(client, schema_of(db) + EXTRA))
    printed = holdfast.json("schema", "plan", "--db", db, "--schema", "schema.sql")
    for member in ("risk", "steps", "changes", "database"):
        assert shown[member] == printed[member], member
    assert shown["plan"] and shown["schema"] == "schema.sql" and tables(db) == before
    done = client.job(CHANGES, wish(shown["plan"]))
    assert done["changes"] == 1 and done["point_before"] and not done["created"]
    assert tables(db) == before | {"tag"}
    holdfast("restore", "-r", "repo", "--point", done["point_before"], "--to", "before.db", "app")
    assert tables(holdfast.folder / "before.db") == before
    assert client.ask("POST", CHANGES, wish(shown["plan"])).status == 409
    again = client.job(PLANS, sent(client, schema_of(db)))
    assert again["changes"] == 0 and again["plan"] is None


def test_what_loses_data_has_a_plan_only_when_that_is_accepted(db, client):
    conftest.execute(db, "create table gone(id integer primary key)")
    conftest.execute(db, "insert into gone values(1)")
    wanted = sent(client, schema_of(db).replace("CREATE TABLE gone", "create table gone").replace(
        "create table gone(id integer primary key);\n", ""))
    kept = client.job(PLANS, wanted)
    assert kept["risk"] == "note" and kept["plan"] is None
    shown = client.job(PLANS, {**wanted, "accept_data_loss": True})
    assert shown["risk"] == "data_loss" and shown["plan"]
    client.job(CHANGES, wish(shown["plan"]))
    assert "gone" not in tables(db)


def test_a_plan_that_would_be_another_one_is_stale(db, client):
    plan = client.job(PLANS, sent(client, schema_of(db) + EXTRA))["plan"]
    conftest.execute(db, "create table tag(id integer primary key)")
    assert client.job(CHANGES, wish(plan), state="failed")["code"] == "stale"
    plan = client.job(PLANS, sent(client, schema_of(db) + "CREATE TABLE more (id INTEGER);"))["plan"]
    conftest.execute(db, "CREATE TABLE more (id INTEGER)")
    assert client.job(CHANGES, wish(plan), state="failed")["code"] == "stale"
    # What the application only writes is no other plan.
    plan = client.job(PLANS, sent(client, schema_of(db) + "CREATE TABLE most (id INTEGER);"))["plan"]
    conftest.execute(db, "insert into note(body) values('meanwhile')")
    assert client.job(CHANGES, wish(plan))["changes"] == 1


def test_nothing_changes_without_name_password_and_a_plan_of_this_kind(db, client):
    before = tables(db)
    plan = client.job(PLANS, sent(client, schema_of(db) + EXTRA))["plan"]
    assert client.ask("POST", CHANGES, wish(plan, name="App")).status == 403
    assert client.ask("POST", CHANGES, wish(plan, password="wrong password")).status == 403
    assert client.ask("POST", CHANGES, wish("0" * 64)).status == 409
    assert client.ask("POST", "/api/v1/databases/app/imports", wish(plan)).status == 409
    assert tables(db) == before


def test_mistakes_are_told_with_their_place(client):
    failed = client.job(PLANS, sent(client, "CREATE TABLE a (id INTEGER);\nCREATE TABEL b;"),
                        state="failed")
    assert failed["code"] == "config" and "schema.sql:2" in failed["text"]
    assert client.job(PLANS, sent(client, "ATTACH 'other.db' AS o;"), state="failed")["code"]
    assert client.job(PLANS, {}, state="failed")["code"] == "config"
    for body in ({"upload": "none"}, {"upload": "none", "language": "sql"},
                 {"accept_data_loss": "yes"}):
        assert client.ask("POST", PLANS, body).status in (400, 404), body
    for body in ({}, {"language": "xml"}):
        assert client.ask("POST", PULLS, body).status == 400


def test_a_schema_is_pulled_and_shown(holdfast, db, client):
    for language in ("sql", "prisma"):
        pulled = client.job(PULLS, {"language": language})
        printed = holdfast.json("schema", "pull", "--db", db, "--format", language)
        assert pulled["text"] == printed["text"]
    shown = client.job(STATEMENTS, sent(client, schema_of(db) + EXTRA))
    assert shown["statements"] == holdfast.json("schema", "show", "--schema",
                                                "schema.sql")["statements"]


def test_the_configured_schema_is_what_is_planned_when_none_is_sent(holdfast, db):
    path = holdfast.folder / "schema.sql"
    path.write_text(schema_of(db), encoding="utf-8")
    console = Console(holdfast, "--db", db, "-r", "repo", env={"HOLDFAST_SCHEMA": str(path)}).start()
    try:
        client = console.client()
        client.set_up()
        assert client.job(PLANS)["changes"] == 0
        path.write_text(schema_of(db) + EXTRA, encoding="utf-8")
        shown = client.job(PLANS)
        assert shown["schema"] == str(path) and shown["changes"] == 1
        path.write_text(schema_of(db) + EXTRA + "CREATE TABLE more (id INTEGER);", encoding="utf-8")
        assert client.job(CHANGES, wish(shown["plan"]), state="failed")["code"] == "stale"
    finally:
        console.stop()

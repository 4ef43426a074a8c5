"""A restore in the console: nothing happens without a preview, the database's name and the password;
and what was there before comes back with an undo."""
import json
import os
import signal
import sqlite3
import sys

import pytest

import conftest
from console_rig import PASSWORD, Console, wait_for

# An application that writes its process and what it finds to a file when it starts.
APPLICATION = """
import os, signal, sqlite3, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
db = sqlite3.connect(sys.argv[1])
with open("starts", "a") as starts:
    starts.write("%d\\n" % db.execute("select count(*) from note").fetchone()[0])
while True:
    signal.pause()
"""
PLANS, RESTORES = "/api/v1/databases/app/restore-plans", "/api/v1/databases/app/restores"


def notes(db):
    connection = sqlite3.connect(db)
    try:
        return connection.execute("select count(*) from note").fetchone()[0]
    finally:
        connection.close()


@pytest.fixture
def console(holdfast, db):
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms", verb="run",
                      command=["--", sys.executable, "-c", APPLICATION, db]).start()
    yield started
    started.stop()


def starts(holdfast):
    path = holdfast.folder / "starts"
    return path.read_text(encoding="ascii").split() if path.exists() else []


@pytest.fixture
def changed(holdfast, db, client):
    """A point, and after it a row that is to go and come back. (point, rows then, rows now)"""
    wait_for(lambda: starts(holdfast), "the application")
    point = client.job("/api/v1/databases/app/points", {"label": "before"})["point"]
    then = notes(db)
    conftest.execute(db, "insert into note(body) values('later')")
    wait_for(lambda: client.get("/api/v1/overview")["databases"][0]["newest"]["point"] > point,
             "the later commit")
    return point, then, then + 1


def wish(plan, **more):
    return {"plan": plan, "scope": "in_place", "name": "app", "password": PASSWORD, **more}


def test_the_preview_says_what_a_restore_would_change(client, changed):
    point, then, now = changed
    shown = client.job(PLANS, {"point": point})
    table = next(t for t in shown["tables"] if t["name"] == "note")
    assert (table["rows_from"], table["rows_to"]) == (now, then)
    assert (table["added"], table["removed"], table["changed"]) == (0, 1, 0)
    assert shown["preflight"]["sound"] and shown["preflight"]["enough_room"]
    assert shown["schema"] == [] and shown["point"]["label"] == "before"
    assert shown["scopes"][0] == {"scope": "in_place", "possible": True, "runner": "run",
                                  "reason": None}
    assert "state" not in shown  # which is the console's own


def test_a_restore_stops_the_application_and_an_undo_brings_everything_back(holdfast, db, client,
                                                                            changed):
    point, then, now = changed
    plan = client.job(PLANS, {"point": point})["plan"]
    done = client.job(RESTORES, wish(plan))
    assert done["point"] == point and done["undo"] and done["process"]
    assert notes(db) == then
    assert starts(holdfast)[-1] == str(then)
    plan = client.job(PLANS, {"undo": True})["plan"]
    client.job(RESTORES, wish(plan))
    assert notes(db) == now
    assert starts(holdfast) == [str(then), str(then), str(now)]


def test_nothing_is_restored_without_name_password_and_a_plan_of_ones_own(console, client, changed,
                                                                          db):
    point, _, now = changed
    plan = client.job(PLANS, {"point": point})["plan"]
    assert client.ask("POST", RESTORES, wish(plan, name="App")).status == 403
    assert client.ask("POST", RESTORES, wish(plan, password="wrong password")).status == 403
    assert client.ask("POST", RESTORES, wish("0" * 64)).status == 409
    assert client.ask("POST", RESTORES, wish(plan, scope="everywhere")).status == 400
    other = console.client()
    other.sign_in()
    assert other.ask("POST", RESTORES, wish(plan)).status == 409
    assert notes(db) == now


def test_a_plan_is_used_once(client, changed):
    plan = client.job(PLANS, {"point": changed[0]})["plan"]
    client.job(RESTORES, wish(plan))
    assert client.ask("POST", RESTORES, wish(plan)).status == 409


def test_what_changed_since_the_preview_is_told_and_may_be_accepted(client, changed, db):
    point, then, _ = changed
    plan = client.job(PLANS, {"point": point})["plan"]
    before = client.get("/api/v1/databases/app/points")["points"][0]["point"]
    conftest.execute(db, "insert into note(body) values('meanwhile')")
    wait_for(lambda: client.get("/api/v1/databases/app/points")["points"][0]["point"] > before,
             "the commit")
    refused = client.job(RESTORES, wish(plan), state="failed")
    assert refused["code"] == "stale" and "changed since the preview" in refused["text"]
    plan = client.job(PLANS, {"point": point})["plan"]
    conftest.execute(db, "insert into note(body) values('and again')")
    client.job(RESTORES, wish(plan, accept_changes=True))
    assert notes(db) == then


def test_a_moment_is_snapped_to_the_point_before_it(client, changed):
    shown = client.job(PLANS, {"at": "now"})
    assert shown["point"]["point"] > changed[0] and shown["asked_ms"] >= shown["point"]["time_ms"]
    assert client.job(PLANS, {"at": "2001-01-01"}, state="failed")["code"] == "not_found"
    assert client.job(PLANS, {"at": "teatime"}, state="failed")["code"] == "usage"
    for body in ({}, {"at": "now", "point": 1}, {"point": "1"}, {"undo": False}):
        assert client.ask("POST", PLANS, body).status == 400


def test_another_file_is_made_beside_the_database_and_nowhere_else(client, changed, db, tmp_path):
    point, then, now = changed
    (tmp_path / "link.db").symlink_to(db)
    for name in ("../out.db", "/tmp/out.db", ".hidden", "", "a\\b", "app.db", "app.db-wal",
                 "app.db-journal", "app.db-holdfast", "app.db.backup_startup", "x\ny.db", "x\u0001",
                 " ", "-rf", "holdfast.yml", "x\u202ebd.db", "x\u061cy.db", "other.db-wal", "other.db-JOURNAL", "APP.DB-wal", "x.db-mj1234",
                  "x\u200b.db", "\ufeffx.db", "x" * 128):
        plan = client.job(PLANS, {"point": point})["plan"]
        assert client.ask("POST", RESTORES, wish(plan, scope="file", file=name)).status == 400
    plan = client.job(PLANS, {"point": point})["plan"]
    refused = client.job(RESTORES, wish(plan, scope="file", file="link.db"), state="failed")
    assert refused["code"] == "refused" and notes(db) == now
    plan = client.job(PLANS, {"point": point})["plan"]
    client.job(RESTORES, wish(plan, scope="file", file="then.db"))
    assert notes(tmp_path / "then.db") == then and notes(db) == now


def test_a_file_that_a_pattern_would_take_for_a_database_is_not_made(holdfast, db, tmp_path):
    (tmp_path / "also").symlink_to(tmp_path)
    (tmp_path / "holdfast.yml").write_text(
        f"repository: repo\ndatabases:\n  - path: {tmp_path}/app.db\n"
        f"  - path: {tmp_path}/al*/then*.db\n  - path: {tmp_path}/app-*.db\n", encoding="utf-8")
    holdfast("backup")
    console = Console(holdfast, verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        shown = client.job(PLANS, {"at": "now"})
        for name in ("then.db", "app-1.db"):
            refused = client.ask("POST", RESTORES, wish(shown["plan"], scope="file", file=name))
            assert refused.status == 400 and "database of its own" in refused.error["hint"]
        proposed = [scope["file"] for scope in shown["scopes"] if scope["scope"] == "file"]
        assert proposed == ["app-1.sqlite"]
        client.job(RESTORES, wish(shown["plan"], scope="file", file=proposed[0]))
        assert notes(tmp_path / proposed[0]) == notes(db)
        again = client.job(PLANS, {"at": "now"})["scopes"]
        assert [scope["file"] for scope in again if "file" in scope] == ["app-1.restored"]
    finally:
        console.stop()


def test_a_console_that_is_killed_in_a_restore_says_afterwards_what_came_of_it(console, client,
                                                                               changed, db):
    point, then, _ = changed
    plan = client.job(PLANS, {"point": point})["plan"]
    job = client.post(RESTORES, wish(plan, accept_changes=True), 202)["job"]
    wait_for(lambda: client.get(f"/api/v1/jobs/{job}")["stage"], "its begin")
    os.kill(console.serving(), signal.SIGKILL)

    def ended():
        try:
            now = client.get(f"/api/v1/jobs/{job}")
        except OSError:
            return None  # it is not there again yet
        return now["state"] == "done" and now
    assert wait_for(ended, "the outcome")["result"]["point"] == point
    assert notes(db) == then  # not before: nobody may have it open while it is put in place
    assert job in [one["id"] for one in client.get("/api/v1/jobs")["jobs"] if one["state"] == "done"]


def jobs_of(console):
    return console.holdfast.folder / "app.db-holdfast-console" / "jobs"


def worker_of(console, job):
    return json.loads((jobs_of(console) / f"{job}.json").read_text(encoding="utf-8"))["process"]


def crowd(console, ended):
    """As many records as there can be, and more, and an outcome that nobody waits for."""
    for number in range(60):
        name = f"{number:016x}"
        (jobs_of(console) / f"{name}.json").write_text(json.dumps({**ended, "id": name}),
                                                       encoding="utf-8")
    (jobs_of(console) / f"{'c' * 16}.outcome").write_text("{}", encoding="ascii")


def test_a_restore_whose_process_dies_is_not_said_to_have_failed(console, client, changed, db):
    """Whoever runs the application may carry it out all the same."""
    point, then, _ = changed
    plan = client.job(PLANS, {"point": point})["plan"]
    job = client.post(RESTORES, wish(plan, accept_changes=True), 202)["job"]
    wait_for(lambda: client.get(f"/api/v1/jobs/{job}")["stage"], "its begin")
    os.kill(worker_of(console, job), signal.SIGKILL)
    ended = wait_for(lambda: (it := client.get(f"/api/v1/jobs/{job}"))["state"] != "running" and it,
                     "its end")
    assert ended["state"] == "interrupted" and "restore points" in ended["error"]["hint"]
    wait_for(lambda: any((one["reason"] or "").startswith(f"restore {point} over") for one in
                         client.get("/api/v1/databases/app/points")["points"]), "the restore")
    assert notes(db) == then
    console.says("and the application runs")


def test_a_restore_that_still_runs_is_running_for_the_next_console_too(console, client, changed):
    plan = client.job(PLANS, {"point": changed[0]})["plan"]
    job = client.post(RESTORES, wish(plan, accept_changes=True), 202)["job"]
    worker = worker_of(console, job)
    wait_for(lambda: os.getsid(worker) != os.getsid(console.process.pid), "that Ctrl-C is not for it")
    os.kill(worker, signal.SIGSTOP)
    crowd(console, next(one for one in client.get("/api/v1/jobs")["jobs"] if one["state"] == "done"))
    first = console.serving()
    os.kill(first, signal.SIGKILL)
    try:
        wait_for(lambda: console.serving() not in (None, first) and console.answers(),
                 "the next console")
        assert client.get(f"/api/v1/jobs/{job}")["state"] == "running"
        assert not (jobs_of(console) / f"{'c' * 16}.outcome").exists()
        plan = client.job(PLANS, {"point": changed[0]})["plan"]
        assert client.ask("POST", RESTORES, wish(plan)).error["code"] == "locked"
        sent = client.ask("POST", "/api/v1/setup/uploads", raw=b"CREATE TABLE more (id INTEGER);")
        plan = client.job("/api/v1/databases/app/schema-plans", {"upload": sent.json["upload"], "language": "sql"})["plan"]
        change = {"plan": plan, "name": "app", "password": PASSWORD}
        assert client.ask("POST", "/api/v1/databases/app/schema-changes",
                          change).error["code"] == "locked"  # any other change as well
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_for(lambda: client.get(f"/api/v1/jobs/{job}")["state"] == "done", "the outcome")


def test_two_states_are_compared(client, changed):
    point, then, now = changed
    found = client.job("/api/v1/databases/app/comparisons", {"from": point, "to": "now"})
    table = next(t for t in found["tables"] if t["name"] == "note")
    assert (table["rows_from"], table["rows_to"], table["added"]) == (then, now, 1)
    for body in ({}, {"from": "now", "to": "now"}, {"from": 0, "to": "now"}):
        assert client.ask("POST", "/api/v1/databases/app/comparisons", body).status == 400


def test_beside_an_application_of_somebody_elses_the_preview_says_what_to_do(holdfast, db):
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    try:
        client = console.client()
        client.set_up()
        point = client.job("/api/v1/databases/app/points")["point"]
        scope = client.job(PLANS, {"point": point})["scopes"][0]
        assert not scope["possible"] and "stop the application" in scope["reason"]
    finally:
        console.stop()


def test_a_folder_whose_name_is_no_utf_8_gets_the_file_and_nothing_is_overwritten(holdfast):
    folder = holdfast.folder / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    path = folder / "app.db"
    conftest.make(path)
    holdfast("backup", "--db", path, "-r", "repo")
    conftest.execute(path, "insert into note(body) values('since then')")
    rows = notes(path)
    console = Console(holdfast, "--db", path, "-r", "repo", verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        plan = client.job(PLANS, {"point": 1})["plan"]
        client.job(RESTORES, {"plan": plan, "name": "app", "password": PASSWORD, "scope": "file",
                              "file": "then.db"})
        assert (notes(path), notes(folder / "then.db")) == (rows, rows - 1)
    finally:
        console.stop()

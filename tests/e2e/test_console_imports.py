"""A portable copy taken into a database by the console's API, while the application runs: nothing happens without a
preview, the database's name and the password, and what was there is a restore point."""
import sqlite3
import sys

import pytest

import conftest
from console_rig import PASSWORD, Console, wait_for

APPLICATION = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit()); signal.pause()"
PLANS, IMPORTS = "/api/v1/databases/app/import-plans", "/api/v1/databases/app/imports"
SECRET = "a passphrase of the copy"


@pytest.fixture(name="copies")
def exported_copies(holdfast, db):
    """The database as it was with one more row, plain and encrypted."""
    conftest.execute(db, "insert into note(body) values('kept in the copy')")
    holdfast("export", "--db", db, "--to", "copy.json")
    holdfast("export", "--db", db, "--to", "copy.age", "--zstd", "--encrypt",
             env={"HOLDFAST_COPY_PASSPHRASE": SECRET})
    conftest.execute(db, "delete from note where body = 'kept in the copy'")
    return [(holdfast.folder / name).read_bytes() for name in ("copy.json", "copy.age")]


@pytest.fixture(name="client")
def signed_in_client(holdfast, db, copies):  # pylint: disable=unused-argument
    console = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms", verb="run",
                      command=["--", sys.executable, "-c", APPLICATION]).start()
    client = console.follows().client()
    client.set_up()
    yield client
    console.stop()


def notes(db):
    connection = sqlite3.connect(db)
    try:
        return [body for (body,) in connection.execute("select body from note order by id")]
    finally:
        connection.close()


def sent(client, raw):
    answer = client.ask("POST", "/api/v1/setup/uploads", raw=raw)
    assert answer.status == 201, answer.bytes
    return answer.json["upload"]


def wish(plan, **more):
    return {"plan": plan, "name": "app", "password": PASSWORD, **more}


def test_a_copy_is_previewed_taken_in_and_can_be_undone(holdfast, db, client, copies):
    before = notes(db)
    shown = client.job(PLANS, {"upload": sent(client, copies[0]), "merge": True})
    assert shown["dry_run"] and shown["inserted"] == 1 and shown["point_before"] is None
    assert shown["plan"] and shown["expires_ms"] and "bound" not in shown
    assert notes(db) == before
    done = client.job(IMPORTS, wish(shown["plan"]))
    assert not done["dry_run"] and done["inserted"] == 1 and done["point_before"]
    assert notes(db) == before + ["kept in the copy"]
    holdfast("restore", "-r", "repo", "--point", done["point_before"], "--to", "before.db", "app")
    assert notes(holdfast.folder / "before.db") == before
    assert client.ask("POST", IMPORTS, wish(shown["plan"])).status == 409


def test_an_encrypted_copy_opens_with_its_passphrase_alone(db, client, copies):
    upload = sent(client, copies[1])
    for wrong in ({}, {"passphrase": "not this one"}):
        assert client.job(PLANS, {"upload": upload, "merge": True, **wrong},
                          state="failed")["code"] == "wrong_key"
    shown = client.job(PLANS, {"upload": upload, "merge": True, "passphrase": SECRET})
    client.job(IMPORTS, wish(shown["plan"]))
    assert notes(db)[-1] == "kept in the copy"
    assert SECRET not in str(client.get("/api/v1/jobs"))


def test_what_cannot_be_imported_has_no_plan(db, client, copies):
    before = notes(db)
    full = client.job(PLANS, {"upload": sent(client, copies[0])}, state="failed")
    assert full["code"] == "refused" and "note" in full["text"]
    torn = client.job(PLANS, {"upload": sent(client, copies[0][:-40]), "merge": True},
                      state="failed")
    assert torn["code"] == "corrupt"
    for body in ({}, {"upload": "none"}, {"upload": 1}, {"upload": sent(client, b"x"), "user": 1}):
        assert client.ask("POST", PLANS, body).status in (400, 404), body
    assert notes(db) == before


def test_what_to_do_names_no_option_that_a_browser_does_not_have(holdfast, db, client, copies):
    changed = copies[0].replace(b"kept in the copy", b"lost in the copy")
    (holdfast.folder / "changed.json").write_bytes(changed)
    holdfast("import", "changed.json", "--db", db, "--dry-run", code=6).says("changed on purpose (--edited)")
    holdfast("import", "copy.json", "--db", db, "--dry-run", code=9).says("add what is missing", "(--merge, --db NEW)")
    for raw in copies[0], changed:
        failed = client.job(PLANS, {"upload": sent(client, raw)}, state="failed")
        assert failed["hint"] and "--" not in failed["hint"], failed


def test_nothing_is_imported_without_name_password_and_a_plan_of_this_kind(db, client, copies):
    before = notes(db)
    plan = client.job(PLANS, {"upload": sent(client, copies[0]), "merge": True})["plan"]
    assert client.ask("POST", IMPORTS, wish(plan, name="App")).status == 403
    assert client.ask("POST", IMPORTS, wish(plan, password="wrong password")).status == 403
    assert client.ask("POST", IMPORTS, wish("0" * 64)).status == 409
    assert client.ask("POST", "/api/v1/databases/app/restores",
                      wish(plan, scope="in_place")).status == 409
    assert client.ask("POST", "/api/v1/databases/other/imports", wish(plan)).status == 404
    assert notes(db) == before


def test_what_changed_since_the_preview_is_told_and_may_be_accepted(db, client, copies):
    body = {"upload": sent(client, copies[0]), "merge": True}
    plan = client.job(PLANS, body)["plan"]
    points = "/api/v1/databases/app/points"
    before = client.get(points)["points"][0]["point"]
    conftest.execute(db, "update note set body = 'meanwhile' where id = 1")
    wait_for(lambda: client.get(points)["points"][0]["point"] > before, "the commit")
    assert client.job(IMPORTS, wish(plan), state="failed")["code"] == "stale"
    plan = client.job(PLANS, body)["plan"]
    conftest.execute(db, "update note set body = 'and again' where id = 1")
    client.job(IMPORTS, wish(plan, accept_changes=True))
    assert notes(db)[0] == "and again" and notes(db)[-1] == "kept in the copy"


def test_a_plan_whose_copy_had_to_make_room_says_so(db, client, copies):
    before = notes(db)
    plan = client.job(PLANS, {"upload": sent(client, copies[0]), "merge": True})["plan"]
    for _ in range(3):
        sent(client, b"another")
    assert client.ask("POST", IMPORTS, wish(plan, name="App")).error["code"] == "refused"
    for _ in range(4):
        sent(client, b"another")
    refused = client.ask("POST", IMPORTS, wish(plan))
    assert refused.status == 404 and "send it again" in refused.error["text"]
    assert notes(db) == before


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else None


@pytest.mark.parametrize("has_repository", [False, True])
def test_a_preview_writes_nothing_into_the_repository(holdfast, db, copies, has_repository):
    repository = holdfast.folder / "repo"
    if has_repository:
        conftest.make(holdfast.folder / "other.db")
        holdfast("backup", "--db", "other.db", "-r", "repo")
    before = files_below(repository)
    console = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        shown = client.job(PLANS, {"upload": sent(client, copies[0]), "merge": True})
        assert shown["inserted"] == 1 and files_below(repository) == before
        conftest.execute(db, "update note set body = 'meanwhile' where id = 1")
        assert client.job(IMPORTS, wish(shown["plan"]), state="failed")["code"] == "stale"
        assert files_below(repository) == before
        shown = client.job(PLANS, {"upload": sent(client, copies[0]), "merge": True})
        done = client.job(IMPORTS, wish(shown["plan"]))
        assert done["point_before"] and notes(db)[-1] == "kept in the copy"
    finally:
        console.stop()

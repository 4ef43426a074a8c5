"""A restore point as a file to take away: once, soon, by who asked for it."""
import gzip
import json
import sqlite3
import subprocess
import threading

import pytest

import conftest

PLACE = "/api/v1/databases/app/points/{}/downloads"


@pytest.fixture(name="point")
def take_point(client):
    return client.job("/api/v1/databases/app/points", {"label": "to take away"})["point"]


def files(tmp_path):
    """What the console keeps for a while, besides its records."""
    return [path for name in ("scratch", "downloads") for path in
            (tmp_path / "app.db-holdfast-console" / name).glob("*")]


def test_the_database_is_fetched_once_and_is_the_point(client, point, db, tmp_path):
    made = client.job(PLACE.format(point), {"what": "database"})
    assert "path" not in made and made["name"].startswith("app-") and made["name"].endswith(".db")
    assert client.ask("HEAD", made["download"]).status == 200
    got = client.ask("GET", made["download"])
    assert got.status == 200 and len(got.bytes) == made["bytes"]
    assert f'filename="{made["name"]}"' in got.headers["Content-Disposition"]
    (tmp_path / "got.db").write_bytes(got.bytes)
    assert conftest.content(tmp_path / "got.db") == conftest.content(db)
    assert client.ask("GET", made["download"]).status == 404
    assert files(tmp_path) == []


def test_a_portable_copy_is_importable_and_may_be_compressed(client, point, holdfast, tmp_path, db):
    made = client.job(PLACE.format(point), {"what": "portable", "compression": "gzip"})
    assert made["name"].endswith(".json.gz")
    (tmp_path / "copy.json.gz").write_bytes(client.ask("GET", made["download"]).bytes)
    holdfast("import", "copy.json.gz", "--db", "back.db", "--no-restore-point")
    assert conftest.content(tmp_path / "back.db") == conftest.content(db)


def test_what_is_encrypted_age_opens(client, point, tmp_path, db):
    keys = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True).stdout
    (tmp_path / "keys").write_text(keys, encoding="ascii")
    recipient = next(line.split()[-1] for line in keys.splitlines() if "public key" in line)
    made = client.job(PLACE.format(point), {"what": "database", "recipient": recipient})
    assert made["name"].endswith(".db.age")
    sealed = client.ask("GET", made["download"]).bytes
    assert b"SQLite format" not in sealed
    opened = subprocess.run(["age", "-d", "-i", tmp_path / "keys"], input=sealed,
                            capture_output=True, check=True).stdout
    (tmp_path / "got.db").write_bytes(opened)
    assert conftest.content(tmp_path / "got.db") == conftest.content(db)
    made = client.job(PLACE.format(point), {"what": "portable", "passphrase": "canary-passphrase"})
    assert client.ask("GET", made["download"]).bytes.startswith(b"age-encryption.org/v1")
    records = "".join(path.read_text(encoding="utf-8") for path in
                      (tmp_path / "app.db-holdfast-console" / "jobs").glob("*.json"))
    assert "canary-passphrase" not in records and str(tmp_path) not in json.dumps(made)


def test_it_is_for_who_asked_and_for_nobody_else(console, client, point):
    made = client.job(PLACE.format(point), {"what": "database"})
    other = console.client()
    other.sign_in()
    assert other.ask("GET", made["download"]).status == 404
    assert console.client().ask("GET", made["download"]).status == 401
    assert client.ask("GET", "/api/v1/downloads/" + "0" * 64).status == 404
    assert client.ask("GET", made["download"]).status == 200


def test_wrong_wishes_are_refused(client, point):
    for body in ({}, {"what": "everything"}, {"what": "database", "passphrase": "a",
                                              "recipient": "b"}, {"what": "database",
                                                                  "passphrase": 7}):
        assert client.ask("POST", PLACE.format(point), body).status == 400
    assert client.ask("POST", PLACE.format("x"), {"what": "database"}).status == 404
    refused = client.job(PLACE.format(point), {"what": "database", "recipient": "age1nonsense"},
                         state="failed")
    assert refused["code"] == "usage"
    assert client.job(PLACE.format(99999), {"what": "database"}, state="failed")["code"] == \
        "not_found"


def test_what_a_killed_console_leaves_is_gone_at_the_next_start(console, client, point, tmp_path):
    client.job(PLACE.format(point), {"what": "database"})
    assert len(files(tmp_path)) == 1
    console.process.kill()
    console.process.wait()
    console.start()
    assert files(tmp_path) == []


@pytest.mark.parametrize("what, body", [("database", {}), ("database", {"compression": "gzip"}),
                                        ("portable", {"compression": "zstd"})])
def test_the_database_of_now_is_fetched_without_a_point(holdfast, client, db, tmp_path, what, body):
    """Also what no point has yet, and with a repository that is away."""
    (tmp_path / "repo").rename(tmp_path / "away")
    conftest.execute(db, "insert into note(body) values('just now')")
    made = client.job("/api/v1/databases/app/downloads", {"what": what, **body})
    assert made["point"] is None and made["name"].startswith("app-2")
    answer = client.ask("GET", made["download"])
    assert answer.status == 200 and len(answer.bytes) == made["bytes"]
    raw = gzip.decompress(answer.bytes) if body.get("compression") == "gzip" else answer.bytes
    (tmp_path / "got").write_bytes(raw)
    if what == "portable":
        holdfast("import", "got", "--db", "out.db")
    else:
        (tmp_path / "got").rename(tmp_path / "out.db")
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)
    (tmp_path / "away").rename(tmp_path / "repo")


def test_a_download_of_now_is_one_state_while_somebody_writes(client, db, tmp_path):
    """Two tables that are always written together."""
    conftest.execute(db, "create table a(n)")
    conftest.execute(db, "create table b(n)")
    conftest.execute(db, "insert into note(body) select hex(randomblob(2000)) from note, note n limit 5000")
    ended = threading.Event()

    def write():
        connection = sqlite3.connect(db, timeout=30, isolation_level=None)
        while not ended.is_set():
            connection.executescript("begin; insert into a values(1); insert into b values(1);"
                                     "update note set body = hex(randomblob(2000)) where id < 50;"
                                     "commit")
        connection.close()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(5):
            made = client.job("/api/v1/databases/app/downloads", {"what": "database"})
            (tmp_path / f"{turn}.db").write_bytes(client.ask("GET", made["download"]).bytes)
    finally:
        ended.set()
        writer.join()
    for turn in range(5):
        got = sqlite3.connect(tmp_path / f"{turn}.db")
        (first,), = got.execute("select count(*) from a")
        (second,), = got.execute("select count(*) from b")
        assert first == second and got.execute("pragma integrity_check").fetchall() == [("ok",)]
        got.close()

"""A restore beside an application that opens its database for each request: what it was told is
committed is in the database or in a restore point, and the database is whole, whenever it came."""
import itertools
import pathlib
import sqlite3
import subprocess
import sys

import pytest

import conftest
from console_rig import PASSWORD, Console, wait_for

WRITER = """
import sqlite3, sys, time
path, said = sys.argv[1], open(sys.argv[2], "a", buffering=1)
for number in range(10 ** 6, 10 ** 9):
    connection = sqlite3.connect(path, isolation_level=None, timeout=20)
    connection.execute("insert into note(id, body) values(?, 'acknowledged')", (number,))
    said.write(f"{number}\\n")
    connection.close()
    time.sleep(0.03)
"""


@pytest.fixture(name="writer")
def run_writer(db, tmp_path):
    conftest.execute(db, "pragma journal_mode = wal")
    said = tmp_path / "said"
    with subprocess.Popen([sys.executable, "-c", WRITER, db, said]) as process:
        yield said
        running = process.poll() is None
        process.kill()
    assert running, "the application got an error"


def numbers(path):
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        return {number for (number,) in connection.execute(
            "select id from note where body = 'acknowledged'")}
    finally:
        connection.close()


def assert_nothing_is_lost(holdfast, db, said):
    told = {int(line) for line in said.read_text(encoding="ascii").splitlines()}
    found = numbers(db)
    points = holdfast.json("list", "--db", db, "-r", "repo")["databases"][0]["points"]
    for point in points:
        copy = pathlib.Path(holdfast.folder, f"point-{point['point']}.db")
        holdfast("restore", "--db", db, "-r", "repo", "--point", point["point"], "--to", copy)
        found |= numbers(copy)
    assert told and told <= found, sorted(told - found)


def test_the_command_line_loses_no_commit(holdfast, db, writer):
    holdfast("backup", "--db", db, "-r", "repo")
    codes = [holdfast.unchecked("restore", "--db", db, "-r", "repo", "--point", "1").code
             for _ in range(8)]
    assert 0 in codes and set(codes) <= {0, 4}  # it was open just then
    assert_nothing_is_lost(holdfast, db, writer)


def carried_out(client):
    """Whether it was: an application that had the database open just then is one to be stopped first."""
    source = client.job("/api/v1/setup/sources",
                        {"repository": "repo", "source_database": "app", "point": 1})
    job = client.post("/api/v1/setup/restores", {
        "source": source["source"], "accept_failed_tests": True, "password": PASSWORD}, 202)["job"]
    ended = wait_for(lambda: (now := client.get(f"/api/v1/jobs/{job}"))["state"] != "running" and now,
                     "the restore")
    assert ended["state"] == "done" or ended["error"]["code"] in ("locked", "refused"), ended
    return ended["state"] == "done"


def test_the_setup_wizard_loses_no_commit(holdfast, db, writer):
    holdfast("backup", "--db", db, "-r", "repo")
    console = Console(holdfast, "--db", db, "-r", "repo", verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        tries = itertools.takewhile(lambda count: count < 3, itertools.accumulate(
            carried_out(client) for _ in range(60)))
        assert max(tries, default=0) == 2, "it never was the only one"
    finally:
        console.stop()
    assert_nothing_is_lost(holdfast, db, writer)

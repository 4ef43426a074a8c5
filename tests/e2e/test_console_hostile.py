"""Databases that are made to do harm, restored and looked at: what would never end is ended, and says so, while the console
goes on. Only a limit of the whole process makes the tests shorter than what the console allows by itself."""
import pathlib
import re
import resource
import sqlite3
import struct

import pytest

from console_rig import Console, descendants, wait_for

DATABASE = "/api/v1/databases/app"
MOST_SECONDS = 8  # of processor time, for each process
CELLS, LEVELS = 51, 30


@pytest.fixture(name="console")
def console_with_little_time(holdfast, db):
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    for process in descendants(started.process.pid):
        resource.prlimit(int(process), resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    yield started
    started.stop()


def node(level, children):
    """Of an R*Tree, as SQLite keeps it: the root says how deep the tree is."""
    depth = LEVELS if level == 1 else 0
    cells = b"".join(struct.pack(">q4f", child, 0, 1, 0, 1) for child in children)
    return struct.pack(">HH", depth, len(children)) + cells


def make_endless(db):
    """An R*Tree of a few KB, each of whose cells leads to the same next node: 51^30 rows."""
    connection = sqlite3.connect(db, isolation_level=None)
    connection.execute("create virtual table places using rtree(id, x1, x2, y1, y2)")
    size, = connection.execute("select length(data) from places_node where nodeno = 1").fetchone()
    for level in range(1, LEVELS + 2):
        data = node(level, [level + 1] * CELLS).ljust(size, b"\0")
        connection.execute("insert or replace into places_node values(?, ?)", (level, data))
    connection.close()


def limits_of(process):
    lines = pathlib.Path(f"/proc/{process}/limits").read_text(encoding="ascii").splitlines()
    return {line[:26].strip(): line[26:].split()[0] for line in lines}


def assert_is_ended(console, client, path, body):
    """The job is confined while it compares, ends with an error that says why, and nothing else ends with it."""
    before = descendants(console.process.pid)
    job = client.post(path, body, 202)["job"]
    wait_for(lambda: client.get(f"/api/v1/jobs/{job}")["stage"] == "compare", "the comparison")
    worker, = [process for process in descendants(console.process.pid) - before
               if limits_of(process)["Max file size"] != "unlimited"]
    assert limits_of(worker)["Max data size"] != "unlimited"
    ended = wait_for(lambda: (now := client.get(f"/api/v1/jobs/{job}"))["state"] != "running" and now,
                     "its end")
    assert ended["state"] == "failed", ended
    assert re.search("took more (processor time|room for temporary files) than it may",
                     ended["error"]["text"]), ended
    assert "harm" in ended["error"]["hint"]
    assert client.get("/api/v1/overview")


def test_a_comparison_that_would_never_end_is_ended(console, client, db):
    point = client.job(f"{DATABASE}/points")["point"]
    make_endless(db)
    hostile = client.job(f"{DATABASE}/points")["point"]
    assert_is_ended(console, client, f"{DATABASE}/comparisons", {"from": point, "to": hostile})


def test_a_preview_that_would_never_end_is_ended(console, client, db):
    make_endless(db)
    point = client.job(f"{DATABASE}/points")["point"]
    assert_is_ended(console, client, f"{DATABASE}/restore-plans", {"point": point})

"""A database that somebody writes to at full speed while it is backed up."""
import subprocess
import sys
import time

import pytest

import conftest

# Commits one row after another without a busy timeout, and says how long the slowest took. It waits
# for no disk, so that a pause is a lock's and not its own checkpoint's.
WRITER = """
import select, sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
c.execute("pragma synchronous=off")
slowest = count = 0
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    begun = time.perf_counter()
    c.execute("begin immediate")
    c.execute("insert into note(body) values('live')")
    c.execute("update counter set n = n + 1")
    c.execute("commit")
    slowest = max(slowest, time.perf_counter() - begun)
    count += 1
print(count, slowest)
"""


class Writer:
    def __init__(self, db):
        self.process = subprocess.Popen([sys.executable, "-c", WRITER, db], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n", self.process.stderr.read()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def stop(self):
        out, err = self.process.communicate("stop\n", timeout=60)
        assert self.process.returncode == 0, err
        count, slowest = out.split()
        return int(count), float(slowest)


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "app.db"
    conftest.make(path, rows=30000)
    conftest.execute(path, "create table counter(n)", "insert into counter values(0)")
    return path


def consistent(path):
    """As many rows as the counter says: every point is between two transactions."""
    connection = conftest.connect(path)
    (rows,) = connection.execute("select count(*) from note where body = 'live'").fetchone()
    (counted,) = connection.execute("select n from counter").fetchone()
    assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    connection.close()
    assert rows == counted
    return rows


def test_every_point_is_one_consistent_state(holdfast, tmp_path, db):
    with Writer(db) as writer:
        for _ in range(8):
            holdfast("backup", "--db", db, "-r", "repo", "--label", "x")
        count, _ = writer.stop()
    assert count > 0
    seen = []
    for point in range(1, 9):
        holdfast("restore", "-r", "repo", "--point", point, "--to", f"{point}.db")
        seen.append(consistent(tmp_path / f"{point}.db"))
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]


@pytest.mark.timing
def test_the_writer_is_never_refused_and_never_waits_100_ms(holdfast, db):
    """A writer without busy timeout fails at the first SQLITE_BUSY. A pause that a backup makes is
    there every time; one that other work on the machine makes is not."""
    pauses = []
    while len(pauses) < 5 and min(pauses, default=1) >= 0.1:
        with Writer(db) as writer:
            for _ in range(30):
                holdfast("backup", "--db", db, "-r", "repo", "--label", "x")
            count, slowest = writer.stop()
        assert count > 100
        pauses.append(slowest)
    print("slowest commits:", ", ".join(f"{pause * 1000:.0f} ms" for pause in pauses))
    assert min(pauses) < 0.1


@pytest.mark.timing
def test_nothing_changed_is_over_in_an_instant(holdfast, db):
    holdfast("backup", "--db", db, "-r", "repo")
    deadline = time.monotonic() + 20
    while holdfast.json("backup", "--db", db, "-r", "repo")["databases"][0]["pages_read"]:
        assert time.monotonic() < deadline
    taken = []
    for _ in range(9):
        begun = time.perf_counter()
        holdfast("backup", "--db", db, "-r", "repo")
        taken.append(time.perf_counter() - begun)
    assert sorted(taken)[4] < 0.1  # with starting a process from Python, on a busy machine

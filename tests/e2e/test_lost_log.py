"""A log that somebody removed (an `rm *.db-wal` after a crash) leaves a database that opens and is
sound, without what was committed last."""
import os
import sqlite3
import subprocess
import sys
import time

import pytest

COMMIT_AND_DIE = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA wal_autocheckpoint=0")
db.execute("INSERT INTO t VALUES('in the log')")
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def killed(tmp_path):
    """app.db, whose last commit is in its log alone; the file has not been written for 2 s."""
    path = tmp_path / "app.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("PRAGMA journal_mode=wal; CREATE TABLE t(x); INSERT INTO t VALUES('in the file')")
    db.close()
    old = path.stat().st_ctime_ns + 2_100_000_000
    subprocess.run([sys.executable, "-c", COMMIT_AND_DIE, path], check=False)
    while time.time_ns() < old:
        os.sched_yield()
    return path


def rows(path):
    db = sqlite3.connect(path)
    found = [row for row, in db.execute("SELECT x FROM t")]
    db.close()
    return found


def test_a_boot_brings_back_what_a_removed_log_had(holdfast, killed):
    holdfast("backup", "--db", killed)
    (killed.parent / "app.db-wal").unlink()
    told = holdfast("run", "--db", killed, "--", "true").err
    assert "app.db-wal' was removed" in told and "restore point 1" in told
    assert rows(killed) == ["in the file", "in the log"]
    assert list(killed.parent.glob("app.db.corrupt-*"))


def test_a_removed_log_is_refused_where_that_is_wanted(holdfast, killed):
    holdfast("backup", "--db", killed)
    (killed.parent / "app.db-wal").unlink()
    holdfast("run", "--db", killed, "--on-corrupt", "refuse", "--", "true", code=9)
    assert rows(killed) == ["in the file"]


def test_a_log_that_was_folded_in_is_not_missed(holdfast, killed):
    holdfast("backup", "--db", killed)
    rows(killed)  # whoever closes last folds the log in and removes it
    assert not (killed.parent / "app.db-wal").exists()
    told = holdfast("run", "--db", killed, "--", "true").err
    assert "removed" not in told
    assert rows(killed) == ["in the file", "in the log"]

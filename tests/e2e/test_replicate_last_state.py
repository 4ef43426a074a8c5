"""holdfast replicate beside an application: what it sees of the ways a database can be written to,
and what it says at its end."""
import contextlib
import json
import queue
import threading
import time

import pytest

import conftest


class Replicator:
    """The running process and the events that it tells."""

    def __init__(self, holdfast, *arguments):
        self.process = holdfast.start("replicate", "-r", "repo", "--log", "json",
                                      "--sync-interval", "100ms", *arguments)
        self.events = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            if line.startswith("{"):
                self.events.put(json.loads(line))

    def wait_for(self, wanted, seconds=15):
        """The next event for which `wanted` is true."""
        deadline = time.monotonic() + seconds
        while True:
            event = self.events.get(timeout=max(0, deadline - time.monotonic()))
            if wanted(event):
                return event

    def capture(self, *modes):
        """Waits until the database is followed in one of these ways."""
        def is_so(event):
            databases = (event["fields"] or {}).get("databases", [])
            return any(database["capture"] in modes for database in databases)
        return self.wait_for(is_so)

    def point(self):
        return self.wait_for(lambda event: event["event"] == "point")["fields"]

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=30)


@contextlib.contextmanager
def replicating(holdfast, *arguments):
    replicator = Replicator(holdfast, *arguments)
    try:
        yield replicator
    finally:
        replicator.process.kill()
        replicator.process.wait()
        replicator.reader.join(timeout=10)
        replicator.process.stdout.close()
        replicator.process.stderr.close()


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_looking_through_sees_commits_that_are_only_in_the_log(holdfast, tmp_path, db, journal):
    conftest.execute(db, f"pragma journal_mode={journal}")
    application = conftest.connect(db)
    application.execute("select count(*) from note").fetchone()
    with replicating(holdfast, "--db", db, "--capture", "scan") as replicator:
        replicator.capture("scan")
        for number in range(3):
            application.execute(f"insert into note(body) values('commit {number}')")
            assert replicator.point()["pages_stored"] > 0
        assert replicator.stop() == 0
    application.close()
    holdfast("restore", "--db", db, "-r", "repo", "--to", "copy.db")
    assert conftest.content(tmp_path / "copy.db") == conftest.content(db)


def test_what_a_scan_has_seen_is_not_stored_again_from_the_log(holdfast, db):
    application = conftest.connect(db)
    reader = conftest.connect(db)
    reader.execute("begin")
    reader.execute("select count(*) from note").fetchone()
    for _ in range(3):  # each makes the database longer
        conftest.fill(application, 1000)
    with replicating(holdfast, "--db", db) as replicator:
        replicator.capture("wal")
        application.execute("insert into note(body) values('one page or three')")
        point = replicator.point()
        assert point["point"] == 2 and point["pages_stored"] < 10
        assert replicator.stop() == 0
    reader.close()
    application.close()


def test_an_end_without_the_last_state_in_the_repository_is_no_success(holdfast, tmp_path, db):
    repository = tmp_path / "repo"
    with replicating(holdfast, "--db", db) as replicator:
        replicator.capture("wal")
        repository.rename(tmp_path / "away")
        repository.write_text("nothing can be stored here")
        conftest.execute(db, "insert into note(body) values('lost')")
        replicator.wait_for(lambda event: event["event"] == "notice")
        assert replicator.stop() != 0


def test_an_end_before_protection_could_begin_is_no_success(holdfast, tmp_path):
    (tmp_path / "app.db").write_bytes(b"no database at all, whatever it may be" * 200)
    with replicating(holdfast, "--db", "app.db") as replicator:
        replicator.wait_for(lambda event: event["event"] == "notice" and event["text"])
        assert replicator.stop() != 0

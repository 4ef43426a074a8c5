"""How `holdfast replicate` ends: with everything in the repository, or saying that it is not."""
import json
import subprocess
import time

import pytest

import conftest


class Replicator:
    def __init__(self, holdfast, db):
        self.log = holdfast.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [holdfast.path, "replicate", "--db", db, "-r", "store/repo", "--log", "json",
                 "--sync-interval", "200ms"], cwd=holdfast.folder, env=holdfast.environment,
                stderr=log)

    def events(self):
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def wait_for(self, condition):
        deadline = time.monotonic() + 20
        while not any(condition(event) for event in self.events()):
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def end(self):
        self.process.terminate()
        self.process.wait(30)
        return self.process.returncode


@pytest.fixture
def replicator(holdfast, tmp_path, db):
    """One whose store has failed since its database's file was exchanged: it follows nothing."""
    (tmp_path / "store").mkdir()
    holdfast("init", "-r", "store/repo")
    running = Replicator(holdfast, db)
    running.wait_for(lambda event: '"seq"' in json.dumps(event))
    (tmp_path / "store").rename(tmp_path / "away")
    (tmp_path / "store").write_bytes(b"no folder")
    conftest.make(tmp_path / "new.db", rows=5)
    for name in ("app.db-wal", "app.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "new.db").rename(db)
    running.wait_for(lambda event: event["event"] == "notice")
    yield running
    running.process.kill()
    running.process.wait()


def test_what_was_not_stored_while_the_store_failed_is_stored_at_the_end(holdfast, replicator, tmp_path,
                                                                         db):
    (tmp_path / "store").unlink()
    (tmp_path / "away").rename(tmp_path / "store")
    assert replicator.end() == 0
    holdfast("restore", "-r", "store/repo", "--to", "restored.db")
    assert conftest.content(tmp_path / "restored.db") == conftest.content(db)


def test_a_store_that_fails_to_the_end_is_no_success(replicator):
    assert replicator.end() != 0
    assert "all that was committed is in the repository" not in replicator.log.read_text()

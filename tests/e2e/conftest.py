"""What the end-to-end tests share: the program, run as a person would, and databases that
Python's own sqlite3 writes and reads, which knows nothing of Holdfast."""
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile

import pytest

from console_rig import Console


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs a Chromium of its own")
    config.addinivalue_line("markers", "timing: promises of time, tried on an optimised program")
    config.addinivalue_line("markers", "hostile: bytes of strangers, tried on a sanitized program")


# Where a stray read that nobody sees would be a failure; script/test-sanitized tries all the rest so too.
HOSTILE = ("test_bad_input", "test_damage", "test_format", "test_portable", "test_console_api",
           "test_console_browse", "test_console_hostile", "test_console_requests", "test_console_security",
           "test_console_setup", "test_restore_beside_writer")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.module.__name__ in HOSTILE:
            item.add_marker("hostile")


class Outcome:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def says(self, *texts):
        """One clear line on standard error, with a hint or not, that has these texts."""
        lines = self.err.splitlines()
        assert len([line for line in lines if line.startswith("holdfast: ")]) >= 1, self.err
        for text in texts:
            assert text in self.err
        return self


class Program:
    """Runs holdfast in a folder, with nothing of HOLDFAST_* but what a test gives."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.environ["HOLDFAST_BIN"]
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("HOLDFAST_")}
        self.environment["TZ"] = "UTC"

    def unchecked(self, *arguments, env=None):
        done = subprocess.run([self.path, *map(str, arguments)], cwd=self.folder, timeout=120,
                              env={**self.environment, **(env or {})}, text=True,
                              capture_output=True, check=False)
        return Outcome(done)

    def start(self, *arguments, **options):
        """The running process, for tests that do something to it."""
        return subprocess.Popen([self.path, *map(str, arguments)], cwd=self.folder, text=True,
                                env=self.environment, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def __call__(self, *arguments, code=0, env=None):
        """Runs, and expects this exit code."""
        outcome = self.unchecked(*arguments, env=env)
        assert outcome.code == code, f"{arguments}: {outcome.code}\n{outcome.out}\n{outcome.err}"
        return outcome

    def json(self, *arguments, **options):
        return self(*arguments, "--json", **options).json


@pytest.fixture
def holdfast(tmp_path):
    return Program(tmp_path)


@pytest.fixture
def db(tmp_path):
    """A small database in WAL mode: app.db"""
    path = tmp_path / "app.db"
    make(path)
    return path


@pytest.fixture(name="console")
def running_console(holdfast, db):
    """A console of its own for who needs no other, which the file then says itself."""
    started = Console(holdfast, "--db", db, "-r", "repo", "--sync-interval", "100ms").start()
    yield started
    started.stop()


@pytest.fixture(name="client")
def signed_in_client(console):
    signed_in = console.client()
    signed_in.set_up()
    return signed_in


@pytest.fixture
def films():
    """The sample application, in memory: it waits for the disk at every commit."""
    import films_rig  # pylint: disable=import-outside-toplevel  # it needs this file
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="holdfast-", dir=memory) as folder:
        installation = films_rig.Films(Program(folder), pathlib.Path(folder))
        yield installation
        installation.close()


def connect(path, **options):
    return sqlite3.connect(path, isolation_level=None, timeout=20, **options)


def make(path, rows=2000, page_size=4096, journal="wal", vacuum=0):
    connection = connect(path)
    connection.execute(f"pragma page_size={page_size}")
    connection.execute(f"pragma auto_vacuum={vacuum}")
    connection.execute(f"pragma journal_mode={journal}")
    connection.execute("create table note(id integer primary key, body text, extra blob)")
    connection.execute("create index note_body on note(body)")
    fill(connection, rows)
    connection.close()


def fill(connection, rows, text="note"):
    connection.execute("begin")
    connection.executemany("insert into note(body, extra) values(?, ?)",
                           ((f"{text} {i} " + "abc" * (i % 50), bytes([i % 256]) * (i % 300))
                            for i in range(rows)))
    connection.execute("commit")


def execute(path, *statements):
    connection = connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def content(path):
    """Everything in a database, read by SQLite; what integrity_check says must be 'ok'."""
    connection = connect(f"file:{path}?mode=ro", uri=True)
    try:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        return list(connection.iterdump())
    finally:
        connection.close()


def objects(repository):
    """Every file of a repository."""
    return sorted(path for path in repository.rglob("*") if path.is_file())


def flip(path, offset, bit=0):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    path.chmod(0o600)
    path.write_bytes(data)

"""The harness can fail: each thing that a restored database must not be is told from what it may be.
Run by pytest like the end-to-end tests; needs no Holdfast."""

import os
import random
import sqlite3

import pytest

import deeds
from judge import Judge, Wrong
from ledger import Book, Contradiction, connect, create, prove_file
from notes import Notes, now
from stage import Stage


class Application:
    """One writer, whose every state is copied when a test asks."""

    def __init__(self, folder):
        self.stage = Stage(str(folder)).build().attach()
        self.notes = Notes(self.stage.notes, "writer")
        self.rng = random.Random(1)
        made = create(self.stage.database, 1, "writer",
                      before=lambda n, chain: self.notes.write("meant", 1, n, chain))
        self.notes.write("made", 1, *made)
        self.judge = Judge(self.stage, "no program", dict(os.environ))

    def work(self, transactions, commit=True):
        database = connect(self.stage.database)
        for _ in range(transactions):
            database.execute("begin immediate")
            book = Book(database)
            deeds.do_some(self.rng, database, book, False)
            meant = book.close("writer", 1)
            if not commit:
                database.execute("rollback")
                continue
            self.notes.write("meant", 1, *meant)
            database.execute("commit")
            self.notes.write("made", 1, *meant)
        database.close()  # folds the log in

    def copy(self, name):
        path = os.path.join(self.stage.restored, name)
        with open(self.stage.database, "rb") as source, open(path, "wb") as target:
            target.write(source.read())
        return path

    def judged(self, path, at, quiet=True):
        return self.judge.judge(path, at, lambda *_: quiet)


@pytest.fixture
def app(tmp_path):
    return Application(tmp_path / "run" if (tmp_path / "run").mkdir() is None else tmp_path)


def change(path, statement):
    database = sqlite3.connect(path)
    database.execute(statement)
    database.commit()
    database.close()


def test_a_state_that_was_committed_is_accepted(app):
    for _ in range(5):
        app.work(40)
        app.judged(app.copy("state.db"), now())
    past, (generation, n, _) = app.judged(app.copy("state.db"), now())
    assert (generation, n) == (1, 201)
    assert past.commits == 201


def test_a_transaction_that_was_rolled_back_leaves_no_trace(app):
    app.work(20)
    before = prove_file(app.copy("before.db"))
    app.work(20, commit=False)
    assert prove_file(app.copy("after.db")) == before


@pytest.mark.parametrize("statement", [
    "update t set n = n + 1 where id = (select max(id) from t)",
    "delete from t where id = (select max(id) from t)",
    "insert into t select max(id) + 1, n, v0 from t",
    "create index other on t(v0)",
    "create table other(a)",
    "pragma user_version = 123456",
    "delete from ledger where n = (select max(n) - 1 from ledger)",
    "update ledger set writer = 'x' where n = (select max(n) from ledger)",
])
def test_one_change_that_the_ledger_does_not_know_is_found(app, statement):
    database = connect(app.stage.database)
    database.execute("begin")
    book = Book(database)
    database.execute("create table t(id integer primary key, n integer, v0)")
    book.tables["t"] = [0, 0]
    for number in range(50):
        row = (number, book.n + 1, "text")
        database.execute("insert into t values(?,?,?)", row)
        book.add("t", row)
    book.schema_changed()
    book.close("writer", 1)
    database.execute("commit")
    database.close()
    path = app.copy("changed.db")
    prove_file(path)
    change(path, statement)
    with pytest.raises(Contradiction):
        prove_file(path)


def test_pages_of_two_states_are_found_whichever_page_it_is(app):
    app.work(150)
    old = app.copy("old.db")
    app.work(30)
    new = app.copy("new.db")
    with open(old, "rb") as first, open(new, "rb") as second:
        old_bytes, new_bytes = first.read(), second.read()
    size = 4096
    differ = [at for at in range(0, min(len(old_bytes), len(new_bytes)), size)
              if old_bytes[at:at + size] != new_bytes[at:at + size]]
    assert len(differ) > 5
    unseen = 0
    for at in differ:
        mixed = os.path.join(app.stage.restored, "mixed.db")
        with open(mixed, "wb") as out:
            out.write(new_bytes[:at] + old_bytes[at:at + size] + new_bytes[at + size:])
        try:
            prove_file(mixed)
            unseen += 1  # a page that nothing uses any more
        except Contradiction:
            pass
    assert unseen <= len(differ) // 4


def test_what_was_acknowledged_long_before_and_is_missing_is_found(app):
    app.work(10)
    path = app.copy("early.db")
    app.work(10)
    app.judged(path, now())  # within the second that is allowed
    with pytest.raises(Wrong, match="was acknowledged"):
        app.judged(path, now() + 2_000_000)
    app.judged(path, now() + 2_000_000, quiet=False)


def test_what_was_committed_after_the_point_is_found(app):
    app.work(10)
    with pytest.raises(Wrong, match="after the point's time"):
        app.judged(app.copy("late.db"), now() - 1_000_000)


def test_a_state_that_nobody_meant_is_found(app):
    app.work(5)
    database = connect(app.stage.database)
    database.execute("begin")
    Book(database).close("stranger", 1)
    database.execute("commit")
    database.close()
    with pytest.raises(Wrong, match="nobody ever meant"):
        app.judged(app.copy("strange.db"), now())


def test_an_empty_file_is_a_state_only_while_there_was_no_database(app):
    app.work(5)
    path = os.path.join(app.stage.restored, "empty.db")
    with open(path, "wb"):
        pass
    app.judged(path, now())  # the database was born within the time that is allowed
    with pytest.raises(Wrong, match="no tables"):
        app.judged(path, now() + 60_000_000)
    app.notes.write("gone", 1)
    app.judged(path, now() + 60_000_000)

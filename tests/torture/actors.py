#!/usr/bin/python3
"""The application's processes: writers, a reader, a checkpointer, and an operator who does to the
file what people and upgrades do. usage: actors.py KIND FOLDER NAME SEED SLOT"""

import contextlib
import os
import random
import signal
import sqlite3
import sys
import time

import deeds
from ledger import Book, Contradiction, connect, create, prove
from notes import Notes
from stage import GENERATION, Stage

PATIENCE = 20  # seconds of a writer's busy timeout: longer than anything may take that is no fault
ENOUGH = 12_000_000  # bytes of the database: from there on it shrinks as often as it grows
PAGE_SIZES = (512, 1024, 4096, 4096, 4096, 8192, 16384, 65536)


class Actor:
    def __init__(self, folder, name, seed, slot):
        self.stage = Stage(folder).attach()
        self.notes = Notes(self.stage.notes, name)
        self.rng = random.Random(f"{seed} {name}")
        self.name, self.slot = name, slot

    def pause(self, most):
        time.sleep(self.rng.random() * most)

    def failed(self, error, what):
        """Notes an error for what it is."""
        text = str(error)
        if isinstance(error, Contradiction) or "malformed" in text or "not a database" in text:
            self.notes.write("alarm", f"{what}: {text}")
        else:
            self.notes.write("error", f"{what}: {text}")

    def run(self):
        while not self.stage.stopping:
            try:
                with self.stage.session():
                    if not self.stage.stopping:
                        self.play()
            except (sqlite3.Error, Contradiction) as error:
                self.failed(error, self.name)
                self.pause(0.2)

    @contextlib.contextmanager
    def opened(self, timeout):
        database = connect(f"file:{self.stage.database}?mode=rw", uri=True, timeout=timeout)
        try:
            yield database
        finally:
            database.close()

    def may_go_on(self):
        return not self.stage.stopping and not self.stage.somebody_waits()


class Writer(Actor):
    def play(self):
        rng = self.rng
        with self.opened(PATIENCE) as database:
            database.execute("pragma synchronous=" + rng.choice(("normal", "normal", "full", "off")))
            # SQLite's default of 1,000 is of pages of 4 KiB: a log of so many of 64 KiB fills the disk.
            (page_size,) = database.execute("pragma page_size").fetchone()
            pages = rng.choice((1000, 1000, 1000, 100, 1, 0)) * 4096 // max(page_size, 4096)
            database.execute(f"pragma wal_autocheckpoint={pages}")
            database.execute("pragma cache_size=%d" % rng.choice((-2000, -2000, 30, 10)))
            database.execute("pragma mmap_size=%d" % rng.choice((0, 0, 1 << 24)))
            # A log of pages of 64 KiB at full speed fills the disk before anybody could do something.
            pace = max(rng.choice((0, 0, 0, 0.002, 0.02, 0.2)), 0 if page_size <= 8192 else 0.05)
            for _ in range(rng.randint(1, 400)):
                if not self.may_go_on():
                    break
                self.transaction(database)
                if pace:
                    self.pause(pace)

    def transaction(self, database):
        begun = time.monotonic()
        immediate = self.rng.random() < 0.85
        meant = committing = None
        try:
            database.execute("begin immediate" if immediate else "begin")
            waited = time.monotonic() - begun
            book = Book(database)
            self.nothing_is_lost(book, immediate)
            size = database.execute("pragma page_count").fetchone()[0] * \
                database.execute("pragma page_size").fetchone()[0]
            deeds.do_some(self.rng, database, book, size > ENOUGH)
            generation = self.stage.generation
            meant = (generation, *book.close(self.name, generation))
            if self.rng.random() < 0.05:
                database.execute("rollback")
                return
            self.notes.write("meant", *meant)
            committing = time.monotonic()
            database.execute("commit")
            self.notes.write("made", *meant)
            self.stage.acknowledge(self.slot, generation, meant[1])
            waited = max(waited, time.monotonic() - committing)
            if waited > 0.25:
                self.notes.write("slow", f"{waited:.3f}", "transaction")
        except sqlite3.Error as error:
            if committing:
                self.notes.write("failed", *meant)
            if database.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    database.execute("rollback")
            waited = time.monotonic() - (committing or begun)
            if "locked" not in str(error):
                raise
            if waited >= PATIENCE - 1:  # else a transaction that read before it wrote: never waits
                self.notes.write("refused", f"{waited:.3f}", str(error))

    def nothing_is_lost(self, book, immediate):
        told = self.stage.acknowledged(self.stage.generation)
        if immediate and book.n < told:
            raise Contradiction(f"transaction {told} was acknowledged and the live database ends "
                                f"with {book.n}")


class Reader(Actor):
    """Holds a read transaction for a while: a long reader, which sees one sound state to its end."""

    def play(self):
        with self.opened(PATIENCE) as database:
            for _ in range(self.rng.randint(1, 4)):
                if not self.may_go_on():
                    break
                database.execute("begin")
                first = prove(database) if self.rng.random() < 0.5 else \
                    database.execute("select max(n) from ledger").fetchone()
                until = time.monotonic() + self.rng.choice((0.01, 0.2, 1, 4)) * self.rng.random()
                while time.monotonic() < until and self.may_go_on():
                    time.sleep(0.01)
                if len(first) == 3 and prove(database) != first:
                    raise Contradiction("a read transaction saw two states")
                database.execute("commit")
                self.pause(0.3)


class Checkpointer(Actor):
    def play(self):
        with self.opened(self.rng.choice((0, 0, 5))) as database:
            for _ in range(self.rng.randint(1, 60)):
                if not self.may_go_on():
                    break
                mode = self.rng.choice(("passive", "full", "restart", "truncate"))
                with contextlib.suppress(sqlite3.OperationalError):
                    database.execute(f"pragma wal_checkpoint({mode})").fetchall()
                self.pause(self.rng.choice((0, 0.02, 0.3)))


class Operator(Actor):
    """VACUUM, other journal modes, other page sizes; a file renamed onto this one, or made anew."""

    def run(self):
        acts = (self.vacuum, self.vacuum, self.leave_wal, self.change_page_size, self.replace,
                self.make_anew, self.lock_exclusively)
        while not self.stage.stopping:
            try:
                self.rng.choice(acts)()
            except (sqlite3.Error, Contradiction) as error:
                self.failed(error, f"{self.name}")
            self.pause(4)

    def vacuum(self):
        with self.stage.session(), self.opened(PATIENCE) as database:
            self.notes.write("did", "vacuum begins")
            database.execute("vacuum")
            self.notes.write("did", "vacuum")

    def mode(self, database, wanted):
        """True when it could be set: while Holdfast is attached it cannot leave WAL."""
        try:
            return database.execute(f"pragma journal_mode={wanted}").fetchone()[0] == wanted
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            return False

    def back_to_wal(self):
        for _ in range(200):
            with self.stage.alone(), self.opened(1) as database:
                if self.mode(database, "wal"):
                    return
            if self.stage.stopping:
                return
            self.pause(0.1)
        self.notes.write("error", "the database could not be put back into WAL mode")

    def leave_wal(self):
        with self.stage.alone(), self.opened(1) as database:
            left = self.mode(database, self.rng.choice(("delete", "truncate", "persist")))
        if left:
            self.notes.write("did", "left WAL mode")
            self.pause(4)
            self.back_to_wal()

    def change_page_size(self):
        with self.stage.alone(), self.opened(PATIENCE) as database:
            if self.mode(database, "delete"):
                database.execute(f"pragma page_size={self.rng.choice(PAGE_SIZES)}")
                database.execute(f"pragma auto_vacuum={self.rng.randrange(3)}")
                database.execute("vacuum")
                self.notes.write("did", "changed the page size")
        self.back_to_wal()

    def lock_exclusively(self):
        with self.stage.alone(), self.opened(1) as database:
            with contextlib.suppress(sqlite3.OperationalError):
                database.execute("pragma locking_mode=exclusive").fetchall()
                database.execute("select count(*) from ledger").fetchall()
                self.pause(1)

    def fold_log_in(self):
        """What an application does before its file is exchanged. False: somebody holds the log."""
        with self.opened(5) as database:
            database.execute("select count(*) from ledger").fetchone()  # a killed writer's journal
            for _ in range(4):
                busy, log, _ = database.execute("pragma wal_checkpoint(truncate)").fetchone()
                if not busy and log <= 0:
                    return True
        self.notes.write("error", "the log could not be truncated within 20 s")
        return False

    def settings(self):
        return {"page_size": self.rng.choice(PAGE_SIZES), "auto_vacuum": self.rng.randrange(3),
                "journal": "wal" if self.rng.random() < 0.9 else "delete"}

    def birth(self, generation):
        """Told by `create` just before the commit: notes what was meant."""
        return lambda n, chain: self.notes.write("meant", generation, n, chain)

    def born(self, generation, n, chain):
        self.stage.acknowledge(self.slot, generation, n)
        self.stage.put(GENERATION, generation)
        self.notes.write("made", generation, n, chain)

    def remove(self, path):
        for suffix in ("", "-journal", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + suffix)

    def replace(self):
        """By a new database, or by a copy that goes on where this one was."""
        path, generation = self.stage.database, self.stage.generation + 1
        other = path + ".new"
        self.remove(other)
        with self.stage.alone():
            if not self.fold_log_in():
                return
            if self.rng.random() < 0.5:
                made = create(other, generation, self.name, before=self.birth(generation),
                              **self.settings())
            else:
                made = self.copy_onward(other, generation)
            self.notes.write("gone", generation - 1)
            for suffix in ("-journal", "-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path + suffix)
            os.rename(other, path)
            self.born(generation, *made)

    def copy_onward(self, other, generation):
        with self.opened(PATIENCE) as database:
            database.execute("vacuum into ?", (other,))
        copied = connect(other, timeout=PATIENCE)
        copied.execute("pragma journal_mode=wal").fetchall()
        copied.execute("begin immediate")
        book = Book(copied)
        made = book.close(self.name, generation)
        self.birth(generation)(*made)
        copied.execute("commit")
        copied.close()
        return made

    def make_anew(self):
        """Deleted with all that is beside it, and made again a little later."""
        generation = self.stage.generation + 1
        with self.stage.alone():
            self.notes.write("gone", generation - 1)
            self.remove(self.stage.database)
            self.pause(1.5)
            while True:
                try:
                    made = create(self.stage.database, generation, self.name,
                                  before=self.birth(generation), **self.settings())
                    break
                except sqlite3.Error as error:  # a full disk
                    self.failed(error, "create")
                    self.remove(self.stage.database)
                    self.pause(0.3)
            self.born(generation, *made)


class Creator(Operator):
    """Makes the first file."""

    def run(self):
        made = create(self.stage.database, 1, self.name, before=self.birth(1), **self.settings())
        self.born(1, *made)


KINDS = {"creator": Creator, "writer": Writer, "reader": Reader, "checkpointer": Checkpointer,
         "operator": Operator}


def main(kind, folder, name, seed, slot):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    KINDS[kind](folder, name, seed, int(slot)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])

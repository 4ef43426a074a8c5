"""Restores points and decides whether the database was really in that state, at that time."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

from ledger import Contradiction, prove_file
from notes import Past

# A point may lack what was acknowledged so shortly before its time (microseconds): between looking
# at the clock and at the log the machine may do something else.
BEFORE = 1_000_000
NEXT_FILE = 4_000_000  # the same, for noticing that the file is another one
LATER = 2_000  # a point must not have what was committed after its time; clocks have milliseconds
PATIENCE = 120


class Wrong(Exception):
    """What was restored is not a state of the past."""


def remove(path):
    for suffix in ("", "-wal", "-shm", "-journal"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)


class Judge:
    def __init__(self, stage, program, environment):
        self.stage, self.program, self.environment = stage, program, environment
        self.count = 0

    def holdfast(self, *words, check=True):
        done = subprocess.run([self.program, *map(str, words), "-r", self.stage.repository],
                              cwd=self.stage.folder, env=self.environment, text=True,
                              capture_output=True, timeout=PATIENCE, check=False)
        if check and done.returncode:
            raise Wrong(f"holdfast {' '.join(map(str, words))}: exit code {done.returncode}: "
                        f"{done.stderr.strip()}")
        return done

    def points(self):
        """[(number, microseconds)] oldest first."""
        said = json.loads(self.holdfast("list", "--json").stdout)
        return [(point["point"], point["time_ms"] * 1000)
                for database in said["databases"] for point in database["points"]]

    def restore(self, *which):
        """The restored file, and the point's number and time (microseconds)."""
        self.count += 1
        path = os.path.join(self.stage.restored, f"{self.count}.db")
        remove(path)
        said = json.loads(self.holdfast("restore", *which, "--to", path, "--json").stdout)
        return path, said["point"], said["time_ms"] * 1000

    def state(self, path):
        """(generation, n, chain) or None, read in a process of its own."""
        done = subprocess.run([sys.executable, "-B", os.path.abspath(__file__), path], text=True,
                              capture_output=True, timeout=PATIENCE, check=False)
        if done.returncode:
            raise Wrong(f"{path}: {(done.stdout + done.stderr).strip()}")
        return json.loads(done.stdout)

    def judge(self, path, at, quiet, floor=None):
        """The state of a restored file, whose point was taken at `at`. `quiet(since, until)`: the
        replicator could work all that time. `floor`: what was acknowledged by then must be there,
        whatever the point's time says."""
        state = self.state(path)
        past = Past(self.stage.notes)  # after the restore: a commit may be noted after it was seen
        if state is None:
            if not past.was_without_tables(at - NEXT_FILE, at + LATER):
                raise Wrong(f"{path}: no tables, at a time when the database had some")
            return past, state
        number, n, chain = state
        where = f"{path}: generation {number}, transaction {n}"
        if problem := past.passed_through(number, n, chain):
            raise Wrong(f"{where}: {problem}")
        begun = past.generations[number].meant.get((n, chain))
        if begun is not None and begun > at + LATER:
            raise Wrong(f"{where} was begun {(begun - at) / 1e6:.3f} s after the point's time")
        self.nothing_missing(past, where, number, n, at, quiet)
        if floor is not None:
            live, reached = past.acknowledged(floor)
            if (number, n) < (live, reached):
                raise Wrong(f"{where}, where {live}, {reached} was acknowledged long enough before")
        return past, state

    def nothing_missing(self, past, where, number, n, at, quiet):
        if quiet(at - NEXT_FILE, at):
            live, _ = past.acknowledged(at - NEXT_FILE)
            if number < live:
                raise Wrong(f"{where}: file {live} had taken its place long before")
        live, reached = past.acknowledged(at - BEFORE)
        if number == live and n < reached and quiet(at - 2 * BEFORE, at):
            raise Wrong(f"{where}, where {reached} was acknowledged a second before the point's time")

    def keep_or_remove(self, path, fine):
        if fine:
            remove(path)

    def live_state(self):
        """Of a copy of the live file, its log folded in; nobody may be using it. (path, state)"""
        path = os.path.join(self.stage.restored, "live.db")
        remove(path)
        for suffix in ("", "-wal", "-journal"):
            if os.path.exists(self.stage.database + suffix):
                shutil.copyfile(self.stage.database + suffix, path + suffix)
        if os.path.exists(path + "-journal"):
            database = sqlite3.connect(path)  # a killed writer's
            database.execute("select count(*) from sqlite_master").fetchall()
            database.close()
        state = self.state(path)
        return path, state

    def same_bytes(self, one, other):
        """Page by page; says which page differs first."""
        with open(one, "rb") as first, open(other, "rb") as second:
            a, b = first.read(), second.read()
        if a == b:
            return
        size = int.from_bytes(a[16:18], "big")
        size = 65536 if size == 1 else size or 4096
        differ = [i // size + 1 for i in range(0, max(len(a), len(b)), size)
                  if a[i:i + size] != b[i:i + size]]
        raise Wrong(f"{one} ({len(a)} bytes) and {other} ({len(b)} bytes) differ in {len(differ)} "
                    f"pages of {size}, among them {differ[:10]}")


def main(path):
    try:
        state = prove_file(path)
    except Contradiction as contradiction:
        print(contradiction)
        sys.exit(1)
    print(json.dumps(state))


if __name__ == "__main__":
    main(sys.argv[1])

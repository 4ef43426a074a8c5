"""One Holdfast for a thousand databases, a few of which are written to each second."""

import glob
import os
import random
import shutil
import sqlite3
import sys
import time

from floors import at_most
from measure import Failed
from replicators import HoldfastReplicates

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests",
                             "format"))
COUNT = 1000
WRITTEN_EACH_SECOND = 10
PATIENCE = 300


class HoldfastReplicatesMany(HoldfastReplicates):
    """Configured with a pattern."""
    name = "holdfast-many"

    def command(self):
        config = os.path.join(self.folder, "holdfast.yml")
        with open(config, "w", encoding="utf-8") as out:
            out.write(f"repository: {self.stored}\nkeyfile: {self.keyfile}\n"
                      f"databases:\n  - path: {os.path.dirname(self.database)}/*.db\n")
        return [self.program, "replicate", "--config", config]

    def has_all(self):
        return len(glob.glob(self.stored + "/databases/*/segments/*/0000000000000001-*")) >= COUNT


def make_databases(folder):
    os.makedirs(folder)
    first = os.path.join(folder, "t0000.db")
    database = sqlite3.connect(first, isolation_level=None)
    database.executescript("PRAGMA journal_mode=wal; CREATE TABLE note(id INTEGER PRIMARY KEY, a)")
    database.executemany("INSERT INTO note(a) VALUES(?)", ((f"note {i} " * 9,) for i in range(500)))
    database.close()
    for number in range(1, COUNT):
        shutil.copyfile(first, os.path.join(folder, f"t{number:04}.db"))


def write(folder, length, rng):
    """[(name, when it was committed)], spread over each second."""
    commits, started = [], time.monotonic()
    for number in range(int(length * WRITTEN_EACH_SECOND)):
        time.sleep(max(0, started + number / WRITTEN_EACH_SECOND - time.monotonic()))
        name = f"t{rng.randrange(COUNT):04}"
        database = sqlite3.connect(os.path.join(folder, name + ".db"), isolation_level=None, timeout=5)
        database.execute("INSERT INTO note(a) VALUES(?)", (f"note of {time.time()}",))
        commits.append((name, time.time()))
        database.close()
    return commits


def arrivals_by_name(tool):
    """The arrivals of each database, found by reading the repository."""
    import reader  # pylint: disable=import-outside-toplevel  # needs packages that only this needs
    with open(tool.keyfile, "rb") as secret:
        repository = reader.Repository(tool.stored, keyfile=secret.read())
    found = {}
    for number in range(COUNT):
        name = f"t{number:04}"
        identity = reader.derive(repository.master, b"holdfast database id", name.encode())[:16]
        paths = glob.glob(f"{tool.stored}/databases/{identity.hex()}/segments/0/*")
        found[name] = sorted((tool.speaks_for(path), os.stat(path).st_ctime) for path in paths)
    return found


def lag(commit, arrivals):
    """None: nothing that speaks for it came."""
    return min((there - commit for speaks, there in arrivals if speaks >= commit), default=None)


def measure(scratch, program, length, say):
    folder = os.path.join(scratch, "tenants")
    make_databases(folder)
    tool = HoldfastReplicatesMany(scratch, os.path.join(folder, "t0000.db"), program)
    try:
        tool.start()
        first = tool.usage()
        time.sleep(2)
        before = tool.usage()
        commits = write(folder, length, random.Random(1))
        time.sleep(2.5)
        used = tool.usage()
        arrivals = arrivals_by_name(tool)
        tool.end()
    finally:
        tool.remove()
        shutil.rmtree(folder)
    lags = sorted(lag(at, arrivals[name]) or PATIENCE for name, at in commits)
    if not lags:
        raise Failed("nothing was written")
    cpu = (used.cpu - before.cpu) * 60 / length
    worst, memory = lags[-1], max(used.memory, first.memory)
    say(f"  {COUNT} databases: {memory / 1e6:.0f} MB, {cpu:.2f} s of processor time a minute, lag "
        f"{lags[len(lags) // 2]:.2f} s, at most {worst:.2f} s")
    text = (f"{COUNT:,} databases in one process, {WRITTEN_EACH_SECOND} of them written to each second: "
            f"{memory / 1e6:.0f} MB of memory, {cpu:.2f} s of processor time a minute, commit to stored "
            f"{lags[len(lags) // 2]:.2f} s, at most {worst:.2f} s; all {COUNT:,} first snapshots after "
            f"{tool.first:.1f} s.")
    return text, [at_most(f"{COUNT:,} databases: memory", memory / 1e6, 150, " MB", 0),
                  at_most(f"{COUNT:,} databases: processor, a minute", cpu, 10, " s"),
                  at_most(f"{COUNT:,} databases: commit to stored", worst, 2, " s")]

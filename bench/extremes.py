"""What a run of the usual size does not show: memory with a large database, and long chains."""

import os
import shutil
import sqlite3
import statistics

from contenders import Holdfast
from floors import at_most
from make_database import make
from touch_rows import touch

CHAIN = 1000
CHAIN_MB = 120
LARGE_MB = 8000
STEPS = ("backup", "check_data", "check", "restore")


def multiply(source, target, size):
    """A database of at least `size` bytes from copies of another one's largest table: made in a
    fraction of the time that new rows would take."""
    database = sqlite3.connect(target, isolation_level=None)
    database.executescript("PRAGMA journal_mode=off; PRAGMA synchronous=off;")
    database.execute("ATTACH ? AS source", (source,))
    copies = 0
    while os.path.getsize(target) < size:
        copies += 1
        database.execute(f"CREATE TABLE message_{copies} AS SELECT * FROM source.message")
    database.execute("DETACH source")
    database.execute("PRAGMA journal_mode=wal")
    database.close()


def large(scratch, program, say):
    """Peak memory of every verb with 8 GB."""
    small, path = os.path.join(scratch, "small.db"), os.path.join(scratch, "large.db")
    say(f"making a database of {LARGE_MB} MB")
    make(small, 500, 4096, "wal", 1)
    multiply(small, path, LARGE_MB * 10**6)
    os.unlink(small)
    size = os.path.getsize(path)
    tool = Holdfast(scratch, path, program)
    found = []
    for step in STEPS:
        cost = getattr(tool, step)()
        found.append((step, cost))
        say(f"  {step:24} {cost.wall:8.3f} s  {cost.memory / 1e6:6.1f} MB")
    os.utime(path)
    found.append(("backup, file touched", tool.backup()))
    shutil.rmtree(tool.folder)
    os.unlink(path)
    text = f"A database of {size / 1e6:,.0f} MB: " + ", ".join(
        f"{step.replace('check_data', 'check --read-data')} {cost.wall:.1f} s and "
        f"{cost.memory / 1e6:.0f} MB of memory" for step, cost in found) + "."
    return text, [at_most(f"peak memory, {LARGE_MB / 1000:.0f} GB",
                          max(cost.memory for _, cost in found) / 1e6, 40, " MB", 1)]


def chain(scratch, program, runs, say):
    """Restoring the same state from a thousand segments and from one."""
    path = os.path.join(scratch, "chain.db")
    make(path, CHAIN_MB, 4096, "wal", 1)
    long = Holdfast(scratch, path, program)
    long.backup()
    say(f"taking {CHAIN - 1} incremental backups of {CHAIN_MB} MB")
    for number in range(1, CHAIN):
        touch(path, 0.001, number)
        long.backup()
    os.rename(long.folder, long.folder + "-long")
    short = Holdfast(scratch, path, program)
    short.backup()
    os.rename(short.folder, short.folder + "-short")
    walls = {"long": [], "short": []}
    for _ in range(max(runs, 3)):
        for kind, tool in (("long", long), ("short", short)):
            folder = f"{os.path.join(scratch, tool.name)}-{kind}"
            os.rename(folder, tool.folder)
            cost = tool.restore()
            walls[kind].append(cost.wall)
            os.unlink(tool.target)
            os.rename(tool.folder, folder)
            say(f"  {kind:24} {cost.wall:8.3f} s  {cost.memory / 1e6:6.1f} MB")
    for kind in walls:
        shutil.rmtree(f"{os.path.join(scratch, 'holdfast')}-{kind}")
    os.unlink(path)
    ratio = statistics.median(a / b for a, b in zip(walls["long"], walls["short"]))
    text = (f"Restore of {CHAIN_MB} MB from {CHAIN:,} segments: "
            f"{statistics.median(walls['long']):.2f} s; from one: "
            f"{statistics.median(walls['short']):.2f} s.")
    return text, [at_most(f"restore from {CHAIN:,} segments, time of one", ratio, 1.5, " x")]

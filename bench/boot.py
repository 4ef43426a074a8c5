"""What `holdfast run` takes before the application starts, when there is nothing to change."""

import os
import shutil
import sqlite3
import statistics

from contenders import Holdfast
from floors import at_most

SCHEMA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "examples",
                      "films", "schema.prisma")
SIZE = 500_000
RUNS = 20
# What a start script does with the tools that every system has: no check, no history, no schema.
SCRIPT = 'cp "$1" "$1.backup_startup" && sqlite3 "$1" .dump >"$1.sql"'


def fill(path):
    """Films, and who has seen which, until the file has its size. Returns how many."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=wal")
    database.execute("INSERT INTO User(name) VALUES('ada')")
    count = 0
    while os.path.getsize(path) < SIZE:
        database.execute("BEGIN")
        for number in range(count, count + 100):
            database.execute("INSERT INTO Film(tmdbId, title, year, overview) VALUES(?,?,?,?)",
                             (number, f"Film {number}", 1900 + number % 120,
                              f"What happens in film {number}. " * (1 + number % 12)))
            database.execute("INSERT INTO Watch(userId, filmId, updatedAt) VALUES(1,"
                             "last_insert_rowid(), '2026-01-01T00:00:00.000Z')")
        database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        count += 100
    database.close()
    return count


class Booted(Holdfast):
    """`run` with everything that a boot does but `generate`; the application is `true`."""

    def boot(self):
        return self.run(self.program, "run", "--db", self.database, "--repository", self.stored,
                        "--keyfile", self.keyfile, "--schema", SCHEMA, "--", "true")

    def script(self):
        return self.run("sh", "-c", SCRIPT, "sh", self.database + ".plain")


def measured(step):
    return [step() for _ in range(RUNS)]


def median(costs, field="wall"):
    return statistics.median(getattr(cost, field) for cost in costs)


def boot(scratch, program, say):
    """The whole of `holdfast run ... -- true`, from its start to its exit."""
    folder = os.path.join(scratch, "boot")
    os.makedirs(folder)
    path = os.path.join(folder, "films.db")
    tool = Booted(scratch, path, program)
    tool.boot()  # makes the tables
    rows = fill(path)
    shutil.copy(path, path + ".plain")
    for _ in range(2):  # the times of a file that was written a moment ago prove nothing yet
        tool.boot()
    costs, plain = measured(tool.boot), measured(tool.script)
    slowest = max(cost.wall for cost in costs)
    say(f"  {'boot':24} {median(costs):8.3f} s, slowest {slowest:.3f} s")
    text = (f"Boot with a database of {os.path.getsize(path) / 1e3:.0f} KB ({rows:,} films) and "
            f"nothing to change, with a keyfile: restore point, copy beside the database, schema, "
            f"portable copy, start of `true`, its end, last restore point: "
            f"{1e3 * median(costs):.0f} ms ({1e3 * median(costs, 'cpu'):.0f} ms of processor time, "
            f"slowest {1e3 * slowest:.0f} ms, {max(cost.memory for cost in costs) / 1e6:.0f} MB of "
            f"memory; median of {RUNS}). A script that does `cp` and `sqlite3 .dump`, and "
            f"looks at nothing: {1e3 * median(plain):.0f} ms.")
    shutil.rmtree(folder)
    shutil.rmtree(tool.folder)
    return text, [at_most("boot with nothing to change", 1e3 * median(costs), 60, " ms", 1)]

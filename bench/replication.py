"""Continuous protection beside a writer, Holdfast's and Litestream's, in the same minutes.

The writer is alone, then beside each; at full speed and paced; each time on a fresh copy of the same
database, and in each round in another order.
"""

import array
import bisect
import glob
import os
import shutil
import sqlite3
import statistics
import subprocess
import time
from dataclasses import dataclass, field

import many_databases
from floors import Verdict, at_most
from make_database import make
from measure import Failed, bytes_below
from replicators import (GentleHoldfast, HoldfastReplicates, Litestream, litestream_program,
                         litestream_version, number_in)
from report import seconds, table

SIZE_MB = 502
PACE = 300
INTERVAL = 1.0
FULL, PACED = "full speed", f"{PACE}/s"
HOLDFAST, LITESTREAM = HoldfastReplicates.name, Litestream.name


@dataclass
class Run:
    """What one writer, and the replicator beside it, did."""
    ends: list  # seconds since 1970, of each transaction that was committed
    took: list  # seconds, sorted
    refused: int
    seconds: float
    log: int = 0  # bytes of the -wal file at its largest
    written: int = 0  # by the writer
    used: object = None  # by the replicator: .cpu .memory .written
    first: float = 0  # seconds until it had the first snapshot
    stored: int = 0  # bytes that the repository grew by, and ...
    increments: int = 0  # ... of these, of what holds the changes
    lag: list = field(default_factory=list)
    idle: object = None
    restores: dict = field(default_factory=dict)
    misses: list = field(default_factory=list)

    @property
    def rate(self):
        return len(self.took) / self.seconds

    def pause(self, share):
        return self.took[min(int(share * len(self.took)), len(self.took) - 1)]


def copy_database(source, target):
    for path in glob.glob(glob.escape(target) + "*"):
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    subprocess.run(("cp", "--reflink=never", source, target), check=True)
    os.sync()


def read_notes(path, length):
    numbers = array.array("q")
    with open(path, "rb") as notes:
        numbers.frombytes(notes.read())
    pairs = list(zip(numbers[::2], numbers[1::2]))
    done = [(end / 1e6, took / 1e6) for end, took in pairs if took >= 0]
    return Run([end for end, _ in done], sorted(took for _, took in done),
               sum(took < 0 for _, took in pairs), length)


class Bench:
    def __init__(self, scratch, program, litestream, say, length):
        self.scratch, self.program, self.litestream = scratch, program, litestream
        self.say, self.length = say, length
        self.base, self.live = (os.path.join(scratch, name) for name in ("base.db", "live.db"))
        self.writer = os.path.join(scratch, "writer")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "writer.c")
        subprocess.run(("cc", "-O2", "-D_GNU_SOURCE", "-o", self.writer, source, "-lsqlite3"),
                       check=True)

    def write(self, pace, length, busy_ms=5000, look=None):
        """Runs the writer to its end. `look` is called ten times a second meanwhile."""
        notes = os.path.join(self.scratch, "notes")
        child = subprocess.Popen([self.writer, self.live, str(length), str(pace), str(busy_ms), "1",
                                  notes], stderr=subprocess.PIPE, text=True)
        log = 0
        # It is looked at once more after its end, before it is waited for.
        while not os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if os.path.exists(self.live + "-wal"):
                log = max(log, os.path.getsize(self.live + "-wal"))
            if look:
                look()
            time.sleep(0.1)
        written = number_in(f"/proc/{child.pid}/io", "write_bytes")
        _, errors = child.communicate()
        if child.returncode:
            raise Failed(errors)
        run = read_notes(notes, length)
        run.log, run.written = log, written
        return run

    def alone(self, pace):
        copy_database(self.base, self.live)
        return self.write(pace, self.length)

    def beside(self, kind, pace, busy_ms=5000, length=None, after=None):
        """The writer with a replicator beside it; `after` is called while that still runs."""
        copy_database(self.base, self.live)
        program = self.litestream if kind is Litestream else self.program
        tool = kind(self.scratch, self.live, program)
        try:
            tool.start()
            before, stored, increments = tool.usage(), tool.bytes(), tool.stored_by_increments()
            run = self.write(pace, length or self.length, busy_ms, tool.must_live)
            self.wait_for_all(tool, run)
            used = tool.usage()
            used.cpu, used.written = used.cpu - before.cpu, used.written - before.written
            run.used, run.first = used, tool.first
            run.stored = tool.bytes() - stored
            run.increments = tool.stored_by_increments() - increments
            run.lag = lags(run.ends, tool.arrivals())
            if after:
                after(tool, run)
            tool.end()
        finally:
            tool.remove()
        return run

    def wait_for_all(self, tool, run):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if any(speaks >= run.ends[-1] for speaks, _ in tool.arrivals()):
                break
            tool.must_live()
            time.sleep(0.05)
        else:
            self.say(f"  {tool.name}: the last commit did not arrive within 30 s")
        time.sleep(0.2)

    def afterwards(self, tool, run):
        """Idle for as long, then restores: of all, and of random moments."""
        before, stored = tool.usage(), len(glob.glob(tool.stored + "/**", recursive=True))
        time.sleep(self.length)
        used = tool.usage()
        run.idle = (used.cpu - before.cpu, used.written - before.written,
                    len(glob.glob(tool.stored + "/**", recursive=True)) - stored)
        run.restores["restore"] = tool.restore().wall
        os.unlink(tool.target)
        run.restores["cp"] = tool.run("cp", "--reflink=never", self.base, tool.target).wall
        os.unlink(tool.target)
        for share in (0.2, 0.35, 0.5, 0.65, 0.8):
            moment = run.ends[0] + share * (run.ends[-1] - run.ends[0])
            tool.restore_at(moment)
            run.misses.append(moment - run.ends[last_event(tool.target) - 1])
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(tool.target + suffix):
                    os.unlink(tool.target + suffix)


def last_event(path):
    """How many transactions are in a database that the writer wrote from the first on."""
    database = sqlite3.connect(path)
    (count,) = database.execute("SELECT max(id) FROM event").fetchone()
    database.close()
    return count


def lags(ends, arrivals):
    """For each commit: how long until something was stored that speaks for its moment."""
    arrivals = sorted(arrivals)
    soonest = [there for _, there in arrivals]
    for i in range(len(soonest) - 2, -1, -1):
        soonest[i] = min(soonest[i], soonest[i + 1])
    spoken = [speaks for speaks, _ in arrivals]
    found = []
    for end in ends:
        at = bisect.bisect_left(spoken, end)
        if at < len(soonest):
            found.append(soonest[at] - end)
    return sorted(found)


def distinct_pages_floor(bench, length):
    """Bytes, as one stream of zstd -3, of the distinct pages of each interval, on average: counted in
    the log of a writer without a replicator, which a reader keeps from being restarted."""
    copy_database(bench.base, bench.live)
    reader = sqlite3.connect(bench.live, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM account").fetchone()
    bench.write(PACE, length)
    sizes = []
    with open(bench.live + "-wal", "rb") as log:
        size = int.from_bytes(log.read(32)[8:12], "big")
        pages, commits = {}, 0
        while len(frame := log.read(24 + size)) == 24 + size:
            pages[int.from_bytes(frame[:4], "big")] = frame[24:]
            if frame[4:8] != bytes(4):
                commits += 1
                if commits % int(PACE * INTERVAL) == 0:
                    data = b"".join(pages[page] for page in sorted(pages))
                    sizes.append(len(subprocess.run(("zstd", "-3", "-q", "-c"), input=data, check=True,
                                                    capture_output=True).stdout))
                    pages = {}
    reader.close()
    return statistics.mean(sizes)


def play_rounds(bench, rounds):
    """{(tool or "", pace): [Run]}"""
    found = {}
    kinds = [None, HoldfastReplicates] + ([Litestream] if bench.litestream else [])
    for number in range(rounds):
        for pace, name in ((0, FULL), (PACE, PACED)):
            order = kinds[number % len(kinds):] + kinds[:number % len(kinds)]
            for kind in order:
                run = bench.beside(kind, pace, after=bench.afterwards if pace else None) if kind \
                    else bench.alone(pace)
                who = kind.name if kind else ""
                found.setdefault((who, name), []).append(run)
                bench.say(f"  {name:12} {who or 'alone':12} {run.rate:9.0f}/s  p99 "
                          f"{1e3 * run.pause(0.99):.2f} ms  worst {1e3 * run.took[-1]:.0f} ms  log "
                          f"{run.log / 1e6:.0f} MB" + (f"  processor {run.used.cpu:.2f} s"
                                                       if run.used else ""))
    return found


def middle(runs, what):
    return statistics.median(what(run) for run in runs)


def per_minute(run, value):
    return value * 60 / run.seconds


ROWS = (
    ("transactions a second", lambda r: r.rate, "{:,.0f}"),
    ("median", lambda r: 1e3 * r.pause(0.5), "{:.2f} ms"),
    ("p99", lambda r: 1e3 * r.pause(0.99), "{:.2f} ms"),
    ("worst", lambda r: 1e3 * r.took[-1], "{:.0f} ms"),
    ("largest log", lambda r: r.log / 1e6, "{:.0f} MB"),
    ("written by the writer", lambda r: r.written / 1e6, "{:.0f} MB"),
    ("first snapshot after", lambda r: r.first, "{:.1f} s"),
    ("processor, a minute", lambda r: per_minute(r, r.used.cpu), "{:.2f} s"),
    ("peak memory", lambda r: r.used.memory / 1e6, "{:.1f} MB"),
    ("written by the replicator", lambda r: r.used.written / 1e6, "{:.0f} MB"),
    ("stored", lambda r: r.stored / 1e6, "{:.1f} MB"),
    ("commit to stored, median", lambda r: r.lag[len(r.lag) // 2], "{:.2f} s"),
    ("commit to stored, p99", lambda r: r.lag[int(0.99 * len(r.lag))], "{:.2f} s"),
    ("idle, processor, a minute", lambda r: per_minute(r, r.idle[0]), "{:.2f} s"),
    ("idle, written", lambda r: r.idle[1] / 1e3, "{:.0f} KB"),
    ("restore", lambda r: r.restores["restore"], "{:.2f} s"),
    ("restore of a moment misses it by, median", lambda r: statistics.median(r.misses), "{:.2f} s"),
)


def cell(runs, what, form):
    try:
        return form.format(middle(runs, what))
    except (AttributeError, TypeError, KeyError, IndexError, statistics.StatisticsError):
        return ""  # the writer alone, or a step that this run had not


def comparison(found, facts):
    columns = list(found)
    head = ["", *(f"{who or 'alone'}, {pace}" for who, pace in columns)]
    rows = [[name, *(cell(found[column], what, form) for column in columns)]
            for name, what, form in ROWS]
    return facts + "\n\n" + table(head, rows)


def pause_added(alone, beside):
    """Milliseconds, at the median of rounds."""
    return 1e3 * statistics.median(b.took[-1] - a.took[-1] for a, b in zip(alone, beside))


def verdicts(found, floor):
    alone, paced = found["", PACED], found[HOLDFAST, PACED]
    alone_full, full = found["", FULL], found[HOLDFAST, FULL]
    kept = statistics.median(b.rate / a.rate for a, b in zip(alone_full, full))
    written = statistics.median((b.used.written + b.written - a.written) / b.increments
                                for a, b in zip(alone, paced))
    idle = [run.idle for run in paced]
    judged = [
        Verdict("full speed: speed kept", f"{kept:.2f} x", "0.90 x at least", kept >= 0.9),
        at_most("full speed: longest pause added", pause_added(alone_full, full), 50, " ms", 0),
        at_most(f"{PACED}: p99, of the writer alone",
                statistics.median(b.pause(0.99) / a.pause(0.99) for a, b in zip(alone, paced)), 1.25,
                " x"),
        at_most(f"{PACED}: longest pause added", pause_added(alone, paced), 50, " ms", 0),
        at_most(f"{PACED}: processor, a minute", middle(paced, lambda r: per_minute(r, r.used.cpu)), 2,
                " s"),
        at_most(f"{PACED}: peak memory", max(r.used.memory for r in paced) / 1e6, 24, " MB", 1),
        at_most(f"{PACED}: largest log", max(r.log for r in paced) / 1e6, 32, " MB", 1),
        at_most(f"{PACED}: bytes written beside what the writer alone writes, of those that the "
                "segments hold", written, 2, " x"),
        at_most(f"{PACED}: growth, of the distinct pages of each interval as one stream of zstd -3",
                middle(paced, lambda r: r.stored / r.seconds * INTERVAL / floor), 1.2, " x"),
        at_most(f"{PACED}: commit to stored, p99", middle(
            paced, lambda r: r.lag[int(0.99 * len(r.lag))]), INTERVAL + 0.2, " s"),
        at_most("idle: processor, a minute", max(per_minute(r, r.idle[0]) for r in paced), 0.1, " s"),
        at_most("idle: bytes written", max(i[1] for i in idle), 0, "", 0),
        at_most("idle: objects stored", max(i[2] for i in idle), 0, "", 0),
        at_most("restore of a moment misses it by", max(max(r.misses) for r in paced), INTERVAL + 0.2,
                " s"),
    ]
    if (LITESTREAM, PACED) in found:
        judged.append(at_most("restore, time of Litestream", statistics.median(
            a.restores["restore"] / b.restores["restore"]
            for a, b in zip(paced, found[LITESTREAM, PACED])), 0.2, " x"))
    return judged


def refusals(bench, length):
    """Writers with little patience, at full speed."""
    found = []
    for kind, busy_ms, what in ((HoldfastReplicates, 100, "busy timeout of 100 ms"),
                                (GentleHoldfast, 0, "no busy timeout, --gentle")):
        run = bench.beside(kind, 0, busy_ms, length)
        bench.say(f"  {what}: {run.refused} refused of {len(run.ends):,}")
        found.append(at_most(f"full speed, {what}: SQLITE_BUSY", run.refused, 0, "", 0))
    return found


def replication(scratch, program, options, say):
    """The whole part. `options`: .runs, .quick, .build (where Litestream is installed)."""
    length = 6 if options.quick else 60
    litestream, why = litestream_program(options.build)
    if not litestream:
        say(f"without Litestream: {why}")
    bench = Bench(scratch, program, litestream, say, length)
    size = SIZE_MB // 4 if options.quick else SIZE_MB
    say(f"making a database of {size} MB")
    make(bench.base, size, 4096, "wal", 1)
    say(f"replication, {length} s each")
    found = play_rounds(bench, options.runs)
    floor = distinct_pages_floor(bench, min(length, 20))
    judged = verdicts(found, floor) + refusals(bench, max(length // 4, 3))
    facts = (f"Replication beside a writer of small transactions (an insert, and an update at random, "
             f"with an index): a database of {bytes_below(bench.base) / 1e6:.0f} MB, WAL, "
             f"synchronous=NORMAL, busy timeout 5 s, {length} s each, sync interval 1 s; "
             f"{'Litestream ' + litestream_version(litestream) if litestream else 'no Litestream'}, of which "
             "is not known what a stored piece speaks for: its times from commit to stored are the least "
             "they can be. Memory is the sum of each process's peak. "
             f"Medians of {options.runs}. `cp` of the database: "
             f"{seconds(found[HOLDFAST, PACED][0].restores['cp'])}.")
    os.unlink(bench.base)
    text, more = many_databases.measure(scratch, program, length, say)
    return comparison(found, facts) + "\n\n" + text, judged + more

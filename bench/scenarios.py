"""What is measured: the life of one database, the memory of a large one, a long chain."""

import collections
import os
import pathlib
import shutil
import sqlite3

import make_database
import touch_rows
from measure import remove, run, size_of
from tools import PEERS, Holdfast

FIRST, NOTHING, TOUCHED, CHANGED = "first backup", "nothing changed", "header touched", "after 1 %"
RESTORE, DELTA, CHECK, CHECK_DATA = "restore", "restore --delta", "check", "check every byte"
PAGE_FLOOR = "changed pages as one stream"


class Results:
    """costs[tool, step] is a list of Cost, one a run; sizes[tool, step] of bytes."""

    def __init__(self):
        self.costs = collections.defaultdict(list)
        self.sizes = collections.defaultdict(list)
        self.pages = None  # changed pages, all pages

    def add(self, tool, step, cost, size=None):
        self.costs[tool.name, step].append(cost)
        if size is not None:
            self.sizes[tool.name, step].append(size)
        told = f"  {tool.name:34} {step:18} {cost.wall:8.3f} s"
        print(told + (f"  {size / 1e6:8.1f} MB" if size is not None else ""), flush=True)


def databases(scratch, size_mb):
    """The database, and the same with one percent of its rows changed; made once."""
    base, changed = scratch / f"base-{size_mb}.db", scratch / f"changed-{size_mb}.db"
    if not changed.exists():
        remove(base)
        print(f"making a database of {size_mb} MB", flush=True)
        make_database.make(base, size_mb, 4096, "wal", 1)
        part = scratch / "changed.part"
        shutil.copyfile(base, part)
        touch_rows.touch(part, 1, 1)
        part.rename(changed)
    return base, changed


def put(source, live):
    """Replaces the content, not the file, as an application would."""
    shutil.copyfile(source, live)
    os.sync()


def write_changed_pages(base, changed, path, page_size=4096):
    """Returns how many pages differ, and how many there are."""
    differ = count = 0
    with open(base, "rb") as old, open(changed, "rb") as new, open(path, "wb") as out:
        while page := new.read(page_size):
            count += 1
            if page != old.read(page_size):
                differ += 1
                out.write(page)
    return differ, count


def expect_equal(target, source, tool):
    """Byte for byte, but for the file header (100 bytes) where a tool writes its own."""
    with open(target, "rb") as ours, open(source, "rb") as theirs:
        for file in (ours, theirs):
            file.seek(0 if tool.exact else 100)
        while True:
            piece = ours.read(1 << 20)
            if piece != theirs.read(1 << 20):
                raise SystemExit(f"{tool.name} restored something else than was backed up: {target}")
            if not piece:
                return


def one_life(scratch, base, changed, results, kinds):
    """One run: every tool does the first step, then every tool the next."""
    live, target = scratch / "live.db", scratch / "restored.db"
    put(base, live)
    tools = [kind(scratch / kind.__name__.lower(), live) for kind in kinds]
    for tool in tools:
        results.add(tool, FIRST, tool.backup(), tool.bytes())
    before = {tool: tool.bytes() for tool in tools}
    for tool in tools:
        if tool.nothing_changed:
            results.add(tool, NOTHING, tool.nothing_changed())
            before[tool] = tool.bytes()
    for tool in tools:
        if isinstance(tool, Holdfast):
            os.utime(live)
            results.add(tool, TOUCHED, tool.backup())
    put(changed, live)
    for tool in tools:
        if tool.nothing_changed:
            results.add(tool, CHANGED, tool.backup(), tool.bytes() - before[tool])
    for tool in tools:
        if tool.restore:
            remove(target)
            results.add(tool, RESTORE, tool.restore(target))
            expect_equal(target, changed if tool.nothing_changed else base, tool)
        if tool.restore_delta:
            put(base, target)
            results.add(tool, DELTA, tool.restore_delta(target))
            expect_equal(target, changed, tool)
        if tool.check:
            results.add(tool, CHECK, tool.check())
        if tool.check_data:
            results.add(tool, CHECK_DATA, tool.check_data())
        remove(target)
        remove(tool.folder)


def page_floor(scratch, base, changed, results):
    pages, packed = scratch / "pages", scratch / "pages.zst"
    results.pages = write_changed_pages(base, changed, pages)
    run(["zstd", "-q", "-3", "-f", pages, "-o", packed])
    results.sizes[PAGE_FLOOR, CHANGED].append(size_of(packed))
    remove(pages)
    remove(packed)


def measure_all(scratch, size_mb, runs, with_peers=True):
    base, changed = databases(scratch, size_mb)
    results = Results()
    results.database = size_of(base)
    page_floor(scratch, base, changed, results)
    for number in range(runs):
        print(f"run {number + 1} of {runs}", flush=True)
        one_life(scratch, base, changed, results, (Holdfast, *(PEERS if with_peers else ())))
    return results


def chain(scratch, size_mb, segments, runs):
    """Restores of one state from a chain of many segments and from one segment, in turn."""
    base, _ = databases(scratch, size_mb)
    live, target = scratch / "live.db", scratch / "restored.db"
    put(base, live)
    long = Holdfast(scratch / "long", live)
    long.backup()
    print(f"making a chain of {segments} segments", flush=True)
    database = sqlite3.connect(live, isolation_level=None)
    (rows,) = database.execute("SELECT max(id) FROM message").fetchone()
    for number in range(1, segments):
        database.execute("UPDATE message SET subject = ? WHERE id % ? = ?",
                         (f"subject {number}", rows // 20, number * 7919 % (rows // 20)))
        long.backup()
    database.close()
    short = Holdfast(scratch / "short", live)
    short.backup()
    long.name, short.name = f"chain of {segments}", "chain of 1"
    results = Results()
    results.database = size_of(live)
    for _ in range(runs):
        for tool in (long, short):
            remove(target)
            results.add(tool, RESTORE, tool.restore(target), tool.bytes())
            expect_equal(target, live, tool)
    for tool in (long, short):
        remove(tool.folder)
    return results


def scratch_folder(path):
    folder = pathlib.Path(path).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder

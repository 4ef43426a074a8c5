#!/usr/bin/python3
"""Measures Holdfast beside its peers, on a database that it makes, in a fresh folder.

Every round starts anew: each tool takes a first backup, then all of them another of the same file,
and so on, so that what is compared ran within the same minutes. A round's order is the reverse of
the one before. What is checked is what a tool has by then: one backup, at the end two.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import extremes
import floors
import portable_copy
import replication
import report
import schema_sync
from boot import boot
from contenders import Borg, Compress, CopyAndCompress, Holdfast, Restic, versions
from make_database import make
from measure import Failed, bytes_below
from touch_rows import touch

PAGE = 4096
PEERS = {peer.name: peer for peer in (Compress, CopyAndCompress, Restic, Borg)}


def say(text):
    print(text, file=sys.stderr, flush=True)


def copy(source, target):
    """A file with the same bytes, and nothing of another one's beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target + suffix)
    subprocess.run(("cp", "--reflink=never", source, target), check=True)


def same(one, other):
    if subprocess.run(("cmp", "-s", one, other), check=False).returncode:
        raise Failed(f"{other} is not what {one} was")


def changed_pages(before, after, out):
    """Writes the pages that differ, one after another; says how many there are."""
    count = 0
    with open(before, "rb") as old, open(after, "rb") as new, open(out, "wb") as pages:
        while page := new.read(PAGE):
            if page != old.read(PAGE):
                pages.write(page)
                count += 1
    return count


def prepare(scratch, size_mb):
    """The database, the same one after one percent of its rows was changed, and what these are."""
    paths = SimpleNamespace(**{name: os.path.join(scratch, name + ".db")
                               for name in ("before", "after", "live")})
    say(f"making a database of {size_mb} MB")
    rows = make(paths.before, size_mb, PAGE, "wal", 1)
    copy(paths.before, paths.after)
    changed_rows = touch(paths.after, 1, 1)
    pages = os.path.join(scratch, "pages")
    count = changed_pages(paths.before, paths.after, pages)
    subprocess.run(("zstd", "-3", "-T0", "-q", pages, "-o", pages + ".zst"), check=True)
    facts = {"database": os.path.getsize(paths.before), "rows": rows, "changed rows": changed_rows,
             "changed pages": count, "page floor": bytes_below(pages + ".zst"), "pages read": 0}
    os.unlink(pages)
    return paths, facts


def measure(tools, step, action):
    """One step by every tool that knows it; also what the step added to what is stored."""
    costs = {}
    for tool in tools:
        act = getattr(tool, action, None)
        if not act:
            continue
        stored = tool.bytes()
        cost = act()
        # A copy that takes the place of the one before adds all of itself.
        replaces = isinstance(tool, CopyAndCompress)
        cost.added = tool.bytes() - (0 if replaces else stored)
        costs[tool.name] = cost
        say(f"  {step:24} {tool.name:26} {cost.wall:8.3f} s  processor {cost.cpu:7.2f} s  "
            f"{cost.memory / 1e6:6.1f} MB  {cost.added / 1e6:+8.2f} MB stored")
    return costs


def play_round(scratch, paths, facts, program, peers, backwards):
    """Every step once: {step: {tool: cost}}"""
    copy(paths.before, paths.live)
    holdfast = Holdfast(scratch, paths.live, program)
    tools = [holdfast, *(PEERS[name](scratch, paths.live) for name in peers)]
    if backwards:
        tools.reverse()
    costs = {}

    def step(name, action, among=tools):
        costs[name] = measure(among, name, action)

    step("first backup", "backup")
    # The times of a file that was written a moment ago prove nothing yet, and are looked at again.
    holdfast.backup()
    step("nothing changed", "backup")
    facts["pages read"] = max(facts["pages read"], holdfast.pages_read())
    os.utime(paths.live)
    step("file touched", "backup", [holdfast])
    step("check of one point", "check_data")
    touch(paths.live, 1, 1)
    step("after 1 %", "backup")
    step("restore", "restore")
    same(paths.live, holdfast.target)
    copy(paths.before, holdfast.target)
    step("restore --delta", "restore_delta", [holdfast])
    same(paths.live, holdfast.target)
    step("check of every byte", "check_data")
    step("check of the structure", "check")
    for tool in tools:
        shutil.rmtree(tool.folder)
    return costs


def arguments():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--holdfast", required=True, metavar="PROGRAM", help="the program to measure")
    parser.add_argument("--size-mb", type=int, default=1081, metavar="N",
                        help="size of the database (1081)")
    parser.add_argument("--quick", action="store_true", help="120 MB, and replication for a tenth of its time, for a first look")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="rounds (3)")
    parser.add_argument("--peers", default=",".join(PEERS), metavar="NAMES",
                        help="which peers, comma between (all): " + ", ".join(PEERS))
    parser.add_argument("--large", action="store_true", help="peak memory with 8 GB too")
    parser.add_argument("--chain", action="store_true", help="a chain of 1,000 segments too")
    parser.add_argument("--boot", action="store_true", help="the boot of an application too")
    parser.add_argument("--schema", action="store_true", help="schema sync too: many tables, a large one")
    parser.add_argument("--copies", action="store_true", help="portable copies of 100,000 items too")
    parser.add_argument("--replication", action="store_true",
                        help="continuous protection beside a writer too, and Litestream's")
    parser.add_argument("--only-extremes", action="store_true",
                        help="without the comparison: what other options ask for alone")
    parser.add_argument("--machine", default="this machine", help="what the report calls it")
    parser.add_argument("--write", metavar="FILE", help="put the report between FILE's markers")
    parser.add_argument("--scratch", metavar="FOLDER", help="where to work (a new folder in TMPDIR)")
    args = parser.parse_args()
    args.size_mb = 120 if args.quick else args.size_mb
    args.peers = [name for name in args.peers.split(",") if name]
    args.holdfast = os.path.abspath(args.holdfast)
    args.build = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build")
    if unknown := [name for name in args.peers if name not in PEERS]:
        parser.error(f"no such peer: {', '.join(unknown)}")
    return args


def bench(args, scratch):
    result = report.Report(args.machine, versions(args.holdfast))
    if not args.only_extremes:
        paths, facts = prepare(scratch, args.size_mb)
        rounds = []
        for number in range(args.runs):
            say(f"round {number + 1} of {args.runs}")
            rounds.append(play_round(scratch, paths, facts, args.holdfast, args.peers, number % 2))
        result.comparison(facts, rounds, floors.of_rounds(rounds, facts, args.peers))
        for path in vars(paths).values():
            os.unlink(path)
    if args.boot:
        result.extreme(boot(scratch, args.holdfast, say))
    if args.schema:
        result.extreme(schema_sync.plan(scratch, args.holdfast, args.runs, say))
        result.extreme(schema_sync.rebuild(scratch, args.holdfast, say))
    if args.copies:
        result.extreme(portable_copy.copies(scratch, args.holdfast, say))
    if args.replication:
        result.extreme(replication.replication(scratch, args.holdfast, args, say))
    if args.large:
        result.extreme(extremes.large(scratch, args.holdfast, say))
    if args.chain:
        result.extreme(extremes.chain(scratch, args.holdfast, args.runs, say))
    return result


def main():
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=args.scratch) as scratch:
        try:
            result = bench(args, scratch)
        except Failed as failure:
            sys.exit(f"script/bench: {failure}")
    print(result.text())
    if args.write:
        result.write(args.write)
    sys.exit(0 if result.passed() else 1)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Measures Holdfast beside its peers; see docs/performance.md."""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile

import report
import scenarios
from measure import GNU_TIME, Failure
from tools import Holdfast

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PACKAGES = {GNU_TIME: "time", "zstd": "zstd", "restic": "restic", "borg": "borgbackup",
            "sqlite3": "sqlite3"}


def arguments():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("holdfast", help="the program to measure")
    parser.add_argument("--size-mb", type=int, help="default: 1081; --large 8192; --chain 120")
    parser.add_argument("--quick", action="store_true", help="120 MB, one run")
    parser.add_argument("--runs", type=int, help="default: 3")
    parser.add_argument("--no-peers", action="store_true", help="Holdfast alone")
    parser.add_argument("--large", action="store_true", help="Holdfast alone, 8 GB, one run")
    parser.add_argument("--chain", action="store_true", help="restore of a long chain")
    parser.add_argument("--segments", type=int, default=1000, help="of that chain")
    parser.add_argument("--scratch", help="a folder for databases, which stay there; default: "
                                          "a new one in $TMPDIR, removed after")
    parser.add_argument("--write", action="store_true", help="put the tables in docs/performance.md")
    return parser.parse_args()


def missing_packages(with_peers):
    needed = PACKAGES if with_peers else {GNU_TIME: "time", "zstd": "zstd"}
    return [package for program, package in needed.items() if not shutil.which(program)]


def work(args, scratch):
    """Returns the name of the markers, and what goes between them."""
    runs = args.runs or (1 if args.quick or args.large else 3)
    if args.chain:
        results = scenarios.chain(scratch, args.size_mb or 120, args.segments, runs)
        return "bench chain", report.chain_report(results, args.segments)
    size = args.size_mb or (120 if args.quick else 8192 if args.large else 1081)
    results = scenarios.measure_all(scratch, size, runs, not (args.large or args.no_peers))
    return "bench large" if args.large else "bench", report.Report(results).whole(runs)


def main():
    args = arguments()
    if missing := missing_packages(not (args.large or args.chain or args.no_peers)):
        sys.exit(f"script/bench: missing; apt-get install {' '.join(missing)}")
    if (load := os.getloadavg()[0]) > 0.5:
        print(f"note: a load of {load:.1f} already: times will be worse than they are")
    Holdfast.program = str(pathlib.Path(args.holdfast).resolve())
    try:
        if args.scratch:
            marker, text = work(args, scenarios.scratch_folder(args.scratch))
        else:
            with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
                marker, text = work(args, pathlib.Path(folder))
    except Failure as failure:
        sys.exit(f"script/bench: {failure}")
    print(f"\n{text}")
    if args.write:
        report.write_between(PAGE, marker, text)


if __name__ == "__main__":
    main()

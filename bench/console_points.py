#!/usr/bin/python3
"""Measures the console's answers with many restore points, beside a large database.

Real points (tests/history/many_points.c) and a database that is backed up once. Each path is asked
for the first time after the start, then again and again, then with pauses, after which what the
repository has is read anew. Printed: milliseconds, median and longest.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from make_database import make

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "e2e"))
from console_rig import Console  # pylint: disable=import-error,wrong-import-position

REQUESTS, RENEWALS = 100, 4
PAUSE = 6  # s: longer than the console takes what it read for fresh
POINTS = "/api/v1/databases/app/points"
PATHS = (f"{POINTS}?limit=100", f"{POINTS}?limit=100&before=5000", f"{POINTS}?limit=500",
         f"{POINTS}/5000", "/api/v1/databases/app/moments", "/api/v1/overview", "/api/v1/jobs",
         "/api/v1/session")


class Program:
    """What Console wants of a program and its place."""

    def __init__(self, path, folder):
        self.path, self.folder = os.path.abspath(path), folder
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("HOLDFAST_")}

    def run(self, *arguments):
        subprocess.run([self.path, *arguments, "--quiet"], cwd=self.folder, check=True,
                       env=self.environment)


def prepare(folder, program, arguments):
    now = str(int(time.time() * 1000))
    subprocess.run([arguments.many_points, folder / "repo", str(arguments.points), now, "2000"],
                   check=True)
    make(str(folder / "large.db"), arguments.size_mb, 4096, "wal", 1)
    program.run("restore", "--db", "app.db", "-r", "repo", "--to", "app.db")
    program.run("backup", "--db", "large.db", "-r", "repo")
    (folder / "holdfast.yml").write_text(
        "repository: repo\ndatabases:\n  - path: app.db\n  - path: large.db\n", encoding="utf-8")


def ask(client, path):
    began = time.perf_counter()
    client.get(path)
    return (time.perf_counter() - began) * 1000


def measure(program, path):
    """The first answer, the next ones, and those after a pause."""
    console = Console(program, verb="serve").start()
    try:
        client = console.client()
        if client.get("/api/v1/session")["state"] == "setup":
            client.set_up()
        else:
            client.sign_in()
        first = ask(client, path)
        next_ones = [ask(client, path) for _ in range(REQUESTS)]
        renewed = []
        for _ in range(RENEWALS):
            time.sleep(PAUSE)
            renewed.append(ask(client, path))
        return first, next_ones, renewed
    finally:
        console.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--holdfast", required=True, metavar="PROGRAM")
    parser.add_argument("--many-points", required=True, metavar="PROGRAM",
                        help="tests/history/many_points of a build")
    parser.add_argument("--points", type=int, default=10000)
    parser.add_argument("--size-mb", type=int, default=1081, help="of the database beside it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        folder = pathlib.Path(folder)
        program = Program(arguments.holdfast, folder)
        prepare(folder, program, arguments)
        print("| path | first | then, median | longest | after a pause, median | longest |")
        print("|---|---|---|---|---|---|")
        for path in PATHS:
            first, *groups = measure(program, path)
            shown = " | ".join(f"{statistics.median(group):.1f} | {max(group):.1f}"
                               for group in groups)
            print(f"| `{path}` | {first:.1f} | {shown} |", flush=True)


if __name__ == "__main__":
    main()

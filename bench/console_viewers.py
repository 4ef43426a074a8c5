#!/usr/bin/python3
"""Measures what viewers of the console's overview cost the replicator and the application.

A database under `holdfast replicate` with an application that commits at a steady pace
(bench/writer.c): without a console, with one, and with viewers who hold its event stream open and
read the overview again at each event, as its page does. Printed for each: the time of a commit, how
far behind the repository was, and the memory of all of Holdfast's processes (proportional set
size), whose difference is what the console adds.
"""
import argparse
import http.client
import json
import os
import pathlib
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import types

from make_database import make

BENCH = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parent / "tests" / "e2e"))
# pylint: disable=wrong-import-position
from console_rig import LONGEST, Console, wait_for

SAMPLE = 1  # s


def build_writer(folder):
    program = folder / "writer"
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program, BENCH / "writer.c", "-lsqlite3"], check=True)
    return program


def commits(notes):
    """ms that each took."""
    return sorted(took / 1000 for _, took in struct.iter_unpack("<qq", notes.read_bytes()))


def tree(root):
    """`root`, and the processes below it."""
    parents = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def memory_mb(root):
    total = 0
    for pid in tree(root):
        try:
            rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        except OSError:
            continue
        total += int(rollup.partition("Pss:")[2].split()[0])
    return total / 1024


class Viewer(threading.Thread):
    """One browser with the overview open."""

    def __init__(self, console, cookie):
        super().__init__(daemon=True)
        self.port, self.cookie, self.seen = console.port, cookie, 0

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST)
        connection.request("GET", path, headers={"Cookie": self.cookie})
        return connection, connection.getresponse()

    def run(self):
        try:
            _, stream = self.ask("/api/v1/events")
            while line := stream.readline():
                if line.startswith(b"event: overview"):
                    connection, answer = self.ask("/api/v1/overview")
                    answer.read()
                    connection.close()
                    self.seen += 1
        except OSError:
            pass  # the console has ended


def lag_ms(program, db):
    """None while the replicator has not told it."""
    told = subprocess.run([program.path, "status", "--json", "--db", db, "-r", "repo"],
                          cwd=program.folder, env=program.environment, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    for database in json.loads(told.stdout).get("databases", []):
        if database.get("live"):
            return database["live"]["lag_ms"]
    return None


def has_ended(application):
    """Within the time from one sample to the next."""
    try:
        return application.wait(SAMPLE) is not None
    except subprocess.TimeoutExpired:
        return False


def measure(program, writer, viewers, arguments):
    """`viewers` None: without a console."""
    folder = program.folder
    db, notes = folder / "app.db", folder / "notes"
    options = ("--db", db, "-r", "repo")
    if viewers is None:
        with open(folder / "log", "ab") as log:
            process = subprocess.Popen([program.path, "replicate", *options], cwd=folder,
                                       env=program.environment, stderr=log)
        console = None
    else:
        console = Console(program, *options).start()
        process = console.process
    try:
        watching = []
        if viewers:
            client = console.client()
            client.set_up()
            watching = [Viewer(console, client.cookie) for _ in range(viewers)]
            for viewer in watching:
                viewer.start()
            wait_for(lambda: all(viewer.seen for viewer in watching), "every viewer")
        wait_for(lambda: lag_ms(program, db) is not None, "the first point")
        seen = sum(viewer.seen for viewer in watching)
        application = subprocess.Popen([writer, db, str(arguments.seconds),
                                        str(arguments.per_second), "5000", "1", notes])
        lags, memory = [], []
        while not has_ended(application):
            memory.append(memory_mb(process.pid))
            lags.append(lag_ms(program, db))
        assert application.returncode == 0
        seen = sum(viewer.seen for viewer in watching) - seen
        return commits(notes), [lag for lag in lags if lag is not None], max(memory), seen
    finally:
        process.terminate()
        process.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--holdfast", required=True, metavar="PROGRAM")
    parser.add_argument("--viewers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--per-second", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = pathlib.Path(name)
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("HOLDFAST_")}
        writer = build_writer(folder)
        print("| | commit, median | 99th percentile | lag, longest | memory | overviews read |")
        print("|---|---|---|---|---|---|")
        for what, viewers in (("without a console", None), ("a console", 0),
                              (f"{arguments.viewers} viewers", arguments.viewers)):
            place = folder / str(viewers)
            place.mkdir()
            make(str(place / "app.db"), 20, 4096, "wal", 1)
            program = types.SimpleNamespace(path=os.path.abspath(arguments.holdfast), folder=place,
                                            environment=environment)
            took, lags, memory, seen = measure(program, writer, viewers, arguments)
            late = took[int(len(took) * 0.99)]
            print(f"| {what} | {statistics.median(took):.2f} ms | {late:.2f} ms |"
                  f" {max(lags, default=0) / 1000:.2f} s | {memory:.1f} MB | {seen} |", flush=True)


if __name__ == "__main__":
    main()

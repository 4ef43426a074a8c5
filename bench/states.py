#!/usr/bin/python3
"""A large database in the console: comparing two states of it, paging and filtering its rows.

Each is set in relation to sqlite3 reading every column of the same rows, just before. Standing
alone, as ten million rows take minutes: bench/states.py --holdfast PROGRAM [--rows N].
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "e2e"))
from console_rig import Console  # noqa: E402 pylint: disable=wrong-import-position

FILL = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;
CREATE TABLE {name} ({key}, name TEXT NOT NULL, price REAL, amount INTEGER, note TEXT);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
INSERT INTO {name} SELECT {value}, 'item number ' || i, i * 0.25, i % 1000,
    'a note of some length about item ' || (i * 7919 % {rows}) FROM n;
PRAGMA journal_mode = WAL;
"""
KINDS = {"numbered": ("id INTEGER PRIMARY KEY", "i"),
         "named": ("id TEXT PRIMARY KEY", "printf('%016x', i * 2654435761 % 4294967296) || i"),
         "unkeyed": ("id", "i")}
CHANGE = "UPDATE {0} SET amount = -1 WHERE price % 250 = 7; DELETE FROM {0} WHERE price % 1250 = 3"
READ = "SELECT max(id), max(name), max(price), max(amount), max(note) FROM {0}"


class Folder:
    """What console_rig wants of whoever starts the program."""

    def __init__(self, program, folder):
        self.path, self.folder = os.path.abspath(program), pathlib.Path(folder)
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, "TZ": "UTC"}

    def run(self, *arguments):
        subprocess.run([self.path, *arguments], cwd=self.folder, env=self.environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sqlite(path, sql):
    subprocess.run(["sqlite3", path], input=sql, text=True, check=True, stdout=subprocess.DEVNULL)


def timed(step):
    started = time.monotonic()
    step()
    return time.monotonic() - started


def worker_memory(console):
    """The most that any of the console's processes had, in MB."""
    most, left = 0, [console.process.pid]
    while left:
        pid = left.pop()
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                left += pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        most = max(most, int(status.split("VmHWM:")[1].split()[0]) / 1024) if "VmHWM" in status else most
    return most


def compare(console, client, point):
    """Seconds of the comparison itself, and memory."""
    job = client.post("/api/v1/databases/app/comparisons", {"from": point, "to": "now"}, 202)["job"]
    began = memory = 0
    while (now := client.get(f"/api/v1/jobs/{job}"))["state"] == "running":
        if now["stage"] == "compare":
            began = began or time.monotonic()
            memory = max(memory, worker_memory(console))
        time.sleep(0.05)
    took = time.monotonic() - began
    assert now["state"] == "done", now
    return took, memory, now["result"]["tables"][0]


def browse(client, name, rows):
    browser = client.post("/api/v1/databases/app/browsers", {"point": "now"})["browser"]
    page = f"/api/v1/browsers/{browser}/tables/{name}/rows"
    last = json.dumps([["note", "contains", f"item {rows // 2}"]])
    yield "first page", lambda: client.get(page)
    yield "last page", lambda: client.get(page, last=1)
    middle = client.get(page, filter=json.dumps([["id", ">", str(rows // 2)]]), limit=1)["rows"][0]
    yield "page in the middle", lambda: client.get(page, after=middle["key"])

    def find():
        answer, after = client.get(page, filter=last), None
        while not answer["rows"] and (after := answer["next"]):
            answer = client.get(page, filter=last, after=after)
    yield "a filter without index, to its first row", find


def measure(kind, rows, program, scratch):
    key, value = KINDS[kind]
    folder = Folder(program, scratch)
    path = os.path.join(scratch, "app.db")
    sqlite(path, FILL.format(name=kind, key=key, value=value, rows=rows))
    folder.run("backup", "--db", path, "-r", "repo")
    sqlite(path, CHANGE.format(kind))
    console = Console(folder, "--db", path, "-r", "repo", verb="serve").start()
    try:
        client = console.client()
        client.set_up()
        point = client.get("/api/v1/databases/app/points")["points"][0]["point"]
        reading = 2 * timed(lambda: sqlite(path, READ.format(kind)))
        took, memory, table = compare(console, client, point)
        print(f"{kind}: {rows:,} rows twice, read in {reading:.1f} s, compared in {took:.1f} s "
              f"({took / reading:.2f} of that), {memory:.0f} MB; +{table['added']:,} "
              f"-{table['removed']:,} ~{table['changed']:,}", flush=True)
        if kind == "numbered":
            for what, step in browse(client, kind, rows):
                seconds = timed(step)
                print(f"  {what}: {1000 * seconds:.0f} ms ({2 * seconds / reading:.4f} of reading "
                      "all once)", flush=True)
    finally:
        console.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--holdfast", required=True, metavar="PROGRAM")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    args = parser.parse_args()
    for kind in args.kinds:
        with tempfile.TemporaryDirectory() as scratch:
            measure(kind, args.rows, args.holdfast, scratch)


if __name__ == "__main__":
    main()

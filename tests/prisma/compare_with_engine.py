#!/usr/bin/python3
"""Compares Holdfast with Prisma's own schema engine over random schemas.

usage: compare_with_engine.py PROGRAM ENGINE_DIR [--what ddl,damage,sync] [--first SEED] [--count N]

ENGINE_DIR has the packages that engine.mjs names in its node_modules. For every seed:
  ddl     the statements for a valid schema are the engine's, byte for byte
  damage  a damaged schema is taken or refused as the engine does, with its first complaint's line
  sync    a database of the engine's with rows, brought to a changed schema by Holdfast, leaves the
          engine nothing to do and keeps every value that the engine keeps
Prints each disagreement and a count; exits with 1 when there was one.
"""
import argparse
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

from damaged_schema import damaged
from random_schema import Schema, changed

HERE = os.path.dirname(os.path.abspath(__file__))


class Engine:
    def __init__(self, directory):
        self.process = subprocess.Popen(["node", os.path.join(HERE, "engine.mjs"), directory],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, do, schema, **more):
        print(json.dumps({"do": do, "schema": schema, **more}), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def statements(sql):
    """Of a script; the engine forgets to quote JSON defaults, which SQLite then refuses."""
    text = re.sub(r"^--.*$", "", sql, flags=re.M)
    text = re.sub(r"(JSONB(?: NOT NULL)? DEFAULT) (\[\]|{.*?})", r"\1 '\2'", text)
    return [part.strip() for part in re.split(r";\s*(?:\n|$)", text) if part.strip()]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def tables(db):
    return [row[0] for row in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]


def columns(db, table):
    return [row[1] for row in db.execute(f"PRAGMA table_info({quoted(table)})")]


SAMPLES = {"INTEGER": [1, 2, 3], "BIGINT": [1, 2 ** 40, -3], "REAL": [1.5, -2.25, 1e9],
           "DECIMAL": [1, 2.5, 3], "BOOLEAN": [0, 1, 1], "BLOB": [b"a", b"\0b", b"c"],
           "DATETIME": [1600000000000, 1600000000001, "2020-01-01T00:00:00Z"]}


def fill(path):
    """Three rows in each table, where its constraints allow it."""
    db = sqlite3.connect(path)
    for table in tables(db):
        for row in range(3):
            names, values = [], []
            for _, name, type, notnull, _, key in db.execute(f"PRAGMA table_info({quoted(table)})"):
                names.append(quoted(name))
                spread = SAMPLES.get(type, [f"{name} a", f"{name} b", f"{name} c"])
                values.append(row + 1 if key and type in ("INTEGER", "BIGINT")
                              else None if row == 1 and not notnull else spread[row])
            try:
                db.execute(f"INSERT INTO {quoted(table)} ({', '.join(names)}) "
                           f"VALUES ({', '.join('?' * len(names))})", values)
            except sqlite3.IntegrityError:
                pass
    db.commit()
    db.close()


def rows(path, table, names):
    db = sqlite3.connect(path)
    found = db.execute(f"SELECT {', '.join(map(quoted, names))} FROM {quoted(table)}").fetchall()
    db.close()
    return sorted(map(repr, found))


class Comparison:
    def __init__(self, program, engine, scratch):
        self.program, self.engine, self.scratch = program, engine, scratch
        self.bad = 0

    def path(self, name):
        return os.path.join(self.scratch, name)

    def holdfast(self, verb, schema, *more):
        with open(self.path("schema.prisma"), "w", encoding="utf-8") as file:
            file.write(schema)
        return subprocess.run([self.program, "schema", verb, "--schema", self.path("schema.prisma"), *more],
                              capture_output=True, text=True, timeout=60, cwd=self.scratch)

    def disagree(self, seed, what, schema, *texts):
        self.bad += 1
        print(f"== seed {seed}: {what}", *texts, sep="\n", flush=True)
        with open(self.path(f"bad-{seed}.prisma"), "w", encoding="utf-8") as file:
            file.write(schema)

    def ddl(self, seed):
        schema = str(Schema(seed))
        theirs, ours = self.engine.ask("ddl", schema), self.holdfast("show", schema)
        if "error" in theirs:
            return
        if ours.returncode:
            self.disagree(seed, "a valid schema was refused", schema, ours.stderr)
        elif statements(ours.stdout) != statements(theirs["sql"]):
            differing = [pair for pair in zip(statements(theirs["sql"]), statements(ours.stdout))
                         if pair[0] != pair[1]]
            self.disagree(seed, "other statements", schema, *(differing[0] if differing else ["count"]))

    def damage(self, seed):
        schema = damaged(str(Schema(seed)), seed)
        theirs, ours = self.engine.ask("ddl", schema), self.holdfast("show", schema)
        if "error" not in theirs:
            if ours.returncode:
                if "Holdfast works on SQLite" not in ours.stderr:
                    self.disagree(seed, "a valid schema was refused", schema, ours.stderr)
            elif statements(ours.stdout) != statements(theirs["sql"]):
                self.disagree(seed, "other statements", schema)
            return
        expected = re.findall(r"--> +schema\.prisma:(\d+)", theirs["error"])
        found = re.findall(r"schema\.prisma:(\d+):", ours.stderr)
        if ours.returncode == 0:
            self.disagree(seed, "an invalid schema was taken", schema, theirs["error"])
        elif ours.returncode != 3:
            self.disagree(seed, f"exit code {ours.returncode}", schema, ours.stderr)
        elif expected and found[:1] != expected[:1]:
            self.disagree(seed, "another line", schema, theirs["error"], "ours:", ours.stderr)

    def sync(self, seed):
        old = Schema(seed)
        new = str(changed(old, seed))
        live, reference = self.path("live.db"), self.path("reference.db")
        for path in (live, reference):
            for suffix in ("", "-wal", "-shm", "-journal", "-holdfast"):
                if os.path.exists(path + suffix):
                    os.unlink(path + suffix)
        if "error" in self.engine.ask("push", str(old), db=live) or "error" in self.engine.ask("ddl", new):
            return
        fill(live)
        shutil.copy(live, reference)
        pushed = self.engine.ask("push", new, db=reference, force=True)
        ours = self.holdfast("apply", new, "--db", live, "--repository", self.path("repository"),
                             "--accept-data-loss")
        if ours.returncode == 9 and (pushed.get("impossible") or "error" in pushed or "orphan" in ours.stderr):
            return
        if ours.returncode:
            self.disagree(seed, f"exit code {ours.returncode}", new, str(pushed), ours.stdout, ours.stderr)
            return
        self.check_synced(seed, new, live, reference, pushed)

    def check_synced(self, seed, new, live, reference, pushed):
        again = self.holdfast("plan", new, "--db", live, "--check", "--accept-data-loss")
        if again.returncode:
            self.disagree(seed, "there is still something to do", new, again.stdout, again.stderr)
        # The engine wants to rebuild tables with these defaults again and again.
        rest = self.engine.ask("diff", new, db=live).get("sql", "")
        if rest.strip() and not re.search(r"Bytes\??.*@default|dbgenerated", new) and "empty migration" not in rest:
            self.disagree(seed, "the engine still has something to do", new, rest)
        if "error" in pushed or pushed.get("impossible"):
            return
        ours, theirs = sqlite3.connect(live), sqlite3.connect(reference)
        for table in tables(theirs):
            names = columns(theirs, table)
            if sorted(columns(ours, table)) != sorted(names):
                self.disagree(seed, f"other columns in {table}", new)
            elif "Json" not in new and rows(live, table, names) != rows(reference, table, names):
                self.disagree(seed, f"other rows in {table}", new, *rows(reference, table, names)[:3],
                              "ours:", *rows(live, table, names)[:3])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("engine", type=os.path.abspath)
    parser.add_argument("--what", default="ddl,damage,sync")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    scratch = tempfile.mkdtemp(prefix="holdfast-prisma-")
    comparison = Comparison(options.program, Engine(options.engine), scratch)
    for seed in range(options.first, options.first + options.count):
        for what in options.what.split(","):
            getattr(comparison, what)(seed)
    print(f"{options.count} seeds, {comparison.bad} disagreements" +
          (f"; schemas in {scratch}" if comparison.bad else ""))
    if not comparison.bad:
        shutil.rmtree(scratch)
    sys.exit(1 if comparison.bad else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Compares with Prisma over a corpus of schemas from public repositories.

usage: prisma_corpus.py PRISMA_COMPILE_FILE PRISMA_PULL_FILE SOURCE_ROOT

The corpus is $HOLDFAST_PRISMA_CORPUS, else ../shared/corpus/prisma beside the source tree: for each
schemas/*/schema.prisma the statements that Prisma makes of it (ddl.sql), for each invalid/*.prisma
what Prisma says (*.error.txt), and what its introspection prints of the database (pull.prisma). Without a corpus the test counts as skipped.
"""
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

SKIPPED = 77  # what meson takes for it


def unquoted(sql):
    """Without what Prisma leaves out and SQLite needs: a quote doubled within a name, quotes around
    a default of JSON. The statements that Prisma makes of these fail."""
    sql = re.sub(r"(JSONB[^\n]* DEFAULT )'([^\n]*)'(,?)$", r"\1\2\3", sql, flags=re.M)
    return sql.replace('""', '"')


def compiled(tool, path):
    run = subprocess.run([tool, path], capture_output=True, check=False)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def check_valid(tool, folder):
    code, out, err = compiled(tool, folder / "schema.prisma")
    wanted = (folder / "ddl.sql").read_text()
    if code:
        return f"is refused: {out}{err}"
    if out.strip() == wanted.strip() or unquoted(out).strip() == wanted.strip():
        return None
    for ours, theirs in zip(out.splitlines(), wanted.splitlines()):
        if ours != theirs:
            return f"gives\n  {ours}\ninstead of\n  {theirs}"
    return "gives more or fewer statements"


def check_invalid(tool, path):
    code, out, err = compiled(tool, path)
    if code != 3:
        return f"is accepted, or fails otherwise ({code}): {err}"
    theirs = re.findall(r"^\s*-->\s+[^\n:]*:(\d+)", path.with_suffix(".error.txt").read_text(), re.M)
    ours = re.findall(r"^(\d+): ", out, re.M)
    if theirs and ours[:1] != theirs[:1]:
        return f"is refused at line {ours[:1]} instead of {theirs[:1]}: {out}"
    return None


def check_pull(tool, path):
    with tempfile.TemporaryDirectory() as folder:
        database = os.path.join(folder, "pulled.db")
        connection = sqlite3.connect(database)
        connection.executescript((path.parent / "ddl.sql").read_text())
        connection.close()
        code, out, err = compiled(tool, database)
    if code:
        return f"cannot be pulled, or the pulled schema would change it ({code}): {err}"
    return None if out == path.read_text() else f"is pulled as\n{out}"


def main():
    tool, pull, root = sys.argv[1:]
    corpus = pathlib.Path(os.environ.get("HOLDFAST_PRISMA_CORPUS",
                                         pathlib.Path(root).parent / "shared/corpus/prisma"))
    if not corpus.is_dir():
        print(f"no corpus at {corpus}")
        return SKIPPED
    cases = [(check_valid, tool, path) for path in sorted(corpus.glob("schemas/*"))]
    cases += [(check_invalid, tool, path) for path in sorted(corpus.glob("invalid/*.prisma"))]
    cases += [(check_pull, pull, path) for path in sorted(corpus.glob("schemas/*/pull.prisma"))]
    failures = 0
    for check, program, path in cases:
        complaint = check(program, path)
        if complaint:
            failures += 1
            print(f"{path.relative_to(corpus)}: {complaint}")
    print(f"{len(cases) - failures} of {len(cases)} schemas as Prisma has them")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())

"""Schema sync: how long it takes to look at many tables, and to rebuild a large one."""

import os
import shutil
import sqlite3
import statistics

from contenders import Holdfast
from floors import at_most
from make_database import INDEXES, SCHEMA, make

TABLES = 1000
LARGE_MB = 1000


def prisma(tables, changed):
    """A schema of `tables` models; the first `changed` of them have one field more."""
    models = ['datasource db {\n  provider = "sqlite"\n  url = "file:bench.db"\n}\n']
    for number in range(tables):
        fields = ["id Int @id @default(autoincrement())", "name String @unique", "note String?"]
        fields += [f"field{i} {('Int', 'String', 'DateTime?', 'Boolean')[i % 4]}" for i in range(8)]
        if number:
            fields += ["previousId Int?",
                       f"previous Table{number - 1}? @relation(fields: [previousId], references: [id])"]
        if number + 1 < tables:
            fields.append(f"next Table{number + 1}[]")
        if number < changed:
            fields.append("late String?")
        lines = "\n".join("  " + field for field in fields)
        models.append("model Table%d {\n%s\n  @@index([field0, field1])\n}\n" % (number, lines))
    return "\n".join(models)


def plan(scratch, program, runs, say):
    """Planning a change of ten tables among a thousand."""
    path, schema = os.path.join(scratch, "tables.db"), os.path.join(scratch, "schema.prisma")
    sqlite3.connect(path).close()
    tool = Holdfast(scratch, path, program)
    walls = []
    for changed in (0, 10):
        with open(schema, "w", encoding="utf-8") as text:
            text.write(prisma(TABLES, changed))
        if not changed:
            tool.verb("schema", "apply", "--schema", schema)
    for _ in range(max(runs, 5)):
        walls.append(tool.verb("schema", "plan", "--schema", schema).wall)
    shutil.rmtree(tool.folder)
    os.unlink(path)
    wall = statistics.median(walls)
    say(f"  plan of {TABLES:,} tables  {wall:8.3f} s")
    return (f"Planning for {TABLES:,} tables, ten of which change: {wall:.2f} s.",
            [at_most(f"plan of {TABLES:,} tables", wall, 1, " s")])


REBUILD = """
PRAGMA foreign_keys=off;
BEGIN IMMEDIATE;
{create};
INSERT INTO rebuilt SELECT * FROM message;
DROP TABLE message;
ALTER TABLE rebuilt RENAME TO message;
{indexes}
COMMIT;
"""


def rebuild(scratch, program, say):
    """Rebuilding a large table, beside the same done by hand with the sqlite3 shell."""
    path, other = os.path.join(scratch, "holdfast.db"), os.path.join(scratch, "shell.db")
    schema = os.path.join(scratch, "schema.sql")
    say(f"making a database of {LARGE_MB} MB")
    make(path, LARGE_MB, 4096, "wal", 1)
    shutil.copy(path, other)
    wanted = SCHEMA.replace("state TEXT NOT NULL", "state TEXT NOT NULL CHECK (state <> '')")
    with open(schema, "w", encoding="utf-8") as text:
        text.write(wanted + INDEXES)
    tool = Holdfast(scratch, path, program)
    tool.backup()  # so that the restore point before the change has nothing left to store
    tool.backup()
    ours = tool.verb("schema", "apply", "--schema", schema)
    create = "CREATE TABLE message" + wanted.split("CREATE TABLE message")[1]
    indexes = "\n".join(line for line in INDEXES.splitlines() if " ON message " in line)
    script = REBUILD.format(create=create.strip().rstrip(";").replace("message", "rebuilt", 1), indexes=indexes)
    by_hand = tool.run("sqlite3", other, script)
    shutil.rmtree(tool.folder)
    for left in (path, other):
        os.unlink(left)
    say(f"  rebuild  holdfast {ours.wall:.1f} s  shell {by_hand.wall:.1f} s")
    return (f"Rebuilding the tables of {LARGE_MB:,} MB for a new CHECK: {ours.wall:.1f} s and "
            f"{ours.memory / 1e6:.0f} MB of memory, all proven before the commit; the bare statements "
            f"in the sqlite3 shell: {by_hand.wall:.1f} s.",
            [at_most("rebuild, time of the bare statements", ours.wall / by_hand.wall, 1.5, " x")])

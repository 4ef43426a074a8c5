"""A database that can prove which state it is in.

The table `ledger` has a row for each transaction: its number, whose it is, for every other table
the count of its rows and the sum of their hashes, a digest of the schema, which row of the ledger is
the oldest that is kept, and a chain: a hash over all of that and the chain before. A transaction changes tables and writes its row, or neither. So a
state that is torn, mixed of two moments, or lacks a transaction in the middle contradicts itself,
and what does not can be looked up by its last chain in what the application noted.
"""

import hashlib
import json
import os
import sqlite3

MODULUS = 1 << 64
SCHEMA = """
create table ledger(n integer primary key, generation integer not null, writer text not null,
                    sums text not null, chain text not null);
create index ledger_writer on ledger(writer, n);
"""


class Contradiction(Exception):
    """The database is in a state that no transaction made."""


def digest(text):
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def row_hash(row):
    """Of a row's values; a column that was added later, and is NULL, counts for nothing."""
    values = list(row)
    while values and values[-1] is None:
        values.pop()
    return int.from_bytes(hashlib.blake2b(repr(values).encode(), digest_size=8).digest(), "big")


def connect(path, **options):
    return sqlite3.connect(path, isolation_level=None, **options)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def schema_digest(database):
    rows = database.execute("select type, name, tbl_name, sql from sqlite_master "
                            "where name not like 'sqlite_%' order by type, name").fetchall()
    return digest(repr(rows))


def chain_of(before, n, generation, writer, sums):
    return digest(f"{before}|{n}|{generation}|{writer}|{sums}")


class Book:
    """The state as the last row of the ledger has it, and what this transaction changes of it."""

    def __init__(self, database):
        self.database = database
        row = database.execute("select n, generation, sums, chain from ledger "
                               "order by n desc limit 1").fetchone()
        self.n, self.generation, self.chain = (row[0], row[1], row[3]) if row else (0, 0, "")
        sums = json.loads(row[2]) if row else {"tables": {}, "schema": "", "version": 0}
        self.tables, self.schema, self.version = sums["tables"], sums["schema"], sums["version"]

    def add(self, table, row):
        entry = self.tables[table]
        entry[0] += 1
        entry[1] = (entry[1] + row_hash(row)) % MODULUS

    def drop(self, table, row):
        entry = self.tables[table]
        entry[0] -= 1
        entry[1] = (entry[1] - row_hash(row)) % MODULUS

    def count_again(self, table):
        self.tables[table] = content(self.database, table)

    def schema_changed(self):
        self.schema = schema_digest(self.database)

    def close(self, writer, generation):
        """Writes this transaction's row. Returns (n, chain)."""
        self.n += 1
        self.generation = generation
        (first,) = self.database.execute("select min(n) from ledger").fetchone()
        sums = json.dumps({"tables": self.tables, "schema": self.schema, "version": self.version,
                           "first": first or self.n}, sort_keys=True, separators=(",", ":"))
        self.chain = chain_of(self.chain, self.n, generation, writer, sums)
        self.database.execute("insert into ledger values(?,?,?,?,?)",
                              (self.n, generation, writer, sums, self.chain))
        return self.n, self.chain


def content(database, table):
    """[count, sum] of what is really in a table."""
    count = total = 0
    for row in database.execute(f"select * from {quoted(table)}"):
        count += 1
        total = (total + row_hash(row)) % MODULUS
    return [count, total]


def create(path, generation, writer, page_size=4096, auto_vacuum=0, journal="wal", before=None):
    """A new database with an empty ledger. `before(n, chain)` is told just before the commit."""
    database = connect(path, timeout=30)
    database.execute(f"pragma page_size={page_size}")
    database.execute(f"pragma auto_vacuum={auto_vacuum}")
    database.execute(f"pragma journal_mode={journal}").fetchall()
    database.execute("begin immediate")
    for statement in SCHEMA.split(";"):
        database.execute(statement)
    book = Book(database)
    book.schema_changed()
    made = book.close(writer, generation)
    if before:
        before(*made)
    database.execute("commit")
    database.close()
    return made


def prove(database):
    """Reads everything within the caller's read transaction. Returns the last row's (generation, n,
    chain), or None for a database without tables; Contradiction when the state is none."""
    problems = [row[0] for row in database.execute("pragma integrity_check(5)")]
    if problems != ["ok"]:
        raise Contradiction("integrity_check: " + "; ".join(problems))
    tables = {row[0] for row in database.execute(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")}
    if not tables:
        return None
    if "ledger" not in tables:
        raise Contradiction(f"there are tables {sorted(tables)} and no ledger")
    first = last = sums = None
    for n, generation, writer, text, chain in database.execute(
            "select n, generation, writer, sums, chain from ledger order by n"):
        if last and (n != last[1] + 1 or chain != chain_of(last[2], n, generation, writer, text)):
            raise Contradiction(f"the ledger's row {n} does not follow its row {last[1]}")
        first, last, sums = first or n, (generation, n, chain), text
    if not last:
        raise Contradiction("the ledger is empty")
    told = json.loads(sums)
    if told["first"] != first:
        raise Contradiction(f"the ledger begins with {first}, not with {told['first']}")
    if told["schema"] != schema_digest(database):
        raise Contradiction(f"the schema is not that of transaction {last[1]}")
    version = database.execute("pragma user_version").fetchone()[0]
    if told["version"] != version:
        raise Contradiction(f"user_version is {version}, not {told['version']}")
    if set(told["tables"]) != tables - {"ledger"}:
        raise Contradiction(f"tables are {sorted(tables)}, not {sorted(told['tables'])}")
    for table, wanted in told["tables"].items():
        found = content(database, table)
        if found != wanted:
            raise Contradiction(f"{table} has {found[0]} rows with sum {found[1]:x}, where "
                                f"transaction {last[1]} left {wanted[0]} with {wanted[1]:x}")
    return last


def prove_file(path):
    """`prove` of a file that nobody else uses."""
    if os.path.getsize(path) == 0:
        return None
    database = connect(path, timeout=30)
    try:
        database.execute("begin")
        return prove(database)
    except sqlite3.DatabaseError as error:
        raise Contradiction(f"SQLite: {error}") from error
    finally:
        database.close()

#!/usr/bin/python3
"""An application that stores orders in SQLite, for script/demo.

usage: orders.py make PATH MIB     a database of about that size
       orders.py write PATH       commit orders until the process is told to end (SIGTERM)
       orders.py more PATH N      return when N more orders have been committed
       orders.py look PATH        count orders and ask SQLite whether the file is sound
"""
import random
import signal
import sqlite3
import sys
import time

WORDS = ("bolt nut washer screw hinge latch bracket spring gear chain belt pulley valve hose pump "
         "filter gasket seal bearing shaft clamp rivet anchor cable switch relay fuse lamp").split()


def order(source):
    items = " ".join(source.choices(WORDS, k=12))
    return (f"customer-{source.randrange(50000):05d}", items, source.randrange(100, 100000),
            source.randbytes(24).hex())


def insert(connection, rows):
    connection.executemany("insert into orders(customer, items, cents, token) values(?,?,?,?)",
                           rows)


def make(path, mib):
    source = random.Random(1)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(
        "pragma journal_mode=wal; pragma synchronous=normal; begin;"
        "create table orders(id integer primary key, customer text, items text, cents integer,"
        " token text); create index by_customer on orders(customer);")
    insert(connection, (order(source) for _ in range(int(mib) * 4500)))
    connection.execute("commit")
    connection.close()


def write(path):
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
    source = random.Random(2)
    # No busy timeout: a backup that got in the way would be an error here.
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    connection.execute("pragma synchronous=normal")
    count, slowest = 0, 0.0
    while not ended:
        begun = time.perf_counter()
        connection.execute("begin immediate")
        insert(connection, [order(source)])
        connection.execute("commit")
        slowest = max(slowest, time.perf_counter() - begun)
        count += 1
    connection.close()
    print(f"the application committed {count} orders meanwhile; "
          f"the slowest took {slowest * 1000:.0f} ms")


def more(path, number):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    newest = "select max(id) from orders"
    (wanted,) = connection.execute(f"select ({newest}) + {int(number)}").fetchone()
    while connection.execute(newest).fetchone()[0] < wanted:
        pass
    connection.close()


def look(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    (count, cents) = connection.execute("select count(*), sum(cents) from orders").fetchone()
    (verdict,) = connection.execute("pragma integrity_check").fetchone()
    connection.close()
    print(f"{count} orders worth {cents / 100:.2f}, integrity_check: {verdict}")


if __name__ == "__main__":
    {"make": make, "write": write, "more": more, "look": look}[sys.argv[1]](*sys.argv[2:])

#!/usr/bin/python3
"""Changes rows of a database that make_database.py made: a share of them, chosen at random.

Each gets a new subject and time, every tenth another state (which is indexed). One percent of
the rows touches about 14 percent of the pages.
"""

import argparse
import random
import sqlite3

from make_database import STATES, Words


def touch(path, percent, seed):
    rng = random.Random(seed)
    words = Words(rng)
    database = sqlite3.connect(path, isolation_level=None)
    (rows,) = database.execute("SELECT max(id) FROM message").fetchone()
    chosen = rng.sample(range(1, rows + 1), max(1, round(rows * percent / 100)))
    database.execute("BEGIN IMMEDIATE")
    for number, row in enumerate(chosen):
        database.execute("UPDATE message SET subject = ?, updated_at = updated_at + ? WHERE id = ?",
                         (words.take(4), rng.randrange(1, 10**9), row))
        if number % 10 == 0:
            database.execute("UPDATE message SET state = ? WHERE id = ?", (rng.choice(STATES), row))
    database.execute("COMMIT")
    database.close()
    return len(chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("--percent", type=float, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    print(f"{args.path}: {touch(args.path, args.percent, args.seed):,} rows changed")


if __name__ == "__main__":
    main()

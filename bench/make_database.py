#!/usr/bin/python3
"""Makes a database like those that applications keep: text, JSON, UUIDs, times and indexes.

The same size and seed give the same rows. About 3,080 rows make a megabyte; `zstd -3` makes it
0.41 of its size.
"""

import argparse
import itertools
import os
import random
import sqlite3

ROWS_PER_MB = 3010
BATCH = 20_000
VOCABULARY = 4_000
STATES = ("open", "waiting", "assigned", "resolved", "closed", "spam")
SOURCES = ("web", "android", "ios", "email", "import", "api")
LANGUAGES = ("en", "de", "fi", "fr", "es", "pl", "sv", "ja")

SCHEMA = """
CREATE TABLE account (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
    settings TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE message (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, account_id INTEGER NOT NULL REFERENCES account,
    state TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, data TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at INTEGER NOT NULL);
"""

INDEXES = """
CREATE UNIQUE INDEX account_email ON account (email);
CREATE UNIQUE INDEX message_uuid ON message (uuid);
CREATE INDEX message_account ON message (account_id);
CREATE INDEX message_state ON message (state);
"""


class Words:
    """Words as frequent as words are: the n-th has a weight of 1 / (n + 1)."""

    def __init__(self, rng):
        syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "er", "an")]
        self.words = sorted({"".join(rng.choices(syllables, k=rng.choice((1, 2, 2, 3, 3, 4))))
                             for _ in range(VOCABULARY)}, key=lambda word: (len(word), word))
        self.weights = list(itertools.accumulate(1 / (n + 1) for n in range(len(self.words))))
        self.rng = rng
        self.drawn = []
        self.next = 0

    def take(self, count):
        if self.next + count > len(self.drawn):
            self.drawn = self.rng.choices(self.words, cum_weights=self.weights, k=500_000)
            self.next = 0
        self.next += count
        return " ".join(self.drawn[self.next - count:self.next])


def uuid(rng):
    digits = "%032x" % rng.getrandbits(128)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def clock(milliseconds):
    """ISO 8601 within a year of days that all have 24 hours and months that all have 28 days."""
    seconds, part = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    years, day = divmod(days, 336)
    month, day = divmod(day, 28)
    return f"{2024 + years}-{month + 1:02}-{day + 1:02}T{hour:02}:{minute:02}:{second:02}.{part:03}Z"


def account(rng, words, number):
    name = words.take(2).title()
    return (number, uuid(rng), name, f"{name.replace(' ', '.').lower()}{number}@example.org",
            '{"theme":"%s","language":"%s","notify":{"email":%s,"push":%s}}' % (
                rng.choice(("dark", "light")), rng.choice(LANGUAGES),
                rng.choice(("true", "false")), rng.choice(("true", "false"))),
            clock(number * 977_131))


def message(rng, words, number, accounts):
    draw = rng.getrandbits(48)
    at = number * 19_000 + draw % 15 * 1000
    data = '{"source":"%s","language":"%s","score":%d,"thread":%d,"tags":["%s","%s"]}' % (
        SOURCES[draw % 6], LANGUAGES[draw >> 8 & 7], draw >> 11 & 63,
        draw >> 40, words.take(1), words.take(1))
    return (number, uuid(rng), draw % accounts + 1, STATES[(draw >> 20) % 6],
            words.take(3 + (draw >> 24) % 4), words.take(6 + (draw >> 30) % 17), data, clock(at),
            1_700_000_000_000 + at)


def in_batches(rows):
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch


def make(path, size_mb, page_size, journal, seed):
    rng = random.Random(seed)
    words = Words(rng)
    messages = size_mb * ROWS_PER_MB
    accounts = max(messages // 40, 1)
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(f"PRAGMA page_size={page_size}; PRAGMA journal_mode=off; "
                           f"PRAGMA synchronous=off; PRAGMA cache_size=-200000; {SCHEMA}")
    database.execute("BEGIN")
    for batch in in_batches(account(rng, words, n + 1) for n in range(accounts)):
        database.executemany("INSERT INTO account VALUES (?,?,?,?,?,?)", batch)
    for batch in in_batches(message(rng, words, n + 1, accounts) for n in range(messages)):
        database.executemany("INSERT INTO message VALUES (?,?,?,?,?,?,?,?,?)", batch)
    database.execute("COMMIT")
    database.executescript(f"{INDEXES} PRAGMA journal_mode={journal};")
    database.close()
    return messages + accounts


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("--size-mb", type=int, default=1081, help="about so many million bytes")
    parser.add_argument("--page-size", type=int, default=4096)
    parser.add_argument("--journal", choices=("wal", "delete"), default="wal")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if os.path.exists(args.path):
        parser.error(f"{args.path} is there already")
    rows = make(args.path, args.size_mb, args.page_size, args.journal, args.seed)
    print(f"{args.path}: {rows:,} rows, {os.path.getsize(args.path) / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()

"""Portable copies of 100,000 items: export and import, generic and by profile."""

import os
import shutil
import sqlite3

from contenders import Holdfast
from floors import at_most
from measure import Failed

ITEMS = 100_000
SCHEMA = """
CREATE TABLE "User" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "username" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, "movieProfile" TEXT, "tvProfile" TEXT);
CREATE UNIQUE INDEX "User_username_key" ON "User"("username");
CREATE TABLE "Media" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "tmdbId" INTEGER NOT NULL,
    "title" TEXT NOT NULL, "mediaType" TEXT NOT NULL, "posterUrl" TEXT, "overview" TEXT,
    "backdropUrl" TEXT, "voteAverage" REAL, "language" TEXT, "releaseYear" TEXT);
CREATE UNIQUE INDEX "Media_tmdbId_key" ON "Media"("tmdbId");
CREATE TABLE "UserMedia" ("id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "userId" INTEGER NOT NULL
    REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE, "mediaId" INTEGER NOT NULL
    REFERENCES "Media" ("id") ON DELETE CASCADE ON UPDATE CASCADE, "status" TEXT NOT NULL,
    "updatedAt" DATETIME NOT NULL);
CREATE UNIQUE INDEX "UserMedia_userId_mediaId_key" ON "UserMedia"("userId", "mediaId");
CREATE TABLE "SystemConfig" ("id" INTEGER NOT NULL PRIMARY KEY DEFAULT 1, "jellyfinUrl" TEXT,
    "jellyseerrUrl" TEXT, "jellyseerrApiKey" TEXT, "geminiApiKey" TEXT,
    "geminiModel" TEXT DEFAULT 'gemini-2.5-flash-lite', "isConfigured" BOOLEAN NOT NULL DEFAULT false);
"""


def fill(path):
    """One user with ITEMS media, a third in each list."""
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    database.execute('INSERT INTO "User" VALUES (1, ?, 1700000000000, ?, NULL)', ("ann", "{}"))
    database.execute('INSERT INTO "SystemConfig" ("id", "isConfigured") VALUES (1, 1)')
    database.executemany(
        'INSERT INTO "Media" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ((n, 1000 + n, f"Title number {n}", ("movie", "tv")[n % 2], f"/poster/{n}.jpg",
          f"What happens in number {n}, told in the words of a catalogue. " * 2, f"/backdrop/{n}.jpg",
          n % 100 / 10, "en", str(1950 + n % 75)) for n in range(1, ITEMS + 1)))
    database.executemany(
        'INSERT INTO "UserMedia" VALUES (?, 1, ?, ?, ?)',
        ((n, n, ("WATCHED", "WATCHLIST", "BLOCKED")[n % 3], 1700000000000 + n)
         for n in range(1, ITEMS + 1)))
    database.commit()
    database.close()


def empty(path):
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    database.close()


def count(path):
    database = sqlite3.connect(path)
    found = database.execute('SELECT count(*) FROM "UserMedia"').fetchone()[0]
    database.close()
    return found


def copies(scratch, program, say):
    full, target = os.path.join(scratch, "full.db"), os.path.join(scratch, "target.db")
    fill(full)
    found, verdicts = [], []
    for kind, option in (("profile", ()), ("generic", ("--generic",))):
        source = Holdfast(scratch, full, program)
        copy = os.path.join(scratch, "copy.json")
        export = source.verb("export", "--to", copy, *option)
        shutil.rmtree(source.folder)
        (empty if kind == "profile" else lambda path: sqlite3.connect(path).close())(target)
        sink = Holdfast(scratch, target, program)
        back = sink.verb("import", copy)
        shutil.rmtree(sink.folder)
        if count(target) != ITEMS:
            raise Failed(f"{kind}: {count(target)} of {ITEMS} came back")
        say(f"  {kind:10} export {export.wall:.2f} s {export.memory / 1e6:.0f} MB  "
            f"import {back.wall:.2f} s {back.memory / 1e6:.0f} MB")
        found.append(f"{kind}: export {export.wall:.2f} s, import {back.wall:.2f} s, "
                     f"{os.path.getsize(copy) / 1e6:.0f} MB of JSON")
        verdicts += [at_most(f"export of {ITEMS:,} items, {kind}", export.wall, 1, " s"),
                     at_most(f"import of {ITEMS:,} items, {kind}", back.wall, 3, " s"),
                     at_most(f"memory, {kind}", max(export.memory, back.memory) / 1e6, 64, " MB", 0)]
        os.unlink(target)
    os.unlink(full)
    return f"A database with {ITEMS:,} media items of one user, " + "; ".join(found) + ".", verdicts

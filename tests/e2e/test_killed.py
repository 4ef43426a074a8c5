"""Killed at any moment: what was acknowledged restores, and the database is one that was there."""
import os
import random
import shutil
import subprocess
import time

import pytest

import conftest

ROUNDS = 12


@pytest.fixture
def chance():
    """Moments differ from run to run; the same ones come back with HOLDFAST_TEST_SEED."""
    seed = int(os.environ.get("HOLDFAST_TEST_SEED", time.time_ns() % 10**9))
    print(f"HOLDFAST_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def db(tmp_path):
    path = tmp_path / "app.db"
    conftest.make(path, rows=20000)
    return path


def killed_after(process, seconds):
    """Whether it was: else it ended before, and well."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    assert process.returncode in (0, -9)
    return process.returncode != 0


def duration(holdfast, *arguments):
    begun = time.monotonic()
    holdfast(*arguments)
    return time.monotonic() - begun


def change(db, chance, step):
    conftest.execute(db, f"update note set body = 'step {step} ' || id "
                         f"where id % {chance.randrange(2, 40)} = 0")


def test_a_backup(holdfast, tmp_path, db, chance):
    takes = duration(holdfast, "backup", "--db", db, "-r", "unharmed")
    (tmp_path / "app.db-holdfast").unlink()
    acknowledged, kills = {}, 0
    for step in range(ROUNDS):
        change(db, chance, step)
        before = conftest.content(db)
        kills += killed_after(holdfast.start("backup", "--db", db, "-r", "repo"),
                              chance.uniform(0, takes))
        assert conftest.content(db) == before
        point = holdfast.json("backup", "--db", db, "-r", "repo")["databases"][0]["point"]
        acknowledged[point] = before
        holdfast("check", "--read-data", "-r", "repo")
    for point, content in acknowledged.items():
        holdfast("restore", "app", "-r", "repo", "--point", point, "--to", "out.db", "--overwrite")
        assert conftest.content(tmp_path / "out.db") == content
    print(f"{kills} backups killed, {len(acknowledged)} restore points tried")
    assert kills > 0


def settled(db):
    """As the next program finds it: SQLite rolls back what a journal says."""
    conftest.execute(db, "select count(*) from sqlite_schema")
    return conftest.content(db)


@pytest.mark.parametrize("manner", ["--overwrite", "--delta"])
def test_a_restore(holdfast, tmp_path, db, chance, manner):
    holdfast("backup", "--db", db, "-r", "repo")
    old = conftest.content(db)
    change(db, chance, 0)
    shutil.copy(db, tmp_path / "newer.db")
    new = conftest.content(db)
    restore = ("restore", "app", "-r", "repo", "--to", "out.db", manner)
    shutil.copy(db, tmp_path / "out.db")
    takes = duration(holdfast, *restore)
    kills, seen = 0, []
    for _ in range(ROUNDS):
        shutil.copy(tmp_path / "newer.db", tmp_path / "out.db")
        kills += killed_after(holdfast.start(*restore), chance.uniform(0, takes))
        seen.append(settled(tmp_path / "out.db"))
        assert seen[-1] in (old, new)
    holdfast(*restore)
    assert conftest.content(tmp_path / "out.db") == old
    print(f"{kills} restores killed; the old file was left {seen.count(new)} times")
    assert kills > 0


def test_a_restore_in_place(holdfast, db, chance):
    contents = []
    for step in range(2):
        change(db, chance, step)
        takes = duration(holdfast, "backup", "--db", db, "-r", "repo")
        contents.append(conftest.content(db))
    kills = 0
    for step in range(ROUNDS):
        # There and back again.
        restore = ("restore", "-r", "repo", "--db", db, "--point", 1 + step % 2)
        kills += killed_after(holdfast.start(*restore), chance.uniform(0, 2 * takes))
        assert settled(db) in contents
    for point, content in enumerate(contents, start=1):
        holdfast("restore", "-r", "repo", "--db", db, "--point", point)
        assert conftest.content(db) == content
    holdfast("check", "--read-data", "-r", "repo")
    assert kills > 0

"""Backing up live databases of every shape, and getting them back bit for bit."""
import os
import signal
import subprocess
import sys
import time

import pytest

import conftest


def back_up(holdfast, db, *options):
    (item,) = holdfast.json("backup", "--db", db, "-r", "repo", *options)["databases"]
    return item


def restored(holdfast, tmp_path, name, *options):
    target = tmp_path / name
    holdfast("restore", "-r", "repo", "--to", target, *options)
    return target


def test_first_is_whole_second_is_what_changed_third_is_nothing(holdfast, tmp_path, db):
    first = back_up(holdfast, db)
    assert (first["kind"], first["point"]) == ("full", 1)
    conftest.execute(db, "update note set body = 'new' where id = 1000")
    second = back_up(holdfast, db)
    assert (second["kind"], second["point"]) == ("incremental", 2)
    assert 0 < second["pages_stored"] < 12
    assert second["bytes_added"] < first["bytes_added"] / 5
    before = conftest.objects(tmp_path / "repo")
    third = back_up(holdfast, db)
    assert (third["kind"], third["point"]) == ("unchanged", 2)
    assert conftest.objects(tmp_path / "repo") == before


def test_a_database_that_has_settled_is_not_read_at_all(holdfast, db):
    """Times of the file system are coarse: just after a change the pages themselves decide."""
    back_up(holdfast, db)
    deadline = time.monotonic() + 20
    while (item := back_up(holdfast, db))["pages_read"]:
        assert item["kind"] == "unchanged"
        assert time.monotonic() < deadline


def test_every_point_restores_bit_for_bit(holdfast, tmp_path, db):
    states = []
    for step in range(5):
        conftest.execute(db, f"update note set body = 'step {step}' where id % 7 = {step}",
                         "pragma wal_checkpoint(truncate)")
        back_up(holdfast, db)
        states.append(db.read_bytes())
    for point, state in enumerate(states, start=1):
        target = restored(holdfast, tmp_path, f"{point}.db", "--point", point)
        assert target.read_bytes() == state


@pytest.mark.parametrize("page_size", [512 << i for i in range(8)])
def test_every_page_size(holdfast, tmp_path, page_size):
    db = tmp_path / "app.db"
    conftest.make(db, rows=500, page_size=page_size)
    assert back_up(holdfast, db)["kind"] == "full"
    conftest.execute(db, "delete from note where id % 3 = 0")
    back_up(holdfast, db)
    assert conftest.content(restored(holdfast, tmp_path, "out.db")) == conftest.content(db)


@pytest.mark.parametrize("journal", ["delete", "truncate", "persist", "wal"])
def test_every_journal_mode(holdfast, tmp_path, journal):
    db = tmp_path / "app.db"
    conftest.make(db, rows=300, journal=journal)
    back_up(holdfast, db)
    conftest.execute(db, "update note set body = 'x' where id < 20")
    assert back_up(holdfast, db)["kind"] == "incremental"
    assert back_up(holdfast, db)["kind"] == "unchanged"
    assert conftest.content(restored(holdfast, tmp_path, "out.db")) == conftest.content(db)


@pytest.mark.parametrize("vacuum", [1, 2])
def test_auto_vacuum(holdfast, tmp_path, vacuum):
    db = tmp_path / "app.db"
    conftest.make(db, vacuum=vacuum)
    back_up(holdfast, db)
    conftest.execute(db, "delete from note where id > 500", "pragma incremental_vacuum")
    back_up(holdfast, db)
    assert conftest.content(restored(holdfast, tmp_path, "out.db")) == conftest.content(db)


def test_growing_shrinking_and_vacuum(holdfast, tmp_path, db):
    steps = [("delete from note where id > 100", "vacuum"), ("create table more(x)",),
             ("insert into more select body from note, (values(1),(2),(3))",),
             ("drop table more", "vacuum"), ("delete from note", "vacuum")]
    back_up(holdfast, db)
    for point, statements in enumerate(steps, start=2):
        conftest.execute(db, *statements)
        assert back_up(holdfast, db)["point"] == point
        target = restored(holdfast, tmp_path, f"{point}.db")
        assert conftest.content(target) == conftest.content(db)


def test_a_page_size_that_changes(holdfast, tmp_path):
    db = tmp_path / "app.db"
    conftest.make(db, rows=300, journal="delete")
    back_up(holdfast, db)
    conftest.execute(db, "pragma page_size=8192", "vacuum")
    assert back_up(holdfast, db)["kind"] == "full"
    assert conftest.content(restored(holdfast, tmp_path, "out.db")) == conftest.content(db)
    restored(holdfast, tmp_path, "old.db", "--point", 1)


def test_what_is_only_in_the_log_is_backed_up(holdfast, tmp_path, db):
    writer = conftest.connect(db)
    writer.execute("pragma wal_autocheckpoint=0")
    conftest.fill(writer, 50, "in the log")
    back_up(holdfast, db)
    target = restored(holdfast, tmp_path, "out.db")
    assert conftest.content(target) == conftest.content(db)
    writer.close()


KILLED_WRITER = """
import sqlite3, os, sys, signal
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("pragma wal_autocheckpoint=0")
c.execute("update note set body = 'last words' where id < 30")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_log_left_behind_by_a_killed_process(holdfast, tmp_path, db):
    killed = subprocess.run([sys.executable, "-c", KILLED_WRITER, db], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert os.path.getsize(f"{db}-wal") > 0
    back_up(holdfast, db)
    target = restored(holdfast, tmp_path, "out.db")
    assert conftest.content(target) == conftest.content(db)
    assert any("last words" in line for line in conftest.content(target))


def test_an_uncommitted_transaction_is_not_in_the_point(holdfast, tmp_path, db):
    before = conftest.content(db)
    writer = conftest.connect(db)
    writer.execute("begin immediate")
    writer.execute("delete from note")
    back_up(holdfast, db)
    writer.execute("rollback")
    writer.close()
    assert conftest.content(restored(holdfast, tmp_path, "out.db")) == before


def test_a_label_or_a_pin_makes_a_point_of_an_unchanged_database(holdfast, db):
    back_up(holdfast, db)
    assert back_up(holdfast, db, "--label", "before upgrade", "--pin")["point"] == 2
    (listed,) = holdfast.json("list", "-r", "repo")["databases"]
    assert [(p["label"], p["pinned"]) for p in listed["points"]] == [
        (None, False), ("before upgrade", True)]


def test_the_database_itself_is_not_written_to(holdfast, db):
    before = db.read_bytes()
    back_up(holdfast, db)
    back_up(holdfast, db, "--label", "x")
    assert db.read_bytes() == before


def test_odd_paths_work(holdfast, tmp_path):
    for number, name in enumerate(["with space.db", "new\nline.db", "né-ü.db", "a'\"b.db",
                                   "percent%20?x=1.db", "d" * 240 + ".db"]):
        folder = tmp_path / f"dir {number}"
        folder.mkdir()
        db = folder / name
        conftest.make(db, rows=20)
        holdfast("backup", "--db", db, "--name", f"n{number}", "-r", folder / "repo ü")
        holdfast("restore", "-r", folder / "repo ü", "--to", folder / f"out {name}"[:200])
        assert conftest.content(db)

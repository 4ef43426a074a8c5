"""Choosing a point, and putting it where it belongs without harm to what is there."""
import datetime
import os
import resource
import time

import pytest

import conftest


@pytest.fixture
def history(holdfast, db):
    """Three points of app.db: 1 (as made), 2 labelled 'two', 3; returns their contents."""
    contents = []
    for step, options in enumerate([(), ("--label", "two"), ()]):
        if step:
            conftest.execute(db, f"update note set body = 'step {step}' where id = {step}")
        holdfast("backup", "--db", db, "-r", "repo", *options)
        contents.append(conftest.content(db))
    return contents


def test_the_newest_is_the_default(holdfast, tmp_path, history):
    shown = holdfast.json("restore", "-r", "repo", "--to", "out.db")
    assert (shown["point"], shown["manner"]) == (3, "new")
    assert conftest.content(tmp_path / "out.db") == history[2]


def test_a_point_by_number_and_by_label(holdfast, tmp_path, history):
    holdfast("restore", "-r", "repo", "--to", "a.db", "--point", "1")
    holdfast("restore", "-r", "repo", "--to", "b.db", "--point", "two")
    assert conftest.content(tmp_path / "a.db") == history[0]
    assert conftest.content(tmp_path / "b.db") == history[1]
    holdfast("restore", "-r", "repo", "--to", "c.db", "--point", "9",
             code=1).says("there is no restore point '9'", "holdfast list")


def test_a_point_by_time(holdfast, tmp_path, db, history):
    (listed,) = holdfast.json("list", "-r", "repo")["databases"]
    second = listed["points"][1]
    shown = holdfast.json("restore", "-r", "repo", "--to", "a.db", "--at", second["time"])
    assert shown["point"] == 2
    assert conftest.content(tmp_path / "a.db") == history[1]
    minute = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")
    assert holdfast.json("restore", "-r", "repo", "--to", "b.db", "--at", minute)["point"] == 3
    holdfast("restore", "-r", "repo", "--to", "c.db", "--at", "2h ago",
             code=1).says("no restore point is as old as", "the oldest is of")
    holdfast("restore", "-r", "repo", "--to", "c.db", "--at", "soonish",
             code=2).says("'soonish' is not a time")
    assert not (tmp_path / "c.db").exists()


def test_in_place_what_was_there_becomes_a_point_first(holdfast, db, history):
    conftest.execute(db, "update note set body = 'not backed up' where id = 5")
    lost = conftest.content(db)
    shown = holdfast.json("restore", "-r", "repo", "--db", db, "--point", "1")
    assert (shown["manner"], shown["point_before"]) == ("replace", 4)
    assert conftest.content(db) == history[0]
    holdfast("restore", "-r", "repo", "--db", db, "--point", "4")
    # Nothing of the log that was there: the point that notes the restore may leave an empty one.
    assert not os.path.exists(f"{db}-wal") or not os.path.getsize(f"{db}-wal")
    assert conftest.content(db) == lost


def test_in_place_an_undo_brings_back_what_was_there(holdfast, db, history):
    conftest.execute(db, "update note set body = 'not backed up' where id = 5")
    lost = conftest.content(db)
    shown = holdfast.json("restore", "-r", "repo", "--db", db, "--point", "1")
    assert (shown["point_before"], shown["point_recorded"], shown["process"]) == (4, 5, None)
    assert holdfast.json("list", "-r", "repo")["databases"][0]["points"][-1]["reason"] == \
        "restore 1 over 4"
    holdfast("restore", "-r", "repo", "--db", db, "--undo")
    assert conftest.content(db) == lost
    holdfast("restore", "-r", "repo", "--db", db, "--undo")
    assert conftest.content(db) == history[0]


def test_an_undo_says_itself_which_point(holdfast, db, history):
    assert history
    holdfast("restore", "-r", "repo", "--db", db, "--undo", "--at", "now", code=2)
    holdfast("restore", "-r", "repo", "--db", db, "--undo", code=1).says("no restore of 'app'")


def test_in_place_where_nothing_is_left(holdfast, db, history):
    holdfast("restore", "-r", "repo", "--db", db, "--point", "1")
    db.unlink()
    done = holdfast.json("restore", "-r", "repo", "--db", db, "--point", "3")
    assert conftest.content(db) == history[2]
    assert done["point_before"] is None and done["manner"] == "new"
    points = holdfast.json("list", "--db", db, "-r", "repo")["databases"][0]["points"]
    assert points[-1]["point"] == done["point_recorded"]
    assert points[-1]["reason"] == "restore 3 over nothing"
    holdfast("restore", "-r", "repo", "--db", db, "--undo", code=1).says(
        "there was no database", "move the file away")
    assert conftest.content(db) == history[2]


def test_on_another_host_it_is_a_copy_and_no_part_of_the_history(holdfast, tmp_path, history):
    (tmp_path / "elsewhere").mkdir()
    done = holdfast("restore", "-r", "repo", "--db", "elsewhere/app.db")
    assert done.err == ""
    assert conftest.content(tmp_path / "elsewhere/app.db") == history[2]
    points = holdfast.json("list", "-r", "repo")["databases"][0]["points"]
    assert len(points) == 3


def test_in_place_over_a_damaged_file_keeps_it(holdfast, tmp_path, db, history):
    damaged = b"no longer a database" * 1000
    db.write_bytes(damaged)
    shown = holdfast.json("restore", "-r", "repo", "--db", db)
    assert conftest.content(db) == history[2]
    assert (tmp_path / shown["kept"]).read_bytes() == damaged


def test_in_place_keeps_the_mode_of_the_file(holdfast, db, history):
    db.chmod(0o640)
    holdfast("restore", "-r", "repo", "--db", db, "--point", "1")
    assert os.stat(db).st_mode & 0o777 == 0o640


def test_a_stale_log_of_another_database_is_not_applied(holdfast, tmp_path, db, history):
    other = tmp_path / "other.db"
    conftest.make(other, rows=3000)
    writer = conftest.connect(other)
    writer.execute("pragma wal_autocheckpoint=0")
    writer.execute("update note set body = 'foreign'")
    log = (tmp_path / "other.db-wal").read_bytes()
    writer.close()
    db.unlink()
    (tmp_path / "app.db-wal").write_bytes(log)
    holdfast("restore", "-r", "repo", "--db", db)
    assert conftest.content(db) == history[2]


def test_a_target_in_use_is_left_alone(holdfast, db, history):
    reader = conftest.connect(db)
    reader.execute("begin")
    reader.execute("select count(*) from note").fetchone()
    before = db.read_bytes()
    holdfast("restore", "-r", "repo", "--db", db, "--point", "1", code=4).says("app.db")
    reader.execute("commit")
    assert db.read_bytes() == before
    reader.close()
    holdfast("restore", "-r", "repo", "--db", db, "--point", "1")
    assert conftest.content(db) == history[0]


def test_an_idle_connection_counts_as_use(holdfast, db, history):
    idle = conftest.connect(db)
    idle.execute("select count(*) from note").fetchone()
    holdfast("restore", "-r", "repo", "--db", db, "--point", "1", code=4)
    idle.close()


def test_an_existing_file_is_refused_unless_told(holdfast, tmp_path, history):
    target = tmp_path / "out.db"
    target.write_text("precious", encoding="utf-8")
    holdfast("restore", "-r", "repo", "--to", target, code=9).says("out.db", "--overwrite")
    assert target.read_text(encoding="utf-8") == "precious"
    holdfast("restore", "-r", "repo", "--to", target, "--overwrite")
    assert conftest.content(target) == history[2]


def test_delta_writes_only_what_differs(holdfast, tmp_path, history):
    holdfast("restore", "-r", "repo", "--to", "out.db", "--point", "1")
    shown = holdfast.json("restore", "-r", "repo", "--to", "out.db", "--delta")
    assert 0 < shown["pages_written"] < 12 < shown["pages"]
    assert shown["manner"] == "delta"
    assert conftest.content(tmp_path / "out.db") == history[2]
    again = holdfast.json("restore", "-r", "repo", "--to", "out.db", "--delta")
    assert again["pages_written"] == 0


def test_a_dry_run_touches_nothing(holdfast, tmp_path, db, history):
    before = {path: path.read_bytes() for path in conftest.objects(tmp_path)}
    shown = holdfast.json("restore", "-r", "repo", "--db", db, "--point", "1", "--dry-run")
    assert (shown["dry_run"], shown["point"], shown["segments"]) == (True, 1, 1)
    assert "would restore point 1" in holdfast("restore", "-r", "repo", "--db", db, "-n",
                                               "--point", "1").out
    assert {path: path.read_bytes() for path in conftest.objects(tmp_path)} == before


def test_a_full_disk_leaves_nothing_behind(holdfast, tmp_path, history):
    limit = 20000  # bytes a file may have: less than the database
    done = holdfast.start(
        "restore", "-r", "repo", "--to", "out.db",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    _, err = done.communicate(timeout=60)
    assert done.returncode == 1, err
    assert "File too large" in err
    assert [p.name for p in tmp_path.iterdir() if "out.db" in p.name] == []


def test_a_long_history_restores(holdfast, tmp_path, db):
    for step in range(30):
        conftest.execute(db, f"update note set body = 'x{step}' where id % 40 = {step}")
        holdfast("backup", "--db", db, "-r", "repo")
    assert holdfast.json("restore", "-r", "repo", "--to", "out.db")["segments"] == 30
    assert conftest.content(tmp_path / "out.db") == conftest.content(db)


def test_status_tells_age_and_proof(holdfast, db, history):
    shown = holdfast.json("status", "-r", "repo")
    assert shown["encrypted"] is False
    (item,) = shown["databases"]
    assert (item["points"], item["newest"]["point"]) == (3, 3)
    assert "newest_proven" not in item
    proof = holdfast.json("test-restore", "-r", "repo")["databases"][0]
    assert (proof["point"], proof["passed"], proof["problems"]) == (3, True, 0)
    (item,) = holdfast.json("status", "-r", "repo")["databases"]
    assert item["newest_proven"]["point"] == 3
    assert "whoever can read it can read the data" in holdfast("status", "-r", "repo").out


def test_status_can_say_that_protection_is_stale(holdfast, history):
    holdfast("status", "-r", "repo", "--max-age", "1h")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        # The newest point becomes older than a second by itself.
        outcome = holdfast.json("list", "-r", "repo")["databases"][0]["points"][-1]
        if time.time() * 1000 - outcome["time_ms"] > 1100:
            break
    holdfast("status", "-r", "repo", "--max-age", "1s", code=8).says("older than 1s")
    holdfast("status", "-r", "repo", "--max-age", "old", code=2).says("'old' is not an age")


def test_a_test_restore_finds_what_was_damaged_before_the_backup(holdfast, db):
    size = os.path.getsize(db)
    conftest.flip(db, size - 4096 + 9, 3)
    conftest.flip(db, size // 2, 5)
    conftest.flip(db, size // 3, 5)
    holdfast("backup", "--db", db, "-r", "repo")
    holdfast("test-restore", "-r", "repo", code=6).says("is not sound")
    (item,) = holdfast.json("list", "-r", "repo")["databases"]
    assert item["points"][0]["proof"]["result"] == "failed"
    assert holdfast.json("status", "-r", "repo")["databases"][0]["newest_failed"]["point"] == 1
    assert "FAILED  point 1" in holdfast("status", "-r", "repo").out

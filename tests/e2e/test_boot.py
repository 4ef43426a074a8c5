"""`holdfast run`: whatever happened to the database before, the application runs with its data."""
import json
import os
import re
import shutil
import signal
import stat
import time

import pytest

import conftest
import films_rig
from films_rig import V2, add_films

RUBBISH = bytes(random_byte * 37 % 251 for random_byte in range(4096))


def steps(boot):
    return re.findall(r"\[(\d)/6\]", boot.err)


def seconds_lost(boot):
    """What a boot that restored said of the loss."""
    told = re.search(r"(\d+(?:\.\d+)?) ?s(?:econds?)?\b[^\n]*lost|lost[^\n]*?(\d+(?:\.\d+)?) ?s",
                     boot.err)
    assert told, boot.err
    return float(told[1] or told[2])


# The first boots


def test_the_first_boot_makes_the_database_and_starts_the_application(films):
    boot = films.up()
    assert films.films() == []
    assert steps(boot) == sorted(steps(boot)) and steps(boot)[-1] == "6"
    assert add_films(films)
    boot.stop()


def test_a_stop_takes_a_last_restore_point(films):
    boot = films.up()
    there = add_films(films)
    boot.stop()
    before = films_rig.dump(films)
    films.db.unlink()
    films.holdfast("restore", "-r", films.data / "backups", "--db", films.db)
    assert films_rig.dump(films) == before
    films.up()
    assert films.films() == there


def test_every_boot_takes_a_restore_point_first(films):
    films.up().stop()
    count = len(films.points())
    films.up()
    there = add_films(films)
    films.boots[-1].kill()
    boot = films.up()
    points = films.points()
    assert len(points) > count
    assert "startup" in [point["reason"] for point in points]
    # As it was when the machine failed, with what was in the log only.
    assert films_rig.numbers(films.db.with_name("films.db.backup_startup")) == there
    boot.stop()


def test_a_boot_with_nothing_to_change_changes_nothing(films):
    films.up().stop()
    films.up().stop()
    before = films_rig.dump(films)
    points = len(films.points())
    films.boot(command=["true"]).ended(0)
    assert films_rig.dump(films) == before
    assert len(films.points()) <= points + 2


# Damage


def delete(films):
    films.db.unlink()


def delete_all(films):
    for path in films.data.glob("films.db*"):
        path.unlink()


def empty(films):
    os.truncate(films.db, 0)


def cut_in_half(films):
    os.truncate(films.db, films.db.stat().st_size // 2)


def cut_inside_a_page(films):
    os.truncate(films.db, films.db.stat().st_size // 2 + 1000)


def cut_after_the_header(films):
    os.truncate(films.db, 100)


def overwrite(path, start, length):
    path.chmod(0o600)
    with open(path, "r+b") as file:
        file.seek(start)
        while length > 0:
            length -= file.write(RUBBISH[:length])


def garbage_in_the_header(films):
    overwrite(films.db, 0, 100)


def garbage_in_the_first_page(films):
    overwrite(films.db, 100, 3996)


def garbage_in_the_middle(films):
    size = films.db.stat().st_size
    overwrite(films.db, size // 4096 // 4 * 4096, size // 2)


def garbage_all(films):
    overwrite(films.db, 0, films.db.stat().st_size)


def zeros_all(films):
    films.db.write_bytes(bytes(films.db.stat().st_size))


def text_in_its_place(films):
    films.db.write_text("This is not the database that you are looking for.\n" * 100)


def another_kind_of_file(films):
    delete(films)
    films.db.mkdir()


DAMAGES = [delete, delete_all, empty, cut_in_half, cut_inside_a_page, cut_after_the_header,
           garbage_in_the_header, garbage_in_the_first_page, garbage_in_the_middle, garbage_all,
           zeros_all, text_in_its_place]
LEAVES_SOMETHING = [damage for damage in DAMAGES if damage not in (delete, delete_all, empty)]


@pytest.mark.parametrize("damage", DAMAGES)
def test_after_a_clean_stop_everything_comes_back(films, damage):
    boot = films.up()
    there = add_films(films, 150)
    boot.stop()
    damage(films)
    boot = films.up()
    assert films.films() == there
    assert add_films(films)[:len(there)] == there
    boot.stop()
    assert films_rig.dump(films)


@pytest.mark.parametrize("damage", DAMAGES)
def test_after_a_failure_what_the_newest_point_has_comes_back_and_the_loss_is_told(films, damage):
    boot = films.up()
    safe = add_films(films, 150)
    boot.stop()
    boot = films.up()
    begun = time.time()
    there = add_films(films, 30)
    took = time.time() - begun
    boot.kill()
    damage(films)
    boot = films.up()
    found = films.films()
    # What SQLite can still read from the log may be there; what the restore point has must be.
    assert found[:len(safe)] == safe
    assert found == there[:len(found)]
    if found != there:
        assert took - 0.1 <= seconds_lost(boot) < took + films_rig.LONGEST
    boot.stop()


@pytest.mark.parametrize("damage", LEAVES_SOMETHING)
def test_a_damaged_database_is_set_aside(films, damage):
    films.up().stop()
    films.up()
    add_films(films, 150)
    films.boots[-1].stop()
    # What the log holds is not damaged by it.
    conftest.execute(films.db, "pragma wal_checkpoint(truncate)")
    damage(films)
    damaged = films.db.read_bytes()
    boot = films.up()
    aside = [path for path in films.data.glob("films.db.corrupt-*")
             if not path.name.endswith(("-wal", "-shm", "-journal"))]
    assert len(aside) == 1
    assert aside[0].read_bytes() == damaged
    boot.says(aside[0].name)
    boot.stop()


def test_a_folder_in_the_place_of_the_database_stops_the_boot(films):
    films.up().stop()
    another_kind_of_file(films)
    boot = films.boot(command=["touch", "started"])
    boot.process.wait(films_rig.LONGEST)
    assert boot.process.returncode not in (0, 9) and "films.db" in boot.err
    assert not (films.folder / "started").exists()


@pytest.mark.parametrize("damage", ["deleted", "garbage", "cut"])
def test_a_log_that_is_lost_takes_only_itself(films, damage):
    boot = films.up()
    safe = add_films(films, 100)
    boot.stop()
    boot = films.up()
    there = add_films(films, 30)
    boot.kill()
    assert films.wal().stat().st_size > 0
    if damage == "deleted":
        films.wal().unlink()
    elif damage == "garbage":
        overwrite(films.wal(), 0, films.wal().stat().st_size)
    else:
        os.truncate(films.wal(), films.wal().stat().st_size // 2)
    films.up()
    found = films.films()
    assert found[:len(safe)] == safe
    assert found == there[:len(found)]


def test_a_log_of_a_database_that_is_gone_is_never_mixed_with_what_is_restored(films):
    """Its frames are changes to what came after the restore point: together they are no database,
    and SQLite would not notice."""
    boot = films.up("--capture", "off")
    safe = add_films(films, 100)
    boot.stop()
    boot = films.up("--capture", "off")
    add_films(films, 100)
    conftest.execute(films.db, "pragma wal_checkpoint(restart)")
    add_films(films, 10)
    boot.kill()
    films.db.unlink()
    assert films.wal().exists()
    films.up("--capture", "off")
    assert films.films() == safe
    films.boots[-1].stop()
    assert films_rig.dump(films)


def test_the_newest_point_that_is_whole_is_used(films):
    boot = films.up()
    first = add_films(films)
    boot.stop()
    have = {path for path in conftest.objects(films.data / "backups") if "segments" in path.parts}
    boot = films.up()
    there = add_films(films)
    boot.stop()
    newer = {path for path in conftest.objects(films.data / "backups")
             if "segments" in path.parts} - have
    assert newer
    for path in newer:
        conftest.flip(path, path.stat().st_size // 2)
    films.db.unlink()
    boot = films.up()
    found = films.films()
    assert found[:len(first)] == first and found == there[:len(found)]
    if found != there:
        assert seconds_lost(boot) >= 0


def test_a_database_that_is_damaged_again_and_again_is_healed_each_time(films):
    there = []
    for damage in (garbage_in_the_middle, delete_all, cut_in_half, garbage_in_the_header, empty):
        boot = films.up()
        assert films.films() == there
        there = add_films(films, 40)
        boot.stop()
        damage(films)
    films.up()
    assert films.films() == there


# What a person chose instead


@pytest.mark.parametrize("option, damage", [("--on-missing", delete_all),
                                            ("--on-corrupt", garbage_in_the_header)])
def test_refuse_leaves_everything_as_it_is(films, option, damage):
    films.up().stop()
    damage(films)
    (films.data / "films.db.holdfast-lock").touch()
    left = sorted(path.name for path in films.data.glob("films.db*"))
    films.boot(option, "refuse", command=["touch", "started"]).ended(9)
    assert not (films.folder / "started").exists()
    assert sorted(path.name for path in films.data.glob("films.db*")) == left


def test_fresh_begins_anew_and_keeps_the_old_points(films):
    boot = films.up()
    there = add_films(films)
    boot.stop()
    delete_all(films)
    boot = films.up("--on-missing", "fresh")
    assert films.films() == []
    boot.stop()
    assert any(at_point(films, point) == there for point in films.points())


def at_point(films, point):
    films.holdfast("restore", "-r", films.data / "backups", "--point", point["point"], "--to",
                   "then.db", "--overwrite")
    return films_rig.numbers(films.folder / "then.db")


def test_corrupt_and_no_point_to_go_back_to_stops_the_boot(films):
    films.db.write_bytes(RUBBISH * 4)
    boot = films.boot(command=["touch", "started"])
    assert boot.process.wait(films_rig.LONGEST) != 0
    assert not (films.folder / "started").exists()
    assert films.db.read_bytes() == RUBBISH * 4


# The portable copies, the log


def copies(films):
    return sorted(path for path in films.data.glob("backup_*.json"))


def test_portable_copies_appear_and_come_back(films):
    boot = films.up()
    there = add_films(films)
    boot.stop()
    films.boot(command=["true"]).ended(0)
    latest = films.data / "backup_latest.json"
    dated = [path for path in copies(films) if path != latest]
    assert dated
    for path in dated:
        assert re.fullmatch(r"backup_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.json", path.name)
    for path in copies(films):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        json.loads(path.read_text(encoding="utf-8"))
    films.holdfast("import", latest, "--db", "back.db")
    assert films_rig.numbers(films.folder / "back.db") == there


def test_a_portable_copy_that_cannot_be_written_does_not_stop_the_boot(films):
    films.up().stop()
    latest = films.data / "backup_latest.json"
    latest.unlink(missing_ok=True)
    latest.mkdir()
    (latest / "in the way").touch()
    films.up().says("backup_latest.json")


def test_the_log_can_be_json(films):
    films.up().stop()
    films.write_schema(V2)
    boot = films.up("--log", "json")
    boot.stop()
    lines = [json.loads(line) for line in boot.err.splitlines()]
    assert len(lines) >= 6
    assert {type(line) for line in lines} == {dict}
    assert [line["step"] for line in lines if "step" in line][-1] == 6


# Repositories that are not as they should be


def test_a_repository_that_is_gone_is_made_again_when_that_is_said(films):
    boot = films.up()
    there = add_films(films)
    boot.stop()
    shutil.rmtree(films.data / "backups")
    films.boot(command=["touch", "started"]).ended(5).says("unprotected", "holdfast init")
    assert not (films.folder / "started").exists() and not (films.data / "backups").exists()
    films.holdfast("init", "-r", films.data / "backups")
    films.up()
    assert films.films() == there
    assert films.points()


def test_another_repository_in_its_place_is_not_taken_for_it(films):
    boot = films.up()
    there = add_films(films)
    boot.stop()
    shutil.rmtree(films.data / "backups")
    other = films.folder / "other.db"
    conftest.make(other, rows=10)
    films.holdfast("backup", "--db", other, "-r", films.data / "backups")
    films.up()
    assert films.films() == there


def test_the_wrong_key_stops_the_boot_and_touches_nothing(films):
    for name in ("right", "wrong"):
        (films.folder / name).write_bytes(os.urandom(40))
    env = {"HOLDFAST_KEYFILE": str(films.folder / "right")}
    boot = films.up(env=env)
    there = add_films(films)
    boot.stop()
    before = films_rig.dump(films)
    films.write_schema(V2)
    films.boot(command=["touch", "started"],
               env={"HOLDFAST_KEYFILE": str(films.folder / "wrong")}).ended(7)
    assert not (films.folder / "started").exists()
    assert films_rig.dump(films) == before
    films.up(env=env)
    assert films.films() == there


def test_a_repository_elsewhere_is_used(films):
    films.env["HOLDFAST_REPOSITORY"] = str(films.folder / "elsewhere")
    boot = films.up()
    there = add_films(films)
    boot.stop()
    shutil.rmtree(films.data)
    films.data.mkdir()
    films.up()
    assert films.films() == there


def test_a_data_directory_that_is_not_there_stops_the_boot(films):
    films.data.rmdir()
    boot = films.boot("--data-dir", films.data, command=["touch", "started"])
    assert boot.process.wait(films_rig.LONGEST) not in (0, -signal.SIGSEGV)
    boot.says(str(films.data))
    assert not (films.folder / "started").exists()
